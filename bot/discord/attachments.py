"""Reads files that people attached, from Discord's own file hosts and no others, through the guarded client."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from bot.errors import OutsideError
from bot.fetch.client import Fetcher
from bot.fetch.limits import FetchLimits
from bot.fetch.results import Fetched

HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""Where Discord keeps files (https://discord.com/developers/docs/reference#cdn-data)."""
SECONDS = 20.0


class AttachmentReader:
    """Implements `bot.work.files.FileReader`."""

    def __init__(self, fetcher: Fetcher, hosts: frozenset[str]) -> None:
        self._fetcher = fetcher
        self._hosts = hosts

    async def read(self, url: str, most_bytes: int) -> bytes:
        """The file's bytes. Raises `FetchError` for another host, for a larger file, and where it is not there."""
        if urlsplit(url).netloc not in self._hosts:
            raise OutsideError("That file does not lie with Discord, so it was not read.")
        limits = FetchLimits(total_seconds=SECONDS, wire_bytes=most_bytes, body_bytes=most_bytes, redirects=0)
        found = await self._fetcher.get(url, limits=limits)
        return found.body if isinstance(found, Fetched) else b""


@asynccontextmanager
async def attachment_reader(api_url: str | None) -> AsyncGenerator[AttachmentReader]:
    """A reader for Discord, or (``api_url``) for a local Discord, which keeps its files itself."""
    local = {urlsplit(api_url).netloc} if api_url else set[str]()
    names = {urlsplit(f"//{host}").hostname or "" for host in {*HOSTS, *local}}
    async with Fetcher(allow_hosts=local, permits=names.__contains__, connections=4) as fetcher:
        yield AttachmentReader(fetcher, HOSTS | local)
