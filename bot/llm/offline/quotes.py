"""Chosen sentences as quotes with citations, without repeats, and without citations that others wrote."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bot.llm.offline.material import Material, Sentence
from bot.llm.offline.sentences import points_back

_BRACKETED = re.compile(r"\s?\[([^\[\]]{0,80})\]")
_REFERENCE = re.compile(r"[\d\s,;–-]+|[a-z]|citation needed|edit|note \d+", re.IGNORECASE)  # noqa: RUF001 # ranges
_SAME, _CONTAINED = 0.6, 0.85


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence to show; ``opening`` is the one before it, where it begins with "it" or "they"."""

    sentence: Sentence
    opening: Sentence | None = None

    def text(self, material: Material) -> str:
        """The quote with its citation, on one line."""
        ids = {passage.id for passage in material.passages}
        told = f"{self.opening.text} {self.sentence.text}" if self.opening else self.sentence.text
        return f"{quotable(told, ids)} [{material.passages[self.sentence.passage].id}]"


def quotable(text: str, ids: AbstractSet[str]) -> str:
    """``text`` on one line, with nothing in it that could be taken for one of our citations.

    References such as "[3]" are left out; other brackets become round where they hold an id of ours.
    """

    def replaced(match: re.Match[str]) -> str:
        inner = match.group(1).strip()
        if _REFERENCE.fullmatch(inner) or not inner:
            return ""
        lead = " " if match.group().startswith((" ", "\n", "\t")) else ""
        return f"{lead}({inner})" if inner in ids else match.group()

    once = _BRACKETED.sub(replaced, text)
    # Taking one out can join the brackets around it: "[[3]7]".
    while (again := _BRACKETED.sub(replaced, once)) != once:
        once = again
    return " ".join(once.split())


def with_opening(sentence: Sentence, material: Material, *, limit: int) -> Quote:
    """A quote that can be understood alone, where the sentence before it fits into ``limit`` characters."""
    previous = material.previous(sentence)
    if previous is None or not points_back(sentence.text):
        return Quote(sentence)
    fits = len(previous.text) + len(sentence.text) <= limit and not points_back(previous.text)
    return Quote(sentence, previous if fits else None)


def repeats(sentence: Sentence, chosen: list[Sentence]) -> bool:
    """Whether ``sentence`` says what one of ``chosen`` says, in nearly the same words."""
    terms = sentence.counts.keys()
    for other in chosen:
        shared = len(terms & other.counts.keys())
        if shared >= _SAME * len(terms | other.counts.keys()):
            return True
        if shared >= _CONTAINED * max(1, min(len(terms), len(other.counts))):
            return True
    return False
