"""SQL on the table ``mcp_said``, and on the outbox as far as programs are told of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from bot.work.surface import Connection


@dataclass(frozen=True, slots=True)
class Carried:
    """What has become of something that is to be said or done on Discord."""

    id: int
    kind: str
    state: str
    error: str | None
    channel_id: int | None
    message_id: int | None

    @property
    def is_over(self) -> bool:
        """Whether it stands there, or never will."""
        return self.state not in {"pending", "sending"}


async def claim(conn: Connection, token: str, key: str, digest: str) -> tuple[str, list[int]] | None:
    """Take a key, which nobody else does until the transaction ends; or the digest and rows of who took it before."""
    cursor = await conn.execute(
        """
        INSERT INTO mcp_said (token, key, digest, outbox_ids) VALUES (%s, %s, %s, '{}')
        ON CONFLICT (token, key) DO NOTHING
        """,
        (token, key, digest),
    )
    if cursor.rowcount == 1:
        return None
    cursor = await conn.execute(
        "SELECT digest, outbox_ids FROM mcp_said WHERE token = %s AND key = %s", (token, key)
    )
    row = await cursor.fetchone()
    return None if row is None else (str(row[0]), [int(one) for one in row[1]])


async def note(conn: Connection, token: str, key: str, rows: Sequence[int]) -> None:
    """Note which rows say what the key stands for."""
    await conn.execute(
        "UPDATE mcp_said SET outbox_ids = %s WHERE token = %s AND key = %s", (list(rows), token, key)
    )


async def carried(conn: Connection, rows: Sequence[int]) -> list[Carried]:
    """What has become of rows of the outbox, in their order; those that were cleaned away are left out."""
    async with conn.cursor(row_factory=class_row(Carried)) as cursor:
        await cursor.execute(
            "SELECT id, kind, state, error, channel_id, message_id FROM outbox WHERE id = ANY(%s) ORDER BY id",
            (list(rows),),
        )
        return await cursor.fetchall()


async def row_of(conn: Connection, channel_id: int, message_id: int) -> int | None:
    """The outbox row that said a message; by way of it the message can be changed also where a webhook said it."""
    cursor = await conn.execute(
        """
        SELECT id FROM outbox WHERE channel_id = %s AND message_id = %s AND kind IN ('post', 'forum_post')
        AND state = 'sent' LIMIT 1
        """,
        (channel_id, message_id),
    )
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


async def forget(conn: Connection, days: float) -> int:
    """Forget keys older than so many days, and confirmations that can be used no more; how many keys."""
    await conn.execute("DELETE FROM mcp_confirmation WHERE until < now()")
    cursor = await conn.execute(
        "DELETE FROM mcp_said WHERE created_at < now() - make_interval(secs => %s)", (days * 86_400,)
    )
    return cursor.rowcount


async def rows_of_key(conn: Connection, key: str) -> list[int]:
    """The rows of the outbox with a key."""
    cursor = await conn.execute("SELECT id FROM outbox WHERE key = %s", (key,))
    return [int(row[0]) for row in await cursor.fetchall()]
