"""The mupot bus over streamable HTTP: letters are leased, kept here, and only then acknowledged.

Measured in its public source: at most 8,000 characters; a request id is sent once for each sender; a token belongs to one
agent; plain ``inbox`` takes letters away at once, so it is never used.
"""

from collections.abc import Sequence
from typing import Any

from bot.bus.answers import check_object, check_text, json_of, object_of, objects_of
from bot.bus.letters import Letter, Limits, Page, Peer
from bot.bus.mcp_line import McpLine
from bot.bus.sos_inbox import moment

LIMITS = Limits(8_000, 20, 100)
LEASE_SECONDS = 120


class Mupot:
    """Implements `Transport`."""

    kind = "mupot"
    limits = LIMITS

    def __init__(self, line: McpLine) -> None:
        self._line = line

    async def send(self, to: str, text: str, request_id: str) -> None:
        """Send a request; the bus takes it once, however often it is sent."""
        await self._call(
            "send",
            {
                **self._line.recipient("send", to),
                self._line.text_name("send"): text,
                "kind": "request",
                "request_id": request_id,
            },
        )

    async def receive(self, limit: int) -> Page:
        """Lease what waits for us."""
        told = await self._call("inbox_lease", {"limit": limit, "lease_seconds": LEASE_SECONDS})
        letters = [_letter(one) for one in objects_of(told.get("messages")) if isinstance(one.get("id"), str)]
        return Page(letters, full=len(letters) >= limit)

    async def done(self, letters: Sequence[Letter]) -> None:
        """Acknowledge."""
        if letters:
            await self._call("inbox_ack", {"ids": [letter.id for letter in letters]})

    async def announce(self) -> None:
        """Check in, where that is offered."""
        if "check_in" in self._line.tools:
            await self._call("check_in", {})

    async def peers(self) -> list[Peer]:
        """Who is there."""
        if "peers" not in self._line.tools:
            return []
        told = await self._call("peers", {})
        return [
            Peer(str(one.get("name") or one.get("agent")), str(one.get("status") or one.get("summary") or ""))
            for one in objects_of(told.get("peers") or told.get("agents"))
        ]

    async def _call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self._line.check()
        told = check_object(json_of(check_text(await self._line.call(tool, arguments))))
        return object_of(told.get("result", told))


def _letter(told: dict[str, Any]) -> Letter:
    answers = told.get("in_reply_to") or (told.get("request_id") if told.get("kind") == "ack" else "") or ""
    return Letter(
        str(told["id"]),
        str(told.get("from_agent") or told.get("from") or ""),
        str(told.get("body") or ""),
        moment(str(told.get("created_at") or "")),
        str(answers),
    )
