"""Rate limits as a client meets them, unmodified nextcord among the clients."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import nextcord
import pytest
from nextcord.http import HTTPClient, Route

from bot.discord.api import DiscordApi, DiscordUnavailable, open_api, pointed_at
from bot.errors import ConfigError
from bot.local_discord.form import Form, Problems
from bot.local_discord.form_file import read_form_file
from bot.local_discord.limits.limit_rules import LimitRule, RateLimits
from bot.local_discord.limits.limits_form import read_limits
from bot.local_discord.refusals import Refusal
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.settings import Settings
from tests.bot.local_discord.asking import as_person, channel, client, person

SEND = "POST /channels/{channel_id}/messages"


@asynccontextmanager
async def limited(limits: RateLimits) -> AsyncGenerator[tuple[LocalDiscord, httpx.AsyncClient]]:
    """A local Discord with these limits, and a client that is its bot and holds the page's key as well."""
    async with running(Config(settings=Settings(rate_limits=limits))) as local, client(local, {}) as http:
        http.headers.update({"Authorization": f"Bot {local.bot_token}", "X-Local-Key": local.key})
        yield local, http


def sending(local: LocalDiscord, name: str = "research") -> str:
    return f"/api/v10/channels/{channel(local, name).id}/messages"


async def test_a_route_has_a_bucket_in_each_channel() -> None:
    async with limited(RateLimits(rules=(LimitRule("send", (SEND,), 2, 60.0),))) as (local, http):
        answers = [await http.post(sending(local), json={"content": "x"}) for _ in range(3)]
        assert [answer.headers.get("x-ratelimit-remaining") for answer in answers] == ["1", "0", "0"]
        refused = answers[2]
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/json"
        assert refused.headers["via"]
        assert refused.headers["x-ratelimit-scope"] == "user"
        assert refused.headers["retry-after"] == "60"
        body = refused.json()
        assert set(body) == {"message", "code", "retry_after", "global"}
        assert (body["message"], body["global"]) == ("You are being rate limited.", False)
        assert 59 < body["retry_after"] <= 60
        assert local.stage.world.message_count(channel(local, "research").id) == 2
        other = await http.post(sending(local, "general"), json={"content": "x"})
        assert other.headers["x-ratelimit-bucket"] == refused.headers["x-ratelimit-bucket"]
        assert other.status_code == 200


async def test_the_global_limit_is_a_bots_own() -> None:
    async with limited(RateLimits(rules=(), route_requests=100, global_requests=2, global_window=60)) as (
        local,
        http,
    ):
        answers = await asyncio.gather(*(http.get("/api/v10/users/@me") for _ in range(3)))
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) == 1
        assert refused[0].headers["x-ratelimit-global"] == "true"
        assert refused[0].headers["x-ratelimit-scope"] == "global"
        assert refused[0].json()["global"] is True
        # who gives no token counts by address
        async with client(local, {}) as nobody:
            assert (await nobody.get("/api/v10/gateway")).status_code == 200


async def test_people_at_the_page_are_limited_only_on_demand() -> None:
    limits = RateLimits(rules=(), route_requests=1, route_window=60)
    for people, expected in ((False, 200), (True, 429)):
        async with (
            limited(replace(limits, people=people)) as (local, _),
            as_person(local, person(local, "bo")) as http,
        ):
            await http.get(sending(local))
            assert (await http.get(sending(local))).status_code == expected


async def test_renaming_meets_a_limit_of_the_channel() -> None:
    async with limited(RateLimits(people=True)) as (local, _), as_person(local, person(local, "ada")) as http:
        place = channel(local, "research")
        path = f"/api/v10/channels/{place.id}"
        names = [await http.patch(path, json={"name": f"name-{i}"}) for i in range(3)]
        assert [answer.status_code for answer in names] == [200, 200, 429]
        assert names[2].headers["x-ratelimit-scope"] == "shared"
        assert names[2].headers["x-ratelimit-remaining"] == "2"
        assert names[2].json()["message"] == "The resource is being rate limited."
        assert (await http.patch(path, json={"topic": "still free"})).status_code == 200
        # nobody is blamed for it
        assert (await http.get("/local/limits")).json()["callers"] == {}


