"""The bridge in the hands of one person on one server: writing to agents, trying again, deciding what cannot be placed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from bot.bus import letter_table, request_table, showing, words
from bot.bus.acks import without_acks
from bot.bus.addressing import agent_for
from bot.bus.bridge import Bridge
from bot.bus.context_block import without_blocks
from bot.bus.letter_table import LetterRow
from bot.bus.letters import Peer, agent_name
from bot.bus.request_table import NewRequest, RequestRow
from bot.bus.sending import text_of
from bot.bus.taking_in import for_cog, say_answer
from bot.errors import UserError
from bot.mirror import channel_table
from bot.storage.database import Database

log = structlog.get_logger(__name__)

NO_BUS = (
    "This bot is not connected to an agent bus; its owner can name one under `bridge` in the configuration."
)
NO_AGENT = "There is no agent called “{name}” that you may write to here. There is {known}."
NOT_WAITING = "This does not wait any more."
ELSEWHERE = (
    "What comes from the bus and cannot be placed is shown and decided on another server: that of the channel which the owner "
    "of this bot has named for it."
)
NOWHERE = (
    "The owner of this bot has named no channel for what cannot be placed, so it is shown nowhere. It waits until "
    "`bridge.review_channel` names one."
)
NOTHING_TO_ASSIGN = "There is nothing on this server that it could be the answer to."


@dataclass(frozen=True, slots=True)
class AskBus:
    """A message for an agent: where the answer is said, under which message, by whom, and what it is about."""

    agent: str
    channel_id: int
    message_id: int
    member_id: int
    author: str
    text: str
    context: str = ""


class BusDesk:
    """The bus as a server's people see it; everything but `is_there` and the lookups raises `UserError` without one."""

    def __init__(self, bridge: Bridge | None, guild_id: int, member_id: int, roles: tuple[int, ...]) -> None:
        self._bridge = bridge
        self._guild_id = guild_id
        self._member_id = member_id
        self._roles = roles

    @property
    def is_there(self) -> bool:
        """Whether the owner has named a bus."""
        return self._bridge is not None

    @property
    def agents(self) -> Sequence[str]:
        """The agents that may be written to; empty without a bus."""
        return () if self._bridge is None else self._bridge.section.may_be_asked

    def agent_for(self, *channels: int, mentioned: bool = False, direct: bool = False) -> str | None:
        """The agent that a message is for, by a thread and its channel, or because the bot is meant; None for none."""
        section = None if self._bridge is None else self._bridge.section
        return None if section is None else agent_for(section, *channels, mentioned=mentioned, direct=direct)

    def called(self, name: str) -> str | None:
        """The agent that somebody named; None where there is none that may be written to."""
        wanted = agent_name(name.removeprefix("@"))
        return wanted if wanted in self.agents else None

    async def ask(self, asked: AskBus) -> UUID | None:
        """Write to an agent: kept first, sent soon after. None where that message asked before, or nothing is to be sent.

        Raises `UserError` where the owner does not allow it.
        """
        bridge = self._there()
        bridge.check_may(self._member_id, self._roles)
        agent = self.called(asked.agent)
        if agent is None:
            raise UserError(NO_AGENT.format(name=asked.agent[:60], known=", ".join(self.agents)))
        section = bridge.section
        new = NewRequest(
            id=uuid4(),
            guild_id=self._guild_id,
            channel_id=asked.channel_id,
            message_id=asked.message_id,
            member_id=asked.member_id,
            author=asked.author,
            agent=agent,
            body=asked.text,
            context=asked.context,
            trusted=asked.member_id in section.trusted_people,
            urgent=agent in section.urgent_agents,
        )
        if section.dry_run:
            dry_run(bridge, new)
            return None
        async with self._database.transaction() as conn:
            if not await request_table.add(conn, new):
                return None
        bridge.wake()
        return new.id

    async def forget(self, message_id: int) -> None:
        """What somebody has deleted is not sent any more, and its text is not kept."""
        if self._bridge is not None:
            async with self._database.transaction() as conn:
                await request_table.withdraw(conn, self._guild_id, message_id)

    async def again(self, request_id: UUID) -> str:
        """Send it once more under the same id; to which agent. Raises `UserError` where there is nothing to send."""
        bridge = self._there()
        bridge.check_may(self._member_id, self._roles)
        async with self._database.transaction() as conn:
            row = await request_table.again(conn, self._guild_id, request_id)
            if row is None:
                raise UserError(NOT_WAITING)
            await showing.mark(conn, bridge.parts, row, words.QUEUED_MARK)
        bridge.wake()
        return row.agent

    async def check_decides_here(self) -> None:
        """Raise `UserError` where this is not the server on which it is shown and decided what cannot be placed.

        Letters come to the bot, not to one of its servers, so only the server of the review channel sees them.
        """
        parts = self._there().parts
        channel = parts.rules.review_channel
        if channel is None:
            raise UserError(NOWHERE)
        async with parts.database.connection() as conn:
            known = await channel_table.find(conn, [channel])
        if self._guild_id not in [one.guild_id for one in known]:
            raise UserError(ELSEWHERE)

    async def waiting(self, limit: int = 10) -> Sequence[LetterRow]:
        """What could not be placed and waits for people, the oldest first. Raises `UserError` as `check_decides_here`."""
        await self.check_decides_here()
        async with self._database.connection() as conn:
            return await letter_table.waiting(conn, limit)

    async def latest(self, limit: int = 25) -> Sequence[RequestRow]:
        """What was written to agents on this server last."""
        async with self._database.connection() as conn:
            return await request_table.latest(conn, self._guild_id, limit)

    async def assign(self, number: int, request_id: UUID) -> RequestRow:
        """Say a letter under a message of this server after all; a cog that asked reads it by itself.

        Raises `UserError` where somebody has decided before, and as `check_decides_here`.
        """
        await self.check_decides_here()
        parts = self._there().parts
        async with self._database.transaction() as conn:
            letter = await letter_table.in_review(conn, number)
            row = await request_table.get(conn, request_id)
            if letter is None or row is None or row.guild_id != self._guild_id:
                raise UserError(NOT_WAITING)
            if row.cog:
                await letter_table.settle(conn, number, "unheard", row.id)
                await for_cog(conn, row, number)
                return row
            await letter_table.settle(conn, number, "assigned", row.id)
            text = _placed(letter.body)
            await say_answer(conn, parts, row, number, agent_name(letter.source), text)
            await request_table.answered(conn, row.id)
            await showing.mark(conn, parts, row, words.ANSWERED_MARK)
        log.info("bus_assigned", letter=number, request=str(row.id), by=self._member_id)
        return row

    async def discard(self, number: int) -> None:
        """Let a letter be nobody's. Raises `UserError` where somebody has decided before, and as `check_decides_here`."""
        await self.check_decides_here()
        async with self._database.transaction() as conn:
            if await letter_table.in_review(conn, number) is None:
                raise UserError(NOT_WAITING)
            await letter_table.settle(conn, number, "discarded")
        log.info("bus_discarded", letter=number, by=self._member_id)

    async def counts(self) -> dict[str, int]:
        """How many of this server's messages of the last day are in which state."""
        async with self._database.connection() as conn:
            return await request_table.counts(conn, self._guild_id)

    async def peers(self) -> list[Peer]:
        """Who is on the bus. Raises `OutsideError`."""
        return await self._there().peers()

    @property
    def kind(self) -> str:
        """What the bus speaks. Raises `OutsideError` where it has not answered yet."""
        return self._there().kind

    @property
    def stopped(self) -> str:
        """Why nothing is sent or read until a restart; empty where it is."""
        return self._there().stopped

    @property
    def _database(self) -> Database:
        """Of the tables there is only what belongs to this server, or to none."""
        return self._there().parts.database.within(self._guild_id)

    def _there(self) -> Bridge:
        if self._bridge is None:
            raise UserError(NO_BUS)
        return self._bridge


def _placed(body: str) -> str:
    """A letter's text as it is shown where people have placed it."""
    return without_acks(without_blocks(body)) or "✓"


def dry_run(bridge: Bridge, new: NewRequest) -> None:
    """Log exactly what would be sent."""
    text = text_of(new, bridge.parts.rules.key, 8_000)
    log.info("bus_would_send", to=new.agent, text=text, request=str(new.id))
