"""Carries one request to Discord and its answer back, over aiohttp; knows nothing of limits or retries."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp

from bot.discord.failures import DiscordUnavailable
from bot.work.surface import File

type Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

USER_AGENT = "DiscordBot (https://pypi.org/project/cogswarm, 1)"
"""Discord asks for this form (https://discord.com/developers/docs/reference#user-agent)."""
LARGEST_ANSWER = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``body`` goes as JSON, beside ``uploads`` as a part of a form."""

    method: Method
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    uploads: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are found in any case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""

    def json(self) -> Any:
        """The content as JSON; None where there is none. Raises ValueError for anything else."""
        return json.loads(self.content) if self.content.strip() else None


type Transport = Callable[[Request], Awaitable[Answer]]
"""Carries a request. Raises `DiscordUnavailable`; whoever calls sets the time limit."""


@asynccontextmanager
async def over_http() -> AsyncGenerator[Transport]:
    """A transport with connections of its own, closed with the block."""
    headers = {"User-Agent": USER_AGENT}
    no_limit = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(headers=headers, timeout=no_limit) as session:

        async def carry(request: Request) -> Answer:
            try:
                return await _carried(session, request)
            except aiohttp.ClientConnectorError as error:
                message = f"Discord could not be reached ({type(error).__name__}); check the network, then try again."
                raise DiscordUnavailable(message, sent=False) from error
            except (OSError, aiohttp.ClientError, asyncio.IncompleteReadError) as error:
                message = f"Discord did not answer properly ({type(error).__name__})."
                raise DiscordUnavailable(message) from error

        yield carry


async def _carried(session: aiohttp.ClientSession, request: Request) -> Answer:
    arguments: dict[str, Any] = {}
    if request.uploads:
        arguments["data"] = _form(request)
    elif request.body is not None:
        arguments["json"] = request.body
    async with session.request(
        request.method,
        request.url,
        params=request.query,
        headers=request.headers,
        allow_redirects=False,
        **arguments,
    ) as response:
        content = bytearray()
        async for piece in response.content.iter_any():
            content += piece
            if len(content) > LARGEST_ANSWER:
                raise DiscordUnavailable("Discord's answer was larger than anything it should send.")
        return Answer(response.status, response.headers, bytes(content))


def _form(request: Request) -> aiohttp.FormData:
    """https://discord.com/developers/docs/reference#uploading-files."""
    described = [
        {"id": str(number), "filename": upload.name, **({"description": upload.alt} if upload.alt else {})}
        for number, upload in enumerate(request.uploads)
    ]
    form = aiohttp.FormData()
    form.add_field(
        "payload_json",
        json.dumps(_with_attachments(request.body, described)),
        content_type="application/json",
    )
    for number, upload in enumerate(request.uploads):
        form.add_field(f"files[{number}]", upload.content, filename=upload.name)
    return form


def _with_attachments(body: Any, described: list[dict[str, Any]]) -> dict[str, Any]:
    """The body of a message, or of a forum post around its message, that names the files."""
    whole: dict[str, Any] = body or {}
    message: dict[str, Any] | None = whole.get("message")
    if message is not None:
        return {**whole, "message": {**message, "attachments": described}}
    return {**whole, "attachments": described}
