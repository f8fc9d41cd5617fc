"""Another version of what is to be approved, written by the agent after people have sent it back with a note."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from bot.asks import asks_table, audit_table, deciding, showing
from bot.asks.asks_table import VersionRow
from bot.asks.audit_table import Deed
from bot.asks.deciding import SENT_BACK
from bot.asks.payload import hash_of
from bot.errors import DatabaseAway, OutsideError, UserError
from bot.work.surface import Connection, Say

__all__ = ["SENT_BACK", "resumed", "written"]

SAME = "The agent wrote the very same again."


async def written(
    version: VersionRow, note: str, rewrite: Callable[[Any, str], Awaitable[Any]]
) -> dict[str, Any]:
    """What the agent makes of it, or (``why``) why there is nothing; to be recorded."""
    try:
        payload = await rewrite(version.payload, note)
    except DatabaseAway:
        raise
    except (UserError, OutsideError) as error:
        return {"payload": version.payload, "why": str(error)}
    return {"payload": payload, "why": SAME if hash_of(payload) == version.hash else ""}


async def resumed(conn: Connection, ask_id: UUID, wait_id: UUID, made: dict[str, Any]) -> Say:
    """Make it the version that stands, in the transaction in which people are waited for again; what they are shown."""
    await asks_table.resume(conn, ask_id, wait_id)
    ask, before = await deciding.read(conn, ask_id)
    if made["why"]:
        votes = await asks_table.votes(conn, ask_id, ask.version)
        return showing.asking(ask, before, votes, why=made["why"])
    digest = hash_of(made["payload"])
    await asks_table.add_version(conn, ask_id, ask.version + 1, made["payload"], digest, None)
    ask, version = await deciding.read(conn, ask_id)
    await audit_table.add(
        conn, Deed(ask.guild_id, "rewrite", ask_id, version=version.version, payload_hash=digest)
    )
    return showing.asking(ask, version, (), before)
