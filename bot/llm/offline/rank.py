"""Scores sentences for a question (BM25 with the title, the neighbours and cues) and judges their fit.

BM25: Robertson & Zaragoza, The Probabilistic Relevance Framework (2009), with sentences as documents.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.llm.offline.cues import cue, has_number, quality, speaks_to_machines
from bot.llm.offline.material import Material, Sentence
from bot.llm.offline.question import Question
from bot.llm.offline.sentences import points_back
from bot.llm.offline.terms import is_cjk, stem

_SATURATION, _LENGTH_SHARE = 1.2, 0.5
_GENERIC_SHARE, _INSTRUCTION_SHARE, _NAMED_SHARE = 0.55, 0.1, 1.3
_TITLE_SHARE, _NEIGHBOUR_SHARE, _CUE_SHARE, _LEAD_SHARE = 0.4, 0.25, 0.35, 0.05
_TELLING, _TELLING_CUE_SHARE = frozenset({"number", "time", "reason"}), 0.7
_MOST_LOOKED_AT = 400
_LEAST_FIT, _PASSAGE_SATURATION, _TITLE_FIT = 0.4, 2.0, 1.0
_DEPENDENT = 0.8
_POINTED_AT_SHARE = 0.7
_MACHINE_TERMS = frozenset(map(stem, ("instruction", "prompt", "injection", "jailbreak", "override")))
_IMAGINED = 50
"""Sentences that hold no term, counted in: in a short material rarity would otherwise mean nothing."""
_LEAST_WEIGHT = 0.3
_GENERIC_COVER = 0.3
_FEW_KEYS, _SOME_KEYS = 2, 3
_COVER_OF_SOME, _COVER_OF_MANY, _COVER_JOINED, _COVER_CJK = 0.6, 0.5, 0.5, 0.75
_EXPECTED_GENERIC = 3


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence and how well it fits; ``covers`` are the question's keys in and around it."""

    sentence: Sentence
    score: float
    covers: frozenset[str]


def rank(question: Question, material: Material, *, joined: bool = False) -> list[Scored]:
    """The sentences that may answer ``question``, best first; none where the material does not answer.

    With ``joined`` a sentence may cover only one side of a comparison; the caller checks the whole.
    """
    weights = {term: weight(term, material) for term in question.keys}
    about_machines = not _MACHINE_TERMS.isdisjoint(question.keys)
    fits = _passage_fits(question, material)
    found = [
        (_basic_score(question, sentence, material) * fits[sentence.passage], sentence)
        for sentence in _candidates(question, material)
    ]
    found.sort(key=lambda pair: -pair[0])  # stable: equals stay in the material's order
    scored: list[Scored] = []
    for basic, sentence in found[:_MOST_LOOKED_AT]:
        around = material.surroundings(sentence)
        if not _fits(question, around, weights, joined=joined):
            continue
        if question.needs_number and not has_number(sentence.text):
            continue
        if speaks_to_machines(sentence) and not about_machines:
            continue
        score = basic * _factor(question, sentence)
        scored.append(Scored(sentence, score, frozenset(question.keys.keys() & around)))
    return sorted(scored, key=lambda item: -item.score)


def _candidates(question: Question, material: Material) -> Iterator[Sentence]:
    """Sentences with a key of the question in them, or just before them where they point back to it."""
    keys = question.keys.keys()
    for sentence in material.sentences:
        if not keys.isdisjoint(sentence.counts):
            yield sentence
        elif points_back(sentence.text):
            previous = material.previous(sentence)
            if previous is not None and not keys.isdisjoint(previous.counts):
                yield sentence


def weight(term: str, material: Material) -> float:
    """From 0.3 to 1: how much it tells to share ``term``; 1 where the material does not know it."""
    count = material.frequency[term]
    size = len(material.sentences) + _IMAGINED
    rarity = math.log((size + 0.5) / (count + 0.5)) / math.log((size + 0.5) / 0.5)
    return max(_LEAST_WEIGHT, rarity)


