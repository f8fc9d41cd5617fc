"""What every action in the local Discord works on: the world, the clock, ids, files, and the gateway's ear."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.clock import Clock
from bot.local_discord.events import Emit, Event
from bot.local_discord.files import FileStore
from bot.local_discord.ids import Secret
from bot.local_discord.members.permissions import VIEW_CHANNEL, in_channel
from bot.local_discord.model import Channel, Json
from bot.local_discord.refusals import missing_access, missing_permissions, unknown
from bot.local_discord.settings import Settings
from bot.local_discord.snowflake import Snowflakes
from bot.local_discord.wire.view import View
from bot.local_discord.world import World


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a request: a bot (``application_id``) or a person, or a webhook or interaction token (neither)."""

    user_id: int
    application_id: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Handed to every action; holds no state of its own."""

    world: World
    ids: Snowflakes
    clock: Clock
    settings: Settings
    files: FileStore
    base_url: str
    secret: Secret
    emit: Emit
    changed: Callable[[], None]
    later: Callable[[float, Callable[[], None]], None]

    def now(self) -> datetime:
        """The time, in UTC."""
        return self.clock.now()

    def view(self, viewer: int = 0) -> View:
        """The world as a user sees it."""
        return View(self.world, self.base_url, viewer)

    def tell(
        self,
        name: str,
        data: Json,
        channel: Channel,
        *,
        varies: Callable[[int], Json] | None = None,
    ) -> None:
        """Tell everybody who may see the channel; ``varies`` gives what differs by viewer."""
        self.emit(Event(name, data, guild_id=channel.guild_id, channel=channel, varies=varies))
        self.changed()


def seen_channel(stage: Stage, actor: Actor, channel_id: int) -> Channel:
    """A channel that the actor may see.

    Raises:
        Refusal: 10003 when there is none, 50001 when it may not be seen.
    """
    channel = stage.world.channels.get(channel_id)
    if channel is None:
        raise unknown("channel")
    if not in_channel(stage.world, actor.user_id, channel) & VIEW_CHANNEL:
        raise missing_access()
    return channel


def may(stage: Stage, actor: Actor, channel: Channel, permission: int) -> bool:
    """Whether the actor has all of these permissions in the channel."""
    return in_channel(stage.world, actor.user_id, channel) & permission == permission


def demand(stage: Stage, actor: Actor, channel: Channel, permission: int) -> None:
    """Raise 50013 unless the actor has these permissions in the channel."""
    if not may(stage, actor, channel, permission):
        raise missing_permissions()
