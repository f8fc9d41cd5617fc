"""The feeds as one library: kept fresh, searched, and read."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote_plus

import structlog

from bot.clock import Clock
from bot.fetch import Fetched, Fetcher, FetchError, FetchFailed, FetchLimits
from bot.mcp.feeds.cache import Copies, Copy
from bot.mcp.feeds.entries import Entry
from bot.mcp.feeds.parsing import Parsers, Unreadable
from bot.mcp.feeds.politeness import Turns
from bot.mcp.feeds.ranking import Ranked, rank
from bot.mcp.feeds.settings import QUERY_PLACE, FeedSettings, FeedSource

_log = structlog.get_logger(__name__)

_PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain")
_MOST_PAGE_TEXT = 20_000
_SHORTEST_PAGE_TEXT = 200
_FAILURE_SECONDS = 60.0
"""A feed that failed is not asked again before this has passed, or what the server asks for, if longer."""
_MOST_FAILURE_SECONDS = 3_600.0
_FEEDS_AT_ONCE = 8
_USER_AGENT = "cogswarm-mcp-feeds"
_MOST_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class FailedFeed:
    """A feed that could not be had just now, and why, in one sentence."""

    feed: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found; an older copy of a failed feed may have been searched, which its reason says."""

    ranked: Sequence[Ranked]
    failed: Sequence[FailedFeed]
    searched: int


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """An entry's text, from the linked page where ``from_page``, else from the feed with the reason in ``note``."""

    entry: Entry
    text: str
    from_page: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    not_before: float


