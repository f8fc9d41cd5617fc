"""Recall: what this guild has remembered about a question, from places the reader may read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, LiteralString, cast
from uuid import UUID

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from bot.memory.embedder import Embedded, tidy
from bot.memory.near_index import NearIndex, nearest
from bot.memory.relevance import Evidence, Told, Verdict, newest_first, verdicts
from bot.memory.space import find_space
from bot.memory.store import halfvec
from bot.memory.subject import same_subject, shared_words
from bot.storage.guild_scope import in_guild

# a file of this package, so as literal as a string in it
QUERY = cast("LiteralString", Path(__file__).with_name("recall.sql").read_text("utf-8"))

PLACES = sql.SQL(
    "(visibility = 'channel' AND channel_id = ANY(%(readable)s::bigint[])"
    " OR visibility = 'private_thread' AND thread_id = ANY(%(readable)s::bigint[]))"
    " AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s::text[]))"
    " AND (%(not_run)s::uuid IS NULL OR run_id IS DISTINCT FROM %(not_run)s::uuid)"
)
"""What may be looked at, as in the query."""

CANDIDATES = 40
"""Of each of the two searches; the rest cannot come first after fusion."""

RANK_CONSTANT = 60
"""k of reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009)."""

MAX_QUESTION = 2_000

type Method = Literal["semantic", "full text"]


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for, and for whom.

    ``readable`` holds the ids of all channels and private threads that the reader of the answer may read
    (a public thread is read with its channel); what lies elsewhere is not looked at. ``kinds`` None is all.
    ``not_run`` leaves out what the asking run has itself remembered. ``limit`` counts hits.
    """

    guild_id: int
    text: str
    readable: Collection[int]
    kinds: tuple[str, ...] | None = None
    not_run: UUID | None = None
    limit: int = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the query; ``passage`` is the piece of ``body`` that fits best.

    ``coverage`` is the share of the weight of the question's words that it has, from 0 to 1.
    """

    id: int
    kind: str
    key: str
    title: str
    passage: str
    guild_id: int
    channel_id: int
    thread_id: int | None
    message_id: int | None
    run_id: UUID | None
    member_id: int | None
    created_at: datetime
    tainted: bool
    similarity: float | None
    coverage: float
    score: float
    body: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A memory found, its text being untrusted data.

    ``found`` holds the text, the parts of the link (guild, channel, thread), the date and the scores;
    ``similarity`` is None where the memory has no vector of the asker's space. ``same_subject`` says that it is about
    what was asked, ``verdict`` whether it answers it.
    """

    found: Found
    same_subject: bool
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Recalled:
    """The hits, best first, and how they were searched: tell people where it was by ``full text`` only."""

    hits: tuple[Hit, ...]
    method: Method

    @property
    def same_subject(self) -> tuple[Hit, ...]:
        """The hits that are about the very subject of the question."""
        return tuple(hit for hit in self.hits if hit.same_subject)

    @property
    def relevant(self) -> tuple[Hit, ...]:
        """The hits that may answer the question, of two versions the newer first; none where nothing does."""
        by_score = sorted(self.hits, key=lambda hit: -hit.found.score)
        return tuple(
            newest_first(
                [
                    (hit, Told(f"{hit.found.title} {hit.found.passage}", hit.found.created_at))
                    for hit in by_score
                    if hit.verdict != "no"
                ]
            )
        )


async def recall(conn: AsyncConnection[Any], question: Question, embedded: Embedded | None) -> Recalled:
    """Search one guild's memories by meaning and by words.

    ``embedded`` is the vector of ``question.text`` (see `bot.memory.embedder.embed_one`), made before the
    transaction; None searches words only. Memories that await re-embedding are found by words meanwhile.
    Hits of the same subject go before better ranked others.
    """
    space = None if embedded is None else await find_space(conn, embedded.space)
    values: dict[str, Any] = {
        "guild": question.guild_id,
        "readable": sorted(question.readable),
        "kinds": None if question.kinds is None else list(question.kinds),
        "not_run": question.not_run,
        "vector": None if embedded is None else halfvec(embedded.vector),
        "space": None if space is None else space.id,
        "words": tidy(question.text, MAX_QUESTION),
        "candidates": CANDIDATES,
        "k": RANK_CONSTANT,
        "near": None,
    }
    async with (
        in_guild(conn, question.guild_id),
        conn.cursor(row_factory=class_row(Found)) as cursor,
    ):
        if space is not None and embedded is not None:
            index = NearIndex(question.guild_id, space.id, embedded.space.dims)
            values["near"] = await nearest(conn, index, PLACES, values)
        await cursor.execute(QUERY, values)
        rows = await cursor.fetchall()
    threshold = None if space is None else space.same_subject_at
    judged = verdicts([Evidence(row.similarity, row.coverage) for row in rows], threshold)
    hits = [
        Hit(
            row,
            same_subject(row.similarity, shared_words(question.text, row.title), threshold),
            verdict,
        )
        for row, verdict in zip(rows, judged, strict=True)
    ]
    hits.sort(key=lambda hit: not hit.same_subject)
    return Recalled(tuple(hits[: question.limit]), "full text" if embedded is None else "semantic")
