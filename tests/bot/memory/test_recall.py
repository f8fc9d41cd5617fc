import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import AsyncConnection

from bot.memory.calibration import read_pairs
from bot.memory.embedder import Embedded, EmbeddingSpace, embed_one
from bot.memory.minilm import MiniLm
from bot.memory.recall import QUERY, Question, Recalled, recall
from bot.memory.store import NewMemory, Place, halfvec, remember
from bot.storage.database import Database
from bot.storage.guild_scope import in_every_guild, in_guild

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
GUILD, CHANNEL, THREAD, SECRET_THREAD = 9_000_000_000_000_000_001, 11, 21, 22
FLAT = EmbeddingSpace("flat", 2)


def research(
    title: str, body: str = "", *, place: Place | None = None, key: str | None = None, **more: Any
) -> NewMemory:
    place = place or Place(GUILD, CHANNEL, THREAD)
    return NewMemory(place, "research", key or title, title, body, WHEN, **more)


def titles(recalled: Recalled) -> list[str]:
    return [hit.found.title for hit in recalled.hits]


async def test_a_paraphrase_without_a_common_word_finds_the_research_and_another_subject_does_not(
    database: Database, minilm: MiniLm
) -> None:
    memory = research(
        "how to keep bread from going stale",
        "Store the loaf wrapped at room temperature and freeze what you will not eat within two days [1].",
        run_id=uuid.UUID(int=7),
        member_id=5,
    )
    others = [pair for pair in read_pairs() if pair.kind == "other"]
    async with database.transaction() as conn:
        await remember(conn, memory, await embed_one(minilm, memory.text))
        for pair in others[4:24]:
            other = research(pair.question)
            await remember(conn, other, await embed_one(minilm, other.text))

    asked = Question(GUILD, "preventing loaves drying out after baking", {CHANNEL})
    embedded = await embed_one(minilm, asked.text)
    async with database.connection() as conn:
        recalled = await recall(conn, asked, embedded)
        (hit,) = recalled.same_subject
        words_only = await recall(conn, asked, None)
        stranger = Question(GUILD, "baking sourdough without a dutch oven", {CHANNEL})
        neighbours = await recall(conn, stranger, await embed_one(minilm, stranger.text))

    assert recalled.method == "semantic"
    assert recalled.hits[0] == hit
    found = hit.found
    assert (found.title, found.kind, found.run_id, found.member_id) == (
        memory.title,
        "research",
        uuid.UUID(int=7),
        5,
    )
    assert (found.guild_id, found.channel_id, found.thread_id, found.created_at) == (
        GUILD,
        CHANNEL,
        THREAD,
        WHEN,
    )
    assert found.similarity is not None
    assert found.similarity > 0.44
    assert (words_only.method, words_only.same_subject) == ("full text", ())
    assert neighbours.hits
    assert neighbours.same_subject == ()


async def test_words_alone_find_and_say_so(database: Database) -> None:
    async with database.transaction() as conn:
        for title in ("cost of home solar panels", "solar flares and satellites", "growing tomatoes"):
            await remember(conn, research(title), None)
        recalled = await recall(conn, Question(GUILD, "what do solar panels cost?", {CHANNEL}), None)
        nothing = await recall(conn, Question(GUILD, "marathon training", {CHANNEL}), None)
    assert recalled.method == "full text"
    assert titles(recalled) == ["cost of home solar panels", "solar flares and satellites"]
    assert [hit.found.title for hit in recalled.same_subject] == ["cost of home solar panels"]
    assert recalled.hits[0].found.similarity is None
    assert nothing.hits == ()


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "   ",
        "the of and",
        "'; DROP TABLE memory; --",
        "a & b | !c <-> :*",
        "http://example.com/?a=1&b=2 & x",
        "nul\0 \ud800",
        "x" * 100_000,
        "%s %(guild)s",
        "\\' \\\\ ''",
    ],
)
async def test_any_question_is_answered(database: Database, asked: str) -> None:
    async with database.transaction() as conn:
        await remember(conn, research("something remembered"), None)
        assert titles(await recall(conn, Question(GUILD, asked, {CHANNEL}), None)) == []


async def test_names_of_common_words_and_other_languages_are_found(database: Database) -> None:
    async with database.transaction() as conn:
        for title in ("The Who", "Straßenbahnen in Wien", "国际空间站"):
            await remember(conn, research(title), None)
        for asked, title in (
            ("the who", "The Who"),
            ("straßenbahnen wien", "Straßenbahnen in Wien"),
            ("国际空间站", "国际空间站"),
        ):
            recalled = await recall(conn, Question(GUILD, asked, {CHANNEL}), None)
            assert titles(recalled) == [title]
            assert recalled.same_subject


