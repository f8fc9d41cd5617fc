"""Waiting as rows: a run that does nothing but wait is let go of, and its code runs again when it goes on.

While a run waits there is no coroutine, no connection and no memory for it in any process; what it waits for is a row
of `run_wait`, and what has come of it is a recorded step like any other.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Never
from uuid import UUID, uuid5

from pydantic import JsonValue, TypeAdapter

from bot.errors import UserError
from bot.work import runs_table, waits_table
from bot.work.runs_table import RunRow
from bot.work.services import RunServices
from bot.work.speaking import Voice
from bot.work.steps import Steps
from bot.work.surface import Button, Connection, Say
from bot.work.waits_table import NewWait, WaitRow

type Opened = Callable[[Connection], Awaitable[None]]

ANSWER_ACTION = "v1:runs:answer:"
LONGEST_OPTION = 100 - len(ANSWER_ACTION) - 37
"""Characters that an option may be worth, since Discord keeps 100 of a button."""
MOST_OPTIONS = 5
LOOK_SECONDS = 0.5
"""Between two looks for an answer while something is held for it."""
_TURNS = 5
"""Turns of the event loop that code gets to begin its next step before a run counts as doing nothing but wait."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody has decided."""

    value: JsonValue
    by: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Ending:
    """How another run ended; ``result`` is what its workflow returned."""

    state: Literal["done", "stopped", "failed"]
    error: str | None = None
    result: JsonValue = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of an answer: whether it counts, and which one does. ``standing`` None: nobody's, it is too late."""

    counts: bool
    run_id: UUID
    standing: Answer | None
    label: str = ""
    """What the button of the standing answer says."""


class Waits:
    """What one run waits for."""

    def __init__(self, row: RunRow, steps: Steps, voice: Voice, services: RunServices) -> None:
        self._row = row
        self._steps = steps
        self._voice = voice
        self._services = services
        self._blocked: Counter[str] = Counter()
        self._some = asyncio.Event()

    @property
    def keys(self) -> list[str]:
        """What it waits for at this moment."""
        return list(self._blocked)

    def id_of(self, key: str) -> UUID:
        """The id of the wait named ``key``, the same at any time: it can stand in a button before there is the wait."""
        return uuid5(self._row.id, f"wait {key}")

    async def only(self) -> None:
        """Return when the workflow does nothing but wait."""
        while True:
            await self._some.wait()
            await self._steps.idle.wait()
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if self._some.is_set() and self._steps.idle.is_set():
                return

    async def time(self, name: str, *, until: datetime | None = None, seconds: float | None = None) -> None:
        """Wait until a moment, or for so many seconds from when it was first asked for."""
        key = self._steps.claim_key(name)
        await self._come(self._new(key, "time", until=until, seconds=seconds), lambda _: None)

    async def answer(
        self,
        name: str,
        question: str | None,
        options: Mapping[str, str],
        *,
        until: datetime | None = None,
        within: timedelta | None = None,
        opened: Opened | None = None,
        late: Opened | None = None,
        hold: float = 0.0,
    ) -> Answer | None:
        """Wait for people's answer; None where nobody answered in time.

        ``opened`` is called in the transaction in which the wait begins, to ask in its own way; ``late`` in the one that
        ends it unanswered. For ``hold`` seconds the code stays where it is, since what goes on around it would have to
        begin anew; in the middle of what cannot be, it stays to the end, which there has to be one of.
        """
        if len(options) > MOST_OPTIONS or any(len(option.encode()) > LONGEST_OPTION for option in options):
            raise UserError(
                f"A question has at most {MOST_OPTIONS} buttons, each worth {LONGEST_OPTION} letters."
            )
        key = self._steps.claim_key(name)
        new = self._new(
            key, "answer", until=until, seconds=None if within is None else within.total_seconds()
        )
        new = replace(new, question=question, options=dict(options))
        found = await self._come(new, _answer, opened, late, hold)
        return TypeAdapter(Answer | None).validate_python(found)

    async def run(self, run_id: UUID) -> Ending:
        """Wait for the end of another run of this guild."""
        key = self._steps.claim_key(f"run:{run_id}")
        found = await self._come(replace(self._new(key, "run"), for_run=run_id), lambda row: row.answer)
        return TypeAdapter(Ending).validate_python(found)

    async def tasks(self, name: str, task_ids: Sequence[UUID]) -> None:
        """Wait until one of some tasks is over."""
        key = self._steps.claim_key(name)
        new = replace(self._new(key, "tasks"), for_tasks=list(task_ids))
        if key not in self._steps:
            # Committed before the tasks are looked at; see `waits_table.wake_where_tasks_ended`.
            async with self._steps.commit() as conn:
                await waits_table.open_(conn, new)
        await self._come(new, lambda _: None)

    def _new(self, key: str, kind: waits_table.Kind, **more: Any) -> NewWait:
        return NewWait(self.id_of(key), self._row.id, key, kind, **more)

    async def _come(
        self,
        new: NewWait,
        value: Callable[[WaitRow], Any],
        opened: Opened | None = None,
        late: Opened | None = None,
        hold: float = 0.0,
    ) -> Any:
        """What has come of a wait; where nothing has yet, the code stops here and the run is let go of."""
        if new.key in self._steps:
            return self._steps[new.key]
        async with self._steps.commit(after=new.for_run) as conn:
            if new.for_run is not None:
                await self._look_at(conn, new)
            elif new.for_tasks is not None:
                await waits_table.close_where_tasks_ended(conn, new.id)
            elif await waits_table.open_(conn, new, self._services.ahead()):
                await self._opened(conn, new, opened)
            is_over = await self._over(conn, new, value, late)
        if not is_over and hold:
            is_over = await self._hold(new, value, late, hold)
        if not is_over:
            await self._stop_here(new.key)
        return self._steps[new.key]

    async def _over(
        self, conn: Connection, new: NewWait, value: Callable[[WaitRow], Any], late: Opened | None
    ) -> bool:
        """Whether a wait is over; what has come of it is recorded then."""
        over = await waits_table.over(conn, new.id, self._services.ahead())
        if over is None:
            return False
        if over.kind == "answer" and over.answered_by is None:
            await show_decided(conn, self._services.surface.edit, over, "Nobody answered in time")
            if late is not None:
                await late(conn)
        await self._steps.record(conn, new.key, value(over), effect="wait")
        return True

    async def _hold(
        self, new: NewWait, value: Callable[[WaitRow], Any], late: Opened | None, seconds: float
    ) -> bool:
        """Stay for a while and look again and again; whether the wait is over."""
        clock, lasts = self._services.machinery, self._steps.can_let_go
        ends = clock.monotonic() + seconds
        with self._steps.under_way(harmless=lasts):
            while not lasts or clock.monotonic() < ends:
                await clock.sleep(LOOK_SECONDS)
                async with self._steps.commit() as conn:
                    if await self._over(conn, new, value, late):
                        return True
        return False

    async def _opened(self, conn: Connection, new: NewWait, opened: Opened | None) -> None:
        if opened is not None:
            await opened(conn)
        elif new.question is not None:
            row = await self._voice.ask(conn, f"ask:{new.key}", question_of(new, new.question))
            await waits_table.said(conn, new.id, row)

    async def _look_at(self, conn: Connection, new: NewWait) -> None:
        """Wait for a run, or note that it is over already; its row is locked."""
        other = await runs_table.get(conn, new.for_run) if new.for_run is not None else None
        if other is None or other.guild_id != self._row.guild_id:
            raise UserError("The work that this waits for is not there any more.")
        if not other.is_over and await waits_table.leads_back(conn, self._row.id, other.id):
            raise UserError("Two pieces of work would wait for each other for ever, so this one has stopped.")
        await waits_table.open_(conn, new)
        if other.is_over:
            ending = {"state": other.state, "error": other.error, "result": other.result}
            await waits_table.close(conn, new.id, ending)

    async def _stop_here(self, key: str) -> Never:
        with self._steps.aside(), self._blocking(key):
            await asyncio.Event().wait()
        raise AssertionError  # only a cancellation leaves the line above

    @contextmanager
    def _blocking(self, key: str) -> Generator[None]:
        self._blocked[key] += 1
        self._some.set()
        try:
            yield
        finally:
            del self._blocked[key]
            if not self._blocked:
                self._some.clear()