async def test_webhooks_meet_a_limit_of_their_channel_too() -> None:
    execute = ("POST /webhooks/{webhook_id}/{token}",)
    rules = (LimitRule("one", execute, 5, 60.0), LimitRule("all", execute, 3, 60.0, shared=True))
    async with limited(RateLimits(rules=rules)) as (local, http):
        place = channel(local, "research").id
        made = [
            (await http.post(f"/api/v10/channels/{place}/webhooks", json={"name": name})).json()
            for name in "ab"
        ]
        hooks = [f"/api/v10/webhooks/{hook['id']}/{hook['token']}" for hook in made]
        async with client(local, {}) as nobody:
            answers = [await nobody.post(hook, json={"content": "x"}) for hook in (*hooks, *hooks)]
        assert [answer.status_code for answer in answers] == [204, 204, 204, 429]
        assert answers[3].headers["x-ratelimit-scope"] == "shared"
        assert answers[3].headers["x-ratelimit-remaining"] == "3"


@pytest.mark.parametrize(("kind", "body"), [("text", b"error code: 1015"), ("json", None)])
async def test_invalid_requests_lead_to_a_ban_without_via(kind: Any, body: bytes | None) -> None:
    limits = RateLimits(invalid_requests=3, ban=60, ban_answer=kind)
    async with limited(limits) as (local, http):
        assert local.desk.limiter is not None
        for _ in range(3):
            assert (await http.get("/api/v10/guilds/1")).status_code == 404
        http.headers["Authorization"] = "Bot wrong"
        for _ in range(3):
            answer = await http.get("/api/v10/users/@me")
            assert answer.status_code == 401
            assert answer.headers["via"]
        banned = await http.get("/api/v10/users/@me")
        assert banned.status_code == 429
        assert "via" not in banned.headers
        assert not [name for name in banned.headers if name.startswith("x-ratelimit")]
        if body is None:
            assert banned.json()["message"].startswith("You are being blocked")
            assert "retry-after" not in banned.headers
        else:
            assert banned.content == body
            assert banned.headers["retry-after"] == "60"
        # it was the address that gave a wrong token; the application did nothing
        http.headers["Authorization"] = f"Bot {local.bot_token}"
        assert (await http.get("/api/v10/users/@me")).status_code == 200
        http.headers["Authorization"] = "Bot wrong"
        async with client(local, {"X-Local-Key": local.key}) as control:
            told = (await control.get("/local/limits")).json()["callers"]
            assert told["127.0.0.1"]["invalid_requests"] == 3
            assert 0 < told["127.0.0.1"]["banned_for"] <= 60
            await control.delete("/local/limits")
        assert (await http.get("/api/v10/users/@me")).status_code == 401


async def test_by_address_a_ban_is_everybodys() -> None:
    async with limited(RateLimits(invalid_requests=1, invalid_by="address")) as (_, http):
        assert (await http.get("/api/v10/users/@me")).status_code == 200
        answer = await http.get("/api/v10/users/@me", headers={"Authorization": "Bot wrong"})
        assert answer.status_code == 401
        assert (await http.get("/api/v10/users/@me")).status_code == 429


