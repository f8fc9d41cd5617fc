"""All SQL on the table ``vote_proposal``."""

from uuid import UUID

from psycopg.rows import class_row

from bot.work.surface import Connection
from bot.work.votes.vote import Proposal


async def put(conn: Connection, vote_id: UUID, proposal: Proposal, event_id: int) -> bool:
    """Keep what somebody proposes in place of what they proposed before; whether there was something before."""
    cursor = await conn.execute(
        """
        INSERT INTO vote_proposal (vote_id, author, name, body, event_id) VALUES (%(vote)s, %(author)s, %(name)s, %(body)s, %(event)s)
        ON CONFLICT (vote_id, author) DO UPDATE SET name = excluded.name, body = excluded.body, event_id = excluded.event_id
        WHERE vote_proposal.event_id < excluded.event_id RETURNING (xmax <> 0)
        """,
        {
            "vote": vote_id, "author": proposal.author, "name": proposal.name, "body": proposal.body, "event": event_id,
        },
    )  # fmt: skip
    row = await cursor.fetchone()
    return row is None or bool(row[0])


async def of_vote(conn: Connection, vote_id: UUID) -> list[Proposal]:
    """What people propose."""
    async with conn.cursor(row_factory=class_row(Proposal)) as cursor:
        await cursor.execute(
            "SELECT author, name, body FROM vote_proposal WHERE vote_id = %s ORDER BY author", (vote_id,)
        )
        return await cursor.fetchall()
