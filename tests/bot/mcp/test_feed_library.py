"""The library against feeds over real sockets, hostile ones included."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.mcp.feeds.library import FeedLibrary, open_library
from bot.mcp.feeds.parsing import Parsers, Unreadable
from bot.mcp.feeds.politeness import Turns
from bot.mcp.feeds.settings import FeedSettings
from tests.bot.fetch.loopback import (
    Handler,
    Loopback,
    Request,
    answer,
    drip,
    endless,
    head,
    loopback,
    redirect,
)

pytestmark = pytest.mark.slow

GOOD = """<rss version="2.0"><channel><title>Good</title><item><title>Bees and flowers</title><guid>1</guid>
<link>{site}/bees.html</link><pubDate>Tue, 03 Mar 2026 10:00:00 GMT</pubDate><description>About bees.</description>
</item></channel></rss>"""
PAGE = "<article><p>" + "Bees visit flowers, and flowers need bees for their seeds. " * 10 + "</p></article>"


@dataclass
class Hands:
    """A clock that moves only when told to."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list[float])

    def clock(self) -> Clock:
        start = datetime(2026, 11, 22, tzinfo=UTC)
        return Clock(
            now=lambda: start + timedelta(seconds=self.seconds),
            monotonic=lambda: self.seconds,
            sleep=self.sleep,
        )

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


def settings(server: Loopback, *names: str, **more: Any) -> FeedSettings:
    feeds = [{"name": name, "url": f"{server.url}/{name}"} for name in names]
    return FeedSettings.model_validate({"feeds": feeds, "allow_hosts": [server.host], **more})


@contextlib.asynccontextmanager
async def library(chosen: FeedSettings, hands: Hands | None = None) -> AsyncGenerator[FeedLibrary]:
    async with open_library(chosen, (hands or Hands()).clock()) as opened:
        yield opened


def good(server: Loopback) -> Handler:
    return answer(GOOD.format(site=server.url), content_type="application/rss+xml")


@pytest.fixture
async def server() -> AsyncGenerator[Loopback]:
    async with loopback() as listening:
        listening.routes["/good"] = good(listening)
        listening.routes["/bees.html"] = answer(PAGE)
        yield listening


async def test_an_entry_is_found_and_read_from_its_page(server: Loopback) -> None:
    async with library(settings(server, "good")) as opened:
        found = await opened.search("flower")
        assert [it.entry.title for it in found.ranked] == ["Bees and flowers"]
        assert (found.failed, found.searched) == ([], 1)
        read = await opened.read(found.ranked[0].entry.id)
        assert read is not None
        assert read.from_page
        assert read.text.startswith("Bees visit flowers")
        assert await opened.read("0" * 16) is None


async def test_since_leaves_out_what_is_older_or_undated(server: Loopback) -> None:
    async with library(settings(server, "good")) as opened:
        day = datetime(2026, 3, 3, 10, tzinfo=UTC)
        assert (await opened.search("bees", since=day)).ranked
        assert not (await opened.search("bees", since=day + timedelta(seconds=1))).ranked


@pytest.mark.parametrize(
    ("page", "note"),
    [
        (answer(status="403 Forbidden"), "answered 403"),
        (answer(b"%PDF", content_type="application/pdf"), "of the kind 'application/pdf'"),
        (answer("<p>Hi</p>"), "holds no article"),
        (redirect("http://169.254.169.254/"), "link-local address"),
        (endless, "too large"),
    ],
)
async def test_without_a_readable_page_the_feeds_own_words_are_given(
    server: Loopback, page: Handler, note: str
) -> None:
    server.routes["/bees.html"] = page
    async with library(settings(server, "good", max_bytes=100_000)) as opened:
        found = await opened.search("bees")
        read = await opened.read(found.ranked[0].entry.id)
        assert read is not None
        assert not read.from_page
        assert read.text == "About bees."
        assert note in read.note


