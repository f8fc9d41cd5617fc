"""First come, by capability, and the less loaded of two; auctions are in `bids.py`.

Two random candidates and the less loaded of them: with one choice the longest queue grows with log n / log log n, with
two with log log n, and unlike the least loaded of all it does not herd on a load that is out of date
(Mitzenmacher, *The Power of Two Choices in Randomized Load Balancing*, 2001).
"""

from collections.abc import Mapping, Sequence
from random import Random

from bot.work.allocation.candidates import Award, Candidate, Considered, Need, Strategy, drawn

FIRST_COME = "first_come"


def first_come(need: Need, candidates: Sequence[Candidate], chance: Random) -> Award:
    """Nobody is chosen: whoever claims the task first has it."""
    del candidates, chance
    asked = f" {_asked(need)}" if need.capabilities else ""
    return Award(None, f"Whoever claims it first{asked} has it.")


def by_capability(need: Need, candidates: Sequence[Candidate], chance: Random) -> Award:
    """The one with room who can do it and little else: generalists stay free for what only they can do."""
    del chance
    able = [one for one in candidates if one.can(need)]
    free = [one for one in able if one.load < 1]
    if not free:
        return _nobody(need, able)
    ranked = sorted(free, key=lambda one: (len(one.capabilities), one.load, drawn(need.task_id, one.id)))
    considered = tuple(Considered(one.id, one.name, _skills(one, need)) for one in ranked)
    best = ranked[0]
    return Award(best.id, f"{best.name} has what it needs ({_named(need)}) and is free.", considered)


def less_loaded_of_two(need: Need, candidates: Sequence[Candidate], chance: Random) -> Award:
    """Of two who can do it, drawn by lot, the one with less in hand."""
    able = sorted((one for one in candidates if one.can(need)), key=lambda one: one.id)
    if not able:
        return _nobody(need, able)
    pair = chance.sample(able, 2) if len(able) > 1 else able
    ranked = sorted(pair, key=lambda one: (one.load, drawn(need.task_id, one.id)))
    considered = tuple(Considered(one.id, one.name, _in_hand(one)) for one in ranked)
    best = ranked[0]
    if len(ranked) == 1:
        return Award(best.id, f"{best.name} is the only one who can do this ({_named(need)}).", considered)
    other = ranked[1]
    return Award(
        best.id,
        f"Drawn by lot were {best.name} and {other.name}; {best.name} has less in hand "
        f"({_in_hand(best)} against {_in_hand(other)}).",
        considered,
    )


STRATEGIES: Mapping[str, Strategy] = {
    FIRST_COME: first_come,
    "by_capability": by_capability,
    "less_loaded_of_two": less_loaded_of_two,
}
"""What a queue may choose from beside auctions, by name; plugins add theirs."""


def queue_for(need: Need, queues: Mapping[int, frozenset[str]]) -> int | None:
    """The queue, by its channel's id, for what a task needs: the narrowest that offers all of it, if any does."""
    fitting = [(len(offered), channel) for channel, offered in queues.items() if need.capabilities <= offered]
    return min(fitting)[1] if fitting and need.capabilities else None


def _nobody(need: Need, able: Sequence[Candidate]) -> Award:
    if able:
        busy = sorted(able, key=lambda one: (one.name, one.id))
        names = ", ".join(one.name for one in busy)
        considered = tuple(Considered(one.id, one.name, _in_hand(one)) for one in busy)
        return Award(None, f"It waits until one of those who can do it is free: {names}.", considered)
    return Award(None, f"Nobody here can do this: it needs {_named(need)}.")


def _named(need: Need) -> str:
    return ", ".join(sorted(need.capabilities)) or "nothing special"


def _asked(need: Need) -> str:
    return f"of those who can do {_named(need)}"


def _skills(candidate: Candidate, need: Need) -> str:
    more = len(candidate.capabilities - need.capabilities)
    return f"free, can do {'this' if not more else f'this and {more} more'}"


def _in_hand(candidate: Candidate) -> str:
    return f"{candidate.running + candidate.waiting} of {candidate.concurrency} in hand"
