"""What only a local Discord has: the scene for the page, the request log, faults, and trouble for the gateway."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from bot.local_discord.faults.script_run import Scripts
from bot.local_discord.gateway.hub import Hub
from bot.local_discord.model import Guild, Json
from bot.local_discord.rest import local_members
from bot.local_discord.rest.call import Call, Handler, nothing, ok
from bot.local_discord.rest.desk import Desk
from bot.local_discord.rest.highlight import post_highlight
from bot.local_discord.rest.local_faults import fault_routes
from bot.local_discord.rest.local_gateway import gateway_controls
from bot.local_discord.rest.local_load import load_routes
from bot.local_discord.stage import Stage
from bot.local_discord.stepped_clock import SteppedClock
from bot.local_discord.wire.channel import channel_object
from bot.local_discord.wire.guild import member_object, role_object
from bot.local_discord.wire.user import user_object

MOST_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Controls:
    """What the local routes act upon beyond the stage."""

    hub: Hub
    save: Callable[[], Awaitable[None]]
    scripts: Scripts
    clock: SteppedClock


def _scene(stage: Stage) -> Json:
    world = stage.world
    people = [user_object(user) for _, user in sorted(world.users.items()) if not user.bot]
    return {
        "guilds": [_guild(stage, guild) for _, guild in sorted(world.guilds.items())],
        "people": people,
        "default_member": str(world.default_member),
        "welcome_channel": str(world.welcome_channel),
    }


def _guild(stage: Stage, guild: Guild) -> Json:
    world, view = stage.world, stage.view()
    return {
        "id": str(guild.id),
        "name": guild.name,
        "channels": [channel_object(view, channel) for channel in world.channels_of(guild.id)],
        "roles": [role_object(role) for role in world.roles_of(guild.id)],
        "members": [member_object(view, member) for member in world.members_of(guild.id)],
    }


async def get_scene(call: Call) -> Response:
    """GET /local/scene."""
    return ok(_scene(call.stage))


def routes(desk: Desk, controls: Controls) -> dict[str, dict[str, Handler]]:
    """The local routes; each demands the page's key."""
    control = _Control(desk, controls)
    table: dict[str, dict[str, Handler]] = {
        "/scene": {"GET": get_scene},
        "/highlight": {"POST": post_highlight},
        "/requests": {"GET": control.get_requests, "DELETE": control.delete_requests},
        **fault_routes(desk, controls.scripts, controls.clock),
        **load_routes(desk.stage),
        **gateway_controls(controls.hub),
        "/save": {"POST": control.post_save},
        "/guilds/{guild_id}/members": {"POST": local_members.post_member},
        "/guilds/{guild_id}/members/{user_id}": {"DELETE": local_members.delete_member},
    }
    return {path: {m: _keyed(desk, h) for m, h in handlers.items()} for path, handlers in table.items()}


def _keyed(desk: Desk, handler: Handler) -> Handler:
    async def guarded(call: Call) -> Response:
        desk.demand_key(call.request)
        return await handler(call)

    return guarded


class _Control:
    """The handlers that look into the server or disturb it."""

    def __init__(self, desk: Desk, controls: Controls) -> None:
        self._desk = desk
        self._controls = controls

    async def get_requests(self, call: Call) -> Response:
        query = call.query()
        after = query.integer("after", default=0) or 0
        limit = query.integer("limit", least=1, most=MOST_SHOWN, default=MOST_SHOWN) or MOST_SHOWN
        method, path = query.text("method", most=10) or "", query.text("path", most=500) or "*"
        application_id = query.snowflake("application_id")
        query.problems.raise_any()
        found = self._desk.traffic.find(
            after=after, method=method.upper(), path=path, application_id=application_id
        )
        return ok([entry.as_json() for entry in list(found)[:limit]])

    async def delete_requests(self, _call: Call) -> Response:
        self._desk.traffic.clear()
        return nothing()

    async def post_save(self, _call: Call) -> Response:
        await self._controls.save()
        return nothing()
