"""Answers that only one person sees, after the first: said at most once, and kept where a button shows them again.

Discord has no way to look such a message up, so one whose fate is unknown is not repeated; people get a button.
"""

from typing import Any

from bot.discord import outbox_table
from bot.discord.limits import Urgency
from bot.discord.outbox_table import NewRow, OutboxRow
from bot.discord.rendering import EPHEMERAL, bodies
from bot.work.surface import Button, Connection, Say

SHOW_ACTION = "v1:said:show:"


async def follow_up(
    conn: Connection, key: str, *, channel_id: int, token: str, user_id: int, say: Say
) -> list[int]:
    """Say something to one person who used a command or a button; at most once."""
    rows: list[int] = []
    for number, rendered in enumerate(bodies(say)):
        body = {**rendered.body, "flags": rendered.body["flags"] | EPHEMERAL}
        new = NewRow(
            key=f"{key}:{number}" if number else key,
            kind="follow_up",
            payload={"token": token, "user_id": str(user_id), "body": body},
            channel_id=channel_id,
            urgency=Urgency.QUESTION,
            files=rendered.files,
        )
        rows.append(await outbox_table.add(conn, new))
    return rows


async def said_again(conn: Connection, row: OutboxRow) -> None:
    """Offer what may not have been seen behind a button; the channel does not learn what it says."""
    user = str(row.payload["user_id"])
    text = f"I have an answer for <@{user}> that may not have been shown. Only they can open it."
    (rendered,) = bodies(Say(text, buttons=(Button("Show it to me", f"{SHOW_ACTION}{row.id}"),)))
    new = NewRow(key=f"{row.key}:again", kind="post", payload=rendered.body, channel_id=row.channel_id)
    await outbox_table.add(conn, new)


async def kept_for(conn: Connection, row_id: int, user_id: int) -> dict[str, Any] | None:
    """The body of an answer, for the person whom it was for and nobody else."""
    cursor = await conn.execute(
        "SELECT payload -> 'body' FROM outbox WHERE id = %s AND kind = 'follow_up' AND payload ->> 'user_id' = %s",
        (row_id, str(user_id)),
    )
    row = await cursor.fetchone()
    return None if row is None else dict(row[0])