class FeedLibrary:
    """Reads the configured feeds when they are needed; safe to use from many tasks at once."""

    def __init__(self, settings: FeedSettings, fetcher: Fetcher, parsers: Parsers, clock: Clock) -> None:
        self._settings = settings
        self._fetcher = fetcher
        self._parsers = parsers
        self._clock = clock
        self._copies = Copies(settings.cache_dir)
        self._turns = Turns(clock)
        self._failures: dict[str, _Failure] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._at_once = asyncio.Semaphore(_FEEDS_AT_ONCE)

    @property
    def sources(self) -> Sequence[FeedSource]:
        """The feeds as configured."""
        return self._settings.feeds

    async def refresh(self, query: str = "") -> tuple[dict[str, Copy], list[FailedFeed]]:
        """Bring all feeds up to date, the ones that search by themselves only for a ``query``.

        Returns the copies by feed name, and the feeds that failed, in the order of the configuration.
        """
        wanted = [source for source in self.sources if query or not source.takes_query]
        results = await asyncio.gather(*(self._bring(source, _address(source, query)) for source in wanted))
        copies = {source.name: copy for source, (copy, _) in zip(wanted, results, strict=True) if copy}
        return copies, [FailedFeed(s.name, why) for s, (_, why) in zip(wanted, results, strict=True) if why]

    async def search(self, query: str, *, since: datetime | None = None, limit: int = 10) -> Found:
        """Find the entries most relevant to ``query``, published at or after ``since``."""
        copies, failed = await self.refresh(query)
        entries = [
            entry for copy in copies.values() for entry in copy.feed.entries if _is_since(entry, since)
        ]
        ranked = await asyncio.to_thread(rank, query, entries, now=self._clock.now(), limit=limit)
        return Found(ranked, failed, len(entries))

    async def read(self, entry_id: str) -> ReadEntry | None:
        """Read an entry in full: the linked page, or the feed's own text. None where there is no such entry."""
        entry = self._known(entry_id)
        if entry is None:
            await self.refresh()
            entry = self._known(entry_id)
        return None if entry is None else await self._read(entry)

    async def _read(self, entry: Entry) -> ReadEntry:
        if not entry.url:
            return ReadEntry(entry, entry.text, from_page=False, note="The entry links to no page.")
        try:
            text = await self._page(entry.url)
        except FetchError as error:
            return ReadEntry(entry, entry.text, from_page=False, note=str(error))
        except Unreadable as error:
            return ReadEntry(entry, entry.text, from_page=False, note=f"The linked page {error}.")
        if len(text) < min(_SHORTEST_PAGE_TEXT, len(entry.text)):
            return ReadEntry(entry, entry.text, from_page=False, note="The linked page holds no article.")
        return ReadEntry(entry, text, from_page=True)

    async def _page(self, url: str) -> str:
        async with self._turns.turn(url):
            page = await self._fetcher.get(url, media_types=_PAGE_TYPES)
        if not isinstance(page, Fetched):  # only an answer to validators, of which none were sent
            raise Unreadable("was not sent")
        if page.media_type == "text/plain":
            return page.body[: _MOST_PAGE_TEXT * 4].decode("utf-8", "replace")[:_MOST_PAGE_TEXT]
        return await self._parsers.page(page.body, content_type=page.content_type, limit=_MOST_PAGE_TEXT)

    def _known(self, entry_id: str) -> Entry | None:
        names = {source.name for source in self.sources}
        copies = (copy for copy in self._copies if copy.name in names)
        return next((entry for copy in copies for entry in copy.feed.entries if entry.id == entry_id), None)

    async def _bring(self, source: FeedSource, url: str) -> tuple[Copy | None, str]:
        """Give the feed's newest copy, and why it is not fresh ("" where it is)."""
        self._forget_old()
        async with self._locks[url]:
            copy = self._copies.get(source.name, url)
            if copy is not None and self._is_fresh(copy):
                return copy, ""
            failure = self._failures.get(url)
            if failure is None or self._clock.monotonic() >= failure.not_before:
                failure = await self._try(source, url, copy)
            if failure is None:
                return self._copies.get(source.name, url), ""
        if copy is None:
            return None, failure.reason
        age = f"{copy.fetched_at:%Y-%m-%d %H:%M} UTC"
        return copy, f"{failure.reason} What it held on {age} was searched instead."

    def _is_fresh(self, copy: Copy) -> bool:
        age = (self._clock.now() - copy.fetched_at).total_seconds()
        return 0 <= age < self._settings.refresh_seconds

    async def _try(self, source: FeedSource, url: str, copy: Copy | None) -> _Failure | None:
        asked_to_wait = 0.0
        try:
            async with self._at_once, asyncio.timeout(self._settings.feed_seconds):
                self._copies.put(await self._fetch(source, url, copy))
        except TimeoutError:
            reason = f"{source.name} took longer than {self._settings.feed_seconds:g} seconds."
        except Unreadable as error:
            reason = f"{source.name} {error}."
        except FetchError as error:
            reason = str(error)
            asked_to_wait = (error.retry_after or 0.0) if isinstance(error, FetchFailed) else 0.0
        else:
            self._failures.pop(url, None)
            return None
        _log.warning("feed_failed", feed=source.name, reason=reason)
        wait = max(min(_FAILURE_SECONDS, self._settings.refresh_seconds), asked_to_wait)
        failure = _Failure(reason, self._clock.monotonic() + min(wait, _MOST_FAILURE_SECONDS))
        self._failures[url] = failure
        return failure

    def _forget_old(self) -> None:
        """Keep what is remembered of single searches' addresses from growing without end."""
        if len(self._locks) > _MOST_REMEMBERED:
            for url in [url for url, lock in self._locks.items() if not lock.locked()]:
                del self._locks[url]
        if len(self._failures) > _MOST_REMEMBERED:
            now = self._clock.monotonic()
            self._failures = {url: it for url, it in self._failures.items() if it.not_before > now}

    async def _fetch(self, source: FeedSource, url: str, copy: Copy | None) -> Copy:
        async with self._turns.turn(url):
            answer = await self._fetcher.get(url, validators=copy.validators if copy else None)
        if not isinstance(answer, Fetched):
            if copy is None:
                raise Unreadable("was not sent")
            return copy.confirmed(self._clock.now())
        now = self._clock.now()
        feed = await self._parsers.feed(
            answer.body, name=source.name, url=answer.url, content_type=answer.content_type, now=now
        )
        return Copy(
            name=source.name,
            url=url,
            fetched_at=now,
            etag=answer.validators.etag,
            last_modified=answer.validators.last_modified,
            feed=feed,
        )


@contextlib.asynccontextmanager
async def open_library(settings: FeedSettings, clock: Clock) -> AsyncGenerator[FeedLibrary]:
    """Open the library with a fetcher and parsers of its own, and close them afterwards."""
    limits = FetchLimits(
        total_seconds=settings.feed_seconds,
        connect_seconds=min(10.0, settings.feed_seconds),
        read_seconds=min(15.0, settings.feed_seconds),
        wire_bytes=settings.max_bytes,
        body_bytes=settings.max_bytes * 2,
    )
    async with (
        Fetcher(
            allow_hosts=settings.allow_hosts, limits=limits, user_agent=_USER_AGENT, clock=clock
        ) as fetcher,
        Parsers(seconds=settings.parse_seconds) as parsers,
    ):
        yield FeedLibrary(settings, fetcher, parsers, clock)


def _address(source: FeedSource, query: str) -> str:
    return source.url.replace(QUERY_PLACE, quote_plus(" ".join(query.split())[:200]))


def _is_since(entry: Entry, since: datetime | None) -> bool:
    return since is None or (entry.published is not None and entry.published >= since)
