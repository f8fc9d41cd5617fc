import asyncio
import math
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from structlog.testing import capture_logs

from bot.llm.protocol import Backend, BackendUnreachable, Event, Request, UnsupportedRequest
from bot.memory.choice import choose_embedder
from bot.memory.embedder import (
    BackendEmbedder,
    Embedded,
    Embedder,
    EmbedderUnavailable,
    EmbeddingSpace,
    embed_one,
)

type Answer = Callable[[Sequence[str]], list[list[float]]]


class Provider:
    """A model provider whose answers the test decides."""

    label = ""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[list[str]] = []

    def stream(self, request: Request) -> AsyncIterator[Event]:
        raise UnsupportedRequest(f"no {request.purpose} here")

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        assert model == "some-model"
        self.asked.append(list(texts))
        return self.answer(texts)

    async def aclose(self) -> None:
        """Have nothing to release."""


def lengths(texts: Sequence[str]) -> list[list[float]]:
    return [[float(len(text)), 1.0, 2.0] for text in texts]


async def embedder(provider: Provider, **options: float) -> BackendEmbedder:
    assert isinstance(provider, Backend)
    made = await BackendEmbedder.probe(provider, provider="acme", model="some-model", **options)
    assert isinstance(made, Embedder)
    return made


async def test_the_space_is_learned_from_the_provider() -> None:
    made = await embedder(Provider(lengths))
    assert made.space == EmbeddingSpace("acme/some-model", 3)


async def test_vectors_come_in_order_in_batches_and_of_length_one() -> None:
    provider = Provider(lengths)
    made = await embedder(provider)
    texts = ["x" * length for length in range(1, 151)]
    vectors = await made.embed(texts)
    assert [round(vector[0] / vector[1]) for vector in vectors] == list(range(1, 151))
    assert all(math.isclose(math.hypot(*vector), 1) for vector in vectors)
    assert max(len(asked) for asked in provider.asked) <= 64


async def test_blank_and_huge_texts_are_made_acceptable() -> None:
    provider = Provider(lengths)
    await (await embedder(provider)).embed(["", " \n", "x" * 1_000_000, "nul\0 and \ud800"])
    blank, spaces, huge, broken = provider.asked[-1]
    assert blank
    assert spaces
    assert len(huge) <= 8_000
    assert broken == "nul and ?"


def always(*vector: float) -> Answer:
    """Answer with one vector whatever is asked, or with one vector too few if it has no numbers."""
    return lambda texts: [list(vector) for _ in texts] if vector else lengths(texts)[1:]


def unreachable(texts: Sequence[str]) -> list[list[float]]:
    raise BackendUnreachable(f"acme did not answer for {len(texts)} texts; start it.")


def unsupported(texts: Sequence[str]) -> list[list[float]]:
    raise UnsupportedRequest(f"acme embeds nothing, not even {len(texts)} texts; choose another.")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (always(), "answered with 1 vectors for"),
        (always(0.0, 0.0, 0.0), "empty vector"),
        (always(math.nan, 1.0, 0.0), "empty vector"),
        (always(math.inf, 1.0, 0.0), "empty vector"),
        (always(1.0, 0.0), "another length"),
        (unreachable, "start it"),
        (unsupported, "embeds nothing"),
    ],
)
async def test_nonsense_is_one_sentence_and_recall_goes_on_without(answer: Answer, says: str) -> None:
    provider = Provider(lengths)
    made = await embedder(provider)
    provider.answer = answer
    with pytest.raises(EmbedderUnavailable, match=says):
        await made.embed(["a", "b"])
    with capture_logs() as logs:
        assert await embed_one(made, "a question") is None
    assert [entry["event"] for entry in logs] == ["embedding_failed"]


async def test_a_provider_that_hangs_is_given_up() -> None:
    class Hanging(Provider):
        async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
            await asyncio.Event().wait()
            return lengths([*texts, model])

    with pytest.raises(EmbedderUnavailable, match=r"within 0\.01 seconds"):
        await embedder(Hanging(lengths), timeout=0.01)


@pytest.mark.parametrize("length", [0, 16_001])
async def test_vectors_that_cannot_be_stored_are_refused(length: int) -> None:
    with pytest.raises(EmbedderUnavailable, match="can be stored"):
        await embedder(Provider(lambda texts: [[1.0] * length for _ in texts]))


def test_a_vector_of_another_length_than_its_space_is_a_bug() -> None:
    with pytest.raises(ValueError, match="a vector of 1 numbers"):
        Embedded(EmbeddingSpace("m", 2), [1.0])


async def test_embed_one_gives_the_vector_and_its_space() -> None:
    made = await embedder(Provider(lengths))
    embedded = await embed_one(made, "abc")
    assert embedded is not None
    assert embedded.space == made.space
    assert await embed_one(None, "abc") is None


async def test_none_is_chosen_when_wished() -> None:
    choice = await choose_embedder("none")
    assert choice.embedder is None
    assert "switched off" in choice.sentence


async def test_a_providers_embedder_is_chosen_when_wished() -> None:
    choice = await choose_embedder("backend", backend=Provider(lengths), provider="acme", model="some-model")
    assert choice.embedder is not None
    assert "acme/some-model" in choice.sentence


@pytest.mark.parametrize("answer", [unreachable, unsupported])
async def test_a_choice_that_fails_says_why_and_leaves_words(answer: Answer) -> None:
    choice = await choose_embedder("backend", backend=Provider(answer), provider="acme", model="some-model")
    assert choice.embedder is None
    assert choice.sentence.startswith("Recall finds shared words only. acme/some-model cannot embed")


async def test_a_wish_without_a_model_says_what_is_missing() -> None:
    choice = await choose_embedder("backend", backend=Provider(lengths))
    assert choice.embedder is None
    assert "No model is named" in choice.sentence


async def test_without_weights_the_offline_wish_leaves_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.memory.weights.PACKAGE", "a-package-nobody-has-installed")
    choice = await choose_embedder("offline")
    assert choice.embedder is None
    assert "cogswarm init" in choice.sentence


async def test_with_weights_the_offline_embedder_is_chosen(minilm: Embedder) -> None:
    choice = await choose_embedder("offline")
    assert choice.embedder is not None
    assert choice.embedder.space == minilm.space
    await choice.embedder.aclose()
