"""Whether a memory answers a question clearly, perhaps or not at all, and in which order memories are told.

The evidence is how near the question and the piece of the memory are (their cosine), and how much of the weight of the
question's words the memory has (``coverage``: the rarer a word among what may be read, the more it weighs, most of all
one that nothing there has). Three bars stand at fixed distances from the threshold of the same subject, which is
measured for each embedder:

- what is *clear* is told without a caveat;
- what is *near* is told, and that nothing answers clearly is told with it;
- where nothing is near, the answer is that nothing is known.

Measured with all-MiniLM-L6-v2 (threshold 0.44) on 304 facts, 24 of them newer versions, 220 questions that they answer and
62 that nothing there answers, most of which name something that is there. ``python tests/bench/recall_quality.py`` prints
it, for all questions and for each half of them:

- Of the questions with a clear memory 96 in 100 have an answer (95 and 97 in the halves), and 56 in 100 of those that have
  an answer have a clear memory. The bar that lets 95 in 100 pass is 0.54 by one half (96 in the other) and 0.52 by the
  other (92 in the one); 0.55 is on the safe side of both.
- Nothing is said to be known at 3 questions, and rightly so: a precision of 1 that rests on three questions, while 59 of
  the 62 without an answer are given something near. Nor can a half tell where this bar has to be: for a precision of 0.9
  one says 0.29, at which the other half is refused 7 answers and 3 of these rightly, the other says 0.25, right in 2 of 2.
  So the bar is below both. Other evidence was tried and tells no better: the margin to the second best, the distance from
  what is usual for the question or for the memory, their words compared one by one (alone, and as they stand in the
  sentence), the kind of answer that the question word asks for (area under the curve 0.55 to 0.81, nearness alone 0.79).

So nearness tells what a text is about, not whether it has the answer, and whoever reads has to see for themselves.
For other embedders the distances are taken over unmeasured. Questions and facts were written by the authors, in English.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.memory.subject import content_words

CLEAR_ABOVE = 0.11
"""By how much the bar of what is clear lies above the threshold of the same subject."""

NEAR_BELOW = 0.20
"""By how much the bar of what is near lies below it."""

OF_THE_BEST = 0.6
"""What is this much less near than the best is left out."""

CLEAR_WORDS, NEAR_WORDS = 0.7, 0.5
"""The coverage that is as good as nearness."""

CLEAR_WORDS_ALONE, NEAR_WORDS_ALONE = 0.6, 0.2
"""The coverage where there is no nearness: of the same questions 93 of 100 that have a clear memory have an answer."""

SAME_AGAIN = 0.5
"""The share of the shorter text's content words from which on two memories tell of the same thing."""

type Verdict = Literal["clear", "near", "no"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a memory. ``similarity`` is None where it has no vector that could be compared."""

    similarity: float | None
    coverage: float


@dataclass(frozen=True, slots=True)
class Told:
    """What of a memory decides its order."""

    text: str
    at: datetime


def verdicts(found: Sequence[Evidence], threshold: float | None) -> list[Verdict]:
    """Judge all memories that were found for one question; ``threshold`` is that of the same subject, None: unknown."""
    best = max((one.similarity for one in found if one.similarity is not None), default=0.0)
    return [_verdict(one, threshold, best) for one in found]


def _verdict(one: Evidence, threshold: float | None, best: float) -> Verdict:
    if one.similarity is None or threshold is None:
        if one.coverage >= CLEAR_WORDS_ALONE:
            return "clear"
        return "near" if one.coverage >= NEAR_WORDS_ALONE else "no"
    if one.similarity >= threshold + CLEAR_ABOVE or one.coverage >= CLEAR_WORDS:
        return "clear"
    near = one.similarity >= max(threshold - NEAR_BELOW, best * OF_THE_BEST)
    return "near" if near or one.coverage >= NEAR_WORDS else "no"


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
