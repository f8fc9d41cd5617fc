"""All SQL on the tables ``vote_ballot`` and ``vote_sealed``. The second one can be read only when a vote is closed.

Where Discord does not number what somebody did, the time does, in Discord's way
(https://discord.com/developers/docs/reference#snowflakes).
"""

import json
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from bot.work.sealed.keeping import SealedRows
from bot.work.surface import Connection
from bot.work.votes.vote import NewBallot, SealedBallot

_BALLOTS = SealedRows(
    said="vote_ballot", of="vote_id", by="voter", hidden="vote_sealed", said_id="ballot_id", text="choice"
)
count_of = _BALLOTS.count_of
_NOW = sql.SQL("""
greatest(((extract(epoch FROM vote_now()) * 1000)::bigint - 1420070400000) << 22,
         (SELECT max(event_id) + 1 FROM vote_ballot WHERE vote_id = %(vote_id)s AND voter = %(voter)s))
""")


def written(choice: tuple[str, ...]) -> str:
    """A choice as it is hashed: JSON without spaces."""
    return json.dumps(choice, separators=(",", ":"))


async def put(conn: Connection, vote_id: UUID, ballot: NewBallot, salt: bytes) -> None:
    """Seal a ballot, or take one back; what was told before changes nothing."""
    event = ballot.event_id if ballot.event_id > 0 else _NOW
    columns = {"event_id": event, "weight": ballot.weight, "via": ballot.via}
    if ballot.choice:
        await _BALLOTS.put(conn, vote_id, ballot.voter.key, written(ballot.choice), salt, columns)
    else:
        await _BALLOTS.take_back(conn, vote_id, ballot.voter.key, columns)


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
