"""A server's runs in the hands of one person: their own, or all of them for those who manage the server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from bot.asks.present import Present
from bot.discord.events import Author
from bot.errors import UserError
from bot.plugins.permissions import holds
from bot.storage.database import Database
from bot.work import control, runs_list, runs_table, waiting, waits_table
from bot.work.files import FileReader
from bot.work.runs_list import RunView
from bot.work.runs_table import OVER, UNDER_WAY, RunRow
from bot.work.services import Ring
from bot.work.surface import Connection, Surface
from bot.work.waiting import Decision

type Which = Literal["under way", "over", "failed", "all"]

STATES: dict[Which, Sequence[str]] = {
    "under way": UNDER_WAY,
    "over": OVER,
    "failed": ("failed",),
    "all": (*UNDER_WAY, *OVER),
}
UNKNOWN = "I do not know that piece of work any more."
NOT_YOURS = "Only who asked for this, or somebody who may manage this server, can do that."
ENDED = {"done": "finished already", "stopped": "was stopped before", "failed": "ended before"}
STOPPING = "Stopping. Its message will say what was done so far."
GOES_ON = "It goes on from where it was."
NOT_TO_RETRY = "That is under way, or was finished: there is nothing to retry."
DECIDED = "Noted: {label}."
DECIDED_BEFORE = "<@{by}> was first and decided: {label}."
TOO_LATE = "It is too late to answer that."


@dataclass(frozen=True, slots=True)
class DeskServices:
    """What looking after runs needs; made once by the app."""

    database: Database
    surface: Surface
    ring: Ring
    ahead: Callable[[], float]
    present: Present | None = None
    """What people are at this moment, for those who stand in for somebody."""
    files: FileReader | None = None
    """Reads what people attach to what they write."""


class RunsDesk:
    """The runs of one server, in the hands of one person.

    What somebody asked in direct messages is in their hands alone, whichever server those belong to.
    """

    def __init__(self, services: DeskServices, guild_id: int, author: Author) -> None:
        self._services = services
        self._guild_id = guild_id
        self._author = author

    @property
    def manages(self) -> bool:
        """Whether this person may look after everybody's runs here."""
        return holds(self._author.permissions, "manage_guild")

    async def list(
        self, which: Which = "under way", *, words: str = "", thread_id: int | None = None, limit: int = 25
    ) -> Sequence[RunView]:
        """The newest runs that this person may look after, whose title holds ``words``."""
        async with self._services.database.connection() as conn:
            return await runs_list.listed(
                conn,
                states=STATES[which],
                guild_id=self._guild_id,
                member_id=None if self.manages else self._author.id,
                asker=self._author.id,
                thread_id=thread_id,
                words=words,
                limit=limit,
            )

    async def show(self, run_id: UUID) -> RunView:
        """All about one run. Raises `UserError` where it is not there, or not this person's."""
        async with self._services.database.connection() as conn:
            await self._mine(conn, run_id)
            found = await runs_list.found(conn, str(run_id))
        if not found:
            raise UserError(UNKNOWN)
        return found[0]

    async def stop(self, run_id: UUID) -> str:
        """Stop a run; says in a sentence what comes of it. Raises `UserError`."""
        async with self._services.database.transaction() as conn:
            row = await self._mine(conn, run_id)
            state = await control.stop(conn, row, self._author.id, self._services.ring)
        return f"That {ENDED[state]}." if state in ENDED else STOPPING

    async def retry(self, run_id: UUID) -> str:
        """Let a run that failed or was stopped go on; says in a sentence what comes of it. Raises `UserError`."""
        services = self._services
        async with services.database.transaction() as conn:
            row = await self._mine(conn, run_id)
            again = await control.retry(conn, row.id, services.ring, services.ahead())
        return GOES_ON if again else NOT_TO_RETRY

    async def decide(self, wait_id: UUID, option: str) -> str:
        """Answer a run's question with one of its buttons; says in a sentence what comes of it. Raises `UserError`."""
        async with self._services.database.transaction() as conn:
            wait = await waits_table.get(conn, wait_id)
            if wait is None or option not in wait.options:
                raise UserError(UNKNOWN)
            await self._mine(conn, wait.run_id)
            decision = await self._answered(conn, wait_id, option)
        if decision.standing is None:
            return TOO_LATE
        said = DECIDED if decision.counts else DECIDED_BEFORE
        return said.format(label=decision.label, by=decision.standing.by)

    async def answer(self, wait_id: UUID, value: JsonValue) -> Decision:
        """Answer what a run of this server waits for; who may is the caller's to check. Raises `UserError`."""
        async with self._services.database.transaction() as conn:
            run_id = await waits_table.run_of(conn, wait_id)
            row = None if run_id is None else await runs_table.get(conn, run_id)
            if row is None or row.guild_id != self._guild_id:
                raise UserError(UNKNOWN)
            return await self._answered(conn, wait_id, value)

    async def _answered(self, conn: Connection, wait_id: UUID, value: JsonValue) -> Decision:
        services = self._services
        decision = await waiting.answer(conn, wait_id, value, self._author.id, services.ahead())
        if decision.counts:
            wait = await waits_table.get(conn, wait_id)
            if wait is not None:
                await waiting.show_decided(conn, services.surface.edit, wait, decision.label, self._author.id)
            await services.ring(conn, decision.run_id)
        return decision

    async def _mine(self, conn: Connection, run_id: UUID) -> RunRow:
        """The run, where this person may look after it; ids could be replayed from another server."""
        row = await runs_table.get(conn, run_id)
        if row is not None and row.direct and row.member_id == self._author.id:
            return row
        if row is None or row.direct or row.guild_id != self._guild_id:
            raise UserError(UNKNOWN)
        if not control.may_decide(row, self._author.id, manages=self.manages):
            raise UserError(NOT_YOURS)
        return row
