"""What the fetch server is told, as JSON in the environment variable ``COGSWARM_FETCH``."""

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.errors import ConfigError
from bot.fetch.hosts import AllowedHosts, normal_host

VARIABLE = "COGSWARM_FETCH"

type _Seconds = Annotated[float, Field(gt=0, le=3_600)]


class FetchSettings(BaseModel):
    """The whole configuration of the fetch server; without any it reads every public page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be fetched although their address is not public: "127.0.0.1:8123"."""
    hosts: tuple[str, ...] = ()
    """The only hosts whose pages are read ("docs.python.org", "*.example.org"); none: all."""
    deny_hosts: tuple[str, ...] = ()
    """Hosts whose pages are never read."""
    total_seconds: _Seconds = 25.0
    parse_seconds: _Seconds = 10.0
    keep_seconds: _Seconds = 300.0
    """For how long a page that was read is kept, so that reading on does not ask for it again."""
    max_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 5_000_000

    @field_validator("allow_hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        try:
            AllowedHosts.parse(hosts)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return hosts

    def permits(self, host: str) -> bool:
        """Whether pages of a host may be read at all, as far as its name says."""
        name = normal_host(host)
        if any(_covers(pattern, name) for pattern in self.deny_hosts):
            return False
        return not self.hosts or any(_covers(pattern, name) for pattern in self.hosts)


def load_settings(environ: Mapping[str, str]) -> FetchSettings:
    """Read the settings from ``environ``. Raises `ConfigError` with one sentence."""
    text = environ.get(VARIABLE, "").strip() or "{}"
    try:
        return FetchSettings.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        raise ConfigError(f"{VARIABLE} is not JSON: {error.msg} at character {error.pos}.") from error
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        why = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise ConfigError(f"{VARIABLE} is wrong at {where}: {why}.") from error


def _covers(pattern: str, name: str) -> bool:
    """Whether a pattern names a host; ``*.example.org`` is every host below example.org, and not itself."""
    if pattern.startswith("*."):
        return name.endswith(f".{normal_host(pattern[2:])}")
    return name == normal_host(pattern)
