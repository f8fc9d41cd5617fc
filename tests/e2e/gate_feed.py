"""A feed that searches by itself, as a test wants it: it finds nothing at once, waits, or fails, by a word in the search."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.bot.fetch.loopback import Handler, Loopback, Request, answer, loopback

EMPTY = (
    '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>tag:gate.invalid,2026:all</id>'
    "<title>Gate</title><updated>2026-01-01T00:00:00Z</updated></feed>"
)


@dataclass
class Hold:
    """Searches that wait: ``asked`` is set when one has come, ``release`` lets them go on."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self.released.set()


@dataclass
class GateFeed:
    """The feed's address (with the place for the search) and what it does for which word."""

    server: Loopback
    _replies: dict[str, Handler] = field(default_factory=dict[str, Handler])

    @property
    def address(self) -> str:
        return f"{self.server.url}/gate?q={{query}}"

    def hold(self, word: str) -> Hold:
        """Let searches with ``word`` wait."""
        hold = Hold()

        async def wait(request: Request, writer: asyncio.StreamWriter) -> None:
            hold.asked.set()
            await hold.released.wait()
            await _empty(request, writer)

        self._replies[word.casefold()] = wait
        return hold

    def fail(self, word: str, handler: Handler) -> None:
        """Answer searches with ``word`` with something else."""
        self._replies[word.casefold()] = handler

    async def reply(self, request: Request, writer: asyncio.StreamWriter) -> None:
        """Answer one search."""
        search = " ".join(parse_qs(urlsplit(request.path).query).get("q", [])).casefold()
        handler = next((reply for word, reply in self._replies.items() if word in search), _empty)
        await handler(request, writer)


_empty = answer(EMPTY, content_type="application/atom+xml")


@asynccontextmanager
async def gate_feed() -> AsyncGenerator[GateFeed]:
    """Serve one until left."""
    async with loopback() as server:
        gate = GateFeed(server)
        server.routes["/gate"] = gate.reply
        yield gate
