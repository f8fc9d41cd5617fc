"""Whether a memory may well answer a question, so that "nothing" can be said, and in which order memories are told.

What counts is the cosine of the question and the piece of the memory, from a threshold on that lies a little below
the one for the same subject: a question shares less with its answer than two names of one subject do. Or the words:
half of the question's own. Measured with all-MiniLM-L6-v2 on a fixture of 304 facts with 24 newer versions, 220
questions that they answer and 62 that nothing there answers, most of which name something that is there
(``python tests/bench/recall_quality.py`` prints it, against grep and against reading everything). The threshold was
chosen on every other question; there is none at which a question that is refused is surely one without an answer,
since nearness tells what a text is about and not whether it has the answer. So it is set low: what is shown has its
link and date, and people see that it does not answer; what is kept from them they do not see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.memory.subject import content_words

BELOW_SUBJECT = 0.14
"""By how much the threshold lies below the one of the same subject."""

QUESTION_WORDS = 0.5
"""The share of a question's content words that a text must have where its nearness does not tell."""

SAME_AGAIN = 0.5
"""The share of the shorter text's content words from which on two memories tell of the same thing."""


@dataclass(frozen=True, slots=True)
class Told:
    """What of a memory decides its order."""

    text: str
    at: datetime


def relevant(similarity: float | None, question: str, text: str, threshold: float | None) -> bool:
    """Decide. ``threshold`` is that of the same subject; ``similarity`` None: there is no vector to compare."""
    if similarity is not None and threshold is not None and similarity >= threshold - BELOW_SUBJECT:
        return True
    asked = content_words(question)
    return bool(asked) and len(asked & content_words(text)) / len(asked) >= QUESTION_WORDS


def newest_first[T](found: Sequence[tuple[T, Told]]) -> list[T]:
    """The same in order, except that of those that tell of the same thing the newest goes first."""
    groups: list[tuple[frozenset[str], list[tuple[T, Told]]]] = []
    for one in found:
        words = content_words(one[1].text)
        for others, group in groups:
            if len(words & others) >= SAME_AGAIN * max(1, min(len(words), len(others))):
                group.append(one)
                break
        else:
            groups.append((words, [one]))
    return [item for _, group in groups for item, _ in sorted(group, key=lambda one: one[1].at, reverse=True)]
