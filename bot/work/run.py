"""What a workflow holds while it runs: recorded steps, and ways to speak, read, ask agents and tools.

A step's result is stored and never computed again: after a crash the workflow's code runs from its start and
every recorded step answers at once with what it answered before.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_type_hints
from uuid import UUID

import structlog
from pydantic import JsonValue, TypeAdapter

from bot.agents.agent import Agent, Meter, Persona
from bot.agents.personas import Personas
from bot.clock import Clock
from bot.config.agents import BudgetSection
from bot.discord.plain import title as one_line
from bot.errors import CogswarmError, ConfigError
from bot.llm.protocol import Passage
from bot.mcp.toolbox import Toolbox
from bot.memory.library import Library, Recollection
from bot.memory.sources import Document, Source
from bot.memory.store import Place as MemoryPlace
from bot.storage.database import Database
from bot.work import runs_table, steps_table
from bot.work.principal import Principal
from bot.work.runs_table import RunRow
from bot.work.status import Line, render
from bot.work.streaming import PACE, Growing
from bot.work.surface import Button, Connection, File, Importance, Place, Said, Say, Speaker, Surface

STOP_ACTION = "v1:runs:stop:"

log = structlog.get_logger(__name__)


class LeaseLost(CogswarmError):
    """Another process holds this run by now; nothing more may be committed for it here."""


@dataclass(frozen=True, slots=True)
class RunServices:
    """What every run works with; made once by the app."""

    database: Database
    surface: Surface
    personas: Personas
    tools: Toolbox
    library: Library
    clock: Clock
    meter: Callable[[UUID, BudgetSection], Meter]
    mention_after: float = 60.0
    """Whoever asked for something that took longer than these seconds is mentioned when it ends; 0: never."""
    pace: float = PACE
    """Seconds between two edits of a text that is shown while it is written."""
    permit: Callable[[int, Persona], Persona] = lambda _guild_id, persona: persona
    """The agent as the owner lets it work in a guild; raises `UserError` where it may not."""


class Run:
    """One durable execution of a workflow, held under a lease."""

    def __init__(self, row: RunRow, recorded: dict[str, Any], services: RunServices) -> None:
        self._row = row
        self._services = services
        self._recorded = recorded
        self._used: set[str] = set()
        self._counts: dict[str, int] = {}
        self._lines = _lines_of(recorded)

    @property
    def id(self) -> UUID:
        """The run's id."""
        return self._row.id

    @property
    def title(self) -> str:
        """What the run is about, in a few words."""
        return self._row.title

    @property
    def principal(self) -> Principal:
        """On whose behalf the run acts."""
        return self._row.principal

    @property
    def thread_id(self) -> int | None:
        """The thread in which it speaks, where that was known when the run was taken up."""
        return self._row.thread_id

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        return self._services.clock

    def agent(self, name: str) -> Agent:
        """The persona of that name; one that is not configured answers with the default model.

        Raises `UserError` where the owner does not let it work in this guild.
        """
        persona = self._services.permit(self.principal.guild_id, self._services.personas.get(name))
        return Agent(persona, self._services.meter(self.id, persona.budget), self._services.tools)

    async def step[**P, T](
        self, key: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do something repeatable once: its result is recorded under ``key``, unique within the run.

        The result must be JSON, or of the type that ``do`` declares to return (dataclasses and pydantic
        models are kept). A crash before the record makes ``do`` run again.
        """
        self._claim_key(key)
        adapter = _adapter(do)
        if key not in self._recorded:
            value = adapter.dump_python(await do(*args, **kwargs), mode="json")
            async with self._commit() as conn:
                await self._record(conn, key, value)
        return adapter.validate_python(self._recorded[key])

    async def post(
        self,
        text: str,
        *,
        speaker: Speaker | None = None,
        buttons: Sequence[Button] = (),
        mentions: Sequence[int] = (),
        reply_to: int | None = None,
        files: Sequence[File] = (),
        urgency: Importance = "result",
    ) -> None:
        """Say something in the run's thread, exactly once; longer texts become several messages, or a file.

        ``files`` go with the last; a picture must say in its ``alt`` what it shows. A question goes before results,
        progress after them and without a sound.
        """
        key = self._next_key("post")
        if key in self._recorded:
            return
        say = Say(text, speaker, tuple(buttons), tuple(mentions), reply_to, urgency, tuple(files))
        async with self._commit() as conn:
            rows = await self._services.surface.post(
                conn, f"{self.id}:{key}", self._place(), say, run_id=self.id
            )
            await self._record(conn, key, rows[-1])

    async def stream(
        self,
        pieces: AsyncIterable[str],
        *,
        speaker: Speaker | None = None,
        buttons: Sequence[Button] = (),
        mentions: Sequence[int] = (),
    ) -> str:
        """Show a text while it is written, and at its end say it once and whole, as `post` does; answers with it.

        After a crash before the end ``pieces`` are asked for again and the same message begins anew.
        """
        key, whole = self._next_key("post"), self._next_key("streamed")
        if key in self._recorded:
            return str(self._recorded[whole])
        growing = Growing(
            self._services.surface,
            self._commit,
            self.clock,
            key=f"{self.id}:{key}",
            attempt=self._row.fence,
            place=self._place(),
            say=Say("", speaker, tuple(buttons), tuple(mentions)),
            pace=self._services.pace,
        )
        text = await growing.grow(pieces)
        async with self._commit() as conn:
            rows = await growing.finish(conn, text)
            await self._record(conn, key, rows[-1])
            await self._record(conn, whole, text)
        return text

    async def stage(self, now: str, *, done: str | None = None) -> None:
        """Show in the status message what the run does now; ``done`` says how the stage before ended."""
        await self._line(Line("stage", now, done))

    async def note(self, text: str) -> None:
        """Show a remark in the status message, such as a source that failed."""
        await self._line(Line("note", text))

    async def history(
        self, channel_id: int, *, since: timedelta | None = None, limit: int = 100
    ) -> list[Passage]:
        """What people said in a channel, oldest first, as material for an agent."""
        said = await self._services.surface.history(channel_id, since=since, limit=limit)
        return [_passage(message) for message in said if message.text and not message.is_bot]

    async def keep_sources(self, documents: Sequence[Document]) -> list[Source]:
        """Keep what was fetched, numbered from 1; a URL that was kept before answers with its number."""
        return await self._services.library.keep(self.id, self.principal.guild_id, documents)

    async def sources(self, run_id: UUID | None = None) -> list[Source]:
        """What this run (or another of the same guild) has fetched and kept, by number."""
        return await self._services.library.sources(run_id or self.id, self.principal.guild_id)

    async def recall(self, text: str, *, kind: str, readable: Sequence[int]) -> list[Recollection]:
        """What this guild remembers about the same subject, from places in ``readable`` only."""
        return await self._services.library.recall(
            self.principal.guild_id, text, kind=kind, readable=readable, not_run=self.id
        )

    async def remember(self, *, kind: str, title: str, body: str) -> None:
        """Remember something of this run, once, with the place it came from."""
        key = self._next_key("remember")
        if key in self._recorded:
            return
        memory, embedded = await self._services.library.prepare(
            MemoryPlace(self.principal.guild_id, self.principal.channel_id, self._row.thread_id),
            kind=kind,
            key=f"{self.id}:{key}",
            title=title,
            body=body,
            run_id=self.id,
            member_id=self.principal.member_id,
        )
        async with self._commit() as conn:
            await self._services.library.write(conn, memory, embedded)
            await self._record(conn, key, None)

    async def react(self, message_id: int, emoji: str) -> None:
        """Show a state on a message of the run's thread."""
        await self._mark("react", message_id, emoji)

    async def unreact(self, message_id: int, emoji: str) -> None:
        """Take a state back."""
        await self._mark("unreact", message_id, emoji)

    async def close(self, conn: Connection, *, ending: str | None) -> None:
        """Show in the status message (in the thread, where there is none) that the run has ended."""
        if self._row.status_row is None:
            if ending is not None:
                say = Say(ending)
                await self._services.surface.post(
                    conn, f"{self.id}:close", self._place(), say, run_id=self.id
                )
            return
        text = render(self._header(), self._lines, ending=f"{ending or '✓ Done'}{await self._spent(conn)}")
        # Nobody is told that it is done before all of the answer stands there.
        posts = [row for key, row in self._recorded.items() if key.startswith("post:")]
        await self._services.surface.edit(
            conn, f"{self.id}:close", self._row.status_row, Say(text), after=max(posts, default=None)
        )
        await self._call_back(conn, ending)

    async def _call_back(self, conn: Connection, ending: str | None) -> None:
        """Tell whoever asked that it has ended, where that took so long that they look at something else by now."""
        took = (self.clock.now() - self._row.created_at).total_seconds()
        if not self._services.mention_after or took <= self._services.mention_after:
            return
        member = self._row.member_id
        say = Say(f"<@{member}> {ending or 'This is done.'}", mentions=(member,))
        key = f"{self.id}:called"
        await self._services.surface.post(conn, key, self._place(), say, run_id=self.id)

    async def _spent(self, conn: Connection) -> str:
        """What language models have cost, as small print."""
        row = await runs_table.get(conn, self.id)
        if row is None or not row.model_tokens:
            return ""
        cost = f", about ${row.model_cost:.4f}" if row.model_cost else ""
        return f"\n-# {row.model_tokens:,} tokens{cost}"

    @asynccontextmanager
    async def _commit(self) -> AsyncGenerator[Connection]:
        async with self._services.database.transaction() as conn:
            if not await runs_table.holds(conn, self.id, self._row.fence):
                raise LeaseLost("Another process works on this run by now.")
            yield conn

    async def _record(self, conn: Connection, key: str, value: Any) -> None:
        await steps_table.record(conn, self.id, key, "repeatable", self._row.fence, value)
        self._recorded[key] = value

    async def _line(self, line: Line) -> None:
        key = self._next_key("line")
        if key in self._recorded:
            return
        self._lines.append(line)
        async with self._commit() as conn:
            if self._row.status_row is not None:
                say = Say(
                    render(self._header(), self._lines),
                    buttons=(stop_button(self.id),),
                    urgency="progress",
                )
                await self._services.surface.edit(conn, f"{self.id}:{key}", self._row.status_row, say)
            await self._record(conn, key, TypeAdapter(Line).dump_python(line, mode="json"))

    async def _mark(self, kind: str, message_id: int, emoji: str) -> None:
        key = self._next_key(kind)
        channel_id = self._row.thread_id
        if key in self._recorded or channel_id is None:
            return
        surface = self._services.surface
        show = surface.react if kind == "react" else surface.unreact
        async with self._commit() as conn:
            await show(conn, f"{self.id}:{key}", channel_id, message_id, emoji)
            await self._record(conn, key, None)

    def _place(self) -> Place:
        if self._row.thread_row is not None:
            return Place(opened_by=self._row.thread_row)
        return Place(channel_id=self._row.thread_id or self._row.channel_id)

    def _header(self) -> str:
        return status_header(self.title, self._row.member_id)

    def _next_key(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        key = f"{kind}:{self._counts[kind]}"
        self._claim_key(key)
        return key

    def _claim_key(self, key: str) -> None:
        if key in self._used:
            raise ConfigError(f"The workflow uses the step name {key!r} twice; give each step its own name.")
        self._used.add(key)


def status_header(title: str, member_id: int) -> str:
    """The first lines of a run's status message; the title comes from outside."""
    return f"**{one_line(title)}**\n-# Asked by <@{member_id}>"


def stop_button(run_id: UUID) -> Button:
    """The button that stops a run."""
    return Button("Stop", f"{STOP_ACTION}{run_id}", "danger")


def _lines_of(recorded: dict[str, Any]) -> list[Line]:
    numbered = sorted((int(key[5:]), value) for key, value in recorded.items() if key.startswith("line:"))
    return [TypeAdapter(Line).validate_python(value) for _, value in numbered]


def _adapter(do: Callable[..., Awaitable[Any]]) -> TypeAdapter[Any]:
    target = getattr(do, "__func__", do)
    try:
        hint = get_type_hints(target).get("return", JsonValue)
    except (TypeError, NameError):
        hint = JsonValue
    return TypeAdapter(hint)


def _passage(message: Said) -> Passage:
    return Passage(str(message.id), message.text, author=message.author, published=message.at)
