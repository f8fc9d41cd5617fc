"""Reads a question: what it is about, what kind of answer it seeks, which names and years it insists on."""

import re
from dataclasses import dataclass
from typing import Literal

from bot.llm.offline.sentences import visible
from bot.llm.offline.terms import Language, Stems, fold, language_of, words
from bot.llm.offline.wordlists import GENERIC_WORDS, INSTRUCTION_WORDS, NUMBER_WORDS

type Seeks = Literal["number", "time", "reason", "person", "place", "definition", "steps", "anything"]

_LONGEST_QUESTION = 2_000
_ANYTHING: Seeks = "anything"
_YEAR = re.compile(r"[12]\d{3}")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n])[\s\"'(\[*_-]*$")
_MOSTLY = 0.6
_MEASURE = re.compile(
    r"\b(?:what|which) (number|percentage|percent|share|proportion|price|size|temperature|speed|height|weight|age)\b"
)
_ATTRIBUTE = re.compile(
    r"\b(?:what|which) (colou?r|kind|sort|type|shape|language|material|country|city|name|reason)s?\b"
)
"""The word names the kind of answer: "35 degrees" need not be called a temperature, "pale" no colour."""
_SEEKS: dict[re.Pattern[str], Seeks] = {
    re.compile(
        r"\bhow (many|much|old|tall|long|far|big|large|heavy|fast|often|deep|high|hot|cold)\b"
    ): "number",
    _MEASURE: "number",
    re.compile(r"\b(when|what year|which year|what date|what time)\b"): "time",
    re.compile(r"\b(why|what causes?|reasons?)\b"): "reason",
    re.compile(r"\b(who|whom|whose)\b"): "person",
    re.compile(r"\bwhere\b"): "place",
    re.compile(r"\b(what('s| is| are| was| were)|define|definition|meaning of|mean)\b"): "definition",
    re.compile(r"\bhow\b"): "steps",
}
"""Of patterns that match at the same place the first one counts."""
_NEEDS_NUMBER = re.compile(r"\b(how (many|old|tall|heavy)|(what|which) year)\b")
_JOINS = re.compile(r"\b(and|or|vs|versus|between|compared?|comparison|differences?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the ranking sees it; terms are stems.

    ``keys`` say what it is about, each with the word as it was written, in order. ``generic`` fit any
    subject. ``instructions`` say what to do. ``named`` are the keys (names, years) that an answer's
    surroundings must mention.
    """

    text: str
    keys: dict[str, str]
    generic: frozenset[str]
    instructions: frozenset[str]
    named: frozenset[str]
    seeks: Seeks
    needs_number: bool
    joins: bool


def read_question(text: str, stems: Stems) -> Question:
    """Read ``text`` (its first 2,000 characters)."""
    shown = " ".join(visible(text[:_LONGEST_QUESTION]).split())
    lowered = shown.lower()
    measure = _MEASURE.search(lowered)
    language = language_of(shown)
    asked_for = {stems.of(found[1]) for found in (measure, _ATTRIBUTE.search(lowered)) if found}
    generic = _stems_of(GENERIC_WORDS | NUMBER_WORDS, stems) | asked_for
    instructions = _stems_of(INSTRUCTION_WORDS, stems)
    content = [word for word in words(shown) if fold(word) not in language.function_words]
    found = {stems.of(word): word for word in reversed(content)}
    keys = {
        term: found[term]
        for term in dict.fromkeys(map(stems.of, content))
        if term not in generic and term not in instructions
    }
    return Question(
        text=shown,
        keys=keys,
        generic=generic & found.keys(),
        instructions=(instructions & found.keys()) - generic,
        named=_named(shown, keys, language, stems),
        seeks=_seeks(lowered),
        needs_number=bool(_NEEDS_NUMBER.search(lowered)) or measure is not None,
        joins=bool(_JOINS.search(shown)),
    )


def _seeks(lowered: str) -> Seeks:
    """By the question word that comes first: "how do they tell where it is" is no question for a place."""
    first, sought = len(lowered), _ANYTHING
    for pattern, seeks in _SEEKS.items():
        match = pattern.search(lowered)
        if match and match.start() < first:
            first, sought = match.start(), seeks
    return sought


def _stems_of(listed: frozenset[str], stems: Stems) -> frozenset[str]:
    return frozenset(map(stems.of, listed))


def _named(text: str, keys: dict[str, str], language: Language, stems: Stems) -> frozenset[str]:
    """Years, acronyms and capitalised words inside a sentence; none where capitals tell nothing."""
    written = words(text)
    capitals = sum(word[:1].isupper() for word in written)
    capitals_tell = language.name == "en" and capitals <= _MOSTLY * len(written)
    named = set[str]()
    at = 0
    for word in written:
        at = text.index(word, at)
        inside = not _SENTENCE_START.search(text[max(0, at - 8) : at])
        acronym = sum(char.isupper() for char in word) > 1
        if _YEAR.fullmatch(word) or (capitals_tell and (acronym or (inside and word[0].isupper()))):
            named.add(stems.of(word))
        at += len(word)
    return frozenset(named & keys.keys())
