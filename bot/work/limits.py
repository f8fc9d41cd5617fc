"""What of a budget is left: plain arithmetic on limits, without a database."""

from dataclasses import dataclass
from typing import Protocol

from bot.agents.meter import Wish
from bot.config.agents import PriceSection

LEAST_OUTPUT = 64
"""An answer of fewer tokens is not worth its call."""
WARN_AT = 0.8


class Limit(Protocol):
    """A limit in the config; None is no limit."""

    @property
    def tokens(self) -> int | None: ...  # noqa: D102 - named as in the config
    @property
    def calls(self) -> int | None: ...  # noqa: D102 - as above
    @property
    def money(self) -> float | None: ...  # noqa: D102 - as above


@dataclass(frozen=True, slots=True)
class Room:
    """What is left of one limit: ``tokens``, ``calls`` and US dollars; None where there is no limit."""

    tokens: float | None
    calls: float | None
    money: float | None

    def output_tokens(self, wish: Wish) -> int:
        """How long the answer may become, at most as was wished; below `LEAST_OUTPUT` there is no room for the call."""
        if self.calls is not None and self.calls < 1:
            return 0
        most = float(wish.output_tokens)
        if self.tokens is not None:
            most = min(most, self.tokens - wish.input_tokens)
        if self.money is not None and wish.price is not None:
            left = self.money * 1_000_000 - wish.input_tokens * wish.price.input
            if left < 0:
                return 0
            if wish.price.output > 0:
                most = min(most, left / wish.price.output)
        return max(0, int(most))


def room(limit: Limit, *, calls: int, tokens: int, cost: float, kept: float = 0.0) -> Room:
    """What is left of ``limit`` after what was spent, less the share that is ``kept`` for finishing."""
    share = 1.0 - kept
    kept_calls = 1 if kept and limit.calls is not None and limit.calls > 1 else 0
    return Room(
        None if limit.tokens is None else limit.tokens * share - tokens,
        None if limit.calls is None else limit.calls - kept_calls - calls,
        None if limit.money is None else limit.money * share - cost,
    )


def is_near(limit: Limit, *, calls: int, tokens: int, cost: float) -> bool:
    """Whether so much of any part of ``limit`` is used that people should know."""
    pairs = ((limit.tokens, tokens), (limit.calls, calls), (limit.money, cost))
    return any(most is not None and spent >= WARN_AT * most for most, spent in pairs)


def cost_of(price: PriceSection | None, input_tokens: int, output_tokens: int) -> float:
    """In US dollars; 0 without a price."""
    if price is None:
        return 0.0
    return (input_tokens * price.input + output_tokens * price.output) / 1_000_000


def in_words(limit: Limit) -> str:
    """What a limit allows, such as "200,000 tokens, $0.50"."""
    parts = [
        *(
            [f"{limit.calls:,} model call{'' if limit.calls == 1 else 's'}"]
            if limit.calls is not None
            else []
        ),
        *([f"{limit.tokens:,} tokens"] if limit.tokens is not None else []),
        *([f"${limit.money:,.2f}"] if limit.money is not None else []),
    ]
    return ", ".join(parts)
