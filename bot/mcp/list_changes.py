"""Hearing from a server that its list of tools has changed.

Up to revision 2025-11-25 it tells by itself; from 2026-07-28 on a client has to listen.
"""

import asyncio

import structlog
from mcp.client import Client
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
from mcp.shared.exceptions import MCPError

from bot.clock import Clock

_log = structlog.get_logger(__name__)

_AGAIN_SECONDS = 5.0
FIRST_LISTENING = "2026-07-28"


async def hear_of_changes(client: Client, changed: asyncio.Event, clock: Clock) -> None:
    """Set ``changed`` at each change, until cancelled or the server does not tell."""
    offers = client.server_capabilities.tools
    if client.protocol_version < FIRST_LISTENING or offers is None or not offers.list_changed:
        return
    while True:
        try:
            async with client.listen(tools_list_changed=True) as events:
                async for _ in events:
                    changed.set()
        except SubscriptionLost:
            pass
        except (ListenNotSupportedError, MCPError, TimeoutError) as error:
            _log.info("tool_server_changes_not_told", error=str(error)[:200])
            return
        await clock.sleep(_AGAIN_SECONDS)
        changed.set()  # what changed meanwhile was not told
