"""Starts and greets one server, and says in a sentence why that, or what came after it, went wrong."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import cast

from mcp.client import Client, IncomingMessage
from mcp.client.session import ElicitationFnT
from mcp.types import (
    Implementation,
    PromptListChangedNotification,
    ResourceListChangedNotification,
    ToolListChangedNotification,
)

from bot.clock import Clock
from bot.mcp.shown_text import one_line
from bot.mcp.specs import HttpServer, ServerSpec, StdioServer
from bot.mcp.stderr_lines import StderrLines
from bot.mcp.streams import OnEnd
from bot.mcp.transports import connected
from bot.observe.known_secrets import Secrets

_STDERR_SECONDS = 1.0
_CLIENT_NAME = "cogswarm"
_LIST_CHANGES = (ToolListChangedNotification, ResourceListChangedNotification, PromptListChangedNotification)


class ServerEnded(Exception):
    """The server stopped talking; ``str()`` is why, as the end of a sentence."""


@dataclass(slots=True)
class Note:
    """What the transport has noticed of a server that misbehaves; empty where nothing."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who is told of what while a server runs."""

    ended: OnEnd
    noted: Callable[[str], None]
    listed_anew: Callable[[], None]
    """The server says that its tools, resources or prompts have changed."""
    elicit: ElicitationFnT


@asynccontextmanager
async def opened(
    spec: ServerSpec,
    hearing: Hearing,
    note: Note,
    *,
    seconds: float,
    secrets: frozenset[str],
    clock: Clock,
) -> AsyncGenerator[Client]:
    """The SDK's client of a server that has started and answered within ``seconds``; the server ends with the block.

    Whatever goes wrong in the block is raised as `ServerEnded`, with the best reason there is. ``secrets`` are taken
    out of what the server writes to its standard error.
    """

    async def heard(message: IncomingMessage) -> None:
        if isinstance(message, _LIST_CHANGES):
            hearing.listed_anew()

    async with AsyncExitStack() as stack:
        stderr: StderrLines | None = None
        if isinstance(spec, StdioServer):
            hidden = Secrets({*spec.env.values(), *secrets})
            stderr = await stack.enter_async_context(StderrLines(spec.name, secrets=hidden, clock=clock))
        client = Client(
            connected(spec, stderr, hearing.ended, hearing.noted, clock),
            client_info=Implementation(name=_CLIENT_NAME, version="1"),
            cache=None,
            message_handler=heard,
            elicitation_callback=hearing.elicit,
        )
        try:
            async with asyncio.timeout(seconds):
                await stack.enter_async_context(client)
            yield client
        except TimeoutError as error:
            raise ServerEnded(note.text or f"it did not answer within {seconds:g} seconds") from error
        except ServerEnded:
            raise
        except Exception as error:
            why = note.text or await _last_words(stderr) or why_of(error, spec)
            raise ServerEnded(why) from error


async def _last_words(stderr: StderrLines | None) -> str:
    if stderr is None:
        return ""
    await stderr.drained(_STDERR_SECONDS)
    return f"it said {stderr.last.rstrip('.')!r}" if stderr.last else ""


def why_of(error: BaseException, spec: ServerSpec | None = None) -> str:
    """The innermost reason of an error or of a group of them, as the end of a sentence."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    said = f"{type(error).__name__}: {error}".strip().rstrip(":.")
    if isinstance(spec, HttpServer):
        said = said.replace(spec.url, spec.url.partition("?")[0])
    return one_line(said, 500)
