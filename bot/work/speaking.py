"""How a run speaks: messages in its thread, a status message that moves on, marks, and the word at its end."""

from collections.abc import AsyncIterable
from datetime import datetime

from pydantic import TypeAdapter

from bot.discord.missed import watch_table
from bot.discord.plain import plain
from bot.discord.plain import title as one_line
from bot.work import runs_table
from bot.work.runs_table import RunRow
from bot.work.services import RunServices
from bot.work.status import Line, render
from bot.work.steps import Steps
from bot.work.streaming import GOES_ON, Growing, Show
from bot.work.surface import Button, Connection, Place, Say

STOP_ACTION = "v1:runs:stop:"
RETRY_ACTION = "v1:runs:retry:"
GROWING = "growing"
LAST_WORDS = 1_500
"""Characters that stay of a text that was cut off."""

PLACE_LOOKS, PLACE_PAUSE = 150, 0.2
"""How often, and after how many seconds each, a thread is looked for that is being opened."""


class Voice:
    """Everything a run says; each utterance is a step, committed with the outbox rows that carry it."""

    def __init__(self, row: RunRow, steps: Steps, services: RunServices) -> None:
        self._row = row
        self._steps = steps
        self._services = services
        self._ticks = 0
        self._growing: Growing | None = None
        self._lines = [TypeAdapter(Line).validate_python(value) for value in steps.recorded("line")]

    @property
    def place(self) -> Place:
        """Where the run speaks: its thread, also while that is still being opened."""
        return place_of(self._row)

    async def settled(self) -> int:
        """The thread in which the run speaks, which is waited for while it is being opened, or else the channel."""
        for _ in range(PLACE_LOOKS):
            async with self._services.database.connection() as conn:
                row = await runs_table.get(conn, self._row.id)
            if row is None or row.thread_row is None or row.thread_id is not None:
                break
            await self._services.machinery.sleep(PLACE_PAUSE)
        else:
            row = None
        return self._row.channel_id if row is None else row.thread_id or row.channel_id

    async def post(self, say: Say, *, watch: str | None = None) -> None:
        """Say something, once; ``watch`` is the note under which the cog watches it (the last message of it)."""
        key = self._steps.next_key("post")
        if key in self._steps:
            return
        async with self._steps.commit() as conn:
            rows = await self._services.surface.post(
                conn, f"{self._row.id}:{key}", self.place, say, run_id=self._row.id
            )
            if watch is not None:
                guild_id = self._row.principal.guild_id
                await watch_table.watch_row(conn, self._row.cog, guild_id, watch, rows[-1])
            await self._steps.record(conn, key, rows[-1])

    async def stream(self, pieces: AsyncIterable[str], say: Say, show: Show) -> str:
        """Say what ``pieces`` make, as they come, and at their end the whole of it once."""
        key, whole = self._steps.next_key("post"), self._steps.next_key("streamed")
        if key in self._steps:
            return str(self._steps[whole])
        alone = self._row.status_row is None
        begun = key.replace("post", GROWING)

        async def note(conn: Connection, row: int) -> None:
            if begun not in self._steps:
                await self._steps.record(conn, begun, row)

        self._growing = growing = Growing(
            self._services.surface,
            self._steps.commit,
            self._services.clock,
            key=f"{self._row.id}:{key}",
            attempt=self._row.fence,
            place=self.place,
            say=say,
            show=show,
            pace=self._services.pace,
            # Where no status message does, the text itself shows what is being done, and can be stopped.
            buttons=(stop_button(self._row.id),) if alone else (),
            begun=note,
            secrets=self._services.secrets,
        )
        text = await growing.grow(pieces)
        async with self._steps.commit() as conn:
            rows = await growing.finish(conn, text)
            await self._steps.record(conn, key, rows[-1])
            await self._steps.record(conn, whole, text)
        self._growing = None
        return text

    async def line(self, line: Line) -> None:
        """Add a stage or a note to the status message."""
        key = self._steps.next_key("line")
        if key in self._steps:
            return
        self._lines.append(line)
        async with self._steps.commit() as conn:
            if self._row.status_row is not None:
                say = Say(
                    render(self._header(), self._lines),
                    buttons=(stop_button(self._row.id),),
                    urgency="progress",
                )
                await self._services.surface.edit(conn, f"{self._row.id}:{key}", self._row.status_row, say)
            await self._steps.record(conn, key, TypeAdapter(Line).dump_python(line, mode="json"))

    async def now(self, text: str) -> None:
        """Show what is being done right now, below the stages; the next stage takes its place."""
        if self._row.status_row is None:
            if self._growing is not None:
                self._growing.doing(plain(text))
            return
        self._ticks += 1
        shown = [*self._lines, Line("note", text)]
        say = Say(render(self._header(), shown), buttons=(stop_button(self._row.id),), urgency="progress")
        async with self._steps.commit() as conn:
            # Another attempt's ticks have keys of their own: those of this one must be shown.
            key = f"{self._row.id}:now:{self._row.fence}:{self._ticks}"
            await self._services.surface.edit(conn, key, self._row.status_row, say)

    async def mark(self, kind: str, message_id: int, emoji: str, channel_id: int | None = None) -> None:
        """Show a state on a message of the thread, or of a channel (``react``), or take it back (``unreact``)."""
        key = self._steps.next_key(kind)
        channel_id = channel_id or self._row.thread_id
        if key in self._steps or channel_id is None:
            return
        surface = self._services.surface
        show = surface.react if kind == "react" else surface.unreact
        async with self._steps.commit() as conn:
            await show(conn, f"{self._row.id}:{key}", channel_id, message_id, emoji)
            await self._steps.record(conn, key, None)

    async def ask(self, conn: Connection, key: str, say: Say) -> int:
        """Ask people something, in the caller's transaction; the outbox row that carries it."""
        rows = await self._services.surface.post(
            conn, f"{self._row.id}:{key}", self.place, say, run_id=self._row.id
        )
        return rows[-1]

    async def pause(self, conn: Connection, until: datetime | None) -> None:
        """Show in the status message that the run waits, and until when where that is known."""
        when = "until it is answered" if until is None else f"until <t:{int(until.timestamp())}:f>"
        await self._remark(conn, f"pause:{self._row.fence}", f"⏳ Waiting {when}")

    async def put_off(self, conn: Connection, why: str, until: datetime) -> None:
        """Show in the status message what failed, and when it is tried again."""
        await self._remark(
            conn, f"put_off:{self._row.fence}", f"↻ {why} Trying again <t:{int(until.timestamp())}:R>."
        )

    async def again(self, conn: Connection) -> None:
        """Show in the status message that people let the run go on after its end."""
        await self._remark(conn, f"again:{self._row.round}", "… Going on")

    async def _remark(self, conn: Connection, key: str, text: str) -> None:
        if self._row.status_row is None:
            return
        shown = render(self._header(), self._lines, ending=text)
        say = Say(shown, buttons=(stop_button(self._row.id),), urgency="progress")
        await self._services.surface.edit(conn, f"{self._row.id}:{key}", self._row.status_row, say)

    async def close(self, conn: Connection, *, ending: str | None, again: bool = False) -> None:
        """Show in the status message (in the thread, where there is none) that the run has ended.

        With ``again`` there is a button to try it again.
        """
        run_id, buttons = self._row.id, (retry_button(self._row.id),) if again else ()
        if self._row.status_row is None:
            if ending is not None and not await self._ended_in_its_text(conn, ending, buttons):
                say = Say(ending, buttons=buttons)
                await self._services.surface.post(conn, self._last("close"), self.place, say, run_id=run_id)
            return
        text = render(self._header(), self._lines, ending=f"{ending or '✓ Done'}{await self._spent(conn)}")
        # Nobody is told that it is done before all of the answer stands there.
        posts = self._steps.recorded("post")
        await self._services.surface.edit(
            conn,
            self._last("close"),
            self._row.status_row,
            Say(text, buttons=buttons),
            after=max(posts, default=None),
        )
        await self._call_back(conn, ending)

    def _last(self, kind: str) -> str:
        """A key for what is said at the end, of which there is one each time that people try the run again."""
        return f"{self._row.id}:{kind}{f':{self._row.round}' if self._row.round else ''}"

    async def _ended_in_its_text(self, conn: Connection, ending: str, buttons: tuple[Button, ...]) -> bool:
        """Say in the text that did not get to its end that it ended; False where there is none."""
        begun = [number for number in self._steps.numbers(GROWING) if f"post:{number}" not in self._steps]
        if not begun:
            return False
        # What another process has shown of it is not known here, and is taken back.
        so_far = "" if self._growing is None else self._growing.shown
        text = f"{so_far[-LAST_WORDS:]} {GOES_ON}\n{ending}" if so_far.strip() else ending
        row = int(self._steps[f"{GROWING}:{begun[-1]}"])
        await self._services.surface.edit(conn, self._last("close"), row, Say(text, buttons=buttons))
        return True

    async def _call_back(self, conn: Connection, ending: str | None) -> None:
        """Tell whoever asked that it has ended, where that took so long that they look at something else by now."""
        took = (self._services.clock.now() - self._row.created_at).total_seconds()
        member = self._row.member_id
        if (
            not self._services.mention_after
            or took <= self._services.mention_after
            or member == self._services.me
        ):
            return
        say = Say(f"<@{member}> {ending or 'This is done.'}", mentions=(member,))
        await self._services.surface.post(conn, self._last("called"), self.place, say, run_id=self._row.id)

    async def _spent(self, conn: Connection) -> str:
        """What language models have cost, as small print; a price that nobody has named is said to be unknown."""
        row = await runs_table.get(conn, self._row.id)
        if row is None or not row.model_tokens:
            return ""
        cost = f", about ${row.model_cost:.4f}" if row.model_cost else ""
        if row.model_unpriced > 0:
            part = "" if row.model_unpriced >= row.model_tokens else f" of {row.model_unpriced:,} of them"
            cost += f", price{part} unknown"
        return f"\n-# {row.model_tokens:,} tokens{cost}"

    def _header(self) -> str:
        return status_header(self._row.title, self._row.member_id)


def place_of(row: RunRow) -> Place:
    """Where a run speaks: its thread, also while that is still being opened."""
    if row.thread_row is not None:
        return Place(opened_by=row.thread_row)
    return Place(channel_id=row.thread_id or row.channel_id)


def status_header(title: str, member_id: int) -> str:
    """The first lines of a run's status message; the title comes from outside."""
    return f"**{one_line(title)}**\n-# Asked by <@{member_id}>"


def stop_button(run_id: object) -> Button:
    """The button that stops a run."""
    return Button("Stop", f"{STOP_ACTION}{run_id}", "danger")


def retry_button(run_id: object) -> Button:
    """The button that lets a run that failed go on from where it was."""
    return Button("Retry", f"{RETRY_ACTION}{run_id}", "primary")
