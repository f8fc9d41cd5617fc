"""What agents have learnt on a server: proposed by a run, accepted by people, told to the agent from then on, undone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from bot.agents import lesson_table
from bot.agents.lesson_table import LONGEST, Lesson
from bot.agents.persona import Persona
from bot.errors import UserError
from bot.storage.database import Database

TOLD = "The people of this server have agreed that you also follow these:"
TOO_LONG = "What an agent is told besides must have 1 to {most} letters."


@dataclass(frozen=True, slots=True)
class Lessons:
    """What one run proposes to teach agents of its server."""

    database: Database
    guild_id: int
    run_id: UUID

    async def keep(self, agent: str, text: str, *, accepted_by: int) -> None:
        """Tell an agent this from now on, on this server, after ``accepted_by`` agreed to it; once for a run.

        Raises `UserError` for what is empty or too long.
        """
        lesson = text.strip()
        if not 1 <= len(lesson) <= LONGEST:
            raise UserError(TOO_LONG.format(most=LONGEST))
        async with self.database.transaction() as conn:
            await lesson_table.keep(conn, self.guild_id, agent, lesson, self.run_id, accepted_by)


def taught(persona: Persona, lessons: Sequence[Lesson]) -> Persona:
    """The agent with what it has learnt after its owner's instructions."""
    if not lessons:
        return persona
    more = "\n".join([TOLD, *(f"- {' '.join(one.text.split())}" for one in lessons)])
    told = {purpose: f"{text}\n\n{more}" for purpose, text in persona.instructions.items()}
    return replace(persona, instructions=told)
