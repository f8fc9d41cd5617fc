"""The SOS bus over MCP (HTTP+SSE, or its JSON endpoint): ``send`` and an ``inbox`` in plain text that nothing empties.

Measured in its public source: at most 16,384 characters, 60 requests a minute, refusals as ordinary text
(``error: SOS-4005 …``), the newest 10 letters unless more are asked for.
"""

import re
from collections.abc import Sequence

from bot.bus import sos_inbox
from bot.bus.answers import check_text
from bot.bus.letters import BusRefused, Letter, Limits, Page, Peer
from bot.bus.mcp_line import McpLine
from bot.bus.sos_inbox import NotApart

LIMITS = Limits(16_384, 10, 160)
_SENT = re.compile(r"\b(?:sent|queued|delivered)\b|\bok\b", re.IGNORECASE)
_PEER = re.compile(
    r"^\W{0,4}(?:agent:)?([a-z][a-z0-9-]{0,63})\b\W{0,4}(.{0,200})$", re.IGNORECASE | re.MULTILINE
)


class SosMcp:
    """Implements `Transport`. The bus has no ids, so sending twice is two messages with one request id."""

    kind = "sos"
    limits = LIMITS

    def __init__(self, line: McpLine, name: str) -> None:
        self._line = line
        self._name = name
        self._last: tuple[str, int, Sequence[Letter]] = ("", 0, ())

    async def send(self, to: str, text: str, request_id: str) -> None:
        """Send; what the bus answers has to say that it did."""
        del request_id  # it stands in the text
        self._line.check()
        arguments = {**self._line.recipient("send", to), self._line.text_name("send"): text}
        answer = check_text(await self._line.call("send", arguments))
        if not _SENT.search(answer):
            raise BusRefused(f"The bus did not say that it took it: {' '.join(answer.split())[:200]}")

    async def receive(self, limit: int) -> Page:
        """The newest letters; reading takes nothing away."""
        self._line.check()
        text = await self._read(limit)
        if sos_inbox.is_empty(text):
            return Page(asked_again=True)
        if self._last[:2] == (text, limit):
            return self._page(self._last[2], limit)  # nothing new: it need not be read apart again
        try:
            letters = await sos_inbox.apart(text, limit, self._read)
        except NotApart:
            return Page(asked_again=True, full=True)
        self._last = (text, limit, letters)
        return self._page(letters, limit)

    async def done(self, letters: Sequence[Letter]) -> None:
        """Nothing: the inbox keeps them."""

    async def announce(self) -> None:
        """Nothing: over MCP this bus has no tool for it."""

    async def peers(self) -> list[Peer]:
        """Who is there, one a line."""
        if "peers" not in self._line.tools:
            return []
        self._line.check()
        text = check_text(await self._line.call("peers", {}))
        return [Peer(match[1], match[2].strip()) for match in _PEER.finditer(text)]

    def _page(self, letters: Sequence[Letter], limit: int) -> Page:
        return Page(sos_inbox.newest_last(letters), full=len(letters) >= limit, asked_again=True)

    async def _read(self, limit: int) -> str:
        # The bus's own default may be another inbox, so our name always goes along.
        arguments = {"agent": self._name, "limit": limit}
        return check_text(await self._line.call("inbox", arguments))
