"""Which language models the demo could use instead of the offline engine; it only says so."""

from collections.abc import Mapping

from bot.llm.detect import detect_offers


async def offered(environ: Mapping[str, str]) -> list[str]:
    """A line for each model that a key or a running Ollama would allow; none is ever taken silently."""
    return [
        f"{offer.sentence.partition(':')[0]}: start with --model {offer.backend}:{offer.model}"
        for offer in await detect_offers(environ)
    ]
