"""What a cog's commands, buttons and listeners are given: who, where, its settings, and how to start work."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta
from random import Random
from typing import Any, Generic, Literal
from uuid import UUID

from pydantic import JsonValue
from typing_extensions import TypeVar

from bot.bus.desk import BusDesk
from bot.discord import private
from bot.discord.agents_desk import Agents
from bot.discord.answers import Answers
from bot.discord.asks_desk import AsksDesk
from bot.discord.components import modal
from bot.discord.context_services import ContextServices
from bot.discord.events import Author, Where
from bot.discord.memory_desk import Memory
from bot.discord.missed import watch_table
from bot.discord.opening import Opening, opened
from bot.discord.reporting import broken
from bot.discord.runs_desk import RunsDesk
from bot.discord.server_desk import Server
from bot.errors import CogswarmError, ConfigError, UserError
from bot.memory.facts.desk import Facts
from bot.plugins import jobs_table
from bot.plugins.cog import Cog, Work
from bot.plugins.forms import Form
from bot.plugins.permissions import holds
from bot.plugins.settings import NoSettings, Settings
from bot.plugins.typed_times import moment
from bot.review.desk import Code
from bot.review.reviews import Reviews
from bot.work import kept_messages, lanes, runs_table
from bot.work.allocation.candidates import Award, Candidate, Need
from bot.work.allocation.strategies import STRATEGIES
from bot.work.auctions.desk import Auctions
from bot.work.choosing import custom_id
from bot.work.control import stopping
from bot.work.notes import Notes
from bot.work.principal import Principal
from bot.work.runs_table import NewRun, RunRow
from bot.work.surface import (
    Button,
    Choice,
    File,
    Say,
    Select,
    SelectKind,
    Speaker,
)
from bot.work.tasks.desk import Tasks
from bot.work.tasks.skills import Skilled, skilled
from bot.work.tasks.task import Task, Worker
from bot.work.votes.desk import Votes
from bot.work.waiting import Decision

TITLE_LENGTH = 200
type Priority = Literal["high", "normal", "low"]
PRIORITIES: Mapping[Priority, int] = {"high": 1, "normal": 2, "low": 3}
S = TypeVar("S", bound=Settings, default=NoSettings)


class Context(Generic[S]):
    """One event that reached a cog."""

    def __init__(
        self,
        services: ContextServices,
        cog: Cog,
        settings: S,
        *,
        event_id: int,
        where: Where,
        author: Author,
        answers: Answers | None = None,
        server: Server,
        locale: str = "",
    ) -> None:
        self._services = services if where.guild_id is None else services.within(where.guild_id)
        self._cog = cog
        self._settings = settings
        self._server = server
        self._event_id = event_id
        self._where = where
        self._author = author
        self._answers = answers
        self._replies = 0
        self._locale = locale

    @property
    def settings(self) -> S:
        """The cog's settings in this channel."""
        return self._settings

    @property
    def server(self) -> Server:
        """This server as its members and admins see it: what is on, who may use what, and why not."""
        return self._server

    def at(self, channel_id: int, *, in_thread: bool = False) -> "Context[S]":
        """The same in another channel of this server: with that channel's settings, and what is started speaks there.

        ``in_thread`` says that it is a thread, in which no other is opened. Raises `UserError` where the cog is switched off in that channel.
        """
        server = self._server.at(self._cog.name, channel_id)
        context = copy(self)
        context._server, context._where = server, Where(self.guild_id, channel_id, in_thread=in_thread)  # noqa: SLF001 - its own copy
        context._settings = server.values(self._cog.name)  # noqa: SLF001 - as above
        return context

    @property
    def agents(self) -> Agents:
        """The agents as this server's members and admins see them: what they do, what they have used, and changing that."""
        return Agents(self._services.agents, self.guild_id, self._author)

    def may(self, permission: str) -> bool:
        """Whether the person who acted holds one of Discord's permissions here, such as ``manage_guild``."""
        return holds(self._author.permissions, permission)

    def bot_may(self, permission: str) -> bool:
        """Whether the bot holds one of Discord's permissions here; True also where Discord does not say (see `Where`)."""
        granted = self._where.bot_permissions
        return granted is None or holds(granted, permission)

    def has_role(self, role: int) -> bool:
        """Whether the person who acted has a role."""
        return role in self._author.roles

    def moment(self, text: str) -> datetime:
        """The moment that somebody typed (``2h``, ``14:30``, ``tomorrow 9:00``), in the server's time zone.

        Raises `UserError` for what is no time, is over, or is more than two years ahead.
        """
        return moment(text, self._services.clock.now(), self._server.zone)

    @property
    def tasks(self) -> Tasks:
        """This server's tasks: to make, claim, finish, hand out and show."""
        name = self._cog.name
        return Tasks(
            self._services.tasks, self.guild_id, name, lambda conn: self._server.check_still_on(conn, name)
        )

    async def skilled(self, wanted: Collection[str]) -> list[Skilled]:
        """People who took part in tasks here lately and have roles that are called like one of ``wanted``.

        Raises `OutsideError` where Discord does not say who has which role.
        """
        return await skilled(self._services.database, self._services.present, self.guild_id, wanted)

    @property
    def auctions(self) -> Auctions:
        """This server's auctions: to call, bid in, look at and reckon again."""
        name = self._cog.name
        return Auctions(
            self._services.tasks, self.guild_id, name, lambda conn: self._server.check_still_on(conn, name)
        )

    @property
    def code(self) -> Code:
        """The repositories this server may see, and what checks pull requests."""
        return Code(self._services.code, self.guild_id)

    @property
    def facts(self) -> Facts:
        """What the agents of this channel or thread are to know: to note, change, remove, and hold against the pins."""
        name = self._cog.name
        return Facts(
            self._services.facts,
            self.guild_id,
            name,
            self.channel_id,
            self.home_id,
            lambda conn: self._server.check_still_on(conn, name),
        )

    async def hurry(self, job: str) -> None:
        """Let a job of this cog on this server be done at once instead of at its time; nothing where there is none."""
        async with self._services.database.transaction() as conn:
            await jobs_table.hurry(conn, self.guild_id, self._cog.name, job, self.now)

    @property
    def votes(self) -> Votes:
        """This server's votes: ballots, what was decided, and finding it again."""
        name = self._cog.name
        return Votes(
            self._services.tasks, self.guild_id, name, lambda conn: self._server.check_still_on(conn, name)
        )

    @property
    def reviews(self) -> Reviews:
        """This server's reviews of pull requests: their threads, what was found, and what is suppressed."""
        services = self._services
        return Reviews(services.database, stopping(self._author.id, services.ring), self.guild_id)

    async def award(
        self, strategy: str, task: Task, need: Need, candidates: Sequence[Candidate], chance: Random
    ) -> Award:
        """Let a strategy say who gets a task here: a built-in one, or one of a cog that is on in this channel.

        Raises `UserError` where there is no such strategy, its cog is switched off here, or it fails.
        """
        if strategy in STRATEGIES:
            return STRATEGIES[strategy](need, candidates, chance)
        found = self._server.strategy(strategy)
        if found is None:
            raise UserError(f"There is no way called “{strategy[:50]}” to say who gets a task.")
        cog, decide = found
        context: Context[Any] = copy(self)
        context._cog, context._server = cog, self._server.at(cog.name, self.channel_id)
        context._settings = context._server.values(cog.name)
        try:
            return await decide(context, task, need, candidates)
        except CogswarmError:
            raise
        except Exception as error:
            # The same sentence each time: people are told once, not at each try.
            broken(cog.name, error)
            raise UserError(
                f"“{cog.name}”, which says who gets a task here, is broken; the bot's log has the details."
            ) from error

    @property
    def worker(self) -> Worker:
        """The person who acted, as somebody who can hold a task."""
        author = self._author
        return Worker("member", str(author.id), author.name, manages=self.may("manage_guild"))

    @property
    def event_id(self) -> int:
        """What happened, as Discord numbers it: the same if it is told again, higher for what came later.

        0 for what the cog does by itself.
        """
        return self._event_id

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self._services.clock.now()

    @property
    def runs(self) -> RunsDesk:
        """This server's runs, in the hands of the person who acted: to list, show, retry and stop."""
        return RunsDesk(self._services.runs, self.guild_id, self._author)

    @property
    def asks(self) -> AsksDesk:
        """This server's questions to people, in the hands of the person who acted: to see, decide and hand over."""
        return AsksDesk(self._services.runs, self.guild_id, self._author)

    @property
    def memory(self) -> Memory:
        """What this server remembers, in the hands of the person who acted: recalled, added to, forgotten."""
        if self._services.memory is None:
            raise ConfigError("Nothing is remembered here: this process was started without memory.")
        place = None if self.is_direct else self.channel_id
        return Memory(self._services.memory, self.guild_id, place, self._author)

    @property
    def bus(self) -> BusDesk:
        """The agent bus, in the hands of the person who acted: to write to its agents and decide what comes back."""
        author = self._author
        return BusDesk(self._services.bridge, self.guild_id, author.id, author.roles)

    async def answer(self, wait_id: UUID, value: JsonValue) -> Decision:
        """Answer, for the person who acted, what a run waits for with `Run.wait_answer`; who comes first decides.

        Who may is the caller's to check. Raises `UserError` where there is nothing to answer any more.
        """
        return await self.runs.answer(wait_id, value)

    @property
    def guild_id(self) -> int:
        """The guild it happened in, or that direct messages belong to."""
        if self._where.guild_id is None:
            raise UserError("This works on a server, not in direct messages.")
        return self._where.guild_id

    @property
    def channel_id(self) -> int:
        """The channel or thread it happened in."""
        return self._where.channel_id

    @property
    def is_direct(self) -> bool:
        """Whether it happened in direct messages with the bot; `guild_id` is then the server they belong to."""
        return self._where.direct

    @property
    def home_id(self) -> int:
        """The channel it happened in, also where that was in a thread of it."""
        return self._where.home_id or self._where.channel_id

    @property
    def home_name(self) -> str:
        """That channel's name; empty where it is not known."""
        return self._where.home_name

    @property
    def in_thread(self) -> bool:
        """Whether that is a thread."""
        return self._where.in_thread

    @property
    def bot_id(self) -> int:
        """The bot's own user id."""
        return self._services.me

    @property
    def locale(self) -> str:
        """The language in which the person uses Discord, such as ``de``; empty where it was no command or button."""
        return self._locale

    @property
    def notes(self) -> Notes:
        """What this cog keeps about this server, by name; also as `Run.notes`."""
        return Notes(self._services.database, self._cog.name, self.guild_id)

    @property
    def principal(self) -> Principal:
        """On whose behalf whatever is started here acts."""
        return Principal(
            self.guild_id, self.channel_id, self._author.id, self._author.name, direct=self.is_direct
        )

    @property
    def reads_everything(self) -> bool:
        """Whether messages that do not mention the bot can be read."""
        return self._services.message_content

    async def choose_server(self) -> None:
        """Answer, in direct messages, with the servers that they can belong to, to choose one. Raises `UserError`."""
        if not self.is_direct:
            raise UserError("This is for direct messages with me.")
        others = await self._server.others()
        await self.reply(others.text, others.choices)

    def without_mention(self, text: str) -> str:
        """``text`` without the mention that called the bot."""
        return text.replace(f"<@{self._services.me}>", "").replace(f"<@!{self._services.me}>", "")

    def agent_label(self, name: str) -> str:
        """What is shown beside an agent's text; empty where a language model writes it."""
        return self._services.persona(name).label

    def agent_reads_here(self, name: str) -> bool:
        """Whether an agent may read this channel, which the owner says with ``agents.NAME.reads``."""
        return self._services.persona(name).reads_in(self._where.home_id, self._where.home_name)

    def check_agent(self, name: str) -> None:
        """Raise `UserError` where the owner does not let an agent work in this channel."""
        persona = self._services.permit(self.guild_id, self._services.persona(name))
        if not persona.works_in(self._where.home_id, self._where.home_name):
            places = ", ".join(
                f"<#{channel}>" if channel.isdigit() else f"#{channel}"
                for channel in sorted(persona.channels)
            )
            raise UserError(f"{persona.display_name} does not work in this channel. Try {places}.")

    async def start(
        self,
        workflow: Work,
        *,
        title: str | None = None,
        quiet: bool = False,
        under: int | None = None,
        lane: str | None = None,
        within: timedelta | None = None,
        priority: Priority = "normal",
        key: str | None = None,
        **arguments: Any,
    ) -> UUID | None:
        """Start durable work: a status message with a stop button, a thread under it, and the run.

        In a thread the work speaks there. ``quiet`` posts no status message; ``under`` opens the thread under a message of
        this channel instead. Of runs with the same ``lane`` in one place each waits for the one before it. The same event
        starts nothing twice (None), and nor does the same ``key`` on this server, whatever happened. Arguments are stored,
        so they must be JSON. ``within`` is how long it may take, waiting included (left out: what the workflow declares);
        ``priority`` whose turn it is among this server's runs.
        """
        name = getattr(workflow, "__name__", "")
        if name not in self._cog.workflows:
            raise ConfigError(
                f"{name or workflow} is not a workflow of {self._cog.name}; decorate it with @workflow."
            )
        run_id, limit = self._services.new_id(), within or self._cog.workflows[name].within
        shown = (title or name.replace("_", " ").capitalize())[:TITLE_LENGTH]
        if not self.channel_id:
            raise ConfigError(
                "What a cog starts by itself needs a channel to speak in: ctx.at(channel_id).start(…)."
            )
        async with self._services.database.transaction() as conn:
            await self._server.check_still_on(conn, self._cog.name)
            # What a cog does by itself has no event that could come twice.
            handled = self._event_id if key is None else _id_of(self.guild_id, key)
            if handled and not await runs_table.handle_once(conn, self._cog.name, handled):
                return None
            opening = Opening(run_id, shown, self._author.id, self.channel_id, in_thread=self.in_thread)
            status_row, thread_row = await opened(
                conn, self._services.surface, opening, quiet=quiet, under=under
            )
            new = NewRun(
                id=run_id,
                cog=self._cog.name,
                workflow=name,
                args=arguments,
                title=shown,
                principal=self.principal,
                thread_id=self.channel_id if thread_row is None else None,
                priority=PRIORITIES[priority],
                seconds=None if limit is None else limit.total_seconds(),
                lane=lane,
                cause=self._event_id or None,
            )
            ahead = self._services.ahead()
            await runs_table.insert(conn, new, status_row=status_row, thread_row=thread_row, ahead=ahead)
            await self._services.ring(conn, run_id)
        if not quiet and under is None:
            place = "right here" if self.in_thread else "in a thread under my next message"
            await self.reply(f"On it. Follow along {place}.")
        return run_id

    async def reply(
        self, text: str, components: Sequence[Button | Select] = (), *, files: Sequence[File] = ()
    ) -> None:
        """Answer the person who acted, privately; ``components`` are buttons and selects under the answer.

        ``files`` go with it; a picture must say in its ``alt`` what it shows.

        Said again, it replaces what was answered before. At most five rows: a select has one of its own. What is too
        long for one message follows in more, each said at most once.
        """
        if self._answers is None:
            return
        await self._answers.say_safely(text, components, files)
        self._replies += 1
        more = "\n".join(self._answers.parts(text)[1:])
        if more:
            async with self._services.database.transaction() as conn:
                await private.follow_up(
                    conn,
                    f"{self._cog.name}:{self._event_id}:more:{self._replies}",
                    channel_id=self.channel_id,
                    token=self._answers.token,
                    user_id=self._author.id,
                    say=Say(more),
                )

    async def open_form(
        self,
        action: str,
        value: str,
        form: type[Form],
        *,
        title: str,
        values: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        hints: Mapping[str, str] | None = None,
    ) -> None:
        """Answer with a form, whose sending calls this cog's form ``action`` with ``value``.

        ``values`` stand in it already; ``labels`` and ``hints`` go before those of the form's own fields. Raises
        `ConfigError` where something was answered before: declare the command with ``opens_form=True``.
        """
        if self._answers is None:
            raise ConfigError("A form can only answer a command, a button or a select.")
        made_id = custom_id(self._cog.name, action, value)
        await self._answers.open_form(modal(form, made_id, title, values or {}, labels or {}, hints or {}))

    async def say_once(
        self,
        key: str,
        text: str,
        *,
        channel_id: int | None = None,
        speaker: Speaker | None = None,
        buttons: Sequence[Button] = (),
    ) -> None:
        """Say something in this (or another) channel of the server; a ``key`` is never said twice in a channel.

        Raises `ChannelElsewhere` where the channel is another server's.
        """
        where = channel_id or self.channel_id
        async with self._services.database.transaction() as conn:
            say = Say(text, speaker, tuple(buttons))
            await kept_messages.say_once(conn, self._services.surface, self._cog.name, where, key, say)

    async def change(self, key: str, version: str, text: str, *, buttons: Sequence[Button] = ()) -> bool:
        """Let what was said here once under ``key`` say something else; the same ``version`` again changes nothing.

        False where nothing was said under it, or so long ago that it is not known any more.
        """
        async with self._services.database.transaction() as conn:
            return await kept_messages.change(
                conn,
                self._services.surface,
                self._cog.name,
                self.channel_id,
                key,
                version,
                Say(text, buttons=tuple(buttons)),
            )

    async def watch(
        self, note: str, message_id: int, *, channel_id: int | None = None, days: float = watch_table.DAYS
    ) -> None:
        """Be told (`Cog.on_watched`) when a message here is found changed after the bot was away.

        ``note`` is yours, at most 200 characters, and names one message of this server: watching another under the same
        note ends the first. The watch ends by itself when the message is gone, and after ``days``.
        """
        where = channel_id or self.channel_id
        async with self._services.database.transaction() as conn:
            await watch_table.watch(conn, self._cog.name, self.guild_id, note, where, message_id, days=days)

    async def unwatch(self, note: str) -> None:
        """Watch a message no longer; nothing happens where none is watched under this note."""
        async with self._services.database.transaction() as conn:
            await watch_table.unwatch(conn, self._cog.name, self.guild_id, note)

    def button(self, label: str, action: str, value: str) -> Button:
        """A button that calls this cog's ``action`` with ``value``."""
        return Button(label, custom_id(self._cog.name, action, value), "primary")

    def select(
        self,
        action: str,
        value: str,
        *,
        placeholder: str = "",
        kind: SelectKind = "choice",
        choices: Sequence[Choice] = (),
        least: int = 1,
        most: int = 1,
    ) -> Select:
        """A select that calls this cog's ``action`` with ``value`` and what was chosen.

        ``choices`` are at most 25, for the kind ``choice``; of the others Discord offers what there is.
        """
        made_id = custom_id(self._cog.name, action, value)
        return Select(made_id, placeholder, kind, tuple(choices), least, most)

    async def run_of_this_thread(self) -> RunRow | None:
        """The run this thread belongs to, if one of this cog opened it."""
        if not self.in_thread:
            return None
        async with self._services.database.connection() as conn:
            row = await runs_table.first_in_thread(conn, self.channel_id)
        return row if row is not None and row.cog == self._cog.name else None

    async def earlier_titles(self, limit: int = 25) -> list[str]:
        """What this guild asked this cog before, newest first."""
        async with self._services.database.connection() as conn:
            return await runs_table.recent_titles(conn, self.guild_id, self._cog.name, limit)

    async def cog_of_this_thread(self) -> str | None:
        """The cog whose work opened this thread; None for a thread that people opened, and outside threads."""
        if not self.in_thread:
            return None
        async with self._services.database.connection() as conn:
            row = await runs_table.first_in_thread(conn, self.channel_id)
        return None if row is None or row.thread_row is None else row.cog

    async def begin_again(self, event_id: int) -> bool:
        """Let the work of this cog that an event began do all of it once more, such as for a message that was changed.

        False where there is none that goes on, or where its answer stands there already.
        """
        async with self._services.database.transaction() as conn:
            run_id = await lanes.begun_by(conn, self._cog.name, self.guild_id, event_id)
            again = run_id is not None and await lanes.begin_again(conn, run_id)
            if again and run_id is not None:
                await self._services.ring(conn, run_id)
        return again

    async def withdraw(self, event_id: int, reason: str) -> bool:
        """Stop the work of this cog that an event began, such as for a message that was deleted; ``reason`` is shown."""
        async with self._services.database.transaction() as conn:
            run_id = await lanes.begun_by(conn, self._cog.name, self.guild_id, event_id)
            if run_id is None:
                return False
            await runs_table.ask_to_stop(conn, run_id, self._author.id, reason)
            await self._services.ring(conn, run_id)
        return True


def _id_of(guild_id: int, key: str) -> int:
    """The id under which a key counts as handled; below zero, where Discord has none."""
    return -int.from_bytes(hashlib.sha256(f"{guild_id}:key:{key}".encode()).digest()[:7]) - 1
