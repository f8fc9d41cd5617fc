"""A cog that notes what it hears, and starts a run for every message."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from bot.app import Bot
from bot.local_discord.gateway.faults import GatewayFault
from bot.local_discord.server import LocalDiscord
from cogswarm import (
    Cog,
    Context,
    Deletion,
    Edit,
    FoundAgain,
    Message,
    Pins,
    Reaction,
    Run,
    ThreadChange,
)
from tests.waiting import eventually

type Heard = Edit | Deletion | Reaction | Pins | ThreadChange | FoundAgain


@dataclass
class Scribe:
    """What its cog was called with, in order."""

    messages: list[Message] = field(default_factory=list[Message])
    others: list[Heard] = field(default_factory=list[Heard])
    held: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.held.set()

    @property
    def texts(self) -> list[str]:
        """What was said, as it was heard."""
        return [message.text for message in self.messages]

    def texts_in(self, channel_id: int | str) -> list[str]:
        """The same of one channel."""
        return [one.text for one in self.messages if one.where.channel_id == int(channel_id)]

    def cog(self, name: str = "scribe") -> Cog:
        """A new cog that notes everything here."""
        cog = Cog(name, summary="Writes down what it hears", intents={"message_content"})

        @cog.workflow
        async def note(run: Run, message: int) -> None:
            assert run.title
            assert message

        @cog.on_message
        async def heard(ctx: Context, message: Message) -> None:
            self.messages.append(message)
            await self.held.wait()
            await ctx.start(note, quiet=True, message=message.id)

        async def other(ctx: Context, event: Any) -> None:
            assert ctx.guild_id
            self.others.append(event)

        for listen in (
            cog.on_edit,
            cog.on_delete,
            cog.on_reaction,
            cog.on_pins,
            cog.on_thread,
            cog.on_watched,
        ):
            assert listen(other)
        assert heard
        return cog

    async def hears(self, text: str) -> None:
        """Wait until somebody was heard to say that."""

        async def heard() -> bool:
            return text in self.texts

        await eventually(heard)

    async def notes[Kind: Heard](self, kind: type[Kind], count: int = 1) -> list[Kind]:
        """What it heard of a kind, as soon as that is so much."""

        async def enough() -> bool:
            return sum(isinstance(one, kind) for one in self.others) >= count

        await eventually(enough)
        return [one for one in self.others if isinstance(one, kind)]


async def runs_by_message(bot: Bot) -> dict[int, int]:
    """How many runs each message has started."""
    async with bot.database.connection() as conn:
        cursor = await conn.execute("SELECT (args->>'message')::bigint, count(*) FROM run GROUP BY 1")
        return {int(message): int(count) for message, count in await cursor.fetchall()}


async def caught_up(bot: Bot) -> None:
    """Wait until everything that is to be read back was read."""

    async def is_caught_up() -> bool:
        return not bot.router.missed.busy

    await eventually(is_caught_up)


async def written_down(bot: Bot) -> list[tuple[int, int]]:
    """The channels whose cursors stand in the database, with the cursors; the server itself is channel 0."""
    async with bot.database.connection() as conn:
        cursor = await conn.execute("SELECT channel_id, message_id FROM channel_cursor ORDER BY 1")
        return [(int(channel), int(message)) for channel, message in await cursor.fetchall()]


def deafen(local: LocalDiscord, event: str = "*") -> None:
    """Let nothing of what happens reach the bot, as on a line that is down."""
    fault = GatewayFault(0, "drop", event, application_id=local.application_id, times=None)
    local.hub.faults.add(fault)


def reconnect(local: LocalDiscord) -> None:
    """Let the line be up again, with a new session: what was not heard is not told again."""
    local.hub.faults.remove()
    assert local.hub.disturb("invalidate", application_id=local.application_id)
