"""The check against Discord's description itself finds what it must find."""

from typing import Any

import pytest

from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.conftest import Api
from tests.description import Description, description

type Json = dict[str, Any]
BY_A_BOT = "DiscordBot (https://example.invalid 1.0)"


@pytest.fixture
def held() -> Description:
    found = description()
    if found is None:
        pytest.skip("Discord's API description does not lie beside this checkout")
    return found


def last(local: LocalDiscord, route: str) -> Json:
    return [entry for entry in local.desk.traffic.find() if entry.route == route][-1].as_json()


@pytest.fixture
async def me(bot_api: Api, local: LocalDiscord) -> Json:
    await bot_api.ok("GET", "/users/@me")
    return last(local, "/users/@me")


@pytest.fixture
async def said(bot_api: Api, local: LocalDiscord) -> Json:
    channel = next(one.id for one in local.stage.world.channels.values() if one.name == "general")
    await bot_api.ok("POST", f"/channels/{channel}/messages", {"content": "hello"})
    return last(local, "/channels/{channel_id}/messages")


async def test_what_is_right_passes(held: Description, me: Json, said: Json) -> None:
    assert held.problems(me) == []
    assert held.problems(said) == []


@pytest.mark.parametrize(
    ("change", "finds"),
    [({"username": None}, "username"), ({"shoe_size": 43}, "unknown field $.shoe_size"), ({"id": 7}, "$.id")],
)
async def test_a_wrong_answer_is_found(held: Description, me: Json, change: Json, finds: str) -> None:
    wrong = {**me, "answer": me["answer"] | change}
    assert any(finds in problem for problem in held.problems(wrong))


async def test_a_missing_field_and_a_wrong_status_are_found(held: Description, me: Json) -> None:
    answer = {name: value for name, value in me["answer"].items() if name != "discriminator"}
    assert any("discriminator" in problem for problem in held.problems({**me, "answer": answer}))
    assert any("status" in problem for problem in held.problems({**me, "status": 202}))


async def test_an_answer_where_none_belongs_is_found(held: Description, me: Json) -> None:
    wrong = {
        **me,
        "method": "POST",
        "route": "/channels/{channel_id}/typing",
        "path": "/api/v10/channels/1/typing",
        "status": 204,
    }
    assert any("where none is described" in problem for problem in held.problems(wrong))


def refused(entry: Json) -> Json:
    return {**entry, "status": 400, "answer": {"message": "Invalid Form Body", "code": 50035}}


@pytest.mark.parametrize(("body", "finds"), [({"content": 5}, "$.content"), (None, "lacks its body")])
async def test_a_wrong_request_is_found_where_it_was_accepted_or_a_bot_sent_it(
    held: Description, said: Json, body: object, finds: str
) -> None:
    wrong = {**said, "body": body}
    assert any(finds in problem for problem in held.problems(wrong))
    assert held.problems(refused(wrong)) == []
    assert any(finds in problem for problem in held.problems(refused({**wrong, "client": BY_A_BOT})))


@pytest.mark.parametrize(
    ("change", "finds"),
    [
        ({"body": {"content": "hi", "colour": "red"}}, "unknown field $.colour"),
        ({"body": {"embeds": [{"title": "x", "size": 3}]}}, "unknown field $.embeds[0].size"),
        ({"query": "colour=red"}, "unknown query parameter colour"),
    ],
)
async def test_what_discord_would_not_read_is_found_where_a_bot_sent_it(
    held: Description, said: Json, change: Json, finds: str
) -> None:
    assert held.problems({**said, **change}) == []
    assert any(finds in problem for problem in held.problems({**said, **change, "client": BY_A_BOT}))


async def test_a_wrong_query_is_found(held: Description, said: Json) -> None:
    listing: Json = {**said, "method": "GET", "status": 200, "answer": [], "body": None}
    assert any("limit=many" in problem for problem in held.problems({**listing, "query": "limit=many"}))
    assert held.problems({**listing, "query": "limit=5&before=123456789012345678"}) == []


async def test_a_request_that_is_not_described_is_found(held: Description, said: Json) -> None:
    assert any("not described" in problem for problem in held.problems({**said, "path": "/api/v10/teapot"}))


async def test_a_known_gap_is_no_wider_than_its_name(held: Description, said: Json) -> None:
    numbered = {**said, "body": {"content": "x", "attachments": [{"id": 0}]}}
    assert held.problems(numbered) == []
    assert held.problems({**said, "body": {"content": "x", "attachments": [{"id": True}]}}) != []
