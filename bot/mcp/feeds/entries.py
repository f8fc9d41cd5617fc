"""A feed and its entries as they are kept: plain text, lengths capped, dates in UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


type Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time in UTC; one without a zone is taken to be in UTC already."""


class Entry(BaseModel):
    """One entry of a feed."""

    model_config = ConfigDict(frozen=True)

    id: str
    """Stable between fetches: a hash of the feed's name and of what the feed calls the entry."""
    feed: str
    """The name the configuration gives the feed."""
    title: str
    url: str
    """The canonical address of the linked page; empty where the entry links nowhere."""
    author: str = ""
    published: Moment | None = None
    tags: tuple[str, ...] = ()
    """What the feed files it under."""
    text: str = ""
    """The feed's own words on it: the longest of content, summary and description."""


class ParsedFeed(BaseModel):
    """What one document held."""

    model_config = ConfigDict(frozen=True)

    title: str = ""
    entries: tuple[Entry, ...] = ()
