"""What the fetch server is told, as JSON in the environment variable ``COGSWARM_FETCH``."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.fetch.hosts import normal_host
from bot.mcp.server_process import Hosts, read_settings

VARIABLE = "COGSWARM_FETCH"

type _Seconds = Annotated[float, Field(gt=0, le=3_600)]


class FetchSettings(BaseModel):
    """The whole configuration of the fetch server; without any it reads every public page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow_hosts: Hosts = ()
    hosts: tuple[str, ...] = ()
    """The only hosts whose pages are read ("docs.python.org", "*.example.org"); none: all."""
    deny_hosts: tuple[str, ...] = ()
    """Hosts whose pages are never read."""
    total_seconds: _Seconds = 25.0
    parse_seconds: _Seconds = 10.0
    keep_seconds: _Seconds = 300.0
    """For how long a page that was read is kept, so that reading on does not ask for it again."""
    max_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 5_000_000

    def permits(self, host: str) -> bool:
        """Whether pages of a host may be read at all, as far as its name says."""
        name = normal_host(host)
        if any(_covers(pattern, name) for pattern in self.deny_hosts):
            return False
        return not self.hosts or any(_covers(pattern, name) for pattern in self.hosts)


def load_settings(environ: Mapping[str, str]) -> FetchSettings:
    """Read the settings from ``environ``. Raises `ConfigError` with one sentence."""
    text = environ.get(VARIABLE, "").strip() or "{}"
    return read_settings(FetchSettings, VARIABLE, text)


def _covers(pattern: str, name: str) -> bool:
    """Whether a pattern names a host; ``*.example.org`` is every host below example.org, and not itself."""
    if pattern.startswith("*."):
        return name.endswith(f".{normal_host(pattern[2:])}")
    return name == normal_host(pattern)
