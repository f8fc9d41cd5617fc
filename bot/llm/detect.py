"""Which real models could be used here: keys in an environment, a running Ollama. Only ever offered."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx
import structlog

from bot.errors import ConfigError
from bot.llm.provider import check_address

log = structlog.get_logger(__name__)

_SUGGESTED = {"openai": "gpt-5.4-mini", "anthropic": "claude-haiku-5-5"}
"""Small current models of each provider; a test checks that the installed SDK knows them."""
_KEYS = (("openai", "OpenAI", "OPENAI_API_KEY"), ("anthropic", "Anthropic", "ANTHROPIC_API_KEY"))
_EMBEDDING_FAMILIES = ("bert", "nomic-bert", "embed")
_MOST_MODELS = 50


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that could answer instead of the offline backend, if somebody says so."""

    backend: str
    model: str
    sentence: str
    """For a person: what was found and what to write to use it."""


async def detect_offers(
    environ: Mapping[str, str], *, ollama_url: str = "http://127.0.0.1:11434", timeout: float = 0.5
) -> list[Offer]:
    """What could be offered, in a fixed order; the keys are only looked for, never used or repeated.

    Ollama is asked for its list of models within ``timeout`` seconds; no answer means no offer.
    """
    offers = [
        _offer(backend, _SUGGESTED[backend], f"{variable} is set, so {name} could answer")
        for backend, name, variable in _KEYS
        if environ.get(variable, "").strip()
    ]
    model = await _ollama_model(ollama_url, timeout)
    return [*offers, _offer("ollama", model, "Ollama is running here and could answer")] if model else offers


def _offer(backend: str, model: str, found: str) -> Offer:
    return Offer(backend, model, f"{found}: choose the model {backend}:{model} to use it.")


async def _ollama_model(url: str, timeout: float) -> str:
    """The first chat model a running Ollama has; empty where there is none."""
    try:
        check_address(url)
        # Not through a proxy: what is looked for runs on this machine.
        async with asyncio.timeout(timeout), httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{url.rstrip('/')}/api/tags")
            body: object = answer.json() if answer.is_success else {}
    except (
        ConfigError,
        TimeoutError,
        httpx.HTTPError,
        httpx.InvalidURL,
        ValueError,
        RecursionError,
    ) as error:
        log.debug("ollama_not_found", reason=type(error).__name__)
        return ""
    return next((name for name in map(_chat_model, _models(body)) if name), "")


def _models(body: object) -> list[object]:
    listed: object = cast("dict[str, Any]", body).get("models") if isinstance(body, dict) else None
    return cast("list[object]", listed)[:_MOST_MODELS] if isinstance(listed, list) else []


def _chat_model(entry: object) -> str:
    if not isinstance(entry, dict):
        return ""
    model = cast("dict[str, Any]", entry)
    name, details = model.get("name"), model.get("details")
    family = str(cast("dict[str, Any]", details).get("family", "")) if isinstance(details, dict) else ""
    if not isinstance(name, str) or any(part in f"{family} {name}" for part in _EMBEDDING_FAMILIES):
        return ""
    return name if name.isprintable() and " " not in name and len(name) <= 100 else ""  # noqa: PLR2004 # a name, not a text
