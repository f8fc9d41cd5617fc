"""What happens to the tasks of a family, one after the other: among them every transition that a task can make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.work.principal import Principal
from bot.work.tasks.states import Move
from bot.work.tasks.task import TaskEvent, Worker

PATIENT, STRICT = 7, 8
"""A queue in which nobody is silent for too long, and one in which somebody always is."""
SILENCE = 0.3
MOST_ATTEMPTS = 2
ROUNDS = 2
"""Rounds in which the model asks for a tool."""
ASKER = Principal(1, PATIENT, 5, "Ada")
ADA, BO = (Worker("member", str(number), name) for number, name in ((5, "Ada"), (6, "Bo")))
SCRIBE, MOLE = (Worker("agent", name, name.capitalize()) for name in ("scribe", "mole"))
REPLY = "The well is {depth} deep."


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that happens to a task: an event of that ``kind``. ``by`` None: it comes about by itself.

    ``workflow`` is what an agent who is given the task does by itself from then on.
    """

    kind: Move | Literal["created", "late"]
    by: Worker | None = None
    to: Worker | None = None
    workflow: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """What happens to one task, in order. ``needs`` is another of the family that has to be done before."""

    queue_id: int
    deeds: tuple[Deed, ...]
    needs: str = ""


SCRIPTS: Mapping[str, Script] = {
    "people": Script(
        PATIENT,
        (
            Deed("created"), Deed("claim", ADA), Deed("start", ADA), Deed("wait", ADA), Deed("start", ADA),
            Deed("hand_over", ADA, to=BO), Deed("review", BO), Deed("finish", ADA),
        ),
    ),
    "tools": Script(
        PATIENT,
        (Deed("created"), Deed("unblock"), Deed("claim", SCRIBE, workflow="work_on"), Deed("start"), Deed("finish")),
        needs="people",
    ),
    "asks": Script(
        PATIENT,
        (Deed("created"), Deed("claim", SCRIBE, workflow="ask"), Deed("start"), Deed("wait"), Deed("finish")),
    ),
    "silence": Script(
        STRICT,
        (
            Deed("created"), Deed("claim", MOLE), Deed("expire"), Deed("claim", ADA), Deed("late", MOLE),
            Deed("release", ADA), Deed("claim", MOLE), Deed("give_up"), Deed("reopen", BO), Deed("block", BO),
            Deed("unblock", ADA), Deed("claim", BO), Deed("fail", BO),
        ),
    ),
}  # fmt: skip


def happened(events: Sequence[TaskEvent]) -> list[str]:
    """What happened to a task; that it went on after people were waited for is seen, or happens too soon to be."""
    kinds: list[str] = []
    for event in events:
        goes_on = event.kind == "start" and event.by == "bot:"
        if not goes_on:
            kinds.append(event.kind)
    return kinds
