"""One person's REST requests."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import httpx

from bot.errors import OutsideError, TimedOut
from bot.local_discord.client.outcome import DiscordRefused
from bot.local_discord.model import Json

type File = Path | bytes | tuple[str, bytes]
"""A file to send: one on the disk, bytes without a name, or a name with its bytes."""


def named(file: File) -> tuple[str, bytes]:
    """A file's name and what is in it. Raises `OSError` where it cannot be read."""
    if isinstance(file, Path):
        return file.name, file.read_bytes()
    return ("file.bin", file) if isinstance(file, bytes) else file


class Line:
    """Sends requests as one person."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    def speak(self, locale: str) -> None:
        """Use Discord in another language from now on."""
        self._http.headers["X-Discord-Locale"] = locale

    async def get(self, path: str) -> object:
        """A GET request; see `request`."""
        return await self.request("GET", path)

    async def request(
        self, method: str, path: str, body: Json | None = None, files: Sequence[File] = ()
    ) -> object:
        """Any request; gives the answer's JSON, None where there is none.

        Raises:
            DiscordRefused: with Discord's code.
            OutsideError: the server could not be reached.
        """
        parts = {f"files[{number}]": named(file) for number, file in enumerate(files)}
        try:
            if parts:
                form = {"payload_json": json.dumps(body or {})}
                response = await self._http.request(method, f"/api/v10{path}", data=form, files=parts)
            else:
                response = await self._http.request(method, f"/api/v10{path}", json=body)
        except httpx.TimeoutException as error:
            raise TimedOut(f"The local Discord did not answer {method} {path} in time.") from error
        except httpx.HTTPError as error:
            raise OutsideError(f"The local Discord cannot be reached: {error}.") from error
        answer: object = _json(response)
        if response.is_error:
            raise DiscordRefused(
                response.status_code, cast("Json", answer) if isinstance(answer, dict) else {}
            )
        return answer


def _json(response: httpx.Response) -> object:
    try:
        return response.json() if response.content else None
    except ValueError:
        return None
