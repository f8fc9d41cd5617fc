"""What comes of a conversation with an agent."""

from dataclasses import dataclass, field
from typing import Literal

from bot.llm.protocol import Image, Json, Turn, Usage
from bot.work.surface import File

type Ending = Literal["done", "budget", "time", "rounds", "repeats"]
"""``done`` by itself, or ended at a limit: of the budget, of time, of rounds, or because it asked the same again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An agent's answer.

    ``text`` is what people read, with the label of its model and, where it ended at a limit, why and what it left out.
    ``turns`` is what this conversation has added, to be given as history next time.
    """

    text: str
    ended: Ending = "done"
    data: Json | None = None
    """Where a schema was asked for; it matches it. None where it ended at a limit before."""
    model: str = ""
    """The entry of ``models:`` that answered last."""
    notes: tuple[str, ...] = ()
    """What people should know beside the answer: another model took over, a budget is nearly used up."""
    left_out: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    """The tools that were used, as ``server.tool``."""
    images: tuple[Image, ...] = ()
    """Pictures that tools gave."""
    files: tuple[File, ...] = ()
    """The same for people, with a description: ``run.post("", files=reply.files)``."""
    usage: Usage = field(default_factory=Usage)
    """All calls of this conversation together, those of agents it delegated to included."""
    tainted: bool = False
    """It rests on text from outside: what it asks for needs a person's decision."""
    turns: tuple[Turn, ...] = ()
