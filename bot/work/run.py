"""What a workflow holds while it runs: recorded steps, ways to wait, to speak, to read, to ask agents and tools.

A step's result is stored and never computed again: after a crash the workflow's code runs from its start and
every recorded step answers at once with what it answered before.
"""

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Concatenate
from uuid import UUID, uuid4

from pydantic import JsonValue

from bot.agents.agent import Agent
from bot.agents.decisions import Rewrite
from bot.agents.lessons import Lessons
from bot.agents.talk_table import Talks
from bot.asks.approval import Approval
from bot.asks.asking import Asking, Question
from bot.asks.policy import Kind, Policy, Who
from bot.bus.work import BusWork
from bot.clock import Clock
from bot.discord.missed import watch_table
from bot.llm.protocol import Passage
from bot.memory.facts.desk import Facts, FactServices
from bot.memory.known import Knowledge
from bot.memory.library import Fit, Recollection
from bot.memory.sources import Document, Source
from bot.plugins import jobs_table
from bot.plugins.values import Attachment
from bot.review.desk import Code
from bot.review.reviews import Reviews
from bot.work import kept_messages, lanes
from bot.work.auctions.desk import Auctions
from bot.work.children import start_child
from bot.work.choosing import custom_id
from bot.work.control import stopping
from bot.work.lanes import Earlier
from bot.work.notes import Notes
from bot.work.once import once
from bot.work.principal import Principal
from bot.work.run_agents import RunAgents
from bot.work.run_decisions import RunDecisions
from bot.work.run_memory import RunMemory
from bot.work.run_reading import RunReading
from bot.work.runs_table import RunRow
from bot.work.services import RunServices
from bot.work.speaking import Voice
from bot.work.status import Line
from bot.work.steps import Steps
from bot.work.streaming import Show, as_it_is
from bot.work.surface import (
    Button,
    ButtonStyle,
    Choice,
    Connection,
    Embed,
    File,
    Importance,
    Say,
    Select,
    SelectKind,
    Speaker,
)  # fmt: skip
from bot.work.tasks.desk import Tasks
from bot.work.tasks.giving import task_services
from bot.work.ticker import Ticker
from bot.work.transcript import Utterance
from bot.work.votes.desk import Votes
from bot.work.waiting import Answer, Ending, Opened, Waits