def hostile(canary: Loopback) -> dict[str, tuple[Handler, str]]:
    bomb = gzip.compress(b"<rss>" + b" " * 60_000_000)
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    entities = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><x>&l11;</x>'

    async def huge(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK", {"Content-Type": "application/rss+xml", "Connection": "close"}))
        for _part in range(1_600):  # 100 MB
            writer.write(b"<item>" + b"a" * 65_530)
            await writer.drain()

    return {
        "a-web-page": (answer("<!doctype html><html><body>Hello</body></html>"), "is a web page, not a feed"),
        "huge": (huge, "too large"),
        "to-loopback": (redirect(f"{canary.url}/"), "is a loopback address"),
        "gzip-bomb": (answer(bomb, headers={"Content-Encoding": "gzip"}), "decompressed"),
        "entity-bomb": (
            answer(entities, content_type="text/xml"),
            "not a feed|cannot be read|too much memory|broken",
        ),
        "nonsense": (answer(b"\x00\xff\xfe" * 500), "not a feed|cannot be read"),
        "gone": (answer(status="410 Gone"), "answered 410"),
        "hangs-up": (_hang_up, "did not speak proper HTTP or hung up"),
        "to-a-file": (redirect("file:///etc/passwd"), "only http and https"),
        "wrong-charset": (
            answer(b"<rss version='2.0'>\xff\xfe\x00", content_type="text/xml; charset=utf-32"),
            "not a feed|broken",
        ),
    }


async def _hang_up(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.close()
    await asyncio.sleep(0)


async def test_hostile_feeds_are_named_and_the_others_go_on(server: Loopback) -> None:
    async with loopback({"*": answer("secret")}) as canary:
        feeds = hostile(canary)
        server.routes |= {f"/{name}": handler for name, (handler, _) in feeds.items()}
        chosen = settings(server, *feeds, "good", feed_seconds=60.0, parse_seconds=60.0, max_bytes=10_000_000)
        async with library(chosen) as opened:
            found = await opened.search("bees")
            assert [it.entry.feed for it in found.ranked] == ["good"]
            reasons = {problem.feed: problem.reason for problem in found.failed}
            assert reasons.keys() == feeds.keys()
            for name, (_, says) in feeds.items():
                assert any(part in reasons[name] for part in says.split("|")), (name, reasons[name])
                assert reasons[name].endswith(".")
                assert "\n" not in reasons[name]
                assert "Traceback" not in reasons[name]
        assert canary.connections == 0


async def test_a_feed_that_never_ends_has_its_time(server: Loopback) -> None:
    server.routes["/never-ends"] = drip
    async with library(settings(server, "never-ends", feed_seconds=0.3)) as opened:
        (problem,) = (await opened.search("bees")).failed
    assert "took longer than" in problem.reason or "still not there" in problem.reason


async def test_a_fresh_copy_is_not_asked_for_and_a_stale_one_conditionally(server: Loopback) -> None:
    server.routes["/good"] = answer(
        GOOD.format(site=server.url),
        headers={"ETag": '"v1"', "Last-Modified": "Tue, 03 Mar 2026 10:00:00 GMT"},
    )
    hands = Hands()
    async with library(settings(server, "good", refresh_seconds=300), hands) as opened:
        await opened.search("bees")
        await opened.search("bees")
        assert len(server.requests) == 1
        server.routes["/good"] = answer(status="304 Not Modified")
        hands.seconds += 301
        assert (await opened.search("bees")).ranked
        assert server.requests[1].headers["if-none-match"] == '"v1"'
        assert server.requests[1].headers["if-modified-since"] == "Tue, 03 Mar 2026 10:00:00 GMT"
        await opened.search("bees")
        assert len(server.requests) == 2


async def test_when_a_feed_fails_its_older_copy_is_searched_and_it_is_left_alone_for_a_while(
    server: Loopback,
) -> None:
    hands = Hands()
    async with library(settings(server, "good", refresh_seconds=300), hands) as opened:
        await opened.search("bees")
        server.routes["/good"] = answer(status="503 Busy", headers={"Retry-After": "900"})
        hands.seconds += 301
        for _ in range(2):
            found = await opened.search("bees")
            assert found.ranked
            assert (
                "answered 503. What it held on 2026-11-22 00:00 UTC was searched instead."
                in found.failed[0].reason
            )
        assert len(server.requests) == 2
        server.routes["/good"] = good(server)
        hands.seconds += 899
        assert (await opened.search("bees")).failed
        hands.seconds += 2
        assert not (await opened.search("bees")).failed
        assert len(server.requests) == 3


async def test_many_searches_at_once_ask_once(server: Loopback) -> None:
    async with library(settings(server, "good")) as opened:
        await asyncio.gather(*(opened.search("bees") for _ in range(10)))
        assert len(server.requests) == 1


async def test_a_cancelled_search_does_not_spoil_the_next(server: Loopback) -> None:
    asked = asyncio.Event()

    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await drip(request, writer)

    server.routes["/good"] = slow
    async with library(settings(server, "good", feed_seconds=30.0)) as opened, asyncio.timeout(40):
        searching = asyncio.create_task(opened.search("bees"))
        await asked.wait()
        searching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await searching
        server.routes["/good"] = good(server)
        assert (await opened.search("bees")).ranked


async def test_a_cache_folder_outlives_the_library_and_bad_files_in_it_do_not_matter(
    server: Loopback, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    chosen = settings(server, "good", cache_dir=folder)
    async with library(chosen) as opened:
        first = (await opened.search("bees")).ranked[0].entry
    assert folder.stat().st_mode & 0o077 == 0
    (folder / "broken.json").write_text("{")
    async with library(chosen) as opened:
        read = await opened.read(first.id)
        assert read is not None
        assert read.entry == first
    assert [request.path for request in server.requests] == ["/good", "/bees.html"]
    for file in folder.glob("*.json"):
        file.write_bytes(b"\xff")
    async with library(chosen) as opened:
        assert (await opened.search("bees")).ranked[0].entry == first


async def test_a_cache_folder_that_cannot_be_made_costs_nothing_but_the_cache(
    server: Loopback, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    async with library(settings(server, "good", cache_dir=tmp_path / "file" / "cache")) as opened:
        assert (await opened.search("bees")).ranked


async def test_a_feed_that_searches_by_itself_is_asked_with_the_query(server: Loopback) -> None:
    server.routes["/find"] = good(server)
    feed = {"name": "finder", "url": f"{server.url}/find?q={{query}}&max=5"}
    chosen = FeedSettings.model_validate({"feeds": [feed], "allow_hosts": [server.host]})
    async with library(chosen) as opened:
        await opened.refresh()
        assert server.requests == []
        found = await opened.search("bees & flowers")
        assert server.requests[0].path == "/find?q=bees+%26+flowers&max=5"
        assert await opened.read(found.ranked[0].entry.id) is not None


async def test_hosts_with_terms_are_asked_one_at_a_time_with_a_pause() -> None:
    hands = Hands()
    turns = Turns(hands.clock(), {"slow.example": 3.0})
    inside = 0

    async def ask() -> None:
        nonlocal inside
        async with turns.turn("https://slow.example/x"):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(ask() for _ in range(3)))
    assert hands.slept == [0.0, 3.0, 3.0]


async def test_a_parser_that_never_ends_is_killed_and_the_next_document_is_read() -> None:
    async with Parsers(seconds=0.5, count=1) as parsers:
        now = datetime(2026, 11, 22, tzinfo=UTC)
        read = partial(parsers.feed, name="n", url="http://a.example/", content_type="", now=now)
        small = GOOD.format(site="http://a.example").encode()
        await read(small)  # from here on no time is granted for starting
        deep = b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 400_000
        with pytest.raises(Unreadable, match="takes too long to be read"):
            await read(deep)
        assert len((await read(small)).entries) == 1
