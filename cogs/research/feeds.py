"""What the feeds server's answers look like, checked before anything in them is used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cogswarm import Agent, OutsideError, ToolResult

SERVER = "feeds"
SEARCH_LIMIT = 12


class Entry(BaseModel):
    """An entry of a feed that matches a search."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(max_length=200)
    title: str
    url: str
    published: datetime | None = None
    feed: str = ""
    summary: str = ""
    score: float = 0.0


class Failure(BaseModel):
    """A feed (or a source) that could not be read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    feed: str
    reason: str


class Found(BaseModel):
    """What the searches brought."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    entries: list[Entry] = []
    failed: list[Failure] = []


class EntryText(BaseModel):
    """An entry with its text."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    title: str
    url: str
    published: datetime | None = None
    feed: str = ""
    text: str


class Feed(BaseModel):
    """A feed that can be searched."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    title: str = ""
    problem: str = ""


class FeedList(BaseModel):
    """Every feed that can be searched."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    feeds: list[Feed] = []


async def search(agent: Agent, query: str) -> Found:
    """Search every feed for ``query``."""
    return _read(Found, await agent.use(SERVER, "search_feeds", {"query": query, "limit": SEARCH_LIMIT}))


async def read(agent: Agent, entry_id: str) -> EntryText:
    """Read one entry in full."""
    return _read(EntryText, await agent.use(SERVER, "read_entry", {"id": entry_id}))


async def feed_names(agent: Agent) -> list[str]:
    """The names of the feeds that can be read just now."""
    listed = _read(FeedList, await agent.use(SERVER, "list_feeds", {}))
    return [feed.title or feed.name for feed in listed.feeds if not feed.problem]


def merged(results: Sequence[Found]) -> Found:
    """Several searches as one: each entry once with its best score, best first; each failure once."""
    entries: dict[str, Entry] = {}
    failures: dict[str, Failure] = {}
    for result in results:
        for entry in result.entries:
            known = entries.get(entry.url)
            if known is None or entry.score > known.score:
                entries[entry.url] = entry
        for failure in result.failed:
            failures.setdefault(failure.feed, failure)
    best = sorted(entries.values(), key=lambda entry: (-entry.score, entry.url))
    return Found(entries=best, failed=list(failures.values()))


def _read[M: BaseModel](model: type[M], result: ToolResult) -> M:
    if result.is_error:
        raise OutsideError(result.text or "The feeds server could not answer.")
    try:
        structured: Any = result.structured
        return model.model_validate(structured)
    except ValidationError as error:
        raise OutsideError("The feeds server answered something that makes no sense; see the log.") from error
