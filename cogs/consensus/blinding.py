"""Hides who wrote what: names are taken out of texts, and orders are drawn that nobody can foresee and everybody can check."""

import re
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import pairwise

from cogs.consensus import messages
from cogswarm import Agent

SHORTEST_NAME = 3
"""Shorter names stand in too many words."""
ALIKE_FROM = 0.6
MAKERS = (
    "OpenAI", "ChatGPT", "GPT", "Anthropic", "Claude", "Ollama", "Llama", "Mistral", "Gemini", "Qwen", "DeepSeek", "Grok",
)  # fmt: skip
"""Who makes language models, and what these call themselves."""
_WORD = re.compile(r"\w+")


def names_of(agents: Iterable[Agent]) -> tuple[str, ...]:
    """Everything by which some agents could be told apart: their names, and those of their models."""
    found = [*MAKERS]
    for agent in agents:
        persona = agent.persona
        found += [persona.name, persona.display_name]
        for model in persona.models:
            found += [model.name, model.id]
    return tuple(dict.fromkeys(one for one in found if len(one) >= SHORTEST_NAME))


def blinded(text: str, names: Iterable[str], question: str) -> str:
    """``text`` without the names, whatever their case; what the question itself speaks of stays."""
    asked = question.casefold()
    for name in sorted((one for one in names if one.casefold() not in asked), key=len, reverse=True):
        # Also inside a longer name, such as gpt-5-mini, but not inside a word.
        text = re.sub(
            rf"(?<![^\W_]){re.escape(name)}(?![^\W\d_])", messages.HIDDEN, text, flags=re.IGNORECASE
        )
    return text


def drawn[T](seed: str, things: Sequence[T], key: Callable[[T], str]) -> list[T]:
    """The things in an order that depends on the seed and on what they are, not on the order in which they come."""
    return sorted(things, key=lambda one: (sha256(f"{seed}:{key(one)}".encode()).hexdigest(), key(one)))


def alike(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of texts that say nearly the same in nearly the same words."""
    parts = [_parts(text) for text in texts]
    return [
        (one, other)
        for one in range(len(parts))
        for other in range(one + 1, len(parts))
        if _share(parts[one], parts[other]) >= ALIKE_FROM
    ]


def _parts(text: str) -> frozenset[tuple[str, ...]]:
    """The words of a text, and each with the one after it."""
    words = _WORD.findall(text.casefold())
    return frozenset([*((word,) for word in words), *pairwise(words)])


def _share(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0
