from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from structlog.testing import capture_logs

from bot.memory.embedder import Embedded, EmbedderUnavailable, EmbeddingSpace, Vector
from bot.memory.minilm import MiniLm
from bot.memory.recall import Question, recall
from bot.memory.reembed import reembed
from bot.memory.store import NewMemory, Place, remember
from bot.storage.database import Database
from bot.storage.guild_scope import in_every_guild

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
MEMORY = NewMemory(Place(1, 11), "research", "", "", "", WHEN)
OLD = EmbeddingSpace("old", 1)


class Counting:
    """Embeds a text by its length; refuses texts with a word, or does something first."""

    def __init__(self, *, refuses: str = "\n", first: "Deleting | None" = None) -> None:
        self.space = EmbeddingSpace("counting", 2)
        self.refuses = refuses
        self.first = first
        self.asked: list[int] = []

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.asked.append(len(texts))
        if any(self.refuses in text for text in texts):
            raise EmbedderUnavailable("counting refuses this text; leave it out.")
        if self.first is not None and any("memory 0" in text for text in texts):
            await self.first()
        return [[1.0, float(len(text))] for text in texts]

    async def aclose(self) -> None:
        """Have nothing to release."""


class Deleting:
    """Deletes one memory and changes another, as people may while texts are embedded."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url

    async def __call__(self) -> None:
        async with await psycopg.AsyncConnection.connect(self.database_url) as conn:
            await conn.execute("DELETE FROM memory WHERE key = '1'")
            await conn.execute("UPDATE memory SET body = 'changed since' WHERE key = '2'")


async def fill(database: Database, count: int, *, embedded: Embedded | None = None) -> None:
    async with database.transaction() as conn:
        for number in range(count):
            memory = replace(MEMORY, key=str(number), title=f"memory {number}", body="x" * number)
            await remember(conn, memory, embedded)


async def models(database: Database) -> dict[str, str | None]:
    async with database.connection() as conn, in_every_guild(conn):
        cursor = await conn.execute(
            "SELECT key, model FROM memory LEFT JOIN embedding_space ON embedding_space.id = space_id"
        )
        return dict(await cursor.fetchall())


async def test_every_memory_of_another_or_no_space_is_embedded_once(database: Database) -> None:
    await fill(database, 3, embedded=Embedded(OLD, [1.0]))
    async with database.transaction() as conn:
        for number in range(3, 8):
            await remember(conn, replace(MEMORY, key=str(number), title=f"memory {number}"), None)
    embedder = Counting()
    assert await reembed(database.transaction, embedder, batch=3) == 8
    assert set((await models(database)).values()) == {"counting"}
    assert embedder.asked[1:] == [3, 3, 2]
    assert await reembed(database.transaction, embedder, batch=3) == 0
    assert embedder.asked[4:] == []


async def test_what_was_deleted_or_changed_meanwhile_is_left_alone(
    database: Database, database_url: str
) -> None:
    await fill(database, 4)
    assert await reembed(database.transaction, Counting(first=Deleting(database_url)), batch=10) == 2
    assert await models(database) == {"0": "counting", "2": None, "3": "counting"}
    assert await reembed(database.transaction, Counting()) == 1


async def test_one_refused_text_does_not_keep_the_others_out(database: Database) -> None:
    await fill(database, 7)
    with capture_logs() as logs:
        assert await reembed(database.transaction, Counting(refuses="memory 4"), batch=3) == 6
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["memory_not_embedded"]
    assert (await models(database))["4"] is None


async def test_an_embedder_that_is_away_is_reported_and_not_asked_for_every_row(database: Database) -> None:
    await fill(database, 30)
    embedder = Counting()
    await reembed(database.transaction, embedder)
    async with database.transaction() as conn, in_every_guild(conn):
        await conn.execute("UPDATE memory SET space_id = NULL, embedding = NULL")
    away = Counting(refuses="")
    with pytest.raises(EmbedderUnavailable):
        await reembed(database.transaction, away, batch=10)
    assert len(away.asked) == 3
    assert set((await models(database)).values()) == {None}


async def test_a_new_model_is_calibrated_once_and_search_goes_on_before(
    database: Database, minilm: MiniLm
) -> None:
    class Renamed:
        """The real model under a name whose threshold is not known."""

        space = EmbeddingSpace("renamed", 384)
        asked = 0

        async def embed(self, texts: Sequence[str]) -> list[Vector]:
            Renamed.asked += len(texts)
            return await minilm.embed(texts)

        async def aclose(self) -> None:
            """Have nothing to release."""

    embedder = Renamed()
    async with database.transaction() as conn:
        memory = replace(MEMORY, key="1", title="how to keep bread from going stale")
        await remember(conn, memory, Embedded(OLD, [1.0]))
    asked = Question(1, "storing baked goods so they stay soft", {11})
    (vector,) = await embedder.embed([asked.text])
    embedded = Embedded(embedder.space, vector)
    async with database.connection() as conn:
        assert (await recall(conn, asked, embedded)).hits == ()
        assert (await recall(conn, replace(asked, text="stale bread"), embedded)).same_subject
    assert await reembed(database.transaction, embedder) == 1
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT same_subject_at FROM embedding_space WHERE model = 'renamed'")
        assert await cursor.fetchone() == (pytest.approx(0.44),)
        assert (await recall(conn, asked, embedded)).same_subject
    before = Renamed.asked
    assert await reembed(database.transaction, embedder) == 0
    assert Renamed.asked == before
