"""The agents of the bus as workers: what cogs ask them and what they answer, on one server.

A question is kept before it is sent, under an id that its cog chooses, so it is sent once however often it is asked. An answer
is kept for the cog, whose job is called at once, until the cog has read it: nothing is lost by a crash, and late answers are
read like all others.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.bus import letter_table, request_table
from bot.bus.acks import acks_in, without_acks
from bot.bus.context_block import without_blocks
from bot.bus.letter_table import HeardRow
from bot.bus.neutral import neutral
from bot.bus.request_table import NewRequest, State
from bot.clock import Clock
from bot.config.bridge import ON_BUS, BridgeSection
from bot.errors import UserError
from bot.storage.database import Database
from bot.work.tasks.task import Worker

MOST_CHARACTERS = 50_000
LOOK_SECONDS = 1.0
"""Between two looks at how a question stands."""
_RECEIPT = re.compile(
    r"[\W_]*(?:ack(?:nowledged)?|received|got it|on it|working on it|will do|started|understood|ok(?:ay)?)?[\W_]*",
    re.IGNORECASE,
)
NOT_LET_IN = "“{name}” may not work here: the owner of this bot has to name it under `bridge.workers`, with this channel."


def is_on_bus(name: str) -> bool:
    """Whether a queue means an agent of the bus by a name."""
    return name.startswith(ON_BUS)


@dataclass(frozen=True, slots=True)
class BusEnd:
    """What a process knows of the bus: its rules, how to say that something is to be sent, and where the bridge is on."""

    section: BridgeSection
    wake: Callable[[], None]
    is_on: Callable[[int, int], bool]
    clock: Clock


@dataclass(frozen=True, slots=True)
class BusAgent:
    """An agent of the bus that may be given work; ``id`` is what queues call it, such as ``bus:kasra``."""

    id: str
    name: str
    capabilities: frozenset[str] = frozenset()
    concurrency: int = 1


@dataclass(frozen=True, slots=True)
class AskAgent:
    """A question of a cog to an agent, on behalf of a member, about something in a channel.

    ``id`` makes it come once: derive it from what it is about. Its answers call the cog's ``job`` and carry ``note``. After
    ``seconds`` it is neither sent nor waited for any more.
    """

    id: UUID
    agent: str
    channel_id: int
    member_id: int
    author: str
    text: str
    job: str
    note: str
    context: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AgentSays:
    """An answer; ``text`` is what it says besides acknowledging, as it may be shown, ``whole`` all of it as it came: untrusted.

    ``ok`` is what its acknowledgement says of itself, None where it says nothing.
    """

    number: int
    request: UUID
    agent: str
    note: str
    text: str
    whole: str
    ok: bool | None
    at: datetime

    @property
    def worker(self) -> Worker:
        """Whoever says it, as somebody who can hold a task or bid."""
        return Worker("agent", f"{ON_BUS}{self.agent}", self.agent)

    @property
    def is_receipt(self) -> bool:
        """Whether it says no more than that the question has come, and nothing of not wanting it."""
        return self.ok is not False and (not self.text or _RECEIPT.fullmatch(self.text) is not None)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a question stands; ``silent``: it was asked a second time, and nothing came back in time."""

    state: State
    reason: str
    silent: bool


class BusWork:
    """The agents of the bus in the hands of one cog on one server; without a bus there are none."""

    def __init__(self, end: BusEnd | None, database: Database, guild_id: int, cog: str) -> None:
        self._end = end
        self._database = database.within(guild_id)
        self._guild_id = guild_id
        self._cog = cog

    @property
    def _clock(self) -> Clock:
        return Clock() if self._end is None else self._end.clock

    def agents(self, channel_id: int) -> Sequence[BusAgent]:
        """The agents that the owner lets work in a channel; none where the bridge is off there, or hears no answers."""
        end = self._end
        if end is None or end.section.dry_run or not end.section.read_replies:
            return ()
        found = [
            BusAgent(f"{ON_BUS}{name}", name, frozenset(one.capabilities), one.concurrency)
            for name, one in end.section.workers.items()
            if channel_id in one.channels
        ]
        return found if found and end.is_on(self._guild_id, channel_id) else ()

    async def ask(self, asked: AskAgent) -> bool:
        """Keep a question, which is sent soon; False where it was asked before. ``agent`` is the agent's id or its name.

        Raises `UserError` where the agent may not work in that channel (any more).
        """
        name = asked.agent.removeprefix(ON_BUS)
        end = self._end
        if end is None or name not in [one.name for one in self.agents(asked.channel_id)]:
            raise UserError(NOT_LET_IN.format(name=name))
        new = NewRequest(
            id=asked.id,
            guild_id=self._guild_id,
            channel_id=asked.channel_id,
            message_id=None,
            member_id=asked.member_id,
            author=asked.author,
            agent=name,
            body=asked.text,
            context=asked.context,
            trusted=asked.member_id in end.section.trusted_people,
            urgent=name in end.section.urgent_agents,
            cog=self._cog,
            job=asked.job,
            note=asked.note,
            seconds=asked.seconds,
        )
        async with self._database.transaction() as conn:
            is_new = await request_table.add(conn, new)
        end.wake()
        return is_new

    async def standing(self, request: UUID) -> Standing | None:
        """How a question stands; None where there is none."""
        async with self._database.connection() as conn:
            row = next(iter(await request_table.named(conn, [request])), None)
        if row is None or row.guild_id != self._guild_id or row.cog != self._cog:
            return None
        return Standing(row.state, row.reason, row.state == "sent" and row.reminded > 1)

    async def end_of(self, request: UUID, is_over: Callable[[], Awaitable[bool]]) -> Standing | None:
        """Wait until ``is_over`` (then None), or until nothing can be hoped for any more: it failed, or its agent is silent.

        Each of its looks is a query, so that whoever holds something for the answer can show life meanwhile.
        """
        while not await is_over():
            standing = await self.standing(request)
            if standing is None or standing.silent or standing.state in {"failed", "withdrawn"}:
                return standing
            await self._clock.sleep(LOOK_SECONDS)
        return None

    async def call_off(self, request: UUID) -> None:
        """Do not send it, and do not wait for it; an answer that comes all the same is heard."""
        async with self._database.transaction() as conn:
            await request_table.call_off(conn, self._guild_id, request)

    async def unheard(self, limit: int = 50) -> Sequence[AgentSays]:
        """Answers that the cog has not read yet, the oldest first; it says with `heard` that it has."""
        if self._end is None:
            return ()
        async with self._database.connection() as conn:
            return [_said(row) for row in await letter_table.unheard(conn, self._guild_id, self._cog, limit)]

    async def heard(self, answer: AgentSays) -> None:
        """Note that an answer was read, and everything done that it asks for."""
        async with self._database.transaction() as conn:
            await letter_table.heard(conn, self._guild_id, self._cog, answer.number)


def _said(row: HeardRow) -> AgentSays:
    shown = without_acks(without_blocks(row.body))[:MOST_CHARACTERS]
    oks = [ack.ok for ack in acks_in(row.body) if ack.ok is not None and ack.id == row.request_id]
    return AgentSays(
        row.number, row.request_id, row.agent, row.note, neutral(shown), row.body, oks[-1] if oks else None,
        row.received_at,
    )  # fmt: skip
