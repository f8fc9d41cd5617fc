"""What keeps an agent's model calls inside its budget: asked before each call, told after it."""

from dataclasses import dataclass
from typing import Protocol

from bot.config.agents import PriceSection
from bot.errors import UserError
from bot.llm.protocol import Usage


class BudgetUsedUp(UserError):
    """A model may not be called any more; the sentence names the limit and when it is reset."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that is about to be made: by whom, with which model, and how many tokens it may take at most.

    ``finishing`` calls may use the share of the run's budget that is kept for them.
    """

    agent: str
    model: str
    input_tokens: int
    output_tokens: int
    price: PriceSection | None = None
    finishing: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """What was put aside for a call; ``output_tokens`` may be fewer than were wished for."""

    wish: Wish
    output_tokens: int
    tokens: int
    cost: float
    day: str = ""


class Meter(Protocol):
    """What keeps an agent inside its budget."""

    async def reserve(self, wish: Wish) -> Hold:
        """Put aside what the call may take at most. Raises `BudgetUsedUp`; then nothing is put aside.

        What is put aside stays spent until it is booked or given back, also when this process dies.
        """
        ...

    async def book(self, hold: Hold, usage: Usage) -> tuple[str, ...]:
        """Replace what was put aside by what was used; the answer is a warning for each limit that comes near."""
        ...

    async def give_back(self, hold: Hold) -> None:
        """Nothing came of the call: it was not answered at all."""
        ...
