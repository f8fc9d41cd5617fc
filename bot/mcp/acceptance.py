"""Accepting a tool that is not what was accepted: what people are shown, and that it is exactly what they accept."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from bot.clock import Clock
from bot.errors import UserError
from bot.mcp.client import McpPool
from bot.mcp.definitions import difference, fingerprint, short
from bot.mcp.pins import Pins
from bot.mcp.results import ToolInfo
from bot.mcp.shown_text import one_line

LOOKS, PAUSE_SECONDS = 50, 0.1
"""How often, and after how many seconds each, it is looked whether what was accepted can be used by now."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a tool says of itself now, by its fingerprint, and how that differs from what was accepted."""

    server: str
    tool: str
    fingerprint: str
    text: str


class Acceptance(Protocol):
    """What a run needs to have people accept a tool."""

    @property
    def members(self) -> Collection[int]:
        """Who may, by id: it holds on all servers, so it is for whom the bot's owner has named."""
        ...

    async def offer(self, tool: ToolInfo) -> Offer | None:
        """What waits to be accepted of a tool; None where nothing does."""
        ...

    async def accept(self, offer: Offer, by: str) -> None:
        """Accept it. Raises `UserError` where the tool has changed once more since it was offered."""
        ...


@dataclass(frozen=True, slots=True)
class PoolAcceptance:
    """Implements `Acceptance` for the tools of a pool, in the hands of ``members``."""

    pins: Pins
    pool: McpPool
    members: Collection[int]
    clock: Clock

    async def offer(self, tool: ToolInfo) -> Offer | None:
        """As `Acceptance.offer`."""
        for pin in await self.pins.waiting(tool.server):
            if pin.tool == tool.name and pin.offered is not None:
                seen = fingerprint(pin.offered)
                lines = "\n".join(difference(pin.accepted, pin.offered))
                what = "is new" if pin.accepted is None else "has changed"
                head = f"{one_line(pin.tool)} of {pin.server} {what}; it is {short(seen)} now"
                return Offer(tool.server, tool.name, seen, f"{head}\n\n{lines}")
        return None

    async def accept(self, offer: Offer, by: str) -> None:
        """As `Acceptance.accept`; returns when the tool can be used, or is held for another reason."""
        try:
            await self.pins.accept(offer.server, offer.tool, seen=offer.fingerprint, by=by)
        except UserError:
            # Others may have accepted the very same before.
            if await self.pins.accepted(offer.server, offer.tool) != offer.fingerprint:
                raise
        self.pool.look_again()
        for _ in range(LOOKS):
            held = (one for one in self.pool.tools() if (one.server, one.name) == (offer.server, offer.tool))
            if not any(one.acceptable for one in held):
                return
            await self.clock.sleep(PAUSE_SECONDS)


def described(tool: ToolInfo) -> str:
    """An accepted tool in words, for a model that was not shown it before."""
    schema = json.dumps(tool.input_schema, ensure_ascii=False)
    return f"People have accepted {tool.name} of {tool.server} as it is now. It says: {tool.description}\nIts arguments: {schema}"
