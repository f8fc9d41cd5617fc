"""Web pages as text: fetched under every guard, read by a process that can be killed, kept for a while."""

import contextlib
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from bot.clock import Clock
from bot.errors import OutsideError
from bot.fetch import Fetched, Fetcher, FetchLimits
from bot.fetch.urls import readable_url
from bot.mcp.feeds.html_text import tidy
from bot.mcp.feeds.parsing import Parsers, Unreadable
from bot.mcp.feeds.politeness import Turns
from bot.mcp.fetch.settings import FetchSettings

USER_AGENT = "cogswarm-mcp-fetch"
MOST_TEXT = 400_000
"""Characters of a page that are kept at all."""
_KEPT_PAGES = 20
_HTML = ("text/html", "application/xhtml+xml")
_AS_IT_IS = ("text/", "application/json", "application/xml", "application/yaml", "application/x-yaml")


@dataclass(frozen=True, slots=True)
class Page:
    """A page's text; ``url`` is where it came from in the end."""

    url: str
    kind: str
    text: str


class PageUnreadable(OutsideError):
    """A page came and is not text that can be read."""


class Pages:
    """Reads pages; safe to use from many tasks at once."""

    def __init__(self, settings: FetchSettings, fetcher: Fetcher, parsers: Parsers, clock: Clock) -> None:
        self._settings = settings
        self._fetcher = fetcher
        self._parsers = parsers
        self._clock = clock
        self._turns = Turns(clock)
        self._kept: OrderedDict[str, tuple[float, Page]] = OrderedDict()

    async def read(self, url: str) -> Page:
        """Read a page. Raises `FetchError`, `PageUnreadable`."""
        address = str(readable_url(url).copy_with(fragment=None))
        kept = self._kept.get(address)
        if kept is not None and self._clock.monotonic() - kept[0] < self._settings.keep_seconds:
            return kept[1]
        async with self._turns.turn(address):
            answer = await self._fetcher.get(address, media_types=(*_HTML, *_AS_IT_IS))
        if not isinstance(answer, Fetched):  # only an answer to validators, of which none were sent
            raise PageUnreadable(f"{address} was not sent.")
        page = Page(answer.url, answer.media_type or "text/plain", await self._text(answer))
        self._kept[address] = (self._clock.monotonic(), page)
        self._kept.move_to_end(address)
        while len(self._kept) > _KEPT_PAGES:
            self._kept.popitem(last=False)
        return page

    async def _text(self, answer: Fetched) -> str:
        if answer.media_type in _HTML:
            try:
                return await self._parsers.page(
                    answer.body, content_type=answer.content_type, limit=MOST_TEXT
                )
            except Unreadable as error:
                raise PageUnreadable(f"{answer.url} {error}.") from error
        if b"\0" in answer.body[:1_000]:
            raise PageUnreadable(f"{answer.url} is not text.")
        return tidy(answer.body[: MOST_TEXT * 4].decode("utf-8", "replace"), MOST_TEXT)


@contextlib.asynccontextmanager
async def open_pages(settings: FetchSettings, clock: Clock) -> AsyncGenerator[Pages]:
    """The reader with a fetcher and parsers of its own, closed afterwards."""
    limits = FetchLimits(
        total_seconds=settings.total_seconds,
        connect_seconds=min(10.0, settings.total_seconds),
        read_seconds=min(15.0, settings.total_seconds),
        wire_bytes=settings.max_bytes,
        body_bytes=settings.max_bytes * 2,
    )
    async with (
        Fetcher(
            allow_hosts=settings.allow_hosts,
            permits=settings.permits,
            limits=limits,
            user_agent=USER_AGENT,
            clock=clock,
        ) as fetcher,
        Parsers(seconds=settings.parse_seconds, count=1) as parsers,
    ):
        yield Pages(settings, fetcher, parsers, clock)
