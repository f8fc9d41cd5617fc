"""Reads a request's body: bounded in size and time, JSON or multipart, safe to answer with."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterable
from typing import Any, NoReturn, cast
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from bot.local_discord.messages.uploads import Upload
from bot.local_discord.model import Json
from bot.local_discord.refusals import Refusal, bad_json, invalid_form, too_large

_SURROGATE = re.compile("[\ud800-\udfff]")
MOST_FILES = 20
_SWITCHES = frozenset({"tts", "enforce_nonce"})


async def read_raw(request: Request, *, most: int, within: float) -> bytes:
    """The body's bytes.

    Raises:
        Refusal: 413 when it is larger than ``most``, 408 when it takes longer than ``within`` seconds,
            400 when the client goes away in between.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:18]) > most:
        raise too_large()
    parts = bytearray()
    try:
        async with asyncio.timeout(within):
            async for part in request.stream():
                parts += part
                if len(parts) > most:
                    raise too_large()
    except TimeoutError:
        raise Refusal(408, 0, "408: Request Timeout") from None
    except ClientDisconnect:
        raise bad_json() from None
    return bytes(parts)


async def read_body(request: Request, raw: bytes) -> tuple[Any, list[Upload]]:
    """The JSON value of a body ({} for an empty one) and the files that came with it.

    Raises:
        Refusal: 50109 for what is not valid JSON or multipart, 50035 for another content type.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not raw:
        return {}, []
    if kind == "multipart/form-data":
        return await _multipart(request, raw)
    if kind == "application/x-www-form-urlencoded":
        return _fields(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)), []
    if kind not in ("", "application/json"):
        message = "Expected \"Content-Type\" header to be one of {'application/json', 'multipart/form-data'}."
        raise invalid_form({"_errors": [{"code": "CONTENT_TYPE_INVALID", "message": message}]})
    return parse_json(raw), []


def parse_json(raw: bytes | str) -> Any:
    """A JSON value without what could not be sent again: no NaN, no lone surrogates.

    Raises:
        Refusal: 50109.
    """
    try:
        value = json.loads(raw, parse_constant=_no_constant)
        return _clean(value) if b"\\u" in _as_bytes(raw) else value
    except (ValueError, RecursionError):
        raise bad_json() from None


def _as_bytes(raw: bytes | str) -> bytes:
    return raw if isinstance(raw, bytes) else raw.encode("utf-8", "replace")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in cast("Json", value).items()}
    return value


async def _multipart(request: Request, raw: bytes) -> tuple[Any, list[Upload]]:
    async def stream() -> AsyncGenerator[bytes]:
        yield raw

    parser = MultiPartParser(
        request.headers, stream(), max_files=MOST_FILES, max_fields=MOST_FILES * 2, max_part_size=len(raw)
    )
    try:
        parsed = await parser.parse()
    except (MultiPartException, FormParserError, KeyError, ValueError):
        raise bad_json() from None
    fields: list[tuple[str, str]] = []
    payload: list[Any] = []
    uploads: list[Upload] = []
    try:
        for name, part in parsed.multi_items():
            if isinstance(part, UploadFile):
                content = await part.read()
                uploads.append(Upload(name, part.filename or "unknown", content, part.content_type))
            elif name == "payload_json":
                payload.append(parse_json(part))
            else:
                fields.append((name, part))
    finally:
        await parsed.close()
    return payload[-1] if payload else _fields(fields), uploads


def _fields(given: Iterable[tuple[str, str]]) -> Json:
    """The fields of a form as JSON would have them; a form knows only texts."""
    found: Json = {}
    for name, text in given:
        switch = {"true": True, "false": False}.get(text.lower()) if name in _SWITCHES else None
        found.setdefault(name, text if switch is None else switch)
    return _clean(found)
