"""The request log, faults, and who may come in at all."""

import socket
from typing import Any

import httpx
import pytest

from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.asking import Api, channel, client, person


@pytest.fixture
def key(local: LocalDiscord) -> dict[str, str]:
    return {"X-Local-Key": local.key}


async def test_requests_are_logged_with_what_was_sent(
    bot_api: Api, research: Channel, key: dict[str, str], local: LocalDiscord
) -> None:
    await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": "logged"})
    await bot_api.refused("GET", "/channels/1")
    found = (await bot_api.http.get("/local/requests?path=*/messages", headers=key)).json()
    assert len(found) == 1
    entry = found[0]
    assert (entry["method"], entry["route"], entry["status"]) == (
        "POST",
        "/channels/{channel_id}/messages",
        200,
    )
    assert entry["body"] == {"content": "logged"}
    assert entry["answer"]["content"] == "logged"
    assert entry["application_id"] == str(local.application_id)
    assert "token" not in str(entry).lower()
    newer = (await bot_api.http.get(f"/local/requests?after={entry['number']}", headers=key)).json()
    assert newer[0]["status"] == 404
    await bot_api.http.delete("/local/requests", headers=key)
    assert len((await bot_api.http.get("/local/requests?path=/api/*", headers=key)).json()) == 0


async def set_fault(api: Api, key: dict[str, str], **fault: Any) -> int:
    response = await api.http.post("/local/faults", json=fault, headers=key)
    assert response.status_code == 201, response.text
    return int(response.json()["number"])


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
async def test_a_fault_before_or_after_the_effect(
    bot_api: Api, research: Channel, key: dict[str, str], local: LocalDiscord, when: str, kept: int
) -> None:
    path = f"/channels/{research.id}/messages"
    await set_fault(bot_api, key, method="post", path="*/messages", status=502, when=when, skip=1)
    assert (await bot_api.call("POST", path, json={"content": "passes"})).status_code == 200
    assert (await bot_api.call("POST", path, json={"content": "fails"})).status_code == 502
    assert local.stage.world.message_count(research.id) == 1 + kept
    assert (await bot_api.call("POST", path, json={"content": "passes"})).status_code == 200
    assert (await bot_api.http.get("/local/faults", headers=key)).json() == []
    logged = (await bot_api.http.get("/local/requests?path=*/messages", headers=key)).json()
    assert [entry["fault"] is not None for entry in logged] == [False, True, False]


async def test_a_hanging_answer(
    bot_api: Api, research: Channel, key: dict[str, str], local: LocalDiscord
) -> None:
    await set_fault(bot_api, key, path="*/messages", hang=True, when="after")
    with pytest.raises(httpx.ReadTimeout):
        await bot_api.call("POST", f"/channels/{research.id}/messages", json={"content": "x"}, timeout=0.2)
    assert local.stage.world.message_count(research.id) == 1


async def test_faults_stay_until_they_are_taken_away(bot_api: Api, key: dict[str, str]) -> None:
    number = await set_fault(bot_api, key, path="/users/@me", status=500, times=None, body={"a": 1})
    for _ in range(3):
        response = await bot_api.call("GET", "/users/@me")
        assert (response.status_code, response.json()) == (500, {"a": 1})
    await bot_api.http.delete(f"/local/faults/{number}", headers=key)
    await bot_api.ok("GET", "/users/@me")


@pytest.mark.parametrize(
    "fault", [{"when": "never"}, {"delay": -1}, {"status": 42}, {"times": 0}, {"delay": "x"}]
)
async def test_a_wrong_fault_is_refused(bot_api: Api, key: dict[str, str], fault: object) -> None:
    response = await bot_api.http.post("/local/faults", json=fault, headers=key)
    assert response.json()["code"] == 50035


@pytest.mark.parametrize("path", ["/local/scene", "/local/requests", "/local/faults", "/local/gateway"])
@pytest.mark.parametrize("headers", [{}, {"X-Local-Key": "wrong"}, {"X-Local-Key": "é".encode()}])
async def test_the_controls_need_the_key(local: LocalDiscord, path: str, headers: dict[str, Any]) -> None:
    async with client(local, {}) as http:
        assert (await http.get(path, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bot wrong"},
        {"Authorization": "Bearer x"},
        {"Authorization": "TOKEN"},
        {"X-Local-Key": "wrong", "X-Local-Member": "BO"},
        {"X-Local-Key": "KEY", "X-Local-Member": "1"},
        {"X-Local-Key": "KEY", "X-Local-Member": "BOT"},
        {"X-Local-Key": "KEY", "X-Local-Member": "x"},
        {"X-Local-Key": "KEY"},
    ],
)
async def test_nobody_comes_in_without_a_token_or_key(local: LocalDiscord, headers: dict[str, str]) -> None:
    known = {
        "TOKEN": local.bot_token,
        "KEY": local.key,
        "BO": str(person(local, "bo")),
        "BOT": str(local.application_id),
    }
    async with client(local, {name: known.get(value, value) for name, value in headers.items()}) as http:
        for path in ("/users/@me", f"/channels/{channel(local, 'general').id}/messages"):
            assert (await http.get(f"/api/v10{path}")).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "[::2]:1"])
async def test_another_hosts_name_is_refused(local: LocalDiscord, host: str) -> None:
    async with client(local, {}) as http:
        for path in ("/", "/api/v10/gateway", "/local/scene"):
            assert (await http.get(path, headers={"Host": host})).status_code == 403
        assert (await http.get("/api/v10/gateway", headers={"Host": "localhost:1"})).status_code == 200


def test_nothing_listens_beyond_loopback(local: LocalDiscord) -> None:
    port = int(local.base_url.rpartition(":")[2])
    with socket.socket() as other:
        other.bind(("127.0.0.2", port))


async def test_no_limit_headers_when_limits_are_off(bot_api: Api) -> None:
    response = await bot_api.call("GET", "/users/@me")
    assert not [name for name in response.headers if name.startswith("x-ratelimit")]


async def test_every_answer_has_the_exact_content_type(bot_api: Api) -> None:
    for path in ("/users/@me", "/nowhere", "/channels/1"):
        assert (await bot_api.call("GET", path)).headers["content-type"] == "application/json"
