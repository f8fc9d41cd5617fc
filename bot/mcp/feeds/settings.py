"""What the feeds server is told, as JSON in the environment variable ``COGSWARM_FEEDS``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from bot.errors import ConfigError
from bot.fetch import FetchError
from bot.fetch.urls import readable_url
from bot.mcp.server_process import Hosts, read_settings

VARIABLE = "COGSWARM_FEEDS"
QUERY_PLACE = "{query}"

type _Seconds = Annotated[float, Field(gt=0, le=86_400)]


class FeedSource(BaseModel):
    """One feed; an address with ``{query}`` in it is asked anew for each search (arXiv's API, for one)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    url: str

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        try:
            readable_url(url.replace(QUERY_PLACE, "x"))
        except FetchError as error:
            raise ValueError(str(error)) from error
        return url

    @property
    def takes_query(self) -> bool:
        """Whether the server behind it searches by itself."""
        return QUERY_PLACE in self.url


class FeedSettings(BaseModel):
    """The whole configuration of the feeds server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    feeds: Annotated[tuple[FeedSource, ...], Field(max_length=500)]
    allow_hosts: Hosts = ()
    cache_dir: Path | None = None
    """Where feeds are kept between starts; in memory only where not given."""
    refresh_seconds: _Seconds = 300.0
    """A feed is not asked again before this has passed."""
    feed_seconds: _Seconds = 20.0
    """The most one feed may take, so that a slow one does not hold up the others."""
    parse_seconds: _Seconds = 10.0
    """The most that reading one document may take once it is here."""
    max_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 10_000_000
    """The largest feed or page."""

    @field_validator("feeds")
    @classmethod
    def _names_differ(cls, feeds: tuple[FeedSource, ...]) -> tuple[FeedSource, ...]:
        names = [feed.name.casefold() for feed in feeds]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two feeds are named {name!r}; give each a name of its own")
        return feeds


def load_settings(environ: Mapping[str, str]) -> FeedSettings:
    """Read the settings from ``environ``. Raises `ConfigError` with one sentence on all that is wrong."""
    text = environ.get(VARIABLE, "").strip()
    if not text:
        raise ConfigError(
            f'{VARIABLE} is not set; set it to JSON like {{"feeds": [{{"name": …, "url": …}}]}}.'
        )
    return read_settings(FeedSettings, VARIABLE, text)
