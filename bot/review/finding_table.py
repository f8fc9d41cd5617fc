"""All SQL on the table ``code_finding``: what was found in a pull request, over all its pushes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row
from pydantic import TypeAdapter

from bot.review.checking import Kind
from bot.review.finding import Finding
from bot.storage.database import Connection

_FINDING = TypeAdapter(Finding)


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A row; ``found`` is JSON."""

    fingerprint: str
    kind: Kind
    found: object
    state: Literal["open", "fixed"]
    since_run: UUID
    back_run: UUID | None
    fixed_run: UUID | None
    posted: bool
    suppressed: bool

    @property
    def finding(self) -> Finding:
        """What was found."""
        return _FINDING.validate_python(self.found)


async def of_review(conn: Connection, review_id: UUID) -> list[FindingRow]:
    """Everything that was ever found in one; ``suppressed`` is as it stands now."""
    async with conn.cursor(row_factory=class_row(FindingRow)) as cursor:
        await cursor.execute(
            """
            SELECT one.fingerprint, one.kind, one.found, one.state, one.since_run, one.back_run, one.fixed_run,
                   one.posted, quiet.fingerprint IS NOT NULL AS suppressed
            FROM code_finding AS one
            JOIN code_review AS review ON review.id = one.review_id
            LEFT JOIN code_suppressed AS quiet
                ON quiet.guild_id = review.guild_id AND quiet.repository = review.repository
               AND quiet.fingerprint = one.fingerprint AND (quiet.until IS NULL OR quiet.until > now())
            WHERE one.review_id = %s
            """,
            (review_id,),
        )
        return await cursor.fetchall()


async def add(conn: Connection, review_id: UUID, kind: Kind, found: Finding, run_id: UUID) -> None:
    """Note something that was found; where it was fixed before, it is back."""
    await conn.execute(
        """
        INSERT INTO code_finding AS old (review_id, fingerprint, kind, found, since_run) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (review_id, fingerprint) DO UPDATE
        SET state = 'open', back_run = excluded.since_run, found = excluded.found, kind = excluded.kind
        """,
        (review_id, found.fingerprint, kind, _FINDING.dump_json(found).decode(), run_id),
    )


async def renew(conn: Connection, review_id: UUID, found: Finding) -> None:
    """Note where something stands by now that was found before."""
    await conn.execute(
        "UPDATE code_finding SET found = %s WHERE review_id = %s AND fingerprint = %s",
        (_FINDING.dump_json(found).decode(), review_id, found.fingerprint),
    )


async def fixed(conn: Connection, review_id: UUID, fingerprints: Iterable[str], run_id: UUID) -> None:
    """Note that some are gone."""
    await conn.execute(
        """
        UPDATE code_finding SET state = 'fixed', fixed_run = %s
        WHERE review_id = %s AND fingerprint = ANY(%s) AND state = 'open'
        """,
        (run_id, review_id, list(fingerprints)),
    )


async def posted(
    conn: Connection, review_id: UUID, fingerprints: Collection[str], *, posted: bool = True
) -> None:
    """Note that some stand on the code host, or do not after all."""
    await conn.execute(
        "UPDATE code_finding SET posted = %s WHERE review_id = %s AND fingerprint = ANY(%s)",
        (posted, review_id, list(fingerprints)),
    )
