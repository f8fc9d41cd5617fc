"""What turns text into vectors, and the space those vectors live in."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

import structlog

from bot.errors import CogswarmError, OutsideError
from bot.llm.protocol import Backend
from bot.storage.storable import storable_text

log = structlog.get_logger(__name__)

MAX_DIMS = 16_000
"""pgvector's limit for a stored halfvec."""

MAX_CHARACTERS = 8_000
"""How much of a text is sent to a provider; the usual limit is 8,191 tokens of at least one character."""

type Vector = list[float]


class EmbedderUnavailable(OutsideError):
    """No embedding could be made; full-text search serves meanwhile."""


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """Which model made a vector, and its length; vectors of two spaces are never compared."""

    model: str
    dims: int


MINILM = EmbeddingSpace("all-MiniLM-L6-v2", 384)
"""The space of the offline embedder."""


@runtime_checkable
class Embedder(Protocol):
    """Makes unit vectors of one space; safe to call from several tasks at once."""

    @property
    def space(self) -> EmbeddingSpace:
        """The space of every vector it makes."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Embed ``texts``, one vector each, in order. Raises `EmbedderUnavailable`."""
        ...

    async def aclose(self) -> None:
        """Release threads and memory; a backend it uses stays open."""
        ...


@dataclass(frozen=True, slots=True)
class Embedded:
    """A vector and the space it belongs to."""

    space: EmbeddingSpace
    vector: Vector

    def __post_init__(self) -> None:
        if len(self.vector) != self.space.dims:
            raise ValueError(f"a vector of {len(self.vector)} numbers is not of {self.space}")


def tidy(text: str, limit: int) -> str:
    """Return ``text`` cut to ``limit`` characters without NUL and lone surrogates, which nothing stores."""
    return storable_text(text[:limit])


def unit(vector: Sequence[float]) -> Vector:
    """Return ``vector`` scaled to length one. Raises `EmbedderUnavailable` where it has no direction."""
    length = math.hypot(*vector)
    if not math.isfinite(length) or length == 0:
        raise EmbedderUnavailable("The embedding model answered with an empty vector; choose another model.")
    return [number / length for number in vector]


async def embed_one(embedder: Embedder | None, text: str) -> Embedded | None:
    """Embed one text, or return None where that cannot be done now, so that full-text search serves."""
    if embedder is None:
        return None
    try:
        vectors = await embedder.embed([text])
    except CogswarmError as error:
        log.warning("embedding_failed", model=embedder.space.model, reason=str(error))
        return None
    return Embedded(embedder.space, vectors[0])


class BackendEmbedder:
    """Embeds through a model provider. ``provider`` tells apart equally named models of two providers."""

    def __init__(
        self, backend: Backend, *, provider: str, model: str, dims: int, timeout: float = 30, batch: int = 64
    ) -> None:
        self._backend = backend
        self._provider = provider
        self._model = model
        self._dims = dims
        self._timeout = timeout
        self._batch = batch

    @classmethod
    async def probe(cls, backend: Backend, *, provider: str, model: str, timeout: float = 30) -> Self:
        """Ask the provider once, to learn the vectors' length. Raises `EmbedderUnavailable`."""
        first = cls(backend, provider=provider, model=model, dims=0, timeout=timeout)
        vectors = await first._ask(["a word"])
        if not 0 < len(vectors[0]) <= MAX_DIMS:
            raise EmbedderUnavailable(
                f"{first._name} answers with {len(vectors[0])} numbers a text, and 1 to {MAX_DIMS} can be "
                "stored; choose another embedding model."
            )
        return cls(backend, provider=provider, model=model, dims=len(vectors[0]), timeout=timeout)

    @property
    def space(self) -> EmbeddingSpace:
        """The provider's model and the length it answered with at first."""
        return EmbeddingSpace(self._name, self._dims)

    @property
    def _name(self) -> str:
        return f"{self._provider}/{self._model}"

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Embed ``texts`` in batches. Raises `EmbedderUnavailable`, also for an answer of another shape."""
        vectors: list[Vector] = []
        for start in range(0, len(texts), self._batch):
            vectors += await self._ask(texts[start : start + self._batch])
        if any(len(vector) != self._dims for vector in vectors):
            raise EmbedderUnavailable(
                f"{self._name} answered with vectors of another length than before; "
                "restart the bot so that it learns the new one."
            )
        return [unit(vector) for vector in vectors]

    async def _ask(self, texts: Sequence[str]) -> list[Vector]:
        # a provider refuses an empty text, and one blank entry would fail its whole batch
        sent = [tidy(text, MAX_CHARACTERS).strip() or "-" for text in texts]
        try:
            async with asyncio.timeout(self._timeout):
                vectors = await self._backend.embed(sent, model=self._model)
        except TimeoutError:
            raise EmbedderUnavailable(
                f"{self._name} did not embed within {self._timeout:g} seconds; see whether it is running."
            ) from None
        except CogswarmError as error:
            raise EmbedderUnavailable(f"{self._name} cannot embed: {error}") from error
        if len(vectors) != len(sent):
            raise EmbedderUnavailable(
                f"{self._name} answered with {len(vectors)} vectors for {len(sent)} texts; "
                "choose another embedding model."
            )
        return vectors

    async def aclose(self) -> None:
        """Do nothing: whoever made the backend closes it."""
