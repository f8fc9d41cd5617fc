"""What cannot be undone is done at the second call: the first shows what would happen, and gives a word for exactly that."""

import hashlib

from bot.errors import UserError
from bot.mcp.serving.tools import Call, Outcome
from bot.work.surface import Connection

SECONDS = 120
PREVIEW = (
    "{preview} This cannot be undone. To do it, call {tool} again with the same arguments and `confirm`."
)
WRONG = "This confirmation is not for this action, was used before, or is older than two minutes; call without `confirm` first."


async def offer(call: Call, preview: str) -> Outcome:
    """What would happen, and the word that lets it happen once, within two minutes."""
    secret = call.desk.new_secret()
    async with call.desk.database.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO mcp_confirmation (secret_hash, token, digest, until)
            VALUES (%s, %s, %s, now() + make_interval(secs => %s) + make_interval(secs => %s))
            """,
            (_hash(secret), call.grant.name, call.digest, SECONDS, call.desk.ahead()),
        )
    summary = PREVIEW.format(preview=preview, tool=call.tool)
    return Outcome(
        summary, {"status": "confirm", "preview": preview, "confirm": secret, "expires_in_s": SECONDS}
    )


async def use(conn: Connection, call: Call, secret: str) -> None:
    """Use the word up. Raises `UserError` where it is not for this, was used, or is too old."""
    cursor = await conn.execute(
        """
        DELETE FROM mcp_confirmation
        WHERE secret_hash = %s AND token = %s AND digest = %s AND until > now() + make_interval(secs => %s)
        """,
        (_hash(secret), call.grant.name, call.digest, call.desk.ahead()),
    )
    if cursor.rowcount != 1:
        raise UserError(WRONG)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
