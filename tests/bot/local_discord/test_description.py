"""The check against Discord's description itself finds what it must find."""

import json
from dataclasses import replace

import pytest

from bot.local_discord.server import LocalDiscord
from bot.local_discord.traffic import Exchange
from tests.bot.local_discord.conftest import Api
from tests.bot.local_discord.description import Description, description


@pytest.fixture
def held() -> Description:
    found = description()
    if found is None:
        pytest.skip("Discord's API description does not lie beside this checkout")
    return found


@pytest.fixture
async def entry(bot_api: Api, local: LocalDiscord) -> Exchange:
    await bot_api.ok("GET", "/users/@me")
    return next(entry for entry in local.desk.traffic.find() if entry.route == "/users/@me")


async def test_a_right_answer_passes(held: Description, entry: Exchange) -> None:
    assert held.problems(entry) == []


@pytest.mark.parametrize(
    ("change", "finds"),
    [({"username": None}, "username"), ({"shoe_size": 43}, "unknown field $.shoe_size"), ({"id": 7}, "$.id")],
)
async def test_a_wrong_answer_is_found(
    held: Description, entry: Exchange, change: object, finds: str
) -> None:
    answer = json.loads(entry.answer)
    assert isinstance(change, dict)
    wrong = replace(entry, answer=json.dumps(answer | change).encode())
    assert any(finds in problem for problem in held.problems(wrong))


async def test_a_missing_field_and_a_wrong_status_are_found(held: Description, entry: Exchange) -> None:
    answer = json.loads(entry.answer)
    del answer["discriminator"]
    assert any(
        "discriminator" in p for p in held.problems(replace(entry, answer=json.dumps(answer).encode()))
    )
    assert any("status" in p for p in held.problems(replace(entry, status=202)))


async def test_an_answer_where_none_belongs_is_found(held: Description, entry: Exchange) -> None:
    wrong = replace(
        entry,
        method="POST",
        route="/channels/{channel_id}/typing",
        path="/api/v10/channels/1/typing",
        status=204,
    )
    assert held.problems(wrong) != []
