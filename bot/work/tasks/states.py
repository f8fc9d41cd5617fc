"""The states of a task and how one leads to another: plain functions, without a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

type State = Literal["available", "claimed", "working", "waiting", "review", "blocked", "done", "failed"]
type Move = Literal[
    "claim", "start", "wait", "review", "finish", "fail", "release", "hand_over", "block", "unblock", "reopen",
    "expire", "give_up", "cancel",
]  # fmt: skip
"""``expire`` is a holder who fell silent, ``give_up`` one too many of whatever gave the task back.

``cancel`` ends a part of a task that is over itself.
"""

STATES: tuple[State, ...] = (
    "available", "claimed", "working", "waiting", "review", "blocked", "done", "failed",
)  # fmt: skip
HELD: frozenset[State] = frozenset({"claimed", "working", "waiting", "review"})
"""Somebody has it."""
LEASED: frozenset[State] = frozenset({"claimed", "working"})
"""Whoever has it must show signs of life; who waits for others need not."""
OVER: frozenset[State] = frozenset({"done", "failed"})


@dataclass(frozen=True, slots=True)
class Rule:
    """From where a move leads where. ``by`` says who may: its holder, or anybody who may use tasks at all.

    Whoever may manage the server may do what a holder may. ``new_holder`` moves end what the holder before could do.
    """

    before: frozenset[State]
    after: State
    by: Literal["holder", "anybody", "nobody"]
    new_holder: bool = False


_UNDER_WAY: frozenset[State] = frozenset({"claimed", "working", "waiting"})

MOVES: Mapping[Move, Rule] = MappingProxyType(
    {
        "claim": Rule(frozenset({"available"}), "claimed", "anybody", new_holder=True),
        "start": Rule(frozenset({"claimed", "waiting", "review"}), "working", "holder"),
        "wait": Rule(frozenset({"claimed", "working"}), "waiting", "holder"),
        "review": Rule(_UNDER_WAY, "review", "holder"),
        "finish": Rule(HELD, "done", "holder"),
        "fail": Rule(HELD, "failed", "holder"),
        "release": Rule(HELD, "available", "holder", new_holder=True),
        "hand_over": Rule(HELD, "claimed", "holder", new_holder=True),
        "block": Rule(frozenset[State]({*HELD, "available"}), "blocked", "anybody", new_holder=True),
        "unblock": Rule(frozenset({"blocked"}), "available", "anybody", new_holder=True),
        "reopen": Rule(OVER, "available", "anybody", new_holder=True),
        "expire": Rule(HELD, "available", "nobody", new_holder=True),
        "give_up": Rule(HELD, "failed", "nobody", new_holder=True),
        "cancel": Rule(frozenset(STATES) - OVER, "failed", "nobody", new_holder=True),
    }
)
"""``finish`` of what is in review may be anybody's: somebody else looks at it."""


def may(move: Move, state: State, *, holds: bool, manages: bool, is_person: bool) -> bool:
    """Whether somebody may make a move; whether the state allows it is `leads`."""
    rule = MOVES[move]
    if rule.by == "nobody":
        return False
    if rule.by == "anybody" and (move != "block" or state not in HELD):
        return True
    if move in {"finish", "start"} and state == "review" and is_person:
        return True
    return holds or manages


def leads(move: Move, state: State) -> State | None:
    """Where a move leads from a state; None where it leads nowhere."""
    rule = MOVES[move]
    return rule.after if state in rule.before else None


def towards(wanted: State, state: State, *, held: bool) -> tuple[Move, ...]:
    """The moves by which somebody who puts up the mark of ``wanted`` gets a task there; empty where there is no way.

    ``held`` says whether it is theirs. Who finishes what nobody has claimed has claimed it with that.
    """
    if wanted == "available":
        return ("reopen",) if state in OVER else ("unblock",) if state == "blocked" else ("release",)
    if wanted == "blocked":
        return ("block",)
    move: Mapping[State, Move] = {
        "claimed": "claim", "working": "start", "waiting": "wait", "review": "review", "done": "finish",
        "failed": "fail",
    }  # fmt: skip
    if state == "available" and wanted != "claimed" and not held:
        return ("claim", move[wanted])
    return (move[wanted],)
