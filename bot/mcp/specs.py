"""Which tool servers there are and how each is reached, as the configuration declares them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.config.loaded import sounds_secret

MOST_BYTES = 5_000_000
"""The largest message that is read from a server, where the configuration says nothing else."""

type HttpKind = Literal["http", "sse"]
"""``http`` is streamable HTTP; ``sse`` the older transport of revision 2024-11-05."""


@dataclass(frozen=True, slots=True)
class StdioServer:
    """A server that we start and talk to over its stdin and stdout.

    It gets a minimal environment (PATH, HOME, USER, LOGNAME, SHELL, TERM), never ours, and ``env`` on top.
    """

    name: str
    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    cwd: Path | None = None
    most_bytes: int = MOST_BYTES

    @property
    def secrets(self) -> frozenset[str]:
        """What must not come back from it: the variables whose names sound secret."""
        return frozenset(value for name, value in self.env.items() if sounds_secret(name))

    @property
    def origin(self) -> str:
        """A hash of what is started, without the environment: another one is another server."""
        return _digest("stdio", self.command, *self.args)


@dataclass(frozen=True, slots=True)
class HttpServer:
    """A server that runs elsewhere, reached at ``url``; ``headers`` may carry a token."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    kind: HttpKind = "http"
    most_bytes: int = MOST_BYTES
    on_refusal: Callable[[int, str], None] | None = field(default=None, repr=False, compare=False)
    """Told of each answer's status from 400 on, and of its Retry-After, which the SDK keeps to itself."""

    @property
    def secrets(self) -> frozenset[str]:
        """What must not come back from it."""
        tokens = (value.removeprefix("Bearer ") for value in self.headers.values())
        return frozenset({*self.headers.values(), *tokens})

    @property
    def origin(self) -> str:
        """A hash of where it is: another address is another server."""
        return _digest("http", self.url)


type ServerSpec = StdioServer | HttpServer


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