def _fits(question: Question, around: set[str], weights: dict[str, float], *, joined: bool) -> bool:
    """Whether what stands around a sentence speaks about what is asked, and not just of one word of it."""
    keys = question.keys
    if joined:
        return _cover(keys, around, dict.fromkeys(keys, 1.0)) >= _COVER_JOINED
    if not question.named <= around:
        return False
    if any(is_cjk(key) for key in keys):
        return _cover(keys, around, weights) >= _COVER_CJK
    if len(keys) <= _FEW_KEYS and not keys.keys() <= around:
        return False
    if len(keys) == 1 and len(question.generic) >= _EXPECTED_GENERIC:
        shared = len(question.generic & around)
        if shared * _EXPECTED_GENERIC < len(question.generic):
            return False
    enough = _COVER_OF_SOME if len(keys) <= _SOME_KEYS else _COVER_OF_MANY
    # Generic words count a little: a question of many of them is hardly answered by one word in common.
    flat = {**dict.fromkeys(question.generic, _GENERIC_COVER), **dict.fromkeys(keys, 1.0)}
    return _cover(keys, around, weights) >= enough and _cover(flat, around, flat) >= _COVER_OF_MANY


def _cover(terms: Iterable[str], around: set[str], weights: dict[str, float]) -> float:
    total = sum(weights[term] for term in terms)
    return sum(weights[term] for term in terms if term in around) / total if total else 0.0


def _basic_score(question: Question, sentence: Sentence, material: Material) -> float:
    previous = material.previous(sentence)
    pointing = points_back(sentence.text)
    title = material.titles[sentence.passage]
    score = 0.0
    for term in (*question.keys, *question.generic, *question.instructions):
        value = _rarity(term, material) * _share(question, term)
        if count := sentence.counts[term]:
            score += value * _saturated(count, sentence.length / material.average_length)
        elif previous is not None and term in previous.counts:
            score += value * (_POINTED_AT_SHARE if pointing else _NEIGHBOUR_SHARE)
        if term in title:
            score += value * _TITLE_SHARE
    return score


def _factor(question: Question, sentence: Sentence) -> float:
    share = _TELLING_CUE_SHARE if question.seeks in _TELLING else _CUE_SHARE
    factor = 1.0 + share * cue(question, sentence) + (_LEAD_SHARE if sentence.position == 0 else 0.0)
    return factor * quality(sentence) * (_DEPENDENT if points_back(sentence.text) else 1.0)


def _passage_fits(question: Question, material: Material) -> list[float]:
    """From 0.4 to 1 for each passage: how much it as a whole is about the question."""
    scores: list[float] = []
    for number, title in enumerate(material.titles):
        sentences = material.sentences[material.starts[number] : material.starts[number + 1]]
        score = 0.0
        for term in question.keys:
            count = sum(term in sentence.counts for sentence in sentences)
            value = _rarity(term, material) * _share(question, term)
            score += value * (count / (count + _PASSAGE_SATURATION) + _TITLE_FIT * (term in title))
        scores.append(score)
    best = max(scores, default=0.0) or 1.0
    return [_LEAST_FIT + (1 - _LEAST_FIT) * score / best for score in scores]


def _saturated(count: int, relative_length: float) -> float:
    length = 1 - _LENGTH_SHARE + _LENGTH_SHARE * relative_length
    return count * (_SATURATION + 1) / (count + _SATURATION * length)


def _rarity(term: str, material: Material) -> float:
    count, size = material.frequency[term], len(material.sentences) + _IMAGINED
    return math.log(1 + (size - count + 0.5) / (count + 0.5)) if count < size else 0.0


def _share(question: Question, term: str) -> float:
    if term in question.named:
        return _NAMED_SHARE
    if term in question.keys:
        return 1.0
    return _GENERIC_SHARE if term in question.generic else _INSTRUCTION_SHARE
