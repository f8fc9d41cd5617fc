"""All SQL on the tables ``vote_ballot`` and ``vote_sealed``. The second one can be read only when a vote is closed.

Where Discord does not number what somebody did, the time does, in Discord's way
(https://discord.com/developers/docs/reference#snowflakes).
"""

import json
from uuid import UUID

from psycopg.rows import class_row

from bot.work.allocation.sealing import seal_of
from bot.work.surface import Connection
from bot.work.votes.vote import NewBallot, SealedBallot


def written(choice: tuple[str, ...]) -> str:
    """A choice as it is hashed: JSON without spaces."""
    return json.dumps(choice, separators=(",", ":"))


async def put(conn: Connection, vote_id: UUID, ballot: NewBallot, salt: bytes) -> None:
    """Seal a ballot, or take one back; what was told before changes nothing."""
    text, voter = written(ballot.choice), ballot.voter.key
    seal = seal_of(vote_id, voter, salt, text) if ballot.choice else None
    cursor = await conn.execute(
        """
        INSERT INTO vote_ballot (vote_id, voter, event_id, weight, via, seal)
        VALUES (%(vote)s, %(voter)s,
                CASE WHEN %(event)s::bigint > 0 THEN %(event)s::bigint ELSE greatest(
                    ((extract(epoch FROM vote_now()) * 1000)::bigint - 1420070400000) << 22,
                    (SELECT max(event_id) + 1 FROM vote_ballot WHERE vote_id = %(vote)s AND voter = %(voter)s)
                ) END, %(weight)s, %(via)s, %(seal)s)
        ON CONFLICT (vote_id, voter, event_id) DO NOTHING RETURNING id
        """,
        {
            "vote": vote_id, "voter": voter, "event": ballot.event_id, "weight": ballot.weight, "via": ballot.via,
            "seal": seal,
        },
    )  # fmt: skip
    row = await cursor.fetchone()
    if row is not None and seal is not None:
        await conn.execute(
            "INSERT INTO vote_sealed (ballot_id, salt, choice) VALUES (%s, %s, %s)", (row[0], salt, text)
        )


async def standing(conn: Connection, vote_id: UUID, voter: str) -> SealedBallot | None:
    """Somebody's last ballot, without what it says; None where they have none that counts."""
    async with conn.cursor(row_factory=class_row(SealedBallot)) as cursor:
        await cursor.execute(
            """
            SELECT id, voter, event_id, weight, via, seal, at FROM vote_ballot WHERE vote_id = %s AND voter = %s
            ORDER BY event_id DESC LIMIT 1
            """,
            (vote_id, voter),
        )
        found = await cursor.fetchone()
    return found if found is not None and found.seal is not None else None


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