async def test_only_readable_places_of_the_own_guild_are_looked_at(database: Database) -> None:
    places = {
        "open": Place(GUILD, CHANNEL),
        "thread": Place(GUILD, CHANNEL, THREAD),
        "private thread": Place(GUILD, CHANNEL, SECRET_THREAD, private=True),
        "closed channel": Place(GUILD, 12),
        "another guild": Place(GUILD + 1, CHANNEL),
    }
    async with database.transaction() as conn:
        for name, place in places.items():
            for embedded in (None, Embedded(FLAT, [1.0, 0.0])):
                await remember(
                    conn, research(f"apples {name}", place=place, key=f"{name} {embedded is None}"), embedded
                )

        async def seen(readable: set[int]) -> set[str]:
            asked = Question(GUILD, "apples", readable, limit=100)
            recalled = await recall(conn, asked, Embedded(FLAT, [1.0, 0.0]))
            return {title.removeprefix("apples ") for title in titles(recalled)}

        assert await seen(set()) == set()
        assert await seen({CHANNEL}) == {"open", "thread"}
        assert await seen({SECRET_THREAD}) == {"private thread"}
        assert await seen({CHANNEL, SECRET_THREAD, 12}) == {
            "open",
            "thread",
            "private thread",
            "closed channel",
        }
        # a public thread is read with its channel, and its id alone opens nothing
        assert await seen({THREAD}) == set()


async def test_kinds_and_the_asking_run_are_left_out(database: Database) -> None:
    run = uuid.uuid4()
    async with database.transaction() as conn:
        await remember(conn, research("apples one", run_id=run), None)
        await remember(conn, research("apples two", run_id=uuid.uuid4()), None)
        await remember(conn, NewMemory(Place(GUILD, CHANNEL), "fact", "k", "apples three", "", WHEN), None)

        async def seen(**more: Any) -> set[str]:
            return set(titles(await recall(conn, Question(GUILD, "apples", {CHANNEL}, **more), None)))

        assert await seen() == {"apples one", "apples two", "apples three"}
        assert await seen(not_run=run) == {"apples two", "apples three"}
        assert await seen(kinds=("fact",)) == {"apples three"}
        assert await seen(kinds=()) == set()


async def test_vectors_of_another_space_are_never_compared(database: Database) -> None:
    async with database.transaction() as conn:
        await remember(conn, research("one"), Embedded(EmbeddingSpace("other", 2), [1.0, 0.0]))
        await remember(conn, research("two"), Embedded(EmbeddingSpace("flat", 3), [1.0, 0.0, 0.0]))
        await remember(conn, research("three"), None)
        await remember(conn, research("four"), Embedded(FLAT, [0.6, 0.8]))
        recalled = await recall(conn, Question(GUILD, "one two", {CHANNEL}), Embedded(FLAT, [1.0, 0.0]))
        new = await recall(
            conn, Question(GUILD, "one", {CHANNEL}), Embedded(EmbeddingSpace("never seen", 1), [1.0])
        )
    similarities = {hit.found.title: hit.found.similarity for hit in recalled.hits}
    assert similarities == {"one": None, "two": None, "four": pytest.approx(0.6, abs=1e-3)}
    assert titles(new) == ["one"]
    assert new.method == "semantic"


async def test_both_searches_count_and_the_same_subject_goes_first(database: Database) -> None:
    async with database.transaction() as conn:
        await remember(conn, research("pears"), Embedded(FLAT, [1.0, 0.0]))
        await remember(conn, research("green apples"), Embedded(FLAT, [0.9, 0.43589]))
        await remember(conn, research("apples"), Embedded(FLAT, [0.0, 1.0]))
        recalled = await recall(conn, Question(GUILD, "apples", {CHANNEL}), Embedded(FLAT, [1.0, 0.0]))
    # the space has no threshold, so words decide what is the same
    assert titles(recalled) == ["apples", "green apples", "pears"]
    assert [hit.same_subject for hit in recalled.hits] == [True, True, False]
    scores = {hit.found.title: hit.found.score for hit in recalled.hits}
    assert scores["pears"] == pytest.approx(1 / 61)
    assert scores["green apples"] == pytest.approx(1 / 62 + 1 / 62)
    assert scores["apples"] == pytest.approx(1 / 63 + 1 / 61)


async def fill(conn: AsyncConnection[Any], guilds: int, rows: int) -> int:
    """Store ``guilds`` times ``rows`` memories with random vectors; return the space's id."""
    cursor = await conn.execute("INSERT INTO embedding_space (model, dims) VALUES ('random', 8) RETURNING id")
    row = await cursor.fetchone()
    assert row is not None
    await conn.execute("SELECT setseed(0.5)")
    async with in_every_guild(conn):
        await _random_memories(conn, int(row[0]), guilds, rows)
    return int(row[0])


