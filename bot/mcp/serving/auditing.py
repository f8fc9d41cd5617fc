"""Every call that changes something is in the record of decisions before it is done, under its token's name."""

import hashlib
import json

from bot.asks import audit_table
from bot.asks.audit_table import Deed
from bot.mcp.serving.arguments import Arguments
from bot.mcp.serving.tools import Call, Tool
from bot.work.surface import Connection

_NOT_OF_THE_ACTION = {"confirm", "idempotency_key", "wait_s"}


def digest_of(tool: Tool, given: Arguments) -> str:
    """SHA-256 of what a call would do, whatever the spelling of its arguments."""
    what = given.model_dump(mode="json", exclude=_NOT_OF_THE_ACTION)
    return hashlib.sha256(f"{tool.name} {json.dumps(what, sort_keys=True)}".encode()).hexdigest()


async def audited(conn: Connection, call: Call, guild_id: int) -> None:
    """Record a call, in the transaction of what it does or before what it asks of Discord."""
    via = f"token {call.grant.name}"
    await audit_table.add(
        conn, Deed(guild_id, f"mcp {call.tool}", call.id, via=via, payload_hash=call.digest)
    )
