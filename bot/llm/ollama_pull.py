"""Lets Ollama download a model, and tells how far it is."""

from collections.abc import AsyncIterator

import ollama

from bot.llm.ollama_errors import Refused
from bot.llm.protocol import Event, Progress, TextDelta, UnsupportedRequest
from bot.llm.provider import Provider
from bot.llm.streams import closing

_MISSING = ("file does not exist", "not found")


async def pull(client: ollama.AsyncClient, provider: Provider, model: str) -> AsyncIterator[Event]:
    """Progress once for each percent; signs of life between. What was downloaded is kept if this is cancelled.

    Raises:
        UnsupportedRequest: Ollama's library has no such model.
    """
    told = ""
    try:
        async with closing(await client.pull(model, stream=True)) as parts:
            async for part in parts:
                sentence = _sentence(model, part)
                yield TextDelta("") if sentence == told else Progress(sentence)
                told = sentence
    except (ollama.ResponseError, Refused) as error:
        message = error.message if isinstance(error, Refused) else str(error.error)
        if any(word in message for word in _MISSING):
            name = provider.detail(model)
            raise UnsupportedRequest(f"Ollama's library has no model {name!r}; check its name.") from None
        raise


def _sentence(model: str, part: ollama.ProgressResponse) -> str:
    if not part.total or part.completed is None:
        return f"Ollama is fetching {model}"
    percent = max(0, min(100, part.completed * 100 // part.total))
    return f"Ollama is fetching {model}: {percent} % of {_size(part.total)}"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"  # noqa: PLR2004 # a tenth of a GB
