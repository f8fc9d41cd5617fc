"""Brings all memories into the space of the embedder that serves now, batch by batch."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import structlog
from psycopg import AsyncConnection
from psycopg.rows import class_row

from bot.memory.calibration import calibrate
from bot.memory.embedder import Embedder, EmbedderUnavailable, Vector
from bot.memory.space import KnownSpace, ensure_space, record_threshold
from bot.memory.store import halfvec
from bot.memory.subject import text_to_embed
from bot.storage.guild_scope import in_every_guild

log = structlog.get_logger(__name__)

type Transaction = Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]
"""Opens a transaction, such as the database's own ``transaction`` method."""


@dataclass(frozen=True, slots=True)
class _Stale:
    id: int
    title: str
    body: str


async def reembed(transaction: Transaction, embedder: Embedder, *, batch: int = 32) -> int:
    """Measure a new space's threshold, embed every memory of another or no space, and return how many.

    Searching goes on meanwhile. No transaction is open while texts are embedded; a memory deleted or changed
    in between is left alone. A memory that alone cannot be embedded is logged and left to full-text search.
    Run it in one process: several would do the work twice. Raises `EmbedderUnavailable` when nothing can be
    embedded; call it again later.
    """
    space = await _prepared(transaction, embedder)
    done = last = 0
    while stale := await _stale(transaction, space.id, last, batch):
        last = stale[-1].id
        done += await _embed_batch(transaction, embedder, space.id, stale)
    if done:
        log.info("memories_embedded", model=embedder.space.model, count=done)
    return done


async def _prepared(transaction: Transaction, embedder: Embedder) -> KnownSpace:
    async with transaction() as conn:
        space = await ensure_space(conn, embedder.space)
    if not space.calibrated:
        threshold = await calibrate(embedder)
        log.info("embedder_calibrated", model=embedder.space.model, threshold=threshold)
        async with transaction() as conn:
            await record_threshold(conn, space.id, threshold)
    return space


async def _stale(transaction: Transaction, space_id: int, last: int, batch: int) -> list[_Stale]:
    async with (
        transaction() as conn,
        in_every_guild(conn),
        conn.cursor(row_factory=class_row(_Stale)) as cursor,
    ):
        await cursor.execute(
            "SELECT id, title, body FROM memory"
            " WHERE id > %s AND space_id IS DISTINCT FROM %s ORDER BY id LIMIT %s",
            (last, space_id, batch),
        )
        return await cursor.fetchall()


async def _embed_batch(
    transaction: Transaction, embedder: Embedder, space_id: int, stale: Sequence[_Stale]
) -> int:
    try:
        vectors = await embedder.embed([text_to_embed(one.title, one.body) for one in stale])
    except EmbedderUnavailable:
        return await _embed_singly(transaction, embedder, space_id, stale)
    return await _write(transaction, space_id, stale, vectors)


async def _embed_singly(
    transaction: Transaction, embedder: Embedder, space_id: int, stale: Sequence[_Stale]
) -> int:
    """Embed one by one, so that one text a provider refuses does not keep the others out."""
    failure: EmbedderUnavailable | None = None
    done = 0
    for one in stale:
        try:
            vectors = await embedder.embed([text_to_embed(one.title, one.body)])
        except EmbedderUnavailable as error:
            log.warning("memory_not_embedded", memory=one.id, reason=str(error))
            if done == 0 and failure is not None:
                raise  # two of two: it is the embedder, not the text
            failure = error
            continue
        done += await _write(transaction, space_id, [one], vectors)
    if failure is not None and done == 0:
        raise failure
    return done


async def _write(
    transaction: Transaction, space_id: int, stale: Sequence[_Stale], vectors: Sequence[Vector]
) -> int:
    async with transaction() as conn, in_every_guild(conn), conn.cursor() as cursor:
        await cursor.executemany(
            "UPDATE memory SET space_id = %s, embedding = %s::halfvec WHERE id = %s AND title = %s AND body = %s",
            [
                (space_id, halfvec(vector), one.id, one.title, one.body)
                for one, vector in zip(stale, vectors, strict=True)
            ],
        )
        return cursor.rowcount
