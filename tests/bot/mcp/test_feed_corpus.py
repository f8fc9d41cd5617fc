"""Feeds that nobody here wrote: feedparser's own test suite and real feeds, read as the server reads them."""

import tarfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.mcp.feeds.entries import ParsedFeed
from bot.mcp.feeds.parsing import Parsers, Unreadable

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]

BASE = "http://127.0.0.1:8097/tests/"


def documents(archive: Path, folder: str) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        members = [item for item in tar if item.isfile() and f"/tests/{folder}/" in item.name]
        files = ((item.name.partition("/tests/")[2], tar.extractfile(item)) for item in members)
        return {name: file.read() for name, file in files if file is not None}


async def read_all(files: dict[str, bytes]) -> dict[str, ParsedFeed | str]:
    results: dict[str, ParsedFeed | str] = {}
    async with Parsers(seconds=30, count=1) as parsers:
        for name, body in files.items():
            try:
                results[name] = await parsers.feed(
                    body, name="suite", url=BASE + name, content_type="", now=datetime.now(UTC)
                )
            except Unreadable as error:
                results[name] = str(error)
    return results


async def test_every_well_formed_file_of_feedparsers_suite_is_read(feedparser_suite: Path) -> None:
    files = {
        name: body
        for name, body in documents(feedparser_suite, "wellformed").items()
        if name.endswith(".xml")
    }
    assert len(files) > 1_500
    results = await read_all(files)
    refused = {name: result for name, result in results.items() if isinstance(result, str)}
    # "cannot be read" is what the worker says when a parser raised something unexpected or died
    assert not {name: said for name, said in refused.items() if "cannot be read" in said}
    assert Counter(refused.values()).keys() <= {"is not a feed", "is broken and holds no readable entry"}, (
        refused
    )
    assert len(refused) < len(files) * 0.02, refused


async def test_no_broken_file_of_feedparsers_suite_raises(feedparser_suite: Path) -> None:
    results = await read_all(documents(feedparser_suite, "illformed"))
    assert results
    assert not {
        name: said for name, said in results.items() if isinstance(said, str) and "cannot be read" in said
    }


async def test_real_feeds_are_read_whole(shared_data: Path) -> None:
    files = {file.name: file.read_bytes() for file in sorted((shared_data / "feeds").glob("*.xml"))}
    if not files:
        pytest.skip("no real feeds lie beside this checkout")
    for name, feed in (await read_all(files)).items():
        assert isinstance(feed, ParsedFeed), (name, feed)
        assert feed.entries, name
        assert all(entry.title and entry.url and entry.text and entry.published for entry in feed.entries), (
            name
        )
        assert len({entry.id for entry in feed.entries}) == len(feed.entries)
        assert not any("arxiv.org" in entry.url and entry.url[-2:-1] == "v" for entry in feed.entries)
