"""What a cog's commands, buttons and listeners are given: who, where, its settings, and how to start work."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Generic
from uuid import UUID

from pydantic import JsonValue
from typing_extensions import TypeVar

from bot.bus.desk import BusDesk
from bot.bus.work import BusWork
from bot.discord import begun
from bot.discord.agents_desk import Agents
from bot.discord.asks_desk import AsksDesk
from bot.discord.awarding import awarded
from bot.discord.components import modal
from bot.discord.events import Where
from bot.discord.memory_desk import Memory
from bot.discord.missed import watch_table
from bot.discord.occasion import Occasion
from bot.discord.runs_desk import RunsDesk
from bot.discord.server_desk import Server
from bot.discord.starting import Priority, started
from bot.errors import ConfigError, UserError
from bot.memory.facts.desk import Facts
from bot.plugins import jobs_table
from bot.plugins.cog import Work
from bot.plugins.forms import Form
from bot.plugins.permissions import holds
from bot.plugins.settings import NoSettings, Settings
from bot.plugins.typed_times import moment
from bot.review.desk import Code
from bot.review.reviews import Reviews
from bot.work import kept_messages, runs_table
from bot.work.allocation.candidates import Award, Candidate, Need
from bot.work.allocation.strategies import STRATEGIES
from bot.work.auctions.desk import Auctions
from bot.work.choosing import custom_id
from bot.work.control import stopping
from bot.work.notes import Notes
from bot.work.principal import Principal
from bot.work.runs_table import RunRow
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

S = TypeVar("S", bound=Settings, default=NoSettings)


class Context(Generic[S]):
    """One event that reached a cog."""

    def __init__(self, occasion: Occasion, settings: S) -> None:
        self._occasion = occasion
        self._settings = settings
        self._services = occasion.services
        self._name = occasion.cog.name
        self._where = occasion.where
        self._author = occasion.author

    @property
    def settings(self) -> S:
        """The cog's settings in this channel."""
        return self._settings

    @property
    def server(self) -> Server:
        """This server as its members and admins see it: what is on, who may use what, and why not."""
        return self._occasion.server

    def at(self, channel_id: int, *, in_thread: bool = False) -> "Context[S]":
        """The same in another channel of this server: with that channel's settings, and what is started speaks there.

        ``in_thread`` says that it is a thread, in which no other is opened. Raises `UserError` where the cog is switched off in that channel.
        """
        server = self.server.at(self._name, channel_id)
        where = Where(self.guild_id, channel_id, in_thread=in_thread)
        return Context(replace(self._occasion, server=server, where=where), server.values(self._name))

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
        return moment(text, self._services.clock.now(), self.server.zone)

    @property
    def tasks(self) -> Tasks:
        """This server's tasks: to make, claim, finish, hand out and show."""
        return self._occasion.desk(Tasks)

    async def skilled(self, wanted: Collection[str]) -> list[Skilled]:
        """People who took part in tasks here lately and have roles that are called like one of ``wanted``.

        Raises `OutsideError` where Discord does not say who has which role.
        """
        return await skilled(self._services.database, self._services.present, self.guild_id, wanted)

    @property
    def auctions(self) -> Auctions:
        """This server's auctions: to call, bid in, look at and reckon again."""
        return self._occasion.desk(Auctions)

    @property
    def code(self) -> Code:
        """The repositories this server may see, and what checks pull requests."""
        return Code(self._services.code, self.guild_id)

    @property
    def facts(self) -> Facts:
        """What the agents of this channel or thread are to know: to note, change, remove, and hold against the pins."""
        facts, still_on = self._services.facts, self._occasion.check_still_on
        return Facts(facts, self.guild_id, self._name, self.channel_id, self.home_id, still_on)

    async def hurry(self, job: str) -> None:
        """Let a job of this cog on this server be done at once instead of at its time; nothing where there is none."""
        async with self._services.database.transaction() as conn:
            await jobs_table.hurry(conn, self.guild_id, self._name, job, self.now)

    @property
    def votes(self) -> Votes:
        """This server's votes: ballots, what was decided, and finding it again."""
        return self._occasion.desk(Votes)

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
        cog, decide = self.server.strategy(strategy)
        server = self.server.at(cog.name, self.channel_id)
        theirs = Context[Any](replace(self._occasion, cog=cog, server=server), server.values(cog.name))
        return await awarded(cog.name, decide, theirs, task, need, candidates)

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
        return self._occasion.event_id

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
        return BusDesk(self._services.bridge, self.guild_id, self._author.id, self._author.roles)

    @property
    def bus_work(self) -> BusWork:
        """The agents of the bus that may be given work: to ask them something, and to hear what they answer."""
        return BusWork(self._services.bus, self._services.database, self.guild_id, self._name)

    async def answer(self, wait_id: UUID, value: JsonValue) -> Decision:
        """Answer, for the person who acted, what a run waits for with `Run.wait_answer`; who comes first decides.

        Who may is the caller's to check. Raises `UserError` where there is nothing to answer any more.
        """
        return await self.runs.answer(wait_id, value)

    @property
    def guild_id(self) -> int:
        """The guild it happened in, or that direct messages belong to."""
        return self._occasion.guild_id

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
        return self._occasion.locale

    @property
    def notes(self) -> Notes:
        """What this cog keeps about this server, by name; also as `Run.notes`."""
        return Notes(self._services.database, self._name, self.guild_id)

    @property
    def principal(self) -> Principal:
        """On whose behalf whatever is started here acts."""
        return self._occasion.principal

    @property
    def reads_everything(self) -> bool:
        """Whether messages that do not mention the bot can be read."""
        return self._services.message_content

    async def choose_server(self) -> None:
        """Answer, in direct messages, with the servers that they can belong to, to choose one. Raises `UserError`."""
        if not self.is_direct:
            raise UserError("This is for direct messages with me.")
        others = await self.server.others()
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
        persona.check_works_in(self._where.home_id, self._where.home_name)

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
        run_id = await started(
            self._occasion,
            workflow,
            arguments,
            title=title,
            quiet=quiet,
            under=under,
            lane=lane,
            within=within,
            priority=priority,
            key=key,
        )
        if run_id is not None and not quiet and under is None:
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
        if self._occasion.answering is not None:
            await self._occasion.answering.reply(text, components, files)

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
        if self._occasion.answering is None:
            raise ConfigError("A form can only answer a command, a button or a select.")
        shown = modal(form, self._id(action, value), title, values or {}, labels or {}, hints or {})
        await self._occasion.answering.open_form(shown)

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
        where, say = channel_id or self.channel_id, Say(text, speaker, tuple(buttons))
        async with self._services.database.transaction() as conn:
            await kept_messages.say_once(conn, self._services.surface, self._name, where, key, say)

    async def change(self, key: str, version: str, text: str, *, buttons: Sequence[Button] = ()) -> bool:
        """Let what was said here once under ``key`` say something else; the same ``version`` again changes nothing.

        False where nothing was said under it, or so long ago that it is not known any more.
        """
        where, say = self.channel_id, Say(text, buttons=tuple(buttons))
        async with self._services.database.transaction() as conn:
            surface = self._services.surface
            return await kept_messages.change(conn, surface, self._name, where, key, version, say)

    async def watch(
        self, note: str, message_id: int, *, channel_id: int | None = None, days: float = watch_table.DAYS
    ) -> None:
        """Be told (`Cog.on_watched`) when a message here is found changed after the bot was away.

        ``note`` is yours, at most 200 characters, and names one message of this server: watching another under the same
        note ends the first. The watch ends by itself when the message is gone, and after ``days``.
        """
        where = channel_id or self.channel_id
        async with self._services.database.transaction() as conn:
            await watch_table.watch(conn, self._name, self.guild_id, note, where, message_id, days=days)

    async def unwatch(self, note: str) -> None:
        """Watch a message no longer; nothing happens where none is watched under this note."""
        async with self._services.database.transaction() as conn:
            await watch_table.unwatch(conn, self._name, self.guild_id, note)

    def button(self, label: str, action: str, value: str) -> Button:
        """A button that calls this cog's ``action`` with ``value``."""
        return Button(label, self._id(action, value), "primary")

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
        return Select(self._id(action, value), placeholder, kind, tuple(choices), least, most)

    async def run_of_this_thread(self) -> RunRow | None:
        """The run this thread belongs to, if one of this cog opened it."""
        row = await begun.first_here(self._occasion)
        return row if row is not None and row.cog == self._name else None

    async def earlier_titles(self, limit: int = 25) -> list[str]:
        """What this guild asked this cog before, newest first."""
        async with self._services.database.connection() as conn:
            return await runs_table.recent_titles(conn, self.guild_id, self._name, limit)

    async def cog_of_this_thread(self) -> str | None:
        """The cog whose work opened this thread; None for a thread that people opened, and outside threads."""
        row = await begun.first_here(self._occasion)
        return None if row is None or row.thread_row is None else row.cog

    async def begin_again(self, event_id: int) -> bool:
        """Let the work of this cog that an event began do all of it once more, such as for a message that was changed.

        False where there is none that goes on, or where its answer stands there already.
        """
        return await begun.begin_again(self._occasion, event_id)

    async def withdraw(self, event_id: int, reason: str) -> bool:
        """Stop the work of this cog that an event began, such as for a message that was deleted; ``reason`` is shown."""
        return await begun.withdraw(self._occasion, event_id, reason)

    def _id(self, action: str, value: str) -> str:
        return custom_id(self._name, action, value)
