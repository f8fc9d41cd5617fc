"""What a look at the pins of a place comes to: plain functions of the facts and of what is pinned, without I/O.

People's hands decide: a fact whose pin Discord had and that is pinned no more was taken off, one that is pinned again is back.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.memory.facts.fact import MOST_PINS, SPARE_PINS, UNDER_WAY, Fact, Standing

BACK_WHEN_PINNED = frozenset({"unpinned", "evicted"})
"""How a fact ended that whoever pins its message brings back; a message of another one says that it is over."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What holds of the facts of a place now, and what is to be done."""

    live: tuple[Fact, ...]
    """Those that stay, the newest first."""
    taken_off: tuple[Fact, ...] = ()
    back: tuple[Fact, ...] = ()
    expired: tuple[Fact, ...] = ()
    unsaid: tuple[Fact, ...] = ()
    evicted: tuple[Fact, ...] = ()
    unpinned: tuple[Fact, ...] = ()
    """Live, but Discord did not take the pin: it is tried again."""
    waiting: bool = False
    """Something is under way to Discord, after which it is to be looked at again."""
    stale: tuple[Fact, ...] = ()
    """Live, but Discord does not let its message be changed any more: it is said anew."""


def decide(
    standings: Sequence[Standing], pinned: Collection[int], *, read_at: datetime, now: datetime, room: int
) -> Verdicts:
    """Hold the facts of a place against the ids that are ``pinned`` there, as they were read after ``read_at``.

    Both times of marks and ``read_at`` are the database's; ``now`` is people's. ``room`` is how many facts may be pinned.
    """
    live: list[Fact] = []
    unpinned: list[Fact] = []
    back: list[Fact] = []
    taken_off: list[Fact] = []
    expired: list[Fact] = []
    unsaid: list[Fact] = []
    for one in standings:
        fact = one.fact
        is_pinned = fact.message_id in pinned
        if not fact.is_live:
            if is_pinned and fact.state in BACK_WHEN_PINNED and _has_settled(one, read_at):
                (expired if fact.is_over(now) else back).append(fact)
            continue
        if one.said == "failed":
            unsaid.append(fact)
        elif fact.is_over(now):
            expired.append(fact)
        elif is_pinned or one.said in UNDER_WAY or one.marked in UNDER_WAY:
            live.append(fact)
        elif one.marked == "failed":
            live.append(fact)
            unpinned.append(fact)
        elif _has_settled(one, read_at):
            taken_off.append(fact)
        else:
            live.append(fact)  # pinned since the pins were read
    kept = [*live, *back]
    too_many = to_evict(kept, len(kept) - room)
    gone = {fact.id for fact in too_many}
    stale = [one.fact for one in standings if one.edited == "failed"]
    stays = [fact for fact in kept if fact.id not in gone]
    return Verdicts(
        live=tuple(newest_first(stays)),
        taken_off=tuple(taken_off),
        back=tuple(fact for fact in back if fact.id not in gone),
        expired=tuple(expired),
        unsaid=tuple(unsaid),
        # One that people pinned again where there is no room is just a pin of theirs.
        evicted=tuple(fact for fact in too_many if fact.is_live),
        unpinned=tuple(fact for fact in unpinned if fact.id not in gone),
        waiting=any(one.fact.is_live and bool({one.said, one.marked} & UNDER_WAY) for one in standings),
        stale=tuple(fact for fact in stale if fact in stays and fact.message_id in pinned),
    )


def room_for_facts(others: int, *, index: bool) -> int:
    """How many facts may be pinned beside ``others`` pins and the index."""
    return max(0, MOST_PINS - SPARE_PINS - others - int(index))


def to_evict(facts: Sequence[Fact], count: int) -> list[Fact]:
    """Which facts go where ``count`` too many are there: those that agents noted before people's, the oldest first."""
    if count <= 0:
        return []
    return sorted(facts, key=lambda fact: (not fact.agent, fact.noted_at, fact.number))[:count]


def newest_first(facts: Sequence[Fact]) -> list[Fact]:
    """The order in which facts are told: of two that contradict each other the first one holds."""
    return sorted(facts, key=lambda fact: (fact.noted_at, fact.number), reverse=True)


def _has_settled(one: Standing, read_at: datetime) -> bool:
    """Whether what was last done to the message was done before the pins were read."""
    if one.marked in UNDER_WAY:
        return False
    return one.marked_at is None or one.marked_at < read_at
