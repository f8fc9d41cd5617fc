"""The bridge to the agent bus that the configuration names."""

from collections.abc import Callable
from functools import partial

from bot.bus.bridge import Bridge
from bot.bus.parts import COG, OfficeSettings
from bot.bus.work import BusEnd
from bot.clock import Clock
from bot.config.loaded import LoadedConfig
from bot.discord.entrance import Entrance
from bot.mirror import channel_table
from bot.storage.database import Connection, Database
from bot.work.surface import Surface


def bridge_of(
    loaded: LoadedConfig,
    database: Database,
    surface: Surface,
    clock: Clock,
    pace: OfficeSettings | None,
    entrance: Callable[[], Entrance],
) -> Bridge | None:
    """The configured bridge; None where the owner names none. ``entrance`` says where it is on, once there is one."""
    config = loaded.config
    if not config.bridge.is_on:
        return None
    return Bridge(
        config.bridge,
        database,
        surface,
        clock,
        partial(_is_on, entrance),
        alert_channel=config.servers.alert_channel,
        folder=loaded.folder,
        settings=pace,
    )


def bus_end_of(bridge: Bridge, entrance: Callable[[], Entrance], clock: Clock) -> BusEnd:
    """What cogs need to ask agents of the bus; they may where the bridge is on."""

    def is_on(guild_id: int, channel_id: int) -> bool:
        return entrance().off_in(COG, guild_id, channel_id) is None

    return BusEnd(bridge.section, bridge.wake, is_on, clock)


async def _is_on(
    entrance: Callable[[], Entrance], conn: Connection, guild_id: int | None, channel_id: int
) -> bool:
    if guild_id is None:
        guild_id = next((one.guild_id for one in await channel_table.find(conn, [channel_id])), None)
    if guild_id is None:
        return False
    # What was answered while the bot was away comes before the server has appeared.
    await entrance().learn(guild_id)
    return entrance().off_in(COG, guild_id, channel_id) is None
