"""Answers to interactions: what each type of callback gives, and which are refused where."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.local_discord.client.member import Member
from bot.local_discord.model import Channel, Interaction
from bot.local_discord.server import LocalDiscord
from bot.local_discord.settings import Settings
from tests.bot.local_discord.answers import Answers
from tests.bot.local_discord.asking import QUICK, Api

type Json = dict[str, Any]

V2 = 1 << 15
ROW = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]
MODAL = {
    "custom_id": "m",
    "title": "t",
    "components": [{"type": 1, "components": [{"type": 4, "custom_id": "why", "label": "Why?", "style": 1}]}],
}
COMMANDS = [
    {"name": "ping", "description": "d"},
    {
        "name": "find",
        "description": "d",
        "options": [
            {"type": 3, "name": "text", "description": "d", "autocomplete": True},
            {"type": 4, "name": "number", "description": "d", "autocomplete": True},
        ],
    },
]


@pytest.fixture
def settings() -> Settings:
    # the application answers by hand here, between other checks
    return replace(QUICK, interaction_timeout=10.0)


@pytest.fixture(autouse=True)
async def commands(bot_api: Api, local: LocalDiscord, guild_id: int) -> None:
    await bot_api.ok("PUT", f"/applications/{local.application_id}/guilds/{guild_id}/commands", COMMANDS)


def callback(asked: Interaction) -> str:
    return f"/interactions/{asked.id}/{asked.token}/callback"


async def used(bo: Member, answers: Answers, research: Channel) -> Interaction:
    """A command that waits for its answer."""
    found = (command for command in await bo.commands(research.id) if command["name"] == "ping")
    command = next(found)
    await bo.request(
        "POST",
        "/interactions",
        {
            "type": 2,
            "application_id": command["application_id"],
            "channel_id": str(research.id),
            "nonce": "1",
            "data": {"id": command["id"], "name": "ping", "type": 1},
        },
    )
    return await answers.asked()


async def pressed(bo: Member, answers: Answers, sent: Json) -> Interaction:
    """A button that waits for its answer."""
    await bo.request(
        "POST",
        "/interactions",
        {
            "type": 3,
            "application_id": sent["author"]["id"],
            "channel_id": sent["channel_id"],
            "message_id": sent["id"],
            "nonce": "1",
            "data": {"component_type": 2, "custom_id": "go"},
        },
    )
    return await answers.asked()


@pytest.fixture
async def sent(bot_api: Api, research: Channel) -> Json:
    body = {"content": "press", "components": ROW}
    found: Json = await bot_api.ok("POST", f"/channels/{research.id}/messages", body)
    return found


@pytest.mark.parametrize(
    ("kind", "data"), [(4, {"content": "hi"}), (4, {"content": "hi", "flags": 64}), (5, None)]
)
async def test_what_an_answer_to_a_command_gives(
    bo: Member, answers: Answers, research: Channel, kind: int, data: Json | None
) -> None:
    asked = await used(bo, answers, research)
    made = await answers.back(asked, kind, data, "?with_response=true")
    about = made["interaction"]
    assert (about["id"], about["type"]) == (str(asked.id), 2)
    assert about["response_message_loading"] is (kind == 5)
    assert about["response_message_ephemeral"] is bool((data or {}).get("flags"))
    assert made["resource"]["type"] == 4
    assert made["resource"]["message"]["id"] == about["response_message_id"]


async def test_what_an_answer_to_a_button_gives(bo: Member, answers: Answers, sent: Json) -> None:
    asked = await pressed(bo, answers, sent)
    made = await answers.back(asked, 7, {"content": "done"}, "?with_response=true")
    assert (made["resource"]["type"], made["resource"]["message"]["id"]) == (7, sent["id"])
    asked = await pressed(bo, answers, sent)
    assert await answers.back(asked, 6) is None
    edited = await answers.api.ok("PATCH", answers.hook(asked, "/messages/@original"), {"content": "later"})
    assert (edited["id"], edited["content"]) == (sent["id"], "later")
    asked = await pressed(bo, answers, sent)
    made = await answers.back(asked, 4, {"content": "beside"}, "?with_response=true")
    message = made["resource"]["message"]
    assert (message["type"], message["message_reference"]["message_id"]) == (19, sent["id"])
    assert message["interaction_metadata"]["interacted_message_id"] == sent["id"]
    asked = await pressed(bo, answers, sent)
    made = await answers.back(asked, 9, MODAL, "?with_response=true")
    assert "resource" not in made


@pytest.mark.parametrize("kind", [1, 2, 3, 6, 7, 8, 10, 12])
async def test_what_does_not_answer_a_command(
    bo: Member, answers: Answers, research: Channel, kind: int
) -> None:
    # 1 answers the pings of an HTTP endpoint only, 10 and 12 are for shops and activities
    asked = await used(bo, answers, research)
    body = {"type": kind, "data": {"content": "x"}}
    code, answer = await answers.api.refused("POST", callback(asked), body)
    assert (code, answer["errors"]["type"]["_errors"][0]["code"]) == (50035, "BASE_TYPE_CHOICES")
    await answers.back(asked, 4, {"content": "right"})


async def test_a_placeholder_keeps_who_sees_it(bo: Member, answers: Answers, research: Channel) -> None:
    for flags in (0, 64):
        asked = await used(bo, answers, research)
        await answers.back(asked, 5, {"flags": flags})
        filled = await answers.api.ok("POST", answers.hook(asked), {"content": "x", "flags": 64 - flags})
        assert filled["flags"] & 64 == flags
        other = await answers.api.ok("POST", answers.hook(asked), {"content": "y", "flags": 64})
        assert other["flags"] & 64


async def test_a_refused_filling_leaves_the_placeholder(
    bo: Member, answers: Answers, research: Channel
) -> None:
    asked = await used(bo, answers, research)
    await answers.back(asked, 5)
    assert (await answers.api.refused("POST", answers.hook(asked), {"content": ""}))[0] == 50006
    original = await answers.api.ok("GET", answers.hook(asked, "/messages/@original"))
    assert original["flags"] & 128
    filled = await answers.api.ok("POST", answers.hook(asked), {"content": "now"})
    assert filled["id"] == original["id"]


async def test_a_placeholder_may_become_a_layout(bo: Member, answers: Answers, research: Channel) -> None:
    asked = await used(bo, answers, research)
    await answers.back(asked, 5, {"flags": V2})
    original = answers.hook(asked, "/messages/@original")
    assert not (await answers.api.ok("GET", original))["flags"] & V2
    body = {"flags": V2, "components": [{"type": 10, "content": "# Tides"}]}
    edited = await answers.api.ok("PATCH", original, body)
    assert edited["flags"] & V2
    assert edited["components"][0]["content"] == "# Tides"


async def test_deleted_answers(bo: Member, answers: Answers, research: Channel) -> None:
    asked = await used(bo, answers, research)
    await answers.back(asked, 5)
    await answers.api.ok("DELETE", answers.hook(asked, "/messages/@original"), status=204)
    again = await answers.api.ok("POST", answers.hook(asked), {"content": "a new one"})
    path = answers.hook(asked, f"/messages/{again['id']}")
    assert (await answers.api.ok("PATCH", path, {"content": "changed"}))["content"] == "changed"
    await answers.api.ok("DELETE", path, status=204)
    assert (await answers.api.refused("GET", path))[0] == 10008


async def test_the_token_opens_only_its_own(
    bo: Member, answers: Answers, research: Channel, sent: Json
) -> None:
    one, two = await used(bo, answers, research), await used(bo, answers, research)
    await answers.back(one, 4, {"content": "one"})
    await answers.back(two, 4, {"content": "two"})
    first = await answers.api.ok("GET", answers.hook(one, "/messages/@original"))
    assert (await answers.api.refused("GET", answers.hook(two, f"/messages/{first['id']}")))[0] == 10008
    assert (await answers.api.refused("DELETE", answers.hook(two, f"/messages/{sent['id']}")))[0] == 10008
    wrong = f"/webhooks/{one.application_id}/rubbish"
    assert (await answers.api.refused("POST", wrong, {"content": "x"}))[0] == 50027


@pytest.mark.parametrize(
    ("option", "choices", "where"),
    [
        ("text", [{"name": "n", "value": 1}], ["0", "value"]),
        ("text", [{"name": "", "value": "v"}], ["0", "name"]),
        ("text", [{"name": "n", "value": "v" * 101}], ["0", "value"]),
        ("text", [{"name": "n"}], ["0", "value"]),
        ("number", [{"name": "n", "value": "1"}], ["0", "value"]),
        ("number", [{"name": "n", "value": 1.5}], ["0", "value"]),
        ("text", [{"name": f"n{i}", "value": "v"} for i in range(26)], []),
    ],
)
async def test_choices_that_do_not_fit(
    bo: Member, answers: Answers, research: Channel, option: str, choices: list[Json], where: list[str]
) -> None:
    asking = asyncio.create_task(bo.autocomplete(research.id, "find", option, "1"))
    asked = await answers.asked()
    code, answer = await answers.api.refused(
        "POST", callback(asked), {"type": 8, "data": {"choices": choices}}
    )
    assert code == 50035
    errors = answer["errors"]["data"]["choices"]
    for step in where:
        errors = errors[step]
    assert errors["_errors"]
    right = [{"name": "One", "value": 1 if option == "number" else "1"}]
    await answers.back(asked, 8, {"choices": right})
    assert await asking == right
