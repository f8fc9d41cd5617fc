"""Turns a topic into a few short search queries: its content words, and its phrases."""

import re
from collections.abc import Iterator
from typing import Any, cast

from bot.llm.offline.sentences import visible
from bot.llm.offline.terms import Stems, fold, language_of, words
from bot.llm.offline.wordlists import GENERIC_WORDS, INSTRUCTION_WORDS
from bot.llm.protocol import Json, Schema

MOST_QUERIES = 4
_LONGEST_TOPIC = 500
_MOST_WORDS = 6
_LEAD = re.compile(r"^\s*(?:topic|question|research|subject|query)\s*:\s*", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“«]([^\"”»]{2,80})[\"”»]")
_BREAK = re.compile(r"[.,;:!?()\[\]{}\n/|]+|\s[-–—]+\s")  # noqa: RUF001 # dashes break phrases
_TOKEN = re.compile(r"\S+")
_EDGES = "\"'“”‘’«»*_`<>"  # noqa: RUF001 # quotation marks


def plan_queries(topic: str) -> list[str]:
    """One to four queries of at most six words; empty where ``topic`` holds no word at all."""
    text = _LEAD.sub("", visible(topic[:_LONGEST_TOPIC]))
    phrases = list(_phrases(text, generic=False)) or list(_phrases(text, generic=True))
    if not phrases:
        plain = " ".join(words(text)[:_MOST_WORDS])
        return [plain] if plain else []
    together = list(dict.fromkeys(word for phrase in phrases for word in phrase))[:_MOST_WORDS]
    quoted = [" ".join(match.split()[:_MOST_WORDS]) for match in _QUOTED.findall(text)]
    by_length = sorted((" ".join(phrase[:_MOST_WORDS]) for phrase in phrases), key=lambda p: -len(p.split()))
    return list(_distinct([" ".join(together), *quoted, *by_length]))[:MOST_QUERIES]


def is_plan_schema(schema: Schema) -> bool:
    """Whether ``schema`` asks for ``{"queries": [text, …]}`` and nothing else that must be there."""
    definition = schema.definition
    properties: object = definition.get("properties")
    if definition.get("type") != "object" or not isinstance(properties, dict):
        return False
    queries: object = cast("Json", properties).get("queries")
    if not isinstance(queries, dict) or set(definition.get("required", [])) - {"queries"}:
        return False
    array = cast("Json", queries)
    items: object = array.get("items", {"type": "string"})
    is_text = isinstance(items, dict) and cast("dict[str, Any]", items).get("type") == "string"
    return array.get("type") == "array" and is_text


def within_schema(queries: list[str], schema: Schema) -> list[str]:
    """As many of ``queries``, each as long, as ``schema`` allows."""
    array = cast("Json", schema.definition["properties"]["queries"])
    longest: object = cast("Json", array.get("items", {})).get("maxLength")
    most: object = array.get("maxItems")
    cut = [query[:longest].strip() for query in queries] if isinstance(longest, int) else queries
    return cut[:most] if isinstance(most, int) else cut


def _phrases(text: str, *, generic: bool) -> Iterator[list[str]]:
    """Runs of content words as they were written; with ``generic`` words such as "best" count too."""
    language = language_of(text)
    stems = Stems()
    empty = frozenset[str]() if generic else frozenset(map(stems.of, GENERIC_WORDS))
    # "Search" tells us what to do, "vector search" is a subject.
    empty_at_start = empty if generic else empty | frozenset(map(stems.of, INSTRUCTION_WORDS))
    for part in _BREAK.split(text):
        phrase: list[str] = []
        for token in _TOKEN.findall(part):
            word = token.strip(_EDGES)
            dropped = empty if phrase else empty_at_start
            if any(
                fold(w) not in language.function_words and stems.of(w) not in dropped for w in words(word)
            ):
                phrase.append(word.removesuffix("'s").removesuffix("’s"))  # noqa: RUF001 # typographic
            elif phrase:
                yield phrase
                phrase = []
        if phrase:
            yield phrase


def _distinct(queries: list[str]) -> Iterator[str]:
    """Each query once; one whose words another already has in the same order adds nothing."""
    seen = set[str]()
    for query in queries:
        key = query.casefold()
        if query and key not in seen:
            seen.add(key)
            yield query
