"""The documents that a run fetched, numbered, with the text that was read."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from bot.errors import OutsideError
from bot.memory.embedder import tidy
from bot.storage.guild_scope import in_guild

MAX_URL = 2_048
MAX_TITLE = 300
MAX_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class Document:
    """Something fetched; its title and text are untrusted data. ``feed`` names where it was listed."""

    url: str
    title: str
    text: str
    fetched_at: datetime
    published: datetime | None = None
    feed: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A document as it was kept. ``sha256`` is of the kept text in UTF-8."""

    id: int
    guild_id: int
    run_id: UUID
    number: int
    url: str
    title: str
    published: datetime | None
    feed: str
    text: str
    sha256: bytes
    fetched_at: datetime


async def keep(
    conn: AsyncConnection[Any], run_id: UUID, guild_id: int, documents: Sequence[Document]
) -> list[Source]:
    """Keep ``documents`` of a run, numbered from 1 in order, and return them as they are kept.

    A URL that the run has kept before is returned with its number and its first text, so a step may be
    repeated. Titles are cut at 300 characters, texts at 200,000. Raises `OutsideError` for an overlong URL,
    which a cut would make another address.
    """
    # numbers are given one after the other, also where two of the run's fetches end at once
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('source ' || %s::text, 0))", (run_id,))
    async with in_guild(conn, guild_id):
        return [await _keep(conn, run_id, guild_id, document) for document in documents]


async def of_run(conn: AsyncConnection[Any], run_id: UUID, guild_id: int) -> list[Source]:
    """Return the sources of a guild's run, by number."""
    async with in_guild(conn, guild_id), conn.cursor(row_factory=class_row(Source)) as cursor:
        await cursor.execute(
            "SELECT id, guild_id, run_id, number, url, title, published, feed, text, sha256, fetched_at"
            " FROM source WHERE run_id = %s AND guild_id = %s ORDER BY number",
            (run_id, guild_id),
        )
        return await cursor.fetchall()


async def _keep(conn: AsyncConnection[Any], run_id: UUID, guild_id: int, document: Document) -> Source:
    if len(document.url) > MAX_URL:
        raise OutsideError(f"A source's address is longer than {MAX_URL} characters; leave that source out.")
    text = tidy(document.text, MAX_TEXT)
    async with conn.cursor(row_factory=class_row(Source)) as cursor:
        await cursor.execute(
            "INSERT INTO source (guild_id, run_id, number, url, title, published, feed, text, sha256, fetched_at)"
            " VALUES (%(guild)s, %(run)s,"
            "         (SELECT coalesce(max(number), 0) + 1 FROM source WHERE run_id = %(run)s),"
            "         %(url)s, %(title)s, %(published)s, %(feed)s, %(text)s, %(sha256)s, %(fetched)s)"
            # an update of nothing: unlike DO NOTHING it returns the row that is there
            " ON CONFLICT (run_id, url) DO UPDATE SET url = excluded.url"
            " RETURNING id, guild_id, run_id, number, url, title, published, feed, text, sha256, fetched_at",
            {
                "guild": guild_id,
                "run": run_id,
                "url": tidy(document.url, MAX_URL),
                "title": tidy(document.title, MAX_TITLE),
                "published": document.published,
                "feed": tidy(document.feed, MAX_TITLE),
                "text": text,
                "sha256": hashlib.sha256(text.encode()).digest(),
                "fetched": document.fetched_at,
            },
        )
        row = await cursor.fetchone()
    assert row is not None, "an insert that updates on conflict returns its row"  # noqa: S101 - narrows the type
    return row
