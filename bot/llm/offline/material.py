"""The material of a request as sentences with their terms, ready to be ranked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.llm.offline.sentences import split_sentences
from bot.llm.offline.terms import Stems
from bot.llm.protocol import ContextTooLong, Passage

MOST_CHARACTERS = 5_000_000
"""What is longer would take many seconds."""
_NEIGHBOURS = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: ``passage`` and ``position`` say where it stands; ``counts`` are its terms."""

    text: str
    passage: int
    position: int
    counts: Counter[str]
    length: int


@dataclass(frozen=True, slots=True)
class Material:
    """All sentences, in order; ``titles`` are each passage's title terms."""

    passages: tuple[Passage, ...]
    sentences: tuple[Sentence, ...]
    starts: tuple[int, ...]
    titles: tuple[frozenset[str], ...]
    frequency: Counter[str]
    """In how many sentences or titles each term stands."""
    average_length: float

    def previous(self, sentence: Sentence) -> Sentence | None:
        """The sentence before ``sentence`` in its passage."""
        if sentence.position == 0:
            return None
        return self.sentences[self.starts[sentence.passage] + sentence.position - 1]

    def surroundings(self, sentence: Sentence) -> set[str]:
        """The terms of a sentence, of those around it, and of its passage's title and first sentence."""
        start, end = self.starts[sentence.passage], self.starts[sentence.passage + 1]
        here = start + sentence.position
        terms = set(self.titles[sentence.passage])
        terms.update(self.sentences[start].counts)
        for near in self.sentences[max(start, here - _NEIGHBOURS) : min(end, here + _NEIGHBOURS + 1)]:
            terms.update(near.counts)
        return terms


def read_material(passages: Sequence[Passage], stems: Stems) -> Material:
    """Split and count ``passages``.

    Raises:
        ContextTooLong: they are longer than 5 million characters.
    """
    if sum(len(passage.text) + len(passage.title) for passage in passages) > MOST_CHARACTERS:
        raise ContextTooLong(f"The material is longer than {MOST_CHARACTERS:,} characters; ask about less.")
    sentences: list[Sentence] = []
    starts = [0]
    frequency = Counter[str]()
    titles = tuple(frozenset(stems.terms(passage.title)) for passage in passages)
    for number, (passage, title) in enumerate(zip(passages, titles, strict=True)):
        for position, text in enumerate(split_sentences(passage.text)):
            terms = stems.terms(text)
            sentences.append(Sentence(text, number, position, Counter(terms), len(terms)))
            frequency.update(set(terms))
        starts.append(len(sentences))
        frequency.update(title)
    total = sum(sentence.length for sentence in sentences)
    return Material(
        passages=tuple(passages),
        sentences=tuple(sentences),
        starts=tuple(starts),
        titles=titles,
        frequency=frequency,
        average_length=max(1.0, total / max(1, len(sentences))),
    )
