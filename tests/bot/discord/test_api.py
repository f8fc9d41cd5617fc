"""The bot's requests to Discord when Discord is away and comes back."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from structlog.contextvars import bound_contextvars

from bot.clock import Clock
from bot.discord.api import COG_HEADER, DiscordApi, cog_label, open_api, pointed_at
from bot.discord.failures import DiscordRefused, DiscordUnavailable
from bot.discord.limits import Limits
from bot.discord.transport import Answer, Request
from bot.discord.turns import Turns

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


async def test_a_request_that_got_no_answer_keeps_nobody_waiting(flaky: Flaky, api: DiscordApi) -> None:
    flaky.hangs_up = True
    with pytest.raises(DiscordUnavailable, match="did not answer properly") as refused:
        await api.request("GET", "/channels/1")
    assert refused.value.sent
    flaky.hangs_up = False
    assert await api.request("GET", "/channels/1") == json.loads(ME)


async def test_a_request_that_reached_nobody_was_not_sent() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with (
            pointed_at(f"http://127.0.0.1:{closed.getsockname()[1]}"),
            pytest.raises(DiscordUnavailable, match="could not be reached") as refused,
        ):
            async with open_api("token"):
                raise AssertionError(closed)
    assert not refused.value.sent


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (200, b"<html>", DiscordUnavailable),
        (302, b"", DiscordRefused),
        (403, b"<html>denied</html>", DiscordRefused),
        (400, b"[1, 2]", DiscordRefused),
        (400, b'{"code": "many", "message": null, "errors": {"_errors": "odd"}}', DiscordRefused),
        (503, b"", DiscordUnavailable),
        (429, b"no json", DiscordUnavailable),
    ],
)
async def test_odd_answers_are_our_errors(status: int, content: bytes, error: type[Exception]) -> None:
    async def odd(_request: Request) -> Answer:
        return Answer(status, {"Via": "1"}, content)

    clock = Clock()
    api = DiscordApi(odd, Turns(Limits(clock.monotonic), clock), "t", {}, base_url="https://discord.test")
    with pytest.raises(error) as raised:
        await api.request("GET", "/channels/{channel_id}", channel_id=1)
    assert "html" not in str(raised.value)


async def test_ids_cannot_leave_their_place_in_the_path() -> None:
    asked: list[str] = []

    async def keep(request: Request) -> Answer:
        asked.append(request.url)
        return Answer(204, {})

    clock = Clock()
    api = DiscordApi(keep, Turns(Limits(clock.monotonic), clock), "t", {}, base_url="https://discord.test")
    await api.request("GET", "/a/{emoji}/b", emoji="../../x?y#z")
    assert asked == ["https://discord.test/a/..%2F..%2Fx%3Fy%23z/b"]


async def test_what_is_wrong_with_which_field_is_said() -> None:
    errors = {"1": {"name": {"_errors": [{"code": "X", "message": "Too long."}]}}}

    async def refuse(_request: Request) -> Answer:
        said = {"code": 50035, "message": "Invalid Form Body", "errors": errors}
        return Answer(400, {}, json.dumps(said).encode())

    clock = Clock()
    api = DiscordApi(refuse, Turns(Limits(clock.monotonic), clock), "t", {}, base_url="https://discord.test")
    with pytest.raises(DiscordRefused, match=r"Invalid Form Body\nIn 1\.name: Too long") as refused:
        await api.request("PUT", "/commands")
    assert refused.value.code == 50035


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
