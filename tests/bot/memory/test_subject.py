from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.memory.calibration import Pair, Scored, calibrate, read_pairs, score_pairs
from bot.memory.embedder import MINILM, Embedder, EmbeddingSpace, Vector
from bot.memory.minilm import MiniLm
from bot.memory.subject import content_words, same_subject, score, shared_words, threshold_of

LOOKED_AT = Path(__file__).with_name("looked_at.json")
FRESH = Path(__file__).with_name("fresh.json")
WITH_THE_MODEL = pytest.mark.xdist_group("same subject")
"""In one process, which embeds each text once."""
THRESHOLD = threshold_of(MINILM) or 0


@dataclass(frozen=True, slots=True)
class Kept:
    """The real model, asked once for each text: a vector depends on neither company nor order."""

    minilm: MiniLm
    vectors: dict[str, Vector] = field(default_factory=dict[str, Vector])

    @property
    def space(self) -> EmbeddingSpace:
        return self.minilm.space

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        new = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        self.vectors.update(zip(new, await self.minilm.embed(new), strict=True))
        return [self.vectors[text] for text in texts]

    async def aclose(self) -> None:
        """Leave the model to its fixture."""


@pytest.fixture(scope="session")
def kept(minilm: MiniLm) -> Kept:
    return Kept(minilm)


def share(scored: list[Scored], kind: str) -> float:
    """How large a part of a kind of pairs is taken for the same subject."""
    of_kind = [one for one in scored if one.pair.kind == kind]
    return sum(one.score >= THRESHOLD for one in of_kind) / len(of_kind)


def test_the_sets_are_what_they_claim_to_be() -> None:
    sets = [read_pairs(), read_pairs(LOOKED_AT), read_pairs(FRESH)]
    subjects = [title for pairs in sets for title in {pair.title for pair in pairs}]
    assert len(set(subjects)) == len(subjects)
    for pairs, least in zip(sets, (30, 30, 20), strict=True):
        assert sum(pair.kind == "same" for pair in pairs) >= least
        assert sum(pair.kind == "other" for pair in pairs) >= 2 * least
        for pair in pairs:
            words = shared_words(pair.question, pair.title).of_all
            if pair.kind == "same":
                assert words == 0, pair
            if pair.kind == "near":
                assert words > 0, pair


@WITH_THE_MODEL
@pytest.mark.parametrize("file", [LOOKED_AT, FRESH])
async def test_paraphrases_on_subjects_the_threshold_never_saw_are_recognised_and_neighbours_are_not(
    kept: Kept, file: Path
) -> None:
    scored = await score_pairs(kept, read_pairs(file))
    assert share(scored, "same") >= 0.75
    assert share(scored, "near") >= 0.95
    assert share(scored, "other") <= 0.04


@WITH_THE_MODEL
async def test_the_control_cosine_alone_misses_many_more_at_the_same_precision(kept: Kept) -> None:
    scored = await score_pairs(kept, [*read_pairs(), *read_pairs(LOOKED_AT)])
    others = sorted((one.similarity for one in scored if one.pair.kind == "other"), reverse=True)
    ours_wrong = sum(one.score >= THRESHOLD for one in scored if one.pair.kind == "other")
    plain_threshold = others[ours_wrong]
    same = [one for one in scored if one.pair.kind == "same"]
    ours = sum(one.score >= THRESHOLD for one in same)
    plain = sum(one.similarity > plain_threshold for one in same)
    assert ours >= plain + 15


@pytest.mark.parametrize(
    ("asked", "title", "body"),
    [
        (
            "stopping fruit from ripening too quickly",
            "how to slow the browning of bananas",
            "Keep them away from apples, wrap the stems and refrigerate once yellow; ethylene gas drives it [1].",
        ),
        (
            "why do felines purr",
            "the reason cats make a rumbling noise",
            "Cats vibrate the larynx when content, and also when hurt, perhaps to heal [1].",
        ),
        (
            "best methods to brew espresso at home",
            "making strong coffee in your own kitchen",
            "Grind fine, dose 18 grams, extract 36 grams in about 28 seconds [1][2].",
        ),
        (
            "how do submarines dive and surface",
            "underwater vessels controlling their buoyancy",
            "Ballast tanks are flooded to sink and blown with compressed air to rise [1].",
        ),
    ],
)
async def test_clear_paraphrases_pass_by_more_than_rounding_moves(
    minilm: MiniLm, asked: str, title: str, body: str
) -> None:
    (same, other) = await score_pairs(
        minilm,
        [Pair("same", asked, title, body), Pair("other", "property taxes for landlords", title, body)],
    )
    assert shared_words(asked, title).of_all == 0
    # twenty times what rounding to a halfvec and the order of additions can move
    assert same.score >= THRESHOLD + 0.02
    assert other.score <= THRESHOLD - 0.2


@WITH_THE_MODEL
async def test_the_known_threshold_is_the_measured_one(kept: Kept) -> None:
    assert await calibrate(kept) == THRESHOLD


class Blind:
    """An embedder that cannot tell texts apart."""

    space = EmbeddingSpace("blind", 2)

    async def embed(self, texts: list[str]) -> list[Vector]:
        return [[1.0, 0.0] for _ in texts]

    async def aclose(self) -> None:
        """Have nothing to release."""


async def test_a_model_that_cannot_tell_subjects_apart_is_not_given_a_threshold() -> None:
    blind = Blind()
    assert isinstance(blind, Embedder)
    assert await calibrate(blind) is None


def test_word_endings_case_and_common_words_do_not_count() -> None:
    assert content_words("What IS the Baking of breads?") == content_words("bake bread")
    assert content_words("The Who") == {"the", "who"}
    assert content_words(" ?!") == frozenset()


@given(st.text(), st.text())
def test_sharing_words_is_symmetric_and_a_share(one: str, other: str) -> None:
    shared = shared_words(one, other)
    assert shared == shared_words(other, one)
    assert 0 <= shared.of_all <= shared.of_shorter <= 1


@given(st.text(min_size=1))
def test_the_same_words_are_the_same_subject_with_or_without_a_vector(text: str) -> None:
    if not content_words(text):
        return
    assert same_subject(0.0, shared_words(text, text), THRESHOLD)
    assert same_subject(None, shared_words(text, text), None)


def test_without_a_vector_half_of_the_words_decide() -> None:
    assert same_subject(None, shared_words("solar panel costs", "home solar panel costs"), None)
    assert not same_subject(None, shared_words("solar flares", "home solar panel costs"), None)
    assert not same_subject(None, shared_words("price of photovoltaics", "home solar panel costs"), None)


def test_a_shared_word_counts_against_nearness() -> None:
    apart, together = shared_words("adding pods", "kubernetes autoscaling"), shared_words("a b", "b c")
    assert score(0.5, apart) > score(0.5, together)
