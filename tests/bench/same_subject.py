"""Prints how well the default embedder tells the same subject from a neighbouring one.

Run: ``python tests/bench/same_subject.py``. It needs the embedding model's weights.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import chain, product
from pathlib import Path

from bot.memory.calibration import Kind, Pair, Scored, calibrate, read_pairs, score_pairs
from bot.memory.embedder import MINILM, Embedder
from bot.memory.minilm import MiniLm
from bot.memory.subject import WORDS_ALONE, shared_words, threshold_of

TESTS = Path(__file__).parents[1] / "bot" / "memory"
PLAIN_THRESHOLD = 0.50


def line(name: str, scored: Sequence[Scored], accepted: Callable[[Scored], bool]) -> str:
    """Return one line of the table."""
    counts: dict[Kind, tuple[int, int]] = {}
    for kind in ("same", "near", "other"):
        of_kind = [one for one in scored if one.pair.kind == kind]
        counts[kind] = sum(map(accepted, of_kind)), len(of_kind)
    right = counts["same"][0] + counts["near"][0]
    precision = right / max(1, right + counts["other"][0])
    cells = "  ".join(f"{some:3} of {every:3}" for some, every in counts.values())
    return f"{name:28} {cells}  {precision:.3f}"


async def accepted_strangers(embedder: Embedder, pairs: Sequence[Pair], threshold: float) -> tuple[int, int]:
    """Count the questions of one subject that are taken for another subject of the set."""
    asked = [pair for pair in pairs if pair.kind != "other"]
    subjects = {pair.title: pair.body for pair in pairs}
    mixed = [
        Pair("other", pair.question, title, body)
        for pair, (title, body) in product(asked, subjects.items())
        if title != pair.title
    ]
    scored = await score_pairs(embedder, mixed)
    return sum(one.score >= threshold for one in scored), len(scored)


async def main() -> None:
    """Print the table of `bot.memory.subject`."""
    embedder = await MiniLm.load()
    sets = {
        "computed on": read_pairs(),
        "looked at": read_pairs(TESTS / "looked_at.json"),
        "fresh": read_pairs(TESTS / "fresh.json"),
    }
    threshold = threshold_of(MINILM) or 1
    say = print
    say(f"threshold {threshold}; measured anew: {await calibrate(embedder)}")
    say(f"{'':28} no shared w.  words shared  other       precision")
    for name, pairs in sets.items():
        scored = await score_pairs(embedder, pairs)
        say(line(name, scored, lambda one: one.score >= threshold))
        say(line(f"{name}, cosine alone", scored, lambda one: one.similarity >= PLAIN_THRESHOLD))
        say(
            line(
                f"{name}, words alone",
                scored,
                lambda one: shared_words(one.pair.question, one.pair.title).of_all >= WORDS_ALONE,
            )
        )
    strangers, tried = await accepted_strangers(embedder, list(chain.from_iterable(sets.values())), threshold)
    say(f"entirely different subjects accepted: {strangers} of {tried}")
    await embedder.aclose()


if __name__ == "__main__":
    asyncio.run(main())
