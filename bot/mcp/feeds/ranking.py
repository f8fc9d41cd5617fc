"""Ranking entries by a query: BM25 with the title counted more than once, newest first among equals."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.mcp.feeds.entries import Entry
from bot.mcp.feeds.words import content_words

_TITLE_WEIGHT = 3
_K1 = 1.2
_B = 0.75
_ENOUGH_WORDS = 2
_ENOUGH_COVERAGE = 0.25
"""An entry that shares a single word with a query is relevant only if that word is this much of the query."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry and how well it answers the query; scores compare within one search only."""

    entry: Entry
    score: float


@dataclass(frozen=True, slots=True)
class _Weighed:
    entry: Entry
    counts: Mapping[str, int]
    length: int


def rank(query: str, entries: Iterable[Entry], *, now: datetime, limit: int) -> list[Ranked]:
    """The most relevant entries, best first; none that shares no content word with the query."""
    wanted = list(dict.fromkeys(content_words(query)))
    if not wanted:
        return []
    weighed = [_weigh(entry) for entry in entries]
    rarity = _rarities(wanted, weighed)
    mean = sum(item.length for item in weighed) / len(weighed) if weighed else 1.0
    found = [
        Ranked(item.entry, round(_score(item, rarity, mean or 1.0), 4))
        for item in weighed
        if _is_relevant(item, rarity)
    ]
    found.sort(key=lambda ranked: (-ranked.score, -_recency(ranked.entry, now), ranked.entry.id))
    return _without_repeats(found)[:limit]


def _weigh(entry: Entry) -> _Weighed:
    counts = Counter(content_words(" ".join((*entry.tags, entry.text))))
    for word in content_words(entry.title):
        counts[word] += _TITLE_WEIGHT
    return _Weighed(entry, counts, counts.total())


def _rarities(wanted: Sequence[str], weighed: Sequence[_Weighed]) -> dict[str, float]:
    total = len(weighed)
    holding = {word: sum(word in item.counts for item in weighed) for word in wanted}
    return {word: math.log(1 + (total - count + 0.5) / (count + 0.5)) for word, count in holding.items()}


def _is_relevant(item: _Weighed, rarity: Mapping[str, float]) -> bool:
    shared = [word for word in rarity if word in item.counts]
    if len(shared) >= _ENOUGH_WORDS:
        return True
    return bool(shared) and rarity[shared[0]] >= _ENOUGH_COVERAGE * sum(rarity.values())


def _score(item: _Weighed, rarity: Mapping[str, float], mean: float) -> float:
    damping = _K1 * (1 - _B + _B * item.length / mean)
    return sum(
        weight * count * (_K1 + 1) / (count + damping)
        for word, weight in rarity.items()
        if (count := item.counts.get(word, 0))
    )


def _recency(entry: Entry, now: datetime) -> float:
    """Seconds; a date in the future, which is always a mistake, is no advantage."""
    return min(entry.published or _LONG_AGO, now).timestamp()


def _without_repeats(found: Sequence[Ranked]) -> list[Ranked]:
    """Keep the best of the entries that link to the same page."""
    seen: set[str] = set()
    kept: list[Ranked] = []
    for ranked in found:
        key = ranked.entry.url or ranked.entry.id
        if key not in seen:
            seen.add(key)
            kept.append(ranked)
    return kept
