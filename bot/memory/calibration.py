"""Measures, for an embedding model, from which score on two texts are about the same subject."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bot.memory.embedder import Embedder, Vector
from bot.memory.subject import score, shared_words, text_to_embed

PAIRS = Path(__file__).with_name("calibration.json")

ACCEPTED_OTHERS = 0.03
"""The share of hard neighbours that may pass: what the threshold is chosen by."""

LEAST_FOUND = 0.5
"""A model that misses more than this share of the same subject in similar words is not asked at all."""

type Kind = Literal["same", "near", "other"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, a remembered subject, and whether they are the same.

    ``same`` shares no content word with the title, ``near`` does, ``other`` is a neighbouring subject.
    """

    kind: Kind
    question: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair with its cosine similarity and its score."""

    pair: Pair
    similarity: float
    score: float


def read_pairs(file: Path = PAIRS) -> list[Pair]:
    """Read a set of pairs."""
    subjects: list[Mapping[str, Any]] = json.loads(file.read_text("utf-8"))
    kinds: tuple[Kind, ...] = ("same", "near", "other")
    return [
        Pair(kind, question, subject["topic"], subject["answer"])
        for subject in subjects
        for kind in kinds
        for question in subject[kind]
    ]


async def score_pairs(embedder: Embedder, pairs: Sequence[Pair]) -> list[Scored]:
    """Embed and score ``pairs``. Raises `EmbedderUnavailable`."""
    remembered = [text_to_embed(pair.title, pair.body) for pair in pairs]
    texts = list(dict.fromkeys([*remembered, *(pair.question for pair in pairs)]))
    vector_of = dict(zip(texts, await embedder.embed(texts), strict=True))
    scored: list[Scored] = []
    for pair, text in zip(pairs, remembered, strict=True):
        similarity = cosine(vector_of[pair.question], vector_of[text])
        scored.append(Scored(pair, similarity, score(similarity, shared_words(pair.question, pair.title))))
    return scored


async def calibrate(embedder: Embedder) -> float | None:
    """Return the threshold of the embedder's space, or None where the model cannot tell subjects apart.

    Embeds about 200 short texts. Raises `EmbedderUnavailable`.
    """
    scored = await score_pairs(embedder, read_pairs())
    others = sorted((one.score for one in scored if one.pair.kind == "other"), reverse=True)
    # just above the first neighbour that is one too many
    threshold = round(others[int(len(others) * ACCEPTED_OTHERS)] + 0.005, 2)
    near = [one for one in scored if one.pair.kind == "near"]
    found = sum(one.score >= threshold for one in near)
    return threshold if found >= LEAST_FOUND * len(near) else None


def cosine(one: Vector, other: Vector) -> float:
    """Return the cosine of two unit vectors."""
    return sum(a * b for a, b in zip(one, other, strict=True))
