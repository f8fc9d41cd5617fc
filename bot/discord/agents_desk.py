"""The agents as a server's members and admins see them: what they do, what they have used, and changing that.

What is changed is checked (Manage Server, the owner's limits), noted with who did it, kept, and holds for this server
only, from the next thing an agent does, in every process.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.agents import choices_table, lesson_table, slots_table
from bot.agents.choices_table import Action, AgentChange, AgentChoice
from bot.agents.lesson_table import Lesson
from bot.agents.persona import Persona
from bot.agents.personas import Personas
from bot.agents.slots_table import AtWork
from bot.clock import Clock
from bot.discord.events import Author
from bot.discord.server_changes import NOT_YOURS
from bot.errors import UserError
from bot.plugins.permissions import holds
from bot.storage.database import Database
from bot.work import outages, spend_table
from bot.work.spend_table import SpendRow

type AgentState = Literal["idle", "working", "paused", "out of order", "not offered"]

RECENT = timedelta(days=7)
MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class AgentsParts:
    """What the desk works with; made once."""

    personas: Personas
    permit: Callable[[int, Persona], Persona]
    models: Callable[[int], list[str]]
    """The entries of ``models:`` that the owner lets a server use."""
    database: Database
    clock: Clock
    zone: ZoneInfo
    """Where a day begins and ends, for budgets."""


@dataclass(frozen=True, slots=True)
class AgentView:
    """An agent as people see it. ``reason`` says why it does not work; ``doing`` is on this server, ``load`` everywhere."""

    name: str
    display_name: str
    state: AgentState
    reason: str
    model: str
    fallbacks: tuple[str, ...]
    chosen: bool
    """Whether an admin chose the model."""
    doing: tuple[AtWork, ...]
    load: int
    persona: Persona
    spend: tuple[SpendRow, ...]
    """What it has used on this server in the last seven days."""

    @property
    def calls(self) -> int:
        """Calls of a model, those that failed included."""
        return sum(row.calls for row in self.spend)

    @property
    def success(self) -> float | None:
        """The share of its calls that were answered; None where there were none."""
        failed = sum(row.failed for row in self.spend)
        return None if not self.calls else 1 - failed / self.calls

    @property
    def tokens(self) -> int:
        """Tokens, read and written."""
        return sum(row.tokens for row in self.spend)

    @property
    def cost(self) -> float | None:
        """US dollars; None where the price of a model it used is not known."""
        known = all(row.priced for row in self.spend)
        return sum(row.cost for row in self.spend) if known else None


class Agents:
    """The agents of one server, in the hands of one person."""

    def __init__(self, parts: AgentsParts, guild_id: int, author: Author) -> None:
        self._parts = parts
        self._guild_id = guild_id
        self._author = author

    @property
    def names(self) -> tuple[str, ...]:
        """Every agent there is."""
        return self._parts.personas.names

    @property
    def all(self) -> tuple[Persona, ...]:
        """Every agent as the owner has it, those of the config first."""
        return tuple(self._parts.personas.get(name) for name in self.names)

    @property
    def models(self) -> list[str]:
        """The models that an agent can be given here."""
        return self._parts.models(self._guild_id)

    @property
    def sees_all(self) -> bool:
        """Whether this person may see what others have used, and change agents."""
        return holds(self._author.permissions, "manage_guild")

    async def views(self) -> tuple[AgentView, ...]:
        """Every agent with its state here."""
        since = self._today() - RECENT
        async with self._parts.database.connection() as conn:
            choices = await choices_table.of_guild(conn, self._guild_id)
            busy = await slots_table.at_work(conn)
            out = await outages.out_of_order(conn)
            spend = await spend_table.of_guild(conn, self._guild_id, since)
        return tuple(
            self._view(
                self._parts.personas.get(name),
                choices.get(name, AgentChoice()),
                [one for one in busy if one.agent == name],
                out,
                tuple(row for row in spend if row.agent == name),
            )
            for name in self.names
        )

    async def info(self, name: str) -> tuple[AgentView, list[AgentChange]]:
        """One agent, and what was chosen about it lately. Raises `UserError` where there is none of that name."""
        self._known(name)
        view = next(one for one in await self.views() if one.name == name)
        async with self._parts.database.connection() as conn:
            return view, await choices_table.changes(conn, self._guild_id, name)

    async def pause(self, name: str) -> None:
        """Let an agent begin nothing more here, and stop at its next step. Raises `UserError`."""
        await self._choose(name, "pause", lambda before: replace(before, paused=True))

    async def resume(self, name: str) -> None:
        """Let it work again. Raises `UserError`."""
        await self._choose(name, "resume", lambda before: replace(before, paused=False))

    async def set_model(self, name: str, model: str | None) -> None:
        """Give it another model here; None gives it the owner's again. Raises `UserError`."""
        if model is not None and model not in self.models:
            known = ", ".join(self.models) or "none"
            raise UserError(f"“{model[:50]}” is not a model that can be chosen here; there are: {known}.")
        await self._choose(name, "model", lambda before: replace(before, model=model))

    async def lessons(self, name: str) -> list[Lesson]:
        """What an agent is told besides on this server, oldest first. Raises `UserError`."""
        self._known(name)
        async with self._parts.database.connection() as conn:
            return await lesson_table.of_agent(conn, self._guild_id, name)

    async def undo_lesson(self, lesson_id: int) -> Lesson:
        """Tell an agent that no more. Raises `UserError`."""
        if not self.sees_all:
            raise UserError(NOT_YOURS)
        async with self._parts.database.transaction() as conn:
            lesson = await lesson_table.undo(conn, self._guild_id, lesson_id, self._author.id)
        if lesson is None:
            raise UserError("That was taken back before.")
        return lesson

    async def usage(self, days: int, member_id: int | None = None) -> list[SpendRow]:
        """What was used here in the last ``days``, by everybody or by one member, the oldest day first.

        Raises `UserError` where this person may only see their own.
        """
        if not self.sees_all and member_id != self._author.id:
            raise UserError("Only people who may manage this server can see what others have used.")
        since = self._today() - timedelta(days=min(max(days, 1), MOST_DAYS) - 1)
        async with self._parts.database.connection() as conn:
            return await spend_table.of_guild(conn, self._guild_id, since, member_id=member_id)

    @property
    def me(self) -> int:
        """The person who asks."""
        return self._author.id

    def days(self, count: int) -> tuple[date, ...]:
        """The last days, today last, as budgets count them."""
        today = self._today()
        return tuple(today - timedelta(days=back) for back in range(count - 1, -1, -1))

    def _today(self) -> date:
        return self._parts.clock.now().astimezone(self._parts.zone).date()

    def _known(self, name: str) -> Persona:
        if name not in self.names:
            raise UserError(f"There is no agent called “{name[:50]}”. Type /agents list to see all of them.")
        return self._parts.personas.get(name)

    def _view(
        self,
        owners: Persona,
        choice: AgentChoice,
        busy: list[AtWork],
        out: frozenset[str],
        spend: tuple[SpendRow, ...],
    ) -> AgentView:
        chosen = choice.model if choice.model in self.models else None
        models = tuple(one.name for one in owners.models)
        model = chosen or models[0]
        fallbacks = tuple(one for one in models if one != model)
        usable = [one for one in (model, *fallbacks) if f"the model {one}" not in out]
        state: AgentState = "working" if busy else "idle"
        reason = ""
        try:
            self._parts.permit(self._guild_id, owners)
        except UserError as error:
            state, reason = "not offered", str(error)
        if not usable:
            state, reason = "out of order", "its model does not answer and is left alone for a while"
        elif usable[0] != model:
            reason = f"{model} does not answer, so it works with {usable[0]}"
        if choice.paused:
            state, reason = "paused", f"by <@{choice.changed_by}>"
        return AgentView(
            owners.name,
            owners.display_name,
            state,
            reason,
            model,
            fallbacks,
            chosen is not None,
            tuple(one for one in busy if one.guild_id == self._guild_id and not one.direct),
            len(busy),
            owners,
            spend,
        )

    async def _choose(self, name: str, action: Action, changed: Callable[[AgentChoice], AgentChoice]) -> None:
        self._known(name)
        if not self.sees_all:
            raise UserError(NOT_YOURS)
        async with self._parts.database.transaction() as conn:
            before = await choices_table.locked(conn, self._guild_id, name)
            after = replace(changed(before), changed_by=self._author.id)
            await choices_table.put(
                conn,
                self._guild_id,
                name,
                action,
                before,
                after,
                member_name=self._author.name,
                at=self._parts.clock.now(),
            )
