"""The bot's requests to Discord when Discord is away and comes back."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from structlog.contextvars import bound_contextvars

from bot.discord.api import COG_HEADER, DiscordApi, DiscordUnavailable, cog_label, open_api, pointed_at
from tests.waiting import eventually

ME = json.dumps({"id": "1"}).encode()


@dataclass(slots=True)
class Flaky:
    """A server that answers, or hangs up on whoever asks."""

    port: int = 0
    hangs_up: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if not self.hangs_up:
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(ME), ME)
            )
            await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def flaky() -> AsyncGenerator[Flaky]:
    server = Flaky()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


@pytest.fixture
async def api(flaky: Flaky) -> AsyncGenerator[DiscordApi]:
    with pointed_at(f"http://127.0.0.1:{flaky.port}"):
        async with open_api("token") as opened:
            yield opened


async def test_a_route_whose_first_request_got_no_answer_opens_again(flaky: Flaky, api: DiscordApi) -> None:
    flaky.hangs_up = True
    with pytest.raises(DiscordUnavailable, match="could not be reached"):
        await api.request("GET", "/channels/1")
    flaky.hangs_up = False
    with pytest.raises(DiscordUnavailable, match="used up") as refused:
        await api.request("GET", "/channels/1")
    assert not refused.value.sent

    async def answers() -> bool:
        try:
            return await api.request("GET", "/channels/1") == json.loads(ME)
        except DiscordUnavailable:
            return False

    await eventually(answers, 10)


@pytest.mark.parametrize(
    "url",
    [
        "https://discord.com/api/v10/gateway",
        "https://DISCORD.com./api/v10/gateway",
        "https://canary.discord.com/api/v10/gateway",
        "https://discordapp.com/api/v10/gateway",
    ],
)
def test_discord_itself_is_not_told_which_cog_asks(url: str) -> None:
    with bound_contextvars(cog="research"):
        assert cog_label("http://127.0.0.1:8787/api/v10/gateway") == {COG_HEADER: "research"}
        assert cog_label("https://notdiscord.com/api/v10/gateway") == {COG_HEADER: "research"}
        assert cog_label(url) == {}
    assert cog_label("http://127.0.0.1:8787/api/v10/gateway") == {}
    with bound_contextvars(cog=None):
        assert cog_label("http://127.0.0.1:8787/api/v10/gateway") == {}