def question_of(new: NewWait, question: str) -> Say:
    """The message that asks."""
    buttons = [
        Button(label, f"{ANSWER_ACTION}{new.id}:{value}", "primary")
        for value, label in (new.options or {}).items()
    ]
    return Say(question, buttons=tuple(buttons), urgency="question")


async def answer(conn: Connection, wait_id: UUID, value: JsonValue, by: int, ahead: float = 0.0) -> Decision:
    """Answer what a run waits for; who comes first decides, and everybody after is told what was decided.

    The caller has checked that ``by`` may, and rings for the run afterwards. Raises `UserError` where there is nothing
    to answer.
    """
    run_id = await waits_table.run_of(conn, wait_id)
    row = None if run_id is None else await runs_table.locked(conn, run_id)
    if run_id is None or row is None:
        raise UserError("This question is not open any more.")
    before = await waits_table.get(conn, wait_id)
    if before is not None and before.answered_at is None and row.is_over:
        raise UserError("The work that asked this has ended, so there is nothing to decide any more.")
    counts = await waits_table.decide(conn, wait_id, value, by, ahead)
    wait = await waits_table.get(conn, wait_id)
    if wait is None:
        raise UserError("This question is not open any more.")
    found = _answer(wait)
    standing = None if found is None else TypeAdapter(Answer).validate_python(found)
    label = wait.options.get(str(wait.answer), str(wait.answer))
    return Decision(counts, run_id, standing, label)


async def show_decided(
    conn: Connection, edit: Callable[..., Any], wait: WaitRow, what: str, by: int | None = None
) -> None:
    """Take the buttons off a question and say under it what was decided."""
    if wait.said_row is None or wait.question is None or wait.answered_at is None:
        return
    who = f" by <@{by}>" if by is not None else ""
    text = f"{wait.question}\n-# {what}{who}, <t:{int(wait.answered_at.timestamp())}:f>"
    await edit(conn, f"{wait.run_id}:decided:{wait.key}", wait.said_row, Say(text))


def _answer(wait: WaitRow) -> dict[str, Any] | None:
    if wait.answered_by is None or wait.answered_at is None:
        return None
    return {"value": wait.answer, "by": wait.answered_by, "at": wait.answered_at.isoformat()}
