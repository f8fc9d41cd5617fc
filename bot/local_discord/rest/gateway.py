"""Where the gateway is, and how many sessions a bot may still start.

https://discord.com/developers/docs/events/gateway#get-gateway
"""

from starlette.responses import Response

from bot.local_discord.gateway.hub import Hub
from bot.local_discord.rest.call import Call, Handler, ok

GUILDS_A_SHARD = 1000
"""How many guilds Discord puts on a shard that it recommends, as bots observe it; the limit is 2,500."""


def routes(hub: Hub) -> dict[str, dict[str, Handler]]:
    """The two routes."""

    async def get_gateway(call: Call) -> Response:
        return ok({"url": gateway_url(call)})

    async def get_gateway_bot(call: Call) -> Response:
        application = call.application
        guilds = len(call.stage.world.guilds_of(application.id))
        limit = hub.starts.as_json(application.id)
        shards = max(1, -(-guilds // GUILDS_A_SHARD))
        return ok({"url": gateway_url(call), "session_start_limit": limit, "shards": shards})

    return {"/gateway": {"GET": get_gateway}, "/gateway/bot": {"GET": get_gateway_bot}}


def gateway_url(call: Call) -> str:
    """Where the websocket is."""
    return call.stage.base_url.replace("http://", "ws://", 1) + "/gateway"
