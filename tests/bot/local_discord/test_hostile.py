"""Rubbish in, a sentence out: never a 500, never a traceback."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.local_discord.model import Channel
from bot.local_discord.rest.routes import DISCORD
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.settings import Settings
from tests.bot.local_discord.asking import Api, channel, client

BODIES: list[tuple[bytes, str]] = [
    (b"{", "application/json"),
    (b"[]", "application/json"),
    (b"null", "application/json"),
    (b'"text"', "application/json"),
    (b'{"content": NaN}', "application/json"),
    (b"\xff\xfe\x00", "application/json"),
    (b"[" * 100_000, "application/json"),
    (b'{"a":' * 50_000, "application/json"),
    (b'{"content": ' + b"9" * 10_000 + b"}", "application/json"),
    (b'{"content": {"a": [[]]}, "embeds": 7, "components": {}, "flags": "x"}', "application/json"),
    (b'{"embeds": [[], 1, null], "nonce": {}, "attachments": [1]}', "application/json"),
    (b'{"message_reference": []}', "application/json"),
    (b"a=b", "application/x-www-form-urlencoded"),
    (b"<x/>", "text/xml"),
    (b"no boundary", "multipart/form-data"),
    (b"--b\r\nrubbish", "multipart/form-data; boundary=b"),
    (
        b'--b\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n{\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
    ),
    (
        b'--b\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n[]\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
    ),
    (b"{}", "application/json; charset=\x00"),
]


@pytest.mark.parametrize(("body", "kind"), BODIES)
async def test_bodies(bot_api: Api, research: Channel, body: bytes, kind: str) -> None:
    headers = {"Content-Type": kind.replace("\x00", "nothing")}
    response = await bot_api.call("POST", f"/channels/{research.id}/messages", content=body, headers=headers)
    assert response.status_code == 400, response.text
    assert set(response.json()) >= {"code", "message"}


async def test_a_half_surrogate_does_no_harm(bot_api: Api, research: Channel) -> None:
    response = await bot_api.call(
        "POST",
        f"/channels/{research.id}/messages",
        content=b'{"content": "a\\ud800b"}',
        headers={"Content-Type": "application/json"},
    )
    assert response.json()["content"] == "a\ufffdb"


async def test_bodies_over_the_limit() -> None:
    async with (
        running(Config(settings=Settings(request_bytes=1000, file_bytes=100))) as local,
        client(local, {"Authorization": f"Bot {local.bot_token}"}) as http,
    ):
        api = Api(http)
        path = f"/channels/{channel(local, 'general').id}/messages"
        assert (await api.call("POST", path, content=b"x" * 1001)).status_code == 413

        async def slices() -> Any:
            for _ in range(20):
                yield b"x" * 100

        assert (await api.call("POST", path, content=slices())).status_code == 413
        files = {"files[0]": ("a", b"x" * 101)}
        assert (await api.call("POST", path, files=files)).json()["code"] == 40005
        assert (await api.call("POST", path, json={"content": "fits"})).status_code == 200


@pytest.mark.parametrize(
    ("how", "body", "status"),
    [
        ("Content-Length: 10", b"{", 408),
        ("Transfer-Encoding: chunked", b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n", 413),
    ],
    ids=("does not end", "too large, in one piece"),
)
async def test_bodies_as_no_client_sends_them(how: str, body: bytes, status: int) -> None:
    async with running(Config(settings=Settings(request_bytes=1000, body_timeout=0.1))) as local:
        address = urlsplit(local.api_url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        lines = [
            f"POST {address.path}/channels/{channel(local, 'general').id}/messages HTTP/1.1",
            f"Host: {address.netloc}",
            f"Authorization: Bot {local.bot_token}",
            "Content-Type: application/json",
            how,
            "",
            "",
        ]
        writer.write("\r\n".join(lines).encode() + body)
        assert (await reader.readline()).startswith(f"HTTP/1.1 {status}".encode())
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "path",
    [
        "/channels/abc",
        "/channels/-1",
        "/channels/" + "9" * 5000,
        "/channels/18446744073709551616",
        "/channels/1%2F2",
        "/channels/%00",
        "/channels/../users/@me/x",
        "/channels/1/messages/1/reactions/%F0%9F/@me",
        "/webhooks/1/../../x",
        "/users/%C3%28",
        "//channels//1",
        "/" + "x/" * 500,
    ],
)
async def test_paths(bot_api: Api, path: str) -> None:
    for method in ("GET", "DELETE", "PUT", "PATCH", "POST", "OPTIONS", "HEAD", "TRACE"):
        response = await bot_api.call(method, path)
        assert 400 <= response.status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py",
        "/page/..%2f__init__.py",
        "/page/%2e%2e/__init__.py",
        "/page//etc/passwd",
        "/page/%00",
        "/page/",
        "/attachments/1/1/x",
        "/attachments/x/y/z",
        "/attachments/" + "9" * 5000 + "/1/x",
        "/avatars/1/../../etc/passwd",
        "/avatars/1/..png",
        "/avatars/1/é.png",
        "/nowhere",
    ],
)
async def test_files_that_are_nobodys(local: LocalDiscord, path: str) -> None:
    async with client(local, {}) as http:
        assert (await http.get(path)).status_code == 404


async def test_a_method_that_is_not_there(bot_api: Api) -> None:
    response = await bot_api.call("DELETE", "/users/@me")
    assert (response.status_code, response.json()["message"]) == (405, "405: Method Not Allowed")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "before=x", "after=-1", "around=" + "9" * 50, "limit=%00"]
)
async def test_queries(bot_api: Api, research: Channel, query: str) -> None:
    assert (await bot_api.refused("GET", f"/channels/{research.id}/messages?{query}"))[0] == 50035


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = [
    "content",
    "embeds",
    "components",
    "flags",
    "nonce",
    "allowed_mentions",
    "message_reference",
    "attachments",
    "name",
    "type",
    "options",
    "topic",
    "archived",
    "locked",
    "permission_overwrites",
    "parent_id",
    "data",
    "application_id",
    "channel_id",
    "messages",
    "recipient_id",
    "avatar",
    "username",
    "thread_name",
    "message",
    "applied_tags",
    "description",
    "default_member_permissions",
    "nick",
    "roles",
    "action",
    "path",
    "status",
]
bodies = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6) | values
WITH_BODY = [
    (method, path)
    for path, handlers in DISCORD.items()
    for method in handlers
    if method in ("POST", "PUT", "PATCH")
]


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_body_on_any_route(local: LocalDiscord, data: st.DataObject) -> None:
    """The fixture holds every answer against Discord's description and finds any 500."""
    async with client(local, {"Authorization": f"Bot {local.bot_token}"}) as http:
        world = local.stage.world
        place = channel(local, "research")
        message = (await Api(http).ok("POST", f"/channels/{place.id}/messages", {"content": "x"}))["id"]
        webhooks = await Api(http).ok("GET", f"/channels/{place.id}/webhooks")
        hook = (
            webhooks[0]
            if webhooks
            else await Api(http).ok("POST", f"/channels/{place.id}/webhooks", {"name": "w"})
        )
        known = {
            "channel_id": str(place.id),
            "message_id": message,
            "guild_id": str(next(iter(world.guilds))),
            "application_id": str(local.application_id),
            "webhook_id": hook["id"],
            "token": hook["token"],
            "user_id": str(local.application_id),
            "emoji": "👍",
        }
        for _ in range(4):
            method, path = data.draw(st.sampled_from(WITH_BODY))
            body = data.draw(bodies)
            for name, value in known.items():
                path = path.replace("{" + name + "}", value)
            path = path.replace("{", "").replace("}", "")
            response = await http.request(
                method,
                f"/api/v10{path}",
                content=json.dumps(body),
                headers={"Content-Type": "application/json"},
            )
            assert response.status_code < 500, (method, path, body, response.text)
