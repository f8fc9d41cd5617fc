"""One link of a circle: something that waits for something else, as people read it and break it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from bot.work.circles.waits_table import Kind, Why


@dataclass(frozen=True, slots=True)
class Thing:
    """A task or a run. ``label`` is its number or its title, ``place`` where it is worked on, ``member`` who asked."""

    kind: Kind
    id: UUID
    label: str
    place: int
    member: int


@dataclass(frozen=True, slots=True)
class Link:
    """``thing`` waits for ``awaited``; ``what`` is what it would use, where that is why."""

    thing: Thing
    awaited: Thing
    why: Why
    what: str = ""

    @property
    def breaks(self) -> Literal["need", "run", "use", "release"] | None:
        """How it can be broken; None: not at this link.

        The need is dropped, the waiting run stopped, what is in use given back, or what keeps an agent busy let go of.
        """
        match self.why:
            case "needs":
                return "need"
            case "uses" | "would use":
                return "use"
            case "busy":
                return "release"
            case "worked on by":
                return None
            case _:
                return "run"
