"""All SQL on the tables ``vote_ballot`` and ``vote_sealed``. The second one can be read only when a vote is closed."""

import json
from uuid import UUID

from psycopg.rows import class_row

from bot.work.allocation.sealing import seal_of
from bot.work.surface import Connection
from bot.work.votes.vote import NewBallot, SealedBallot


def written(choice: tuple[str, ...]) -> str:
    """A choice as it is hashed: JSON without spaces."""
    return json.dumps(choice, separators=(",", ":"))


async def put(conn: Connection, vote_id: UUID, ballot: NewBallot, salt: bytes) -> str | None:
    """Seal a ballot; its seal, None where it takes back. What was told before changes nothing (also None)."""
    text, voter = written(ballot.choice), ballot.voter.key
    seal = seal_of(vote_id, voter, salt, text) if ballot.choice else None
    cursor = await conn.execute(
        """
        INSERT INTO vote_ballot (vote_id, voter, event_id, weight, via, seal) VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (vote_id, voter, event_id) DO NOTHING RETURNING id
        """,
        (vote_id, voter, ballot.event_id, ballot.weight, ballot.via, seal),
    )
    row = await cursor.fetchone()
    if row is None or seal is None:
        return None
    await conn.execute(
        "INSERT INTO vote_sealed (ballot_id, salt, choice) VALUES (%s, %s, %s)", (row[0], salt, text)
    )
    return seal


async def standing(conn: Connection, vote_id: UUID, voter: str) -> str | None:
    """The seal of somebody's last ballot; None where they have none."""
    cursor = await conn.execute(
        "SELECT seal FROM vote_ballot WHERE vote_id = %s AND voter = %s ORDER BY event_id DESC LIMIT 1",
        (vote_id, voter),
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def count_of(conn: Connection, vote_id: UUID, voter: str) -> int:
    """How often somebody has voted, or taken it back."""
    cursor = await conn.execute(
        "SELECT count(*) FROM vote_ballot WHERE vote_id = %s AND voter = %s", (vote_id, voter)
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def turnout(conn: Connection, vote_id: UUID) -> int:
    """How many people have a ballot that counts."""
    cursor = await conn.execute(
        """
        SELECT count(seal) FROM (SELECT DISTINCT ON (voter) seal FROM vote_ballot
                                 WHERE vote_id = %s AND via <> 'agent' ORDER BY voter, event_id DESC) AS last
        """,
        (vote_id,),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def last_of_all(conn: Connection, vote_id: UUID) -> list[SealedBallot]:
    """The last ballot of each, by voter; what they chose only when the vote is closed."""
    async with conn.cursor(row_factory=class_row(SealedBallot)) as cursor:
        await cursor.execute(
            """
            SELECT last.*, salt, choice FROM (
                SELECT DISTINCT ON (voter) id, voter, event_id, weight, via, seal, at FROM vote_ballot
                WHERE vote_id = %s ORDER BY voter, event_id DESC
            ) AS last LEFT JOIN vote_sealed ON ballot_id = last.id WHERE seal IS NOT NULL ORDER BY voter
            """,
            (vote_id,),
        )
        return await cursor.fetchall()