async def _random_memories(conn: AsyncConnection[Any], space: int, guilds: int, rows: int) -> None:
    await conn.execute(
        "INSERT INTO memory (guild_id, channel_id, visibility, kind, key, title, body, created_at, space_id, embedding)"
        " SELECT guild, guild * 10, 'channel', 'research', n::text, 'subject ' || n, 'words about ' || n * 7, now(), %s,"
        "        ARRAY(SELECT random() - 0.5 + 0 * n FROM generate_series(1, 8))::halfvec"
        " FROM generate_series(1, %s) AS guild, generate_series(1, %s) AS n",
        (space, guilds, rows),
    )


async def test_the_hot_query_reads_the_own_guild_by_index_and_scans_its_vectors_exactly(
    database: Database,
) -> None:
    async with database.transaction() as conn:
        space = await fill(conn, guilds=200, rows=100)
    async with database.connection() as conn:
        parameters: dict[str, Any] = {
            "guild": 7,
            "readable": [70],
            "kinds": None,
            "not_run": None,
            "vector": halfvec([0.1] * 8),
            "space": space,
            "words": "subject 42",
            "candidates": 40,
            "k": 60,
            "near": None,
        }
        async with in_guild(conn, 7):
            cursor = await conn.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + QUERY, parameters)
            row = await cursor.fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    nodes = list(walk(plan))
    reads = [node for node in nodes if node.get("Relation Name") == "memory"]
    assert reads
    assert all(node["Node Type"] != "Seq Scan" for node in reads), json.dumps(plan, indent=1)
    assert any(node.get("Index Name") == "memory_guild_space" for node in nodes)
    (measured,) = [node for node in nodes if node.get("Subplan Name") == "CTE measured"]
    assert measured["Actual Rows"] == 100


def walk(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a plan's nodes, the root first."""
    return [plan, *(node for child in plan.get("Plans", []) for node in walk(child))]


WORDS = """
SELECT m.id FROM memory AS m WHERE m.tsv @@ memory_query('subject 42') AND m.guild_id = 7
"""


async def test_words_are_looked_up_in_their_index_which_a_policy_would_keep_from_being_used(
    database: Database, database_url: str
) -> None:
    async with database.transaction() as conn:
        await fill(conn, guilds=20, rows=1_000)
    plan = "EXPLAIN (FORMAT JSON) " + WORDS.replace("subject 42", "42")
    async with await AsyncConnection.connect(database_url, autocommit=True) as owner:
        await owner.execute("VACUUM ANALYZE memory")
        # what the function does, whose owner is bound by no policy
        row = await (await owner.execute(plan.encode())).fetchone()
        assert row is not None
        assert "memory_words" in {node.get("Index Name") for node in walk(row[0][0]["Plan"])}
    async with database.connection() as conn, in_guild(conn, 7):
        # the control: the same as the bot's role
        row = await (await conn.execute(plan.encode())).fetchone()
        assert row is not None
        assert "memory_words" not in {node.get("Index Name") for node in walk(row[0][0]["Plan"])}
        found = "SELECT id FROM memory_words(7, '{70}', NULL, NULL, '42', 9)"
        assert len(await (await conn.execute(found)).fetchall()) == 2


async def test_the_scan_is_exact(database: Database) -> None:
    asked = [0.3, -0.5, 0.1, 0.2, -0.4, 0.6, 0.1, -0.3]
    async with database.transaction() as conn:
        await fill(conn, guilds=3, rows=300)
        recalled = await recall(
            conn, Question(2, "nothing", {20}, limit=10), Embedded(EmbeddingSpace("random", 8), asked)
        )
        async with in_guild(conn, 2):
            cursor = await conn.execute("SELECT id, embedding::text FROM memory WHERE guild_id = 2")
            rows = await cursor.fetchall()

    def cosine(vector: list[float]) -> float:
        length = sum(x * x for x in vector) ** 0.5 * sum(x * x for x in asked) ** 0.5
        return sum(a * b for a, b in zip(vector, asked, strict=True)) / length

    nearest = sorted(rows, key=lambda row: -cosine(json.loads(row[1])))[:10]
    assert [hit.found.id for hit in recalled.hits] == [row[0] for row in nearest]


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=20))
def test_a_vector_is_written_as_postgres_reads_it(vector: list[float]) -> None:
    assert json.loads(halfvec(vector)) == pytest.approx(vector, rel=1e-5)
