"""The bot's web address: rubbish is answered with 4xx and a sentence, pages of strangers reach nothing."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import Bot
from bot.config.web import WebSection
from bot.web.guard import guard_for
from cogs.approvals import approvals
from cogswarm.testing import BotWith, Person
from tests.bot.mcp.serving.client import EVERY_GROUP, SECRET, web
from tests.bot.mcp.serving.test_asking import guild_of
from tests.sizes import size

BEARER = {"authorization": f"Bearer {SECRET}"}
MCP = {**BEARER, "content-type": "application/json", "accept": "application/json, text/event-stream"}
INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}  # fmt: skip
RUBBISH = size("rubbish at the web address", small=60, stated=2_000)
METHODS = (
    "initialize",
    "tools/list",
    "tools/call",
    "ping",
    "server/discover",
    "tasks/get",
    "notifications/x",
    "",
)
VERSIONS = ("2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28", "3000-01-01", "nonsense", "")

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.sampled_from(["2.0", "1.0"]) | values,
        "id": st.integers() | values,
        "method": st.sampled_from(METHODS) | values,
        "params": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["ask_status", "list_servers", "send_message"]) | values,
                "arguments": st.dictionaries(
                    st.sampled_from(["channelId", "message", "ask_id"]), values, max_size=3
                )
                | values,
                "_meta": st.dictionaries(
                    st.sampled_from(
                        [
                            "io.modelcontextprotocol/protocolVersion",
                            "io.modelcontextprotocol/clientCapabilities",
                            "x",
                        ]
                    ),
                    values | st.sampled_from(VERSIONS),
                    max_size=3,
                )
                | values,
                "requestState": values,
            },
        )
        | values,
    },
)
bodies = st.binary(max_size=200) | (requests | values).map(lambda one: json.dumps(one).encode())
headers = st.dictionaries(
    st.sampled_from(
        [
            "mcp-protocol-version",
            "mcp-session-id",
            "mcp-method",
            "mcp-name",
            "accept",
            "content-type",
            "last-event-id",
        ]
    ),
    st.sampled_from(
        [*VERSIONS, *METHODS, "application/json", "text/html", "*/*", "application/json, text/event-stream"]
    ),
    max_size=4,
)
paths = st.sampled_from(
    ["/", "/mcp", "/mcp/", "/health", "/.well-known/oauth-protected-resource", "/%00", "/mcp/../x"]
)


@contextlib.asynccontextmanager
async def http(bot: Bot) -> AsyncGenerator[httpx.AsyncClient]:
    assert bot.web is not None
    async with httpx.AsyncClient(
        # Each request has its own connection: one that is kept may be closed by the server just as it is used.
        base_url=bot.web,
        timeout=20,
        limits=httpx.Limits(max_keepalive_connections=0),
    ) as opened:
        yield opened


async def sentence(response: httpx.Response) -> str:
    """What an answer says that is none."""
    assert 400 <= response.status_code < 500, (response.status_code, response.text)
    return response.text


def is_said(text: str) -> bool:
    """Whether there is a sentence in an answer: ours, or the one of MCP."""
    said = json.loads(text)
    message = said["error"]["message"] if isinstance(said["error"], dict) else said["error"]
    return len(str(message)) > 3


async def test_whoever_is_not_meant_is_refused_with_a_sentence(bot_with: BotWith, member: Person) -> None:
    bot = await bot_with(approvals, config={"web": web(guild_of(member), max_body_mb=1, request_seconds=0.3)})
    async with http(bot) as caller:
        assert (await caller.get("/health")).json() == {"status": "well"}
        about = (await caller.get("/.well-known/oauth-protected-resource/mcp")).json()
        assert about["resource"] == f"{bot.web}/mcp"
        none = await caller.post("/mcp", json=INITIALIZE)
        assert none.status_code == 401
        assert (
            f'resource_metadata="{bot.web}/.well-known/oauth-protected-resource/mcp"'
            in none.headers["www-authenticate"]
        )
        for status, given_headers, why in (
            (401, {**MCP, "authorization": "Bearer wrong"}, "Send a token"),
            (401, {**MCP, "authorization": f"Basic {SECRET}"}, "Send a token"),
            (421, {**MCP, "host": "evil.example"}, "not served under that name"),
            (403, {**MCP, "origin": "https://evil.example"}, "Web pages of other"),
            (403, {**MCP, "origin": "null"}, "Web pages of other"),
            (415, {**MCP, "content-type": "text/plain"}, "application/json"),
            (406, {**MCP, "accept": "text/html"}, "Accept has to"),
            (200, {**MCP, "origin": "http://localhost:5173"}, "cogswarm"),
            (200, MCP, "cogswarm"),
        ):
            answer = await caller.post("/mcp", content=json.dumps(INITIALIZE), headers=given_headers)
            assert (answer.status_code, why in answer.text) == (status, True), answer.text
        for status, content in (
            (413, b"x" * 1_100_000),
            (400, b"[" * 2_000 + b"]" * 2_000),
            (400, b"{" + b'"a":{' * 100 + b"}" * 100 + b"}"),
            (400, b"\xff\xfe"),
            (400, b"[]"),
            (400, b""),
        ):
            answer = await caller.post("/mcp", content=content, headers=MCP)
            assert answer.status_code == status
            assert is_said(answer.text)
        assert (await caller.get("/mcp", headers=MCP)).status_code == 405
        assert (await caller.delete("/mcp", headers=MCP)).status_code == 405
        assert (await caller.post("/health")).status_code == 405
        assert (await caller.get("/admin")).status_code == 404
        # A request that never ends, and no request at all.
        reader, writer = await asyncio.open_connection("127.0.0.1", int(str(bot.web).rpartition(":")[2]))
        lines = [f"{name}: {value}" for name, value in MCP.items()]
        head = "\r\n".join(["POST /mcp HTTP/1.1", "host: localhost", "content-length: 100", *lines])
        writer.write(f"{head}\r\n\r\n{{".encode())
        assert b"408" in await reader.readline()
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", int(str(bot.web).rpartition(":")[2]))
        writer.write(b"\x16\x03\x01rubbish\r\n\r\n")
        assert b" 400 " in await reader.readline()
        writer.close()


async def test_rubbish_never_breaks_anything(bot_with: BotWith, member: Person) -> None:
    settings_of = web(guild_of(member), tools=list(EVERY_GROUP), wait_seconds=0.1, per_minute=100_000)
    bot = await bot_with(approvals, config={"web": settings_of})
    loop = asyncio.get_running_loop()
    async with http(bot) as caller:

        async def send(method: str, path: str, content: bytes, sent: dict[str, str]) -> None:
            answer = await caller.request(method, path, content=content, headers=sent)
            assert answer.status_code < 500, (answer.status_code, answer.text, content, sent)
            if answer.status_code >= 400 and method != "HEAD":
                assert is_said(answer.text), (answer.status_code, answer.text, content, sent)

        @settings(
            max_examples=RUBBISH,
            deadline=None,
            suppress_health_check=[
                HealthCheck.too_slow,
                HealthCheck.data_too_large,
                HealthCheck.large_base_example,
            ],
        )
        @given(
            method=st.sampled_from(
                ["POST", "POST", "POST", "GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]
            ),
            path=paths | st.just("/mcp"),
            content=bodies,
            more=headers,
            known=st.booleans() | st.just(value=True),
        )
        def whatever(method: str, path: str, content: bytes, more: dict[str, str], *, known: bool) -> None:
            asyncio.run_coroutine_threadsafe(
                send(method, path, content, {**(MCP if known else {}), **more}), loop
            ).result(30)

        await asyncio.to_thread(whatever)
        assert (await caller.get("/health")).status_code == 200
    assert [
        line
        for line in bot_with.journal.troubles()
        if line.event in ("web_request_broken", "mcp_call_broken")
    ] == []


def test_only_names_of_this_machine_and_the_public_one_are_let_in() -> None:
    guard = guard_for("https://bot.example.org", listen="127.0.0.1", most_bytes=10, seconds=1)

    def let_in(*pairs: tuple[str, str]) -> bool:
        raw = [(name.encode(), value.encode()) for name, value in pairs]
        return guard.refusal({"type": "http", "headers": raw}) is None

    assert let_in(("host", "127.0.0.1:8850"))
    assert let_in(("host", "LOCALHOST"))
    assert let_in(("host", "[::1]:80"))
    assert let_in(("host", "bot.example.org"), ("origin", "https://bot.example.org"))
    assert not let_in(("host", "bot.example.org"), ("origin", "http://bot.example.org"))
    assert not let_in(("host", "bot.example.org.evil.example"))
    assert not let_in(("host", "localhost.evil.example"))
    assert not let_in(("host", "localhost"), ("origin", "http://localhost.evil.example"))
    assert not let_in(("host", "localhost"), ("host", "evil.example"))
    assert not let_in()
    assert not let_in(("host", "localhost"), ("content-length", "11"))
    assert not let_in(("host", "localhost"), ("content-length", "9" * 5_000))
    assert not let_in(("host", "localhost"), ("content-length", "-1"))


@pytest.mark.parametrize(
    ("section", "why"),
    [
        ({"listen": "0.0.0.0"}, "public_url"),  # noqa: S104 - what is refused
        ({"listen": "example.org"}, "address of this machine"),
        ({"tokens": {"a": {"secret": "short", "servers": [1]}}}, "at least 20"),
        ({"tokens": {"a": {"secret": SECRET}}}, "servers"),
        ({"tokens": {name: {"secret": SECRET, "servers": [1]} for name in "ab"}}, "same secret"),
        ({"tokens": {"a": {"secret": SECRET, "servers": [1], "tools": ["everything"]}}}, "tools"),
    ],
)
def test_what_would_be_unsafe_is_refused_in_the_configuration(section: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        WebSection.model_validate(section)
