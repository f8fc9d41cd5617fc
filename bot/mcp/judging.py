"""Saying which of a server's tools may not be called."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.mcp.errors import Refusal
from bot.mcp.results import ToolInfo
from bot.mcp.specs import ServerSpec


@dataclass(frozen=True, slots=True)
class Held:
    """Why a tool may not be called; ``reason`` is a sentence."""

    kind: Refusal
    reason: str


type Judge = Callable[[ServerSpec, Sequence[ToolInfo]], Awaitable[Mapping[str, Held]]]
"""Says which of the tools that a server has just listed may not be called."""


async def trust_all(spec: ServerSpec, tools: Sequence[ToolInfo]) -> Mapping[str, Held]:
    """A `Judge` that holds nothing."""
    del spec, tools
    return {}
