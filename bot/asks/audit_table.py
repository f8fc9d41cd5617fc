"""The record of who decided what: rows that are only ever added, each chained by its hash to the one before.

A row holds ids and hashes. What people wrote lies beside it with a salt, so that it can be erased and nobody can guess
it from what is left.
"""

import hashlib
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bot.work.surface import Connection

BEGINNING = "0" * 64
_LOCK = 0x61756469
SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be recorded. ``via`` is what made the actor eligible; the actor 0 is the bot itself."""

    guild_id: int
    what: str
    ask_id: UUID
    actor_id: int = 0
    version: int = 0
    via: str = ""
    payload_hash: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row as it stands."""

    number: int
    at: datetime
    guild_id: int
    what: str
    ask_id: UUID
    actor_id: int
    version: int
    via: str
    payload_hash: str
    text_hash: str
    before: str
    hash: str

    def computed(self) -> str:
        """The hash that the row must have."""
        values = [getattr(self, one.name) for one in fields(self) if one.name != "hash"]
        return hashlib.sha256(json.dumps([_plain(one) for one in values]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Checked:
    """A row with its text (None: erased) and what is wrong with it (empty: nothing)."""

    row: AuditRow
    text: str | None
    wrong: str = ""

    @property
    def is_erased(self) -> bool:
        """Whether there was a text that is gone."""
        return self.text is None and bool(self.row.text_hash)


async def add(conn: Connection, deed: Deed, salt: bytes | None = None) -> None:
    """Add a row, in the transaction of what it records; other transactions that add one wait for its end.

    So whatever row the transaction has to wait for, a run's first of all, it locks before: two would wait for each other.
    """
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    cursor = await conn.execute(
        """
        SELECT number, hash, clock_timestamp(), %(text)s::text FROM audit
        UNION ALL SELECT 0, %(beginning)s, clock_timestamp(), %(text)s::text ORDER BY number DESC LIMIT 1
        """,
        {"text": deed.text, "beginning": BEGINNING},
    )
    # The text comes back as the database keeps it, without secrets: what is hashed has to be what is stored.
    number, before, at, text = (await cursor.fetchall())[0]
    text_hash = hash_of_text(salt, text) if text else ""
    row = AuditRow(
        number + 1, at, deed.guild_id, deed.what, deed.ask_id, deed.actor_id, deed.version, deed.via,
        deed.payload_hash, text_hash, before, "",
    )  # fmt: skip
    await conn.execute(
        """
        INSERT INTO audit (number, at, guild_id, what, ask_id, actor_id, version, via, payload_hash, text_hash,
                           before, hash)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            row.number, row.at, row.guild_id, row.what, row.ask_id, row.actor_id, row.version, row.via,
            row.payload_hash, row.text_hash, row.before, row.computed(),
        ),
    )  # fmt: skip
    if text:
        await conn.execute(
            "INSERT INTO audit_text (number, salt, text) VALUES (%s, %s, %s)", (row.number, salt, text)
        )


async def checked(conn: Connection) -> AsyncIterator[Checked]:
    """Every row in order, each held against its hash, the row before it, and the text beside it."""
    before, expected = BEGINNING, 1
    async with conn.cursor(name="audit_rows") as cursor:
        await cursor.execute(
            """
            SELECT audit.number, at, guild_id, what, ask_id, actor_id, version, via, payload_hash, text_hash, before,
                   hash, salt, text
            FROM audit LEFT JOIN audit_text ON audit_text.number = audit.number ORDER BY audit.number
            """
        )
        async for *values, salt, text in cursor:
            row = AuditRow(*values)
            yield Checked(row, text, _wrong(row, before, expected, salt, text))
            before, expected = row.hash, row.number + 1


async def erase(conn: Connection, guild_id: int, member_id: int | None) -> int:
    """Erase what somebody (None: everybody) wrote in a guild, with its salts; what they decided stays.

    Gives the number of texts. They are written nowhere else in the record; questions and votes are kept with their runs.
    """
    cursor = await conn.execute(
        """
        DELETE FROM audit_text USING audit
        WHERE audit.number = audit_text.number AND guild_id = %s
          AND (%s::bigint IS NULL OR actor_id = %s)
        """,
        (guild_id, member_id, member_id),
    )
    return cursor.rowcount


async def count_of_ask(conn: Connection, ask_id: UUID) -> int:
    """How many rows were recorded of one question."""
    cursor = await conn.execute("SELECT count(*) FROM audit WHERE ask_id = %s", (ask_id,))
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def has(conn: Connection, ask_id: UUID, what: str) -> bool:
    """Whether something was recorded of a question."""
    cursor = await conn.execute("SELECT 1 FROM audit WHERE ask_id = %s AND what = %s LIMIT 1", (ask_id, what))
    return await cursor.fetchone() is not None


def hash_of_text(salt: bytes, text: str) -> str:
    """What stands in a row for a text."""
    return hashlib.sha256(salt + text.encode()).hexdigest()


def _wrong(row: AuditRow, before: str, expected: int, salt: bytes | None, text: str | None) -> str:
    if row.number != expected:
        return "rows before it are missing"
    if row.before != before:
        return "it does not follow the row before it"
    if row.hash != row.computed():
        return "it was changed"
    if text is not None and (salt is None or hash_of_text(salt, text) != row.text_hash):
        return "the text beside it was changed"
    return ""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value
