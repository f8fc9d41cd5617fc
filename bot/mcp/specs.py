"""Which tool servers there are and how each is reached, as the configuration declares them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StdioServer:
    """A server that we start and talk to over its stdin and stdout.

    It gets a minimal environment (PATH, HOME, USER, LOGNAME, SHELL, TERM), never ours, and ``env`` on top.
    """

    name: str
    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: Path | None = None


@dataclass(frozen=True, slots=True)
class HttpServer:
    """A server that runs elsewhere, reached by streamable HTTP at ``url``; ``headers`` may carry a token."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


type ServerSpec = StdioServer | HttpServer
