"""Sums up material by its most central sentences, by person where that is asked for.

Central is what shares many words with the rest; a word counts less each time a chosen sentence has said
it (Nenkova & Vanderwende, The Impact of Frequency on Summarization, 2005).
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.llm.offline.cues import quality, speaks_to_machines
from bot.llm.offline.material import Material, Sentence
from bot.llm.offline.question import Question
from bot.llm.offline.quotes import Quote, repeats, with_opening
from bot.llm.offline.terms import Stems, fold, language_of
from bot.llm.offline.wordlists import GENERIC_WORDS, INSTRUCTION_WORDS

_POLITE = r"(?:(?:please|can you|could you|would you|now|hey|and|then|briefly|shortly|in short)[\s,]+)*"
_INSTRUCTION = re.compile(
    rf"^\W*{_POLITE}"
    r"(?:sum(?:s|med)?[\s-]+(?:\w+\s+){0,2}?up\b|summ?ari[sz]e|summary|digest|recap|tl;?dr|condense|list\b|outline"
    r"|(?:give|write|make|create|prepare)\s+(?:me\s+|us\s+)?(?:an?\s+|the\s+)?(?:\w+\s+){0,2}"
    r"(?:summary|overview|digest|recap|outline|list)\b"
    r"|what(?:'s|\s+is|\s+was|\s+has)?\s+(?:been\s+)?(?:new|happened|happening|going on|discussed|said)\b"
    r"|what\s+did\s+\w+\s+(?:say|discuss|talk about|write)\b"
    r"|fass\w*\b.{0,80}\bzusammen|zusammenfass|résum|resum)",
    re.IGNORECASE | re.DOTALL,
)
_BY_PERSON = re.compile(
    r"\b(?:by|per|for each|each|every)\s+(?:person|people|author|member|speaker|participant|user|who)\w*"
    r"|\bwho\s+said\b|\bpro\s+person\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|on|regarding|concerning|über|sur|sobre)\s+(?P<subject>.+)$", re.IGNORECASE | re.DOTALL
)
MOST_QUOTES = 6
_MOST_OF_PERSON = 3
_LONGEST_QUOTE = 420
_LEAD, _TITLE = 1.15, 0.3
_MOST_LOOKED_AT = 400
_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Section:
    """Quotes under a heading; the heading is empty where they are not grouped."""

    heading: str
    quotes: tuple[Quote, ...]


def is_instruction(text: str) -> bool:
    """Whether ``text`` asks to sum up, list or digest, and not for one answer."""
    return bool(_INSTRUCTION.search(text[:500]))


def summarize(question: Question, material: Material, stems: Stems, *, characters: int) -> list[Section]:
    """The central sentences of what ``question`` narrows the material to; empty where nothing is left."""
    sentences = _in_focus(question, material, stems)
    weights = _weights(sentences, stems)
    if _BY_PERSON.search(question.text):
        return list(_by_person(sentences, material, weights, characters))
    chosen = _central(sentences, material, weights, MOST_QUOTES, characters)
    return [Section("", _quotes(chosen, material))] if chosen else []


def _in_focus(question: Question, material: Material, stems: Stems) -> Sequence[Sentence]:
    """The sentences about what the instruction names; all of them where it names nothing that is here."""
    sentences = [s for s in material.sentences if not speaks_to_machines(s)] or material.sentences
    keys = {term for term, word in question.keys.items() if not word.isdigit()}
    found = [
        sentence
        for sentence in sentences
        if not keys.isdisjoint(sentence.counts) or not keys.isdisjoint(material.titles[sentence.passage])
    ]
    if found:
        return found
    named = _ABOUT.search(question.text)
    subject = set(stems.terms(named["subject"])) if named else set[str]()
    return [] if keys & subject else sentences


def _weights(sentences: Sequence[Sentence], stems: Stems) -> dict[str, float]:
    """How much each term is a subject here: how many of ``sentences`` hold it, function words aside."""
    sample = " ".join(sentence.text for sentence in sentences[:200])
    empty = {fold(word) for word in language_of(sample).function_words | GENERIC_WORDS | INSTRUCTION_WORDS}
    ignored = {stems.of(word) for word in empty}
    counts: dict[str, int] = {}
    for sentence in sentences:
        for term in sentence.counts:
            if term not in ignored:
                counts[term] = counts.get(term, 0) + 1
    return {term: math.log(1 + count) for term, count in counts.items()}


def _central(
    sentences: Sequence[Sentence], material: Material, weights: dict[str, float], most: int, characters: int
) -> list[Sentence]:
    """Up to ``most`` sentences in reading order; first from as many passages as there are."""
    weights = dict(weights)
    passages = len({sentence.passage for sentence in sentences})
    of_one = max(1, math.ceil(most / max(1, passages)))
    left = sorted(sentences, key=lambda s: -_centrality(s, material, weights))[:_MOST_LOOKED_AT]
    chosen: list[Sentence] = []
    room = characters
    while left and len(chosen) < most:
        best = max(left, key=lambda s: _centrality(s, material, weights))
        left.remove(best)
        crowded = sum(other.passage == best.passage for other in chosen) >= of_one
        if crowded or repeats(best, chosen) or (chosen and len(best.text) > room):
            continue
        chosen.append(best)
        room -= len(best.text)
        for term in best.counts:
            if term in weights:
                weights[term] *= 0.5
    return sorted(chosen, key=lambda s: (s.passage, s.position))


def _centrality(sentence: Sentence, material: Material, weights: dict[str, float]) -> float:
    total = sum(weights.get(term, 0.0) for term in sentence.counts)
    titled = len(sentence.counts.keys() & material.titles[sentence.passage] & weights.keys())
    lead = _LEAD if sentence.position == 0 else 1.0
    # Longer ones say more, but not in proportion: a list of everything is not a summary.
    return (total + _TITLE * titled) / math.sqrt(max(_SHORTEST, sentence.length)) * lead * quality(sentence)


def _by_person(
    sentences: Sequence[Sentence], material: Material, weights: dict[str, float], characters: int
) -> Iterator[Section]:
    people = dict.fromkeys(_author(sentence, material) for sentence in sentences)
    each = max(1, min(_MOST_OF_PERSON, MOST_QUOTES * 2 // max(1, len(people))))
    room = characters
    for number, person in enumerate(people):
        theirs = [sentence for sentence in sentences if _author(sentence, material) == person]
        chosen = _central(theirs, material, weights, each, max(0, room))
        room -= sum(len(sentence.text) for sentence in chosen)
        if room < 0:
            yield Section(f"… and {len(people) - number} more", ())
            return
        yield Section(person or "Others", _quotes(chosen, material))


def _author(sentence: Sentence, material: Material) -> str:
    return " ".join(material.passages[sentence.passage].author.split())


def _quotes(chosen: Sequence[Sentence], material: Material) -> tuple[Quote, ...]:
    shown = {id(sentence) for sentence in chosen}
    quotes = (with_opening(sentence, material, limit=_LONGEST_QUOTE) for sentence in chosen)
    return tuple(Quote(q.sentence) if q.opening and id(q.opening) in shown else q for q in quotes)
