"""Answers a question by quoting the sentences that answer it, or says plainly that none does."""

from collections.abc import Iterator, Sequence

from bot.llm.offline.material import Material, Sentence
from bot.llm.offline.question import Question
from bot.llm.offline.quotes import Quote, repeats, with_opening
from bot.llm.offline.rank import Scored, rank

NOT_ANSWERED = "The sources I have do not answer this"
"""How every text begins that says so; it carries no citation."""
MOST_QUOTES = 6
MOST_CHARACTERS = 1_600
_MOST_OF_ONE = 3
_SHARE_OF_BEST = 0.5
_NEW_KEY_SHARE = 0.5
_LONGEST_QUOTE = 420
_MOST_MISSING = 3


def answer(question: Question, material: Material, *, characters: int = MOST_CHARACTERS) -> list[Quote]:
    """Up to six quotes, the best passage's first, each passage's in its own order; empty where none fits."""
    ranked = _both_sides(question, material) if question.joins else []
    ranked = ranked or rank(question, material)
    chosen = _choose(ranked, characters)
    order = {passage: place for place, passage in enumerate(dict.fromkeys(s.passage for s in chosen))}
    chosen.sort(key=lambda sentence: (order[sentence.passage], sentence.position))
    return list(_joined(chosen, material))


def not_answered(question: Question, material: Material) -> str:
    """The sentence for it, with what is missing where that is short to say."""
    if not material.sentences:
        return f"{NOT_ANSWERED}: there are none."
    missing = [word for term, word in question.keys.items() if not material.frequency[term]]
    if not 0 < len(missing) <= _MOST_MISSING:
        return f"{NOT_ANSWERED}."
    listed = missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} or {missing[-1]}"
    return f"{NOT_ANSWERED}: they say nothing about {listed}."


def _both_sides(question: Question, material: Material) -> list[Scored]:
    """Sentences about one side each of a comparison or a pair, if together they cover everything in it."""
    ranked = rank(question, material, joined=True)
    covered = {term for item in ranked for term in item.sentence.counts if term in question.keys}
    return ranked if question.keys.keys() <= covered else []


def _choose(ranked: Sequence[Scored], characters: int) -> list[Sentence]:
    """The best, then what is nearly as good or brings a key that is still missing; no repeats."""
    chosen: list[Sentence] = []
    left = list(ranked)
    covered = set[str]()
    room = characters
    while left and len(chosen) < MOST_QUOTES:
        best = max(left, key=lambda item: _gain(item, covered))
        left.remove(best)
        sentence = best.sentence
        if chosen and _gain(best, covered) < _SHARE_OF_BEST * ranked[0].score:
            break
        crowded = sum(other.passage == sentence.passage for other in chosen) >= _MOST_OF_ONE
        if crowded or repeats(sentence, chosen) or (chosen and len(sentence.text) > room):
            continue
        chosen.append(sentence)
        covered |= best.covers & sentence.counts.keys()
        room -= len(sentence.text)
    return chosen


def _gain(item: Scored, covered: set[str]) -> float:
    brings = bool((item.covers & item.sentence.counts.keys()) - covered)
    return item.score * (1 + _NEW_KEY_SHARE * brings)


def _joined(chosen: Sequence[Sentence], material: Material) -> Iterator[Quote]:
    shown = {id(sentence) for sentence in chosen}
    for sentence in chosen:
        quote = with_opening(sentence, material, limit=_LONGEST_QUOTE)
        if quote.opening is not None and id(quote.opening) in shown:
            quote = Quote(sentence)
        yield quote
