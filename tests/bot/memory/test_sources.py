import hashlib
import uuid
from datetime import UTC, datetime

import pytest

from bot.errors import OutsideError
from bot.memory.sources import Document, keep, of_run
from bot.storage.database import Database

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
EARLIER = datetime(2025, 1, 2, 3, 4, tzinfo=UTC)


async def test_a_source_comes_back_as_it_was_kept(database: Database) -> None:
    document = Document("https://example.org/ä?q=1&r=2", "Títle", "Täxt [1]", WHEN, EARLIER, "Some feed")
    run = uuid.uuid4()
    async with database.transaction() as conn:
        (kept,) = await keep(conn, run, 1, [document])
    async with database.connection() as conn:
        assert await of_run(conn, run, 1) == [kept]
    assert (kept.run_id, kept.guild_id, kept.number) == (run, 1, 1)
    assert (kept.url, kept.title, kept.text, kept.feed) == (
        document.url,
        document.title,
        document.text,
        "Some feed",
    )
    assert (kept.fetched_at, kept.published) == (WHEN, EARLIER)
    assert kept.sha256 == hashlib.sha256("Täxt [1]".encode()).digest()


async def test_hostile_and_huge_documents_are_cut(database: Database) -> None:
    huge = Document("https://example.org/", "t\0" * 10_000, "x\0\ud800" * 1_000_000, WHEN, feed="f" * 5_000)
    async with database.transaction() as conn:
        (kept,) = await keep(conn, uuid.uuid4(), 1, [huge])
    assert 0 < len(kept.text) <= 200_000
    assert 0 < len(kept.title) <= 300
    assert kept.sha256 == hashlib.sha256(kept.text.encode()).digest()


async def test_an_address_is_never_cut(database: Database) -> None:
    async with database.transaction() as conn:
        with pytest.raises(OutsideError, match="longer than 2048"):
            await keep(
                conn, uuid.uuid4(), 1, [Document("https://example.org/" + "x" * 2_048, "t", "x", WHEN)]
            )