async def test_the_local_controls_are_never_limited() -> None:
    async with limited(RateLimits(rules=(), route_requests=1, global_requests=1, global_window=60)) as (
        _,
        http,
    ):
        answers = [await http.get("/local/limits") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 5
        assert answers[4].json()["on"] is True
        assert answers[4].json()["limits"]["global"]["source"].startswith("official: https://")


# nextcord


async def patient(api: DiscordApi, path: str, **more: Any) -> None:
    """Send once, as often as the client itself says that it may not yet; what Discord refuses ends the test."""
    while True:
        try:
            await api.request("POST", path, **more)
        except DiscordUnavailable as busy:
            if busy.sent or isinstance(busy.__cause__, nextcord.HTTPException):
                raise
            await asyncio.sleep(0.02)
        else:
            return


@pytest.mark.slow
async def test_the_bots_own_client_is_never_refused() -> None:
    """Nextcord remembers no window shorter than a second, so that is the window here."""
    limits = RateLimits(rules=(LimitRule("send", (SEND,), 3, 0.5),), route_requests=50)
    async with limited(limits) as (local, _):
        with pointed_at(local.api_url):
            async with open_api(local.bot_token) as api:
                place = channel(local, "research").id
                for number in range(7):
                    body = {"content": str(number)}
                    await patient(api, "/channels/{channel_id}/messages", body=body, channel_id=place)
        statuses = [entry.status for entry in local.desk.traffic.find(method="POST")]
        assert statuses == [200] * 7


@pytest.mark.slow
async def test_nextcord_waits_by_our_headers_and_takes_a_ban_for_what_it_is() -> None:
    limits = RateLimits(rules=(LimitRule("send", (SEND,), 3, 0.5),), invalid_requests=1)
    seen: list[str] = []
    async with limited(limits) as (local, other):
        with pointed_at(local.api_url):
            http = HTTPClient(dispatch=lambda event, *_: seen.append(event))
            http.set_default_auth(f"Bot {local.bot_token}")
            route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel(local, "research").id)
            try:
                for number in range(5):
                    await http.request(route, json={"content": str(number)})
                assert seen == []
                forbidden = Route("GET", "/channels/{channel_id}", channel_id=1)
                with pytest.raises(nextcord.NotFound):
                    await http.request(forbidden)
                await other.get("/api/v10/users/@me", headers={"Authorization": "Bot wrong"})
                http.set_default_auth("Bot wrong")
                with pytest.raises(nextcord.HTTPException) as banned:
                    await http.request(Route("GET", "/users/@me"))
                assert banned.value.status == 429
            finally:
                await http.close()


# what can be set


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    place = tmp_path / "limits.yaml"
    place.write_text(
        """
global: {requests: 10}
invalid: {requests: 100, ban: 30, by: address, answer: json}
people: true
rules:
  send_message: {requests: 1}
  rename_channel: none
  search: {routes: ["GET /guilds/*/members/search"], requests: 1, seconds: 10, scope: shared}
"""
    )
    limits = read_form_file(place, read_limits)
    assert (limits.global_requests, limits.global_window) == (10, 1.0)
    assert (limits.invalid_requests, limits.ban, limits.invalid_by) == (100, 30.0, "address")
    assert limits.people
    changed, kept = limits.rule("send_message"), limits.rule("type")
    assert changed is not None
    assert (changed.requests, changed.seconds, changed.source) == (1, 5.0, "yours")
    assert kept == RateLimits().rule("type")
    assert limits.rule("rename_channel") is None
    assert limits.rules[0].name == "search"
    assert limits.rules[0].shared
    json.dumps(limits.as_json())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rules:\n  send_message: {requests: 0}", "2: rules.send_message.requests: int value should be"),
        ("people: 1", "1: people: Must be either true or false."),
        ("rulez: {}", "1: rulez: There is no such field; there are global"),
        (
            "rules:\n  a: {}\n  b: none",
            "3: rules.b: There is no such rule to take away; there are send_message",
        ),
        ("rules:\n  new: {requests: 1}", "2: rules.new.routes: This field is required"),
        ("rules: {type: {age: [5, 1]}}", "1: rules.type.age: Must be two numbers"),
        ("global: {seconds: .nan}", "1: global.seconds: Value"),
        ("invalid: {by: moon}", "1: invalid.by: Value must be one of {'application', 'address'}."),
        ("[1]", "1: Here fields with values are expected"),
        ("", "1: Here fields with values are expected"),
        ("a: [", "This is not valid YAML"),
        ("a: !!python/object:x {}", "This is not valid YAML"),
        ("\x00", "This is not valid YAML"),
    ],
)
def test_a_wrong_file_is_told_with_the_line(tmp_path: Path, text: str, expected: str) -> None:
    place = tmp_path / "limits.yaml"
    place.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_form_file(place, read_limits)
    assert expected in str(caught.value)
    assert str(caught.value).startswith(f"{place}:")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_form_file(tmp_path / "nowhere.yaml", read_limits)


def test_wrong_limits_say_what_to_write() -> None:
    form = Form({"rules": {"x": 5}, "global": [], "invalid": {"ban": -1}}, Problems())
    read_limits(form)
    with pytest.raises(Refusal) as refused:
        form.problems.raise_any()
    assert set(refused.value.body()["errors"]) == {"rules", "global", "invalid"}