class Run:
    """One durable execution of a workflow, held under a lease."""

    def __init__(self, row: RunRow, services: RunServices, steps: Steps, voice: Voice, waits: Waits) -> None:
        self._row = row
        self._services = services
        self._steps = steps
        self._voice = voice
        self._waits = waits
        board = Ticker(voice.now, services.clock, pace=services.pace)
        self._asking = Asking(row, steps, voice, waits, services)
        self._agents = RunAgents(row, services, self, board, RunDecisions(self, self._asking, services))
        self._reading = RunReading(row, services, self._agents.taint)
        self._memory = RunMemory(row, services, steps, self._agents.taint)

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

    async def place(self) -> int:
        """Where it speaks: its thread, which is waited for while it is being opened, or else the channel."""
        return await self._voice.settled()

    @property
    def tasks(self) -> Tasks:
        """The tasks of the run's server; what is changed there is committed at once, so change it in a step."""
        return Tasks(task_services(self._services), self.principal.guild_id, self._row.cog)

    @property
    def auctions(self) -> Auctions:
        """The auctions of the run's server; what is changed there is committed at once, so change it in a step."""
        return Auctions(task_services(self._services), self.principal.guild_id, self._row.cog)

    @property
    def bus_work(self) -> BusWork:
        """The agents of the bus that may be given work; what is asked there is committed at once, so ask in a step."""
        return BusWork(self._services.bus, self._services.database, self.principal.guild_id, self._row.cog)

    @property
    def code(self) -> Code:
        """The repositories of the run's server."""
        return Code(self._services.code, self.principal.guild_id, self._agents.taint.mark)

    @property
    def votes(self) -> Votes:
        """The votes of the run's server; what is changed there is committed at once, so change it in a step."""
        return Votes(task_services(self._services), self.principal.guild_id, self._row.cog)

    @property
    def reviews(self) -> Reviews:
        """The reviews of pull requests on the run's server; what is changed there is committed at once: do it in a step."""
        services, principal = self._services, self.principal
        return Reviews(services.database, stopping(principal.member_id, services.ring), principal.guild_id)

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        return self._services.clock

    def agent(self, name: str, *, model: str | None = None) -> Agent:
        """The persona of that name; one that is not configured answers with the default model.

        ``model`` is an entry of ``models:`` to use for this work instead of the server's, where the owner offers it.
        Raises `UserError` where the owner does not let it work in this guild.
        """
        return self._agents.get(name, model)

    @property
    def between_agents(self) -> Talks:
        """Keeps what agents say to each other in threads within bounds; a cog asks it before one answers another."""
        return self._agents.talks

    async def step[**P, T](
        self, key: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do something repeatable once: its result is recorded under ``key``, unique within the run.

        The result must be JSON, or of the type that ``do`` declares to return (dataclasses and pydantic
        models are kept). A crash before the record makes ``do`` run again.
        """
        return await self._steps.repeatable(key, do, *args, **kwargs)

    async def keyed[**P, T](
        self, key: str, do: Callable[Concatenate[str, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do something that the other side does once for each idempotency key, however often it is asked.

        ``do`` is given that key first; it is the same after a crash. The result is as for `step`.
        """
        return await self._steps.keyed(key, do, *args, **kwargs)

    async def reconciled[**P, T](
        self,
        key: str,
        find: Callable[[], Awaitable[T | None]],
        do: Callable[P, Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do something that can be looked up: after a crash ``find`` is asked what became of it, before it is repeated.

        ``find`` answers with the result, or None where nothing was done.
        """
        return await self._steps.reconciled(key, find, do, *args, **kwargs)

    async def once[**P, T](
        self, key: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Do something that nobody can look up, and whose repetition would do harm, at most once.

        Where a crash (or an `OutsideError` from ``do``) leaves its outcome unknown, people are asked in the thread
        whether it happened; whoever asked for the run, or an admin, says *Retry* or *Done*. None where they said *Done*.
        Let ``do`` raise `NotDone` where it certainly had no effect: then it may be tried again. ``key`` is what people
        read, such as "the mail to the council".
        """
        return await once(self._steps, self._waits, key, do, *args, **kwargs)

    async def sleep(self, key: str, how_long: timedelta) -> None:
        """Wait for so long, from when this was first reached; the process need not live for it."""
        await self._waits.time(key, seconds=how_long.total_seconds())

    async def sleep_until(self, key: str, moment: datetime) -> None:
        """Wait until a moment (with a time zone), by the database's clock; the process need not live for it."""
        await self._waits.time(key, until=moment)

    async def wait_answer(
        self,
        key: str,
        question: str | None = None,
        options: Mapping[str, str] = MappingProxyType({}),
        *,
        until: datetime | None = None,
        within: timedelta | None = None,
        opened: Opened | None = None,
    ) -> Answer | None:
        """Wait, for days if need be, until somebody answers; None where nobody did in time.

        With a ``question`` it is asked in the thread, with a button for each of ``options`` (what it is worth, and what
        it says), which whoever asked for the run and admins can press. Without one a cog asks in its own way and
        answers with `Context.answer` and `wait_id`. The first answer counts. ``opened`` is what shows it where it can
        be answered (such as `Plans.shown`), so that nobody can answer before anything waits.
        """
        return await self._waits.answer(key, question, options, until=until, within=within, opened=opened)

    def wait_id(self, key: str) -> UUID:
        """The id under which `wait_answer` with this key is answered; known before it waits."""
        return self._waits.id_of(key)

    async def ask(
        self,
        key: str,
        question: str,
        *,
        options: Mapping[str, str] | None = None,
        other: bool = False,
        multi: bool = False,
        fields: Mapping[str, str] | None = None,
        who: Who | None = None,
        needed: int = 1,
        within: timedelta | None = None,
        default: JsonValue = None,
        replies: bool = False,
    ) -> Answer | None:
        """Ask people, for days if need be: free text, one of ``options`` (value and label), or ``fields`` to fill in.

        With ``other`` something else than an option can be written. With ``multi`` several options can be chosen, and the
        answer is a list. ``who`` may answer (left out: whoever asked for the run, and, outside direct messages, who manages
        the server), and ``needed`` people have to say the same. After ``within`` the ``default`` is
        the answer, by nobody (0), or else None. A form's answer is a dict of what was filled in. With ``replies`` a reply
        to the question answers it, too. Raises `UserError` for what Discord could not show.
        """
        kind: Kind = "options" if options else "form" if fields else "text"
        people = who or Who(members=(self.principal.member_id,), managers=not self.principal.direct)
        return await self._asking.ask(
            Question(
                key,
                kind,
                question,
                Policy(people, needed=needed),
                choices=options or fields or {},
                other=other,
                multi=multi,
                replies=replies,
                fallback=default,
                within=within,
            )
        )

    async def approve(
        self,
        key: str,
        title: str,
        payload: JsonValue,
        *,
        policy: Policy | None = None,
        within: timedelta | None = None,
        replies: bool = False,
        rewrite: Rewrite | None = None,
    ) -> Approval:
        """Ask people whether ``payload`` may be done; they see all of it, and may change it before they agree.

        ``rewrite`` is given the payload and a note when people send it back, and makes the next version out of them, as a
        recorded step. Whoever asked for the run never counts. Left out, ``policy`` and ``within`` are what the server's admins have set.
        Do what `Approval.payload` says, with `once`: it is what was approved, and nobody agreed where time ran out.
        """
        rules = await self._services.rules(self.principal.guild_id)
        return await self._asking.approve(
            Question(
                key,
                "approval",
                title,
                policy or rules.policy,
                payload,
                replies=replies,
                within=within or rules.within,
                rewrite=rewrite,
            )
        )

    async def veto_window(
        self, key: str, title: str, payload: JsonValue, *, who: Who, within: timedelta
    ) -> Approval:
        """Let ``payload`` go ahead after ``within`` unless one of ``who`` stops it; all of it is shown meanwhile.

        ``approved`` means that nobody did; a veto is not approved, with its reason, at once. Whoever asked for the run may
        stop it by a veto only where ``who`` names them.
        """
        return await self._asking.approve(
            Question(key, "approval", title, Policy.veto(who), payload, within=within)
        )

    async def start(
        self,
        workflow: Callable[..., Awaitable[Any]],
        *,
        title: str | None = None,
        within: timedelta | None = None,
        **arguments: Any,
    ) -> UUID:
        """Start another run of this cog, once, which speaks in the same thread; it is stopped with this one.

        ``within`` is how long it may take. Give its id to `wait_for`.
        """
        return await start_child(
            self._row, self._steps, self._services, workflow, title=title, within=within, arguments=arguments
        )

    async def wait_for(self, run_id: UUID) -> Ending:
        """Wait until another run of this guild has ended; how it ended, and what its workflow returned.

        Raises `UserError` for a run that is not there, and where two would wait for each other.
        """
        return await self._waits.run(run_id)

    async def hurry(self, job: str) -> None:
        """Let a job of this cog on this server be done at once instead of at its time; nothing where there is none."""
        guild_id, now = self.principal.guild_id, self.clock.now()
        async with self._services.database.transaction() as conn:
            await jobs_table.hurry(conn, guild_id, self._row.cog, job, now)

    async def wait_for_tasks(self, key: str, task_ids: Sequence[UUID]) -> None:
        """Wait until at least one of some tasks of this server is over; where one is already, do not wait."""
        await self._waits.tasks(key, task_ids)

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
        embeds: Sequence[Embed] = (),
        selects: Sequence[Select] = (),
        previews: bool = False,
        watch: str | None = None,
    ) -> None:
        """Say something in the run's thread, exactly once; longer texts become several messages, or a file.

        ``files`` go with the last (or with the card that shows them); a picture must say in its ``alt`` what it shows. A
        question goes before results, progress after them and without a sound. Five rows of ``selects`` and buttons stand
        below. With ``previews`` Discord shows what the text links to. ``watch`` is a note under which the cog watches the
        (last) message, as with `Context.watch`.
        """
        say = Say(
            text, speaker, tuple(buttons), tuple(mentions), reply_to, urgency, tuple(files), tuple(embeds), tuple(selects),
            previews,
        )  # fmt: skip
        await self._voice.post(say, watch=watch)

    async def say_once(self, channel_id: int, key: str, text: str, *, buttons: Sequence[Button] = ()) -> None:
        """Say something as the bot in a channel, once for each ``key`` whichever run says it; as `Context.say_once`."""
        async with self._steps.commit() as conn:
            say = Say(text, buttons=tuple(buttons))
            await kept_messages.say_once(conn, self._services.surface, self._row.cog, channel_id, key, say)

    async def change(
        self, channel_id: int, key: str, version: str, text: str, *, buttons: Sequence[Button] = ()
    ) -> bool:
        """Let what was said once under ``key`` say something else; as `Context.change`."""
        async with self._steps.commit() as conn:
            say = Say(text, buttons=tuple(buttons))
            return await kept_messages.change(
                conn, self._services.surface, self._row.cog, channel_id, key, version, say
            )

    async def unwatch(self, note: str) -> None:
        """Watch a message no longer that was posted, or named, under this note."""

        async def end(conn: Connection) -> None:
            await watch_table.unwatch(conn, self._row.cog, self.principal.guild_id, note)

        await self._steps.written("unwatch", end)

    async def stream(
        self,
        pieces: AsyncIterable[str],
        *,
        speaker: Speaker | None = None,
        buttons: Sequence[Button] = (),
        mentions: Sequence[int] = (),
        reply_to: int | None = None,
        show: Show = as_it_is,
    ) -> str:
        """Show a text while it is written, and at its end say it once and whole, as `post` does.

        ``show`` makes of the text what people see, at any time and (``done``) at the end, where it must not be empty; the
        answer is the text as it was written. After a crash before the end ``pieces`` are asked for again and the same
        message begins anew.
        """
        say = Say("", speaker, tuple(buttons), tuple(mentions), reply_to)
        return await self._voice.stream(pieces, say, show)

    def button(self, label: str, action: str, value: str, *, style: ButtonStyle = "secondary") -> Button:
        """A button that calls the cog's ``action`` with ``value``, whenever it is pressed."""
        return Button(label, custom_id(self._row.cog, action, value), style)

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
        """A select that calls the cog's ``action`` with ``value`` and what was chosen, as `Context.select`."""
        return Select(custom_id(self._row.cog, action, value), placeholder, kind, tuple(choices), least, most)

    async def stage(self, now: str, *, done: str | None = None) -> None:
        """Show in the status message what the run does now; ``done`` says how the stage before ended."""
        await self._voice.line(Line("stage", now, done))

    async def note(self, text: str) -> None:
        """Show a remark in the status message, such as a source that failed."""
        await self._voice.line(Line("note", text))

    async def react(self, message_id: int, emoji: str, *, channel_id: int | None = None) -> None:
        """Show a state on a message of the run's thread, or of another channel."""
        await self._voice.mark("react", message_id, emoji, channel_id)

    async def unreact(self, message_id: int, emoji: str, *, channel_id: int | None = None) -> None:
        """Take a state back."""
        await self._voice.mark("unreact", message_id, emoji, channel_id)

    async def history(
        self, channel_id: int, *, since: timedelta | None = None, limit: int = 100
    ) -> list[Passage]:
        """What people said in a channel, oldest first, as material for an agent."""
        return await self._reading.history(channel_id, since=since, limit=limit)

    async def transcript(
        self, channel_id: int, *, before: int | None = None, after: int | None = None, limit: int = 100
    ) -> list[Utterance]:
        """What people and agents said in a channel, oldest first: the last ``limit`` messages that stand between two.

        Discord's notices and the bot's own remarks are left out. All of it is from outside.
        """
        return await self._reading.transcript(channel_id, before=before, after=after, limit=limit)

    async def read_file(self, file: Attachment, *, most_bytes: int) -> bytes:
        """What somebody attached, from Discord's own file hosts only. Raises `OutsideError`, also where it is larger."""
        return await self._reading.file(file, most_bytes=most_bytes)

    async def readable(self, agent: str) -> list[int]:
        """The channels that an agent may read and everybody can who reads what this run says.

        In direct messages that is what the member can read. Where it is not known it is this place alone.
        """
        return await self._memory.readable(agent)

    def facts(self, place_id: int, home_id: int) -> Facts:
        """The facts of a channel or thread (of the channel ``home_id``); what is changed there is committed, so use a step."""
        services = self._services
        parts = FactServices(services.database, services.surface, uuid4, services.clock)
        return Facts(parts, self.principal.guild_id, self._row.cog, place_id, home_id)

    async def known(self, agent: str) -> Knowledge:
        """What an agent is told of the place in which this run speaks, such as what is pinned there; all of it is from outside.

        Nothing in direct messages, and nothing of a channel that the agent may not read.
        """
        return await self._memory.known(agent)

    async def take_along(self, limit: int) -> list[dict[str, Any]]:
        """Take over the runs that wait right behind this one in its lane for the same person; what they were begun with.

        They are done with that. Those of others, and what comes later, keep their turns.
        """
        taken: list[dict[str, Any]] = await self._steps.written(
            "take along", lambda conn: lanes.take_along(conn, self.id, limit)
        )
        return list(taken)

    async def earlier(self, limit: int = 50) -> list[Earlier]:
        """The last runs that were begun before this one in its lane, oldest first, with what they were begun with."""
        async with self._services.database.connection() as conn:
            return await lanes.earlier(conn, self.id, limit)

    @property
    def notes(self) -> Notes:
        """What the cog keeps about this server, by name; also as `Context.notes`."""
        return Notes(self._services.database, self._row.cog, self.principal.guild_id)

    @property
    def lessons(self) -> Lessons:
        """What agents are taught on this server, after people agreed to it; keep it in a step."""
        return Lessons(self._services.database, self.principal.guild_id, self.id)

    async def keep_sources(self, documents: Sequence[Document]) -> list[Source]:
        """Keep what was fetched, numbered from 1; a URL that was kept before answers with its number."""
        return await self._memory.keep_sources(documents)

    async def sources(self, run_id: UUID | None = None) -> list[Source]:
        """What this run (or another of the same guild) has fetched and kept, by number."""
        return await self._memory.sources(run_id)

    async def recall(
        self,
        text: str,
        *,
        kind: str | None,
        readable: Sequence[int] | None = None,
        fits: Fit = "subject",
        limit: int = 5,
    ) -> list[Recollection]:
        """What this guild remembers (of a kind, or of any) and everybody can read who reads what this run says.

        ``fits`` says whether it is to be about the very subject that ``text`` names, or may answer the question that it
        is; ``readable`` narrows the places further. A memory that rests on text from outside is ``tainted``, and so is
        the run that has read it. Raises `OutsideError` where it cannot be told just now who may read what.
        """
        return await self._memory.recall(text, kind=kind, readable=readable, fits=fits, limit=limit)

    async def remember(self, *, kind: str, title: str, body: str) -> None:
        """Remember something of this run, once, with the place it came from.

        Nothing is stored where the person on whose behalf it runs wants nothing remembered.
        """
        await self._memory.remember(kind=kind, title=title, body=body)
