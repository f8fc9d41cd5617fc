"""The controls of the gateway: who is connected, what is done to connections, and what happens to events.

``/local/gateway`` takes what :class:`Trouble` describes, ``/local/gateway/faults`` what :class:`GatewayFault` does.
"""

from starlette.responses import Response

from bot.local_discord.gateway.faults import read_gateway_fault
from bot.local_discord.gateway.hub import Hub
from bot.local_discord.gateway.session import Session
from bot.local_discord.gateway.trouble import read_trouble
from bot.local_discord.model import Json
from bot.local_discord.rest.call import Call, Handler, nothing, ok
from bot.local_discord.wire.view import maybe_id


def gateway_controls(hub: Hub) -> dict[str, dict[str, Handler]]:
    """The routes below ``/local``; the caller demands the key."""

    async def get_sessions(_call: Call) -> Response:
        return ok([_session(session) for session in hub.sessions.values()])

    async def post_trouble(call: Call) -> Response:
        form = await call.form()
        trouble = read_trouble(form)
        form.problems.raise_any()
        return ok({"sessions": hub.cause(trouble)})

    async def get_faults(_call: Call) -> Response:
        return ok([fault.as_json() for fault in hub.faults.all()])

    async def post_fault(call: Call) -> Response:
        form = await call.form()
        fault = read_gateway_fault(form)
        form.problems.raise_any()
        return ok(hub.faults.add(fault).as_json(), 201)

    async def delete_faults(_call: Call) -> Response:
        hub.faults.remove()
        return nothing()

    async def delete_fault(call: Call) -> Response:
        hub.faults.remove(call.id("number"))
        return nothing()

    return {
        "/gateway": {"GET": get_sessions, "POST": post_trouble},
        "/gateway/faults": {"GET": get_faults, "POST": post_fault, "DELETE": delete_faults},
        "/gateway/faults/{number}": {"DELETE": delete_fault},
    }


def _session(session: Session) -> Json:
    wire = session.wire
    return {
        "session_id": session.id,
        "user_id": str(session.user_id),
        "application_id": maybe_id(session.application_id),
        "intents": session.intents,
        "shard": list(session.shard or (0, 1)),
        "seq": session.seq,
        "status": session.presence.shown,
        "connected": wire is not None,
        "half_open": wire is not None and wire.link.half_open,
        "bytes_per_second": None if wire is None else wire.link.bytes_per_second,
        "waiting": 0 if wire is None else len(wire),
    }
