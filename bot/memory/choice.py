"""Which embedder serves: the offline one, a model provider's, or none."""

from dataclasses import dataclass
from typing import Literal

import structlog

from bot.llm.protocol import Backend
from bot.memory.embedder import BackendEmbedder, Embedder, EmbedderUnavailable

log = structlog.get_logger(__name__)

type Wish = Literal["offline", "backend", "none"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The embedder that serves, if any, and a sentence that tells people what recall can do."""

    embedder: Embedder | None
    sentence: str


async def choose_embedder(
    wish: Wish,
    *,
    backend: Backend | None = None,
    provider: str = "",
    model: str = "",
    timeout: float = 30,
) -> Choice:
    """Return the wished embedder, ready; where it cannot be had, none with the reason. Does not raise."""
    try:
        embedder = await _wished(wish, backend, provider, model, timeout)
    except EmbedderUnavailable as error:
        log.warning("embedder_unavailable", wish=wish, reason=str(error))
        return Choice(None, f"Recall finds shared words only. {error}")
    if embedder is None:
        return Choice(None, "Recall finds shared words only: embeddings are switched off.")
    log.info("embedder_ready", model=embedder.space.model, dims=embedder.space.dims)
    return Choice(embedder, f"Recall finds what means the same ({embedder.space.model}).")


async def _wished(
    wish: Wish, backend: Backend | None, provider: str, model: str, timeout: float
) -> Embedder | None:
    match wish:
        case "none":
            return None
        case "offline":
            from bot.memory.minilm import MiniLm  # noqa: PLC0415 - numpy: only who wants it waits for its import

            return await MiniLm.load()
        case "backend":
            if backend is None or not model:
                raise EmbedderUnavailable(
                    "No model is named for embeddings; name one in the config, or choose `offline`."
                )
            return await BackendEmbedder.probe(backend, provider=provider, model=model, timeout=timeout)
