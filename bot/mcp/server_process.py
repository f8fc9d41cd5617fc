"""What the bundled servers have in common as processes of their own."""

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import structlog
from mcp.server.mcpserver import MCPServer
from pydantic import AfterValidator, BaseModel, ValidationError

from bot.errors import ConfigError
from bot.fetch.hosts import AllowedHosts

EX_CONFIG = 78
"""The exit code for a wrong configuration (sysexits.h)."""


def _are_hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    try:
        AllowedHosts.parse(hosts)
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return hosts


type Hosts = Annotated[tuple[str, ...], AfterValidator(_are_hosts)]
"""Hosts that may be fetched although their address is not public: "127.0.0.1:8123", "feeds.example.org"."""


def serve[S](load: Callable[[Mapping[str, str]], S], build: Callable[[S], MCPServer[Any]]) -> None:
    """Serve over stdio until stdin ends; a wrong configuration ends it with one sentence and exit code 78."""
    try:
        settings = load(os.environ)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EX_CONFIG)
    log_to_stderr()
    build(settings).run("stdio")


def read_settings[M: BaseModel](kind: type[M], variable: str, text: str) -> M:
    """What ``text`` of a variable says, as JSON. Raises `ConfigError` with one sentence on all that is wrong."""
    try:
        return kind.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        raise ConfigError(f"{variable} is not JSON: {error.msg} at character {error.pos}.") from error
    except ValidationError as error:
        problems = "; ".join(
            _one_problem(item["loc"], item["msg"]) for item in error.errors(include_input=False)
        )
        raise ConfigError(f"{variable} is wrong: {problems}.") from error


def _one_problem(place: tuple[int | str, ...], message: str) -> str:
    where = ".".join(str(part) for part in place) or "the whole"
    return f"{where}: {message.removeprefix('Value error, ').rstrip('.')}"


def our_version() -> str:
    """The version of the program; empty where it was not installed."""
    try:
        return version("cogswarm")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return ""


def log_to_stderr() -> None:
    """Send all logs to stderr as plain lines: stdout is the protocol's, and stderr goes to the client's log."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
