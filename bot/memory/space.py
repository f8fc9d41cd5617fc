"""The embedding spaces the database knows, and from which score on each of them means the same subject."""

from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from bot.memory.embedder import EmbeddingSpace
from bot.memory.subject import threshold_of


@dataclass(frozen=True, slots=True)
class KnownSpace:
    """A row of ``embedding_space``; ``same_subject_at`` is None where the model was not found to tell."""

    id: int
    same_subject_at: float | None
    calibrated: bool


async def find_space(conn: AsyncConnection[Any], space: EmbeddingSpace) -> KnownSpace | None:
    """Return the space's row, or None where nothing was ever remembered in it."""
    async with conn.cursor(row_factory=class_row(KnownSpace)) as cursor:
        await cursor.execute(
            "SELECT id, same_subject_at, calibrated_at IS NOT NULL AS calibrated"
            " FROM embedding_space WHERE model = %s AND dims = %s",
            (space.model, space.dims),
        )
        return await cursor.fetchone()


async def ensure_space(conn: AsyncConnection[Any], space: EmbeddingSpace) -> KnownSpace:
    """Return the space's row, written first where it is new; several processes may race for it."""
    known = await find_space(conn, space)
    if known is not None:
        return known
    threshold = threshold_of(space)
    # an update of nothing: unlike DO NOTHING it waits for, and returns, a row another transaction is inserting
    async with conn.cursor(row_factory=class_row(KnownSpace)) as cursor:
        await cursor.execute(
            "INSERT INTO embedding_space (model, dims, same_subject_at, calibrated_at)"
            " VALUES (%(model)s, %(dims)s, %(threshold)s::real,"
            "         CASE WHEN %(threshold)s::real IS NOT NULL THEN now() END)"
            " ON CONFLICT (model, dims) DO UPDATE SET model = excluded.model"
            " RETURNING id, same_subject_at, calibrated_at IS NOT NULL AS calibrated",
            {"model": space.model, "dims": space.dims, "threshold": threshold},
        )
        row = await cursor.fetchone()
    assert row is not None, "an insert that updates on conflict returns its row"  # noqa: S101 - narrows the type
    return row


async def record_threshold(conn: AsyncConnection[Any], space_id: int, threshold: float | None) -> None:
    """Keep what calibration measured; None says that this model cannot tell subjects apart."""
    await conn.execute(
        "UPDATE embedding_space SET same_subject_at = %s, calibrated_at = now() WHERE id = %s",
        (threshold, space_id),
    )
