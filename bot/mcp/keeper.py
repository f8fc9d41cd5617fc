"""Keeps what others see of the tool servers true: how they fare, and which tools were accepted meanwhile."""

from dataclasses import dataclass

import structlog

from bot.clock import Clock
from bot.errors import OutsideError
from bot.mcp import pins_table
from bot.mcp.client import McpPool, ServerStatus
from bot.mcp.pins import Pins
from bot.mcp.pins_table import ServerRow
from bot.storage.database import Database
from bot.storage.storable import storable_text

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class KeeperSettings:
    """How often it looks, and how often it writes that nothing has changed; seconds."""

    look_seconds: float = 5.0
    write_seconds: float = 60.0


DEFAULT_SETTINGS = KeeperSettings()
SETTLED_SECONDS = 3 * DEFAULT_SETTINGS.write_seconds
"""A state that was not written anew for this long is not true any more: the bot is not running."""


async def keep(
    pool: McpPool, pins: Pins, database: Database, clock: Clock, settings: KeeperSettings = DEFAULT_SETTINGS
) -> None:
    """Look and write, until cancelled; a database that is away is asked again."""
    written: list[ServerStatus] = []
    written_at = decided = 0.0
    while True:
        try:
            states = pool.servers()
            if states != written or clock.monotonic() - written_at >= settings.write_seconds:
                await _write(database, clock, states)
                written, written_at = states, clock.monotonic()
            if any(tool.blocked for tool in pool.tools()):
                latest = await pins.latest()
                if latest != decided:
                    decided = latest
                    pool.look_again()
        except OutsideError as error:
            _log.warning("tool_servers_not_kept", error=str(error))
        await clock.sleep(settings.look_seconds)


async def _write(database: Database, clock: Clock, states: list[ServerStatus]) -> None:
    async with database.transaction() as conn:
        for state in states:
            row = ServerRow(
                state.name,
                state.available,
                storable_text(state.reason[:1_000]),
                state.breaker,
                state.protocol,
                state.tools,
                clock.now(),
            )
            await pins_table.show_server(conn, row)
