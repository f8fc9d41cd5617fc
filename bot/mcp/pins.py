"""Which tools are what somebody has accepted.

The owner names a server in the configuration, and what it shows first is what the owner chose: it is accepted on first
use, with the tools that it adds within a minute. From then on a change needs a decision, and so does a tool that turns
up later, since a server could otherwise show a harmless list first and put what it is after into a tool of another
name. Another command or address under the same name is the owner's choice of another server. The servers that come
with the bot are part of the program, and are accepted as the program is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.errors import UserError
from bot.mcp import pins_table
from bot.mcp.definitions import definition, fingerprint, short
from bot.mcp.judging import Held
from bot.mcp.pins_table import Pin
from bot.mcp.results import ToolInfo
from bot.mcp.specs import ServerSpec
from bot.storage.database import Connection, Database

_log = structlog.get_logger(__name__)

FIRST_USE = "first use"
WITH_THE_BOT = "comes with the bot"
FIRST_USE_LASTS = timedelta(minutes=1)
"""Many servers add tools a moment after they have greeted, when they know what their client can do."""


@dataclass(frozen=True, slots=True)
class Pins:
    """Judges tools by what was accepted; ``bundled`` are the servers that come with the bot."""

    database: Database
    clock: Clock
    bundled: Collection[str] = ()

    async def judge(self, spec: ServerSpec, tools: Sequence[ToolInfo]) -> Mapping[str, Held]:
        """Which of the tools that a server lists may not be called, and why.

        What is seen for the first time is accepted or noted here. Raises `OutsideError` where the database is away:
        then nothing is known about the tools.
        """
        if not tools:
            return {}
        held: dict[str, Held] = {}
        async with self.database.transaction() as conn:
            at = self.clock.now()
            first = await self._is_first_use(conn, spec)
            known = {pin.tool: pin for pin in await pins_table.pins(conn, spec.name)}
            for tool in tools:
                name, kept = tool.name, definition(tool)
                pin = known.get(name)
                if pin is not None and pin.accepted == kept:
                    if pin.offered is not None:
                        await pins_table.offer(conn, spec.name, name, None, at)
                elif spec.name in self.bundled or (first and pin is None):
                    before = None if pin is None else pin.accepted
                    by = WITH_THE_BOT if spec.name in self.bundled else FIRST_USE
                    await pins_table.accept(conn, spec.name, name, kept, before=before, by=by, at=at)
                else:
                    await pins_table.offer(conn, spec.name, name, kept, at)
                    held[name] = _held(spec.name, name, is_new=pin is None or pin.accepted is None)
        for name, why in held.items():
            _log.warning("tool_held", server=spec.name, tool=name, kind=why.kind)
        return held

    async def _is_first_use(self, conn: Connection, spec: ServerSpec) -> bool:
        now = self.clock.now()
        known = await pins_table.known_server(conn, spec.name)
        if known is not None and known[0] == spec.origin:
            return now - known[1] <= FIRST_USE_LASTS
        return await pins_table.put_server(conn, spec.name, spec.origin, now)

    async def accept(self, server: str, tool: str, *, seen: str, by: str) -> None:
        """Accept what a tool says now, provided that it is what somebody was shown (``seen``, a fingerprint).

        Raises `UserError` where nothing waits to be accepted, or something else than what was shown.
        """
        async with self.database.transaction() as conn:
            pin = await pins_table.offered(conn, server, tool)
            if pin is None or pin.offered is None:
                raise UserError(f"The tool {tool} of {server} has nothing new to accept.")
            if fingerprint(pin.offered) != seen:
                raise UserError(
                    f"The tool {tool} of {server} has changed once more since you looked; look at it again."
                )
            await pins_table.accept(
                conn, server, tool, pin.offered, before=pin.accepted, by=by, at=self.clock.now()
            )
        _log.info("tool_accepted", server=server, tool=tool, by=by, fingerprint=short(seen))

    async def accepted(self, server: str, tool: str) -> str | None:
        """The fingerprint of what was accepted of a tool; None where nothing was."""
        async with self.database.connection() as conn:
            found = (one.accepted for one in await pins_table.pins(conn, server) if one.tool == tool)
            kept = next(found, None)
        return None if kept is None else fingerprint(kept)

    async def waiting(self, server: str | None = None) -> list[Pin]:
        """The tools that wait for a decision."""
        async with self.database.connection() as conn:
            return [pin for pin in await pins_table.pins(conn, server) if pin.offered is not None]

    async def latest(self) -> int:
        """The number of the latest decision, by whoever made it."""
        async with self.database.connection() as conn:
            return await pins_table.latest_acceptance(conn)


def _held(server: str, tool: str, *, is_new: bool) -> Held:
    what = f"is new since {server} was accepted" if is_new else "has changed since it was accepted"
    return Held(
        "changed",
        f"The tool {tool} of {server} {what}; the bot's owner can see how with `cogswarm tools diff {server}` and "
        f"accept it with `cogswarm tools accept {server} {tool}`.",
    )
