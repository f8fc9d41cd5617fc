"""Reading the bytes of a feed: feedparser, and then our own rules on ids, dates, links and lengths.

Runs in a process of its own (`bot.mcp.feeds.parse_worker`), since a hostile document may cost any time and
memory. feedparser is given bytes, never an address, so it fetches nothing.
"""

import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import feedparser
import httpx2

from bot.mcp.feeds.entries import Entry, ParsedFeed
from bot.mcp.feeds.html_text import one_line, plain_text
from bot.mcp.feeds.identity import canonical_url, entry_id

_MOST_ENTRIES = 2_000
_MOST_TEXT = 20_000
_MOST_TITLE = 300
_MOST_NAME = 200
_MOST_TAGS = 20
_MOST_TAG = 60
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_MOST_AHEAD = timedelta(days=2)
_HTML_STARTS = (b"<!doctype html", b"<html")


class NotAFeed(Exception):
    """The document is no feed; ``str()`` is the end of a sentence that starts with its name."""


def parse_feed(body: bytes, *, name: str, url: str, content_type: str, now: datetime) -> ParsedFeed:
    """Read a feed named ``name`` in the configuration. Raises `NotAFeed`.

    A date more than two days after ``now`` is a mistake, of the feed or of reading it, and counts as none.
    """
    found = _parsed(body, url, content_type)
    entries = _mappings(found.get("entries"))
    if not entries and not found.get("version"):
        raise NotAFeed(_what_it_is(body))
    if not entries and found.get("bozo"):
        raise NotAFeed("is broken and holds no readable entry")
    about = cast("Mapping[str, Any]", found.get("feed") or {})
    return ParsedFeed(
        title=one_line(_text(about.get("title")), _MOST_TITLE),
        entries=tuple(_entries(entries[:_MOST_ENTRIES], name, url, now + _MOST_AHEAD)),
    )


def _parsed(body: bytes, url: str, content_type: str) -> Mapping[str, Any]:
    headers = {"content-location": url, "content-type": content_type or "application/xml"}
    # what feedparser would sanitize and resolve inside HTML is turned into plain text afterwards
    parse = cast("Callable[..., Mapping[str, Any]]", feedparser.parse)  # pyright: ignore[reportUnknownMemberType]  # untyped
    return parse(io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)


def _what_it_is(body: bytes) -> str:
    start = body[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        return "is empty, not a feed"
    return "is a web page, not a feed" if start.startswith(_HTML_STARTS) else "is not a feed"


def _entries(raw: Sequence[Mapping[str, Any]], name: str, base: str, latest: datetime) -> Iterator[Entry]:
    ambiguous = _ambiguous_guids(raw, base)
    seen: set[str] = set()
    for item in raw:
        entry = _entry(item, name, base, ambiguous, latest)
        if entry is not None and entry.id not in seen:
            seen.add(entry.id)
            yield entry


def _ambiguous_guids(raw: Sequence[Mapping[str, Any]], base: str) -> set[str]:
    """The ids that one feed gives to different pages; they name nothing."""
    links: defaultdict[str, set[str]] = defaultdict(set)
    for item in raw:
        links[_text(item.get("id"))].add(_link(item, base))
    return {guid for guid, urls in links.items() if len(urls) > 1}


def _entry(
    item: Mapping[str, Any], name: str, base: str, ambiguous: set[str], latest: datetime
) -> Entry | None:
    link = _link(item, base)
    guid = _text(item.get("id")).strip()
    title = one_line(_text(item.get("title")), _MOST_TITLE)
    text = _longest_text(item)
    if not (title or text):
        return None
    if guid and guid not in ambiguous:
        key = (guid,)
    elif link:
        key = (guid, link)
    else:
        key = (guid, title, text[:200])
    return Entry(
        id=entry_id(name, *key),
        feed=name,
        title=title or one_line(text, 80),
        url=link,
        author=one_line(_text(item.get("author")), _MOST_NAME),
        published=_moment(item, latest),
        tags=_tags(item),
        text=text,
    )


def _link(item: Mapping[str, Any], base: str) -> str:
    link = _text(item.get("link")).strip()
    if not link:
        return ""
    try:
        return canonical_url(str(httpx2.URL(base).join(link)) if base else link)
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        return ""


def _longest_text(item: Mapping[str, Any]) -> str:
    contents = (_text(part.get("value")) for part in _mappings(item.get("content")))
    texts = (plain_text(html, _MOST_TEXT) for html in (*contents, _text(item.get("summary"))))
    return max(texts, key=len, default="")


def _tags(item: Mapping[str, Any]) -> tuple[str, ...]:
    tags = _mappings(item.get("tags"))[:_MOST_TAGS]
    texts = (one_line(_text(tag.get("label")) or _text(tag.get("term")), _MOST_TAG) for tag in tags)
    return tuple(dict.fromkeys(text for text in texts if text))


def _moment(item: Mapping[str, Any], latest: datetime) -> datetime | None:
    """When it was published, else updated, else created; None where no plausible date can be read."""
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        parts = dict[str, object].get(
            cast("dict[str, object]", item), name
        )  # feedparser's own get() invents dates
        try:
            year, month, day, hour, minute, second = cast("Sequence[int]", parts)[:6]
            moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        except (TypeError, ValueError, OverflowError):
            continue
        if _EARLIEST <= moment <= latest:
            return moment
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mappings(value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        return []
    return [
        cast("Mapping[str, Any]", part) for part in cast("list[object]", value) if isinstance(part, Mapping)
    ]
