"""What the feeds server's tools answer; their output schemas come from these models."""

from datetime import datetime

from pydantic import BaseModel

from bot.mcp.feeds.html_text import shortened
from bot.mcp.feeds.library import ReadEntry
from bot.mcp.feeds.ranking import Ranked

_EXCERPT = 400


class FeedState(BaseModel):
    """One configured feed."""

    name: str
    url: str
    title: str = ""
    entries: int = 0
    searches_itself: bool = False
    """True where the feed is asked anew for each search."""
    latest_titles: list[str] = []
    problem: str = ""
    """Why it could not be read just now; empty where it could."""


class FeedList(BaseModel):
    """All configured feeds."""

    feeds: list[FeedState]


class EntryFound(BaseModel):
    """An entry that answers a search."""

    id: str
    title: str
    url: str
    published: str | None
    feed: str
    author: str
    summary: str
    score: float


class FeedProblem(BaseModel):
    """A feed that failed, and why."""

    feed: str
    reason: str


class SearchResult(BaseModel):
    """The entries found, best first, and the feeds that could not be searched."""

    entries: list[EntryFound]
    failed: list[FeedProblem]
    searched: int
    """How many entries were looked at."""


class EntryText(BaseModel):
    """One entry with its text."""

    id: str
    title: str
    url: str
    published: str | None
    feed: str
    author: str
    text: str
    source: str
    """"page" where the text is the linked page's, "feed" where it is the feed's own."""
    note: str
    """Why the linked page was not used; empty where it was."""


def entry_found(ranked: Ranked) -> EntryFound:
    """Describe a ranked entry, with an excerpt of its text."""
    entry = ranked.entry
    return EntryFound(
        id=entry.id,
        title=entry.title,
        url=entry.url,
        published=iso(entry.published),
        feed=entry.feed,
        author=entry.author,
        summary=shortened(" ".join(entry.text.split()), _EXCERPT),
        score=ranked.score,
    )


def entry_text(read: ReadEntry) -> EntryText:
    """Describe an entry that was read in full."""
    entry = read.entry
    return EntryText(
        id=entry.id,
        title=entry.title,
        url=entry.url,
        published=iso(entry.published),
        feed=entry.feed,
        author=entry.author,
        text=read.text,
        source="page" if read.from_page else "feed",
        note=read.note,
    )


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second, ending in Z."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
