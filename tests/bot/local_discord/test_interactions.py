"""Members ask, an application answers: by hand on the application's side, so that every rule can be met."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.clock import Clock
from bot.errors import UserError
from bot.local_discord.client.member import DiscordRefused, Member, Outcome, join
from bot.local_discord.model import Channel, Interaction
from bot.local_discord.server import Config, LocalDiscord, running
from tests.bot.local_discord.answers import Answers, answering
from tests.bot.local_discord.asking import QUICK, Api, Join, channel, client

type Json = dict[str, Any]

COMMAND = {
    "name": "research",
    "description": "Look it up",
    "options": [
        {
            "type": 3,
            "name": "topic",
            "description": "d",
            "required": True,
            "autocomplete": True,
            "max_length": 20,
        },
        {"type": 4, "name": "depth", "description": "d", "min_value": 1, "max_value": 3},
        {"type": 6, "name": "who", "description": "d"},
    ],
}
BUTTONS = [
    {
        "type": 1,
        "components": [
            {"type": 2, "style": 1, "label": "Stop", "custom_id": "stop"},
            {"type": 2, "style": 2, "label": "Off", "custom_id": "off", "disabled": True},
        ],
    }
]


@pytest.fixture
async def commands(bot_api: Api, local: LocalDiscord, guild_id: int) -> list[Json]:
    path = f"/applications/{local.application_id}/guilds/{guild_id}/commands"
    stored: list[Json] = await bot_api.ok("PUT", path, [COMMAND, {"name": "ping", "description": "d"}])
    return stored


async def deferred(
    answers: Answers, bo: Member, place: Channel, data: object = None
) -> tuple[Interaction, Outcome]:
    asking = asyncio.create_task(bo.slash(place.id, "research", topic="tides"))
    asked = await answers.asked()
    await answers.back(asked, 5, data)
    return asked, await asking


async def test_the_first_follow_up_fills_the_placeholder(
    commands: list[Json], answers: Answers, bo: Member, research: Channel, joined: Join
) -> None:
    async with joined("chen") as chen:
        asked, outcome = await deferred(answers, bo, research)
        assert outcome.message is not None
        assert outcome.message["flags"] & 128
        first = await answers.api.ok("POST", answers.hook(asked), {"content": "first"})
        second = await answers.api.ok("POST", answers.hook(asked), {"content": "second"})
        assert first["id"] == outcome.message["id"]
        assert (first["flags"] & 128, first["edited_timestamp"]) == (0, None)
        assert second["id"] != first["id"]
        assert second["message_reference"]["message_id"] == first["id"]
        original = await answers.api.ok("GET", answers.hook(asked, "/messages/@original"))
        assert original["id"] == first["id"]
        seen = await chen.message_where(lambda m: m["id"] == first["id"] and m["content"] == "first")
        assert seen["interaction_metadata"]["user"]["username"] == "bo"
    assert len(commands) == 2


async def test_editing_the_original_fills_the_placeholder(
    commands: list[Json], answers: Answers, bo: Member, research: Channel
) -> None:
    asked, _ = await deferred(answers, bo, research)
    edited = await answers.api.ok("PATCH", answers.hook(asked, "/messages/@original"), {"content": "done"})
    assert edited["flags"] & 128 == 0
    after = await answers.api.ok("POST", answers.hook(asked), {"content": "next"})
    assert after["id"] != edited["id"]
    await answers.api.ok("DELETE", answers.hook(asked, "/messages/@original"), status=204)
    assert (await answers.api.refused("GET", answers.hook(asked, "/messages/@original")))[0] == 10008
    assert commands


async def test_ephemeral_answers_are_for_one_member(
    commands: list[Json], answers: Answers, bo: Member, research: Channel, joined: Join, bot_api: Api
) -> None:
    async with joined("chen") as chen:
        asked, outcome = await deferred(answers, bo, research, {"flags": 64})
        filled = await answers.api.ok("POST", answers.hook(asked), {"content": "for you"})
        assert filled["flags"] & 64
        assert outcome.message is not None
        assert filled["id"] == outcome.message["id"]
        await bo.message_where(lambda message: message["content"] == "for you")
        await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": "for all"})
        await chen.message_where(lambda message: message["content"] == "for all")
        assert filled["id"] not in chen.seen
        listed = await bo.messages(research.id)
        assert [message["content"] for message in listed] == ["for all"]
        assert (await bot_api.refused("GET", f"/channels/{research.id}/messages/{filled['id']}"))[0] == 10008
    assert commands


async def test_an_answer_at_once_and_never_twice(
    commands: list[Json], answers: Answers, bo: Member, research: Channel
) -> None:
    asking = asyncio.create_task(bo.slash(research.id, "ping"))
    asked = await answers.asked()
    assert (await answers.api.refused("POST", answers.hook(asked), {"content": "too early"}))[0] == 10015
    made = await answers.back(asked, 4, {"content": "pong"}, "?with_response=true")
    assert made["resource"]["message"]["content"] == "pong"
    outcome = await asking
    assert outcome.message is not None
    assert (outcome.message["content"], outcome.message["type"]) == ("pong", 20)
    path = f"/interactions/{asked.id}/{asked.token}/callback"
    assert (await answers.api.refused("POST", path, {"type": 4, "data": {"content": "again"}}))[0] == 40060
    assert (await answers.api.refused("POST", f"/interactions/{asked.id}/wrong/callback", {"type": 5}))[
        0
    ] == 10062
    assert commands


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"type": 8, "data": {"choices": []}}, 50035),
        ({"type": 6}, 50035),
        ({"type": 4}, 50035),
        ({"type": 4, "data": {}}, 50006),
        ({"type": 4, "data": {"content": "x" * 2001}}, 50035),
        ({"type": 9, "data": {"title": "t"}}, 50035),
        ({"type": "rubbish"}, 50035),
        ([], 50109),
    ],
)
async def test_a_refused_answer_does_not_count(
    commands: list[Json], answers: Answers, bo: Member, research: Channel, body: object, code: int
) -> None:
    asking = asyncio.create_task(bo.slash(research.id, "ping"))
    asked = await answers.asked()
    path = f"/interactions/{asked.id}/{asked.token}/callback"
    assert (await answers.api.refused("POST", path, body))[0] == code
    await answers.back(asked, 4, {"content": "right"})
    assert (await asking).ok
    assert commands


async def test_nobody_answers(commands: list[Json], answers: Answers, bo: Member, research: Channel) -> None:
    outcome = await bo.slash(research.id, "ping")
    assert not outcome.ok
    asked = await answers.asked()
    path = f"/interactions/{asked.id}/{asked.token}/callback"
    assert (await answers.api.refused("POST", path, {"type": 5}))[0] == 10062
    assert commands


async def test_autocomplete_is_relayed(
    commands: list[Json], answers: Answers, bo: Member, research: Channel
) -> None:
    asking = asyncio.create_task(bo.autocomplete(research.id, "research", "topic", "ti", depth=2))
    asked = await answers.asked()
    assert next(o for o in asked.data["options"] if o.get("focused"))["value"] == "ti"
    path = f"/interactions/{asked.id}/{asked.token}/callback"
    assert (await answers.api.refused("POST", path, {"type": 4, "data": {"content": "x"}}))[0] == 50035
    await answers.back(asked, 8, {"choices": [{"name": "Tides", "value": "tides"}]})
    assert await asking == [{"name": "Tides", "value": "tides"}]
    assert commands


async def test_buttons_update_or_answer(
    answers: Answers, bo: Member, bot_api: Api, research: Channel
) -> None:
    sent = await bot_api.ok(
        "POST", f"/channels/{research.id}/messages", {"content": "run", "components": BUTTONS}
    )
    asking = asyncio.create_task(bo.click(sent, "Stop"))
    asked = await answers.asked()
    assert (asked.message_id, asked.data["custom_id"]) == (int(sent["id"]), "stop")
    await answers.back(asked, 7, {"content": "stopped", "components": []})
    outcome = await asking
    assert outcome.message is not None
    assert (outcome.message["id"], outcome.message["content"]) == (sent["id"], "stopped")
    follow = await answers.api.ok("POST", answers.hook(asked), {"content": "more"})
    assert follow["id"] != sent["id"]
    original = await answers.api.ok("GET", answers.hook(asked, "/messages/@original"))
    assert original["id"] == sent["id"]


async def test_what_cannot_be_pressed(bo: Member, bot_api: Api, research: Channel, answers: Answers) -> None:
    sent = await bot_api.ok(
        "POST", f"/channels/{research.id}/messages", {"content": "run", "components": BUTTONS}
    )
    with pytest.raises(UserError, match="disabled"):
        await bo.click(sent, "off")
    press: Json = {
        "type": 3,
        "application_id": sent["author"]["id"],
        "channel_id": sent["channel_id"],
        "message_id": sent["id"],
        "data": {"component_type": 2, "custom_id": "off"},
    }
    with pytest.raises(DiscordRefused) as refused:
        await bo.request("POST", "/interactions", press)
    assert refused.value.code == 50035
    with pytest.raises(UserError):
        await bo.click(sent, "Explode")
    await bot_api.ok("DELETE", f"/channels/{research.id}/messages/{sent['id']}")
    with pytest.raises(DiscordRefused) as refused:
        await bo.click(sent, "Stop")
    assert refused.value.code == 10008
    assert answers


async def test_a_form_is_opened_and_sent(
    commands: list[Json], answers: Answers, bo: Member, research: Channel
) -> None:
    field = {"type": 4, "custom_id": "why", "label": "Why?", "style": 1}
    modal = {"custom_id": "m", "title": "Reason", "components": [{"type": 1, "components": [field]}]}
    asking = asyncio.create_task(bo.slash(research.id, "ping"))
    asked = await answers.asked()
    await answers.back(asked, 9, modal)
    opened = await asking
    assert opened.modal is not None
    sending = asyncio.create_task(bo.submit(opened, why="because"))
    submitted = await answers.asked()
    assert submitted.kind == 5
    assert submitted.data["components"][0]["components"][0]["value"] == "because"
    await answers.back(submitted, 4, {"content": "thanks"})
    assert (await sending).ok
    assert commands


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"topic": "x" * 21},
        {"topic": 7},
        {"topic": "x", "depth": 4},
        {"topic": "x", "depth": True},
        {"topic": "x", "who": "7"},
    ],
)
async def test_options_are_held_against_the_command(
    commands: list[Json], bo: Member, research: Channel, options: Json
) -> None:
    with pytest.raises(DiscordRefused) as refused:
        await bo.slash(research.id, "research", **options)
    assert refused.value.code == 50035
    assert commands


async def test_who_may_use_a_command(
    bot_api: Api, local: LocalDiscord, guild_id: int, bo: Member, joined: Join
) -> None:
    path = f"/applications/{local.application_id}/guilds/{guild_id}/commands"
    await bot_api.ok("PUT", path, [{"name": "admin", "description": "d", "default_member_permissions": "32"}])
    place = channel(local, "general")
    assert await bo.commands(place.id) == []
    async with joined("ada") as ada:
        assert [command["name"] for command in await ada.commands(place.id)] == ["admin"]


async def test_the_token_dies_after_a_quarter_of_an_hour() -> None:
    late = timedelta()

    def now() -> datetime:
        return datetime.now(UTC) + late

    config = Config(settings=QUICK, clock=Clock(now=now))
    async with running(config) as local, answering(local) as answers:
        async with client(local, {"Authorization": f"Bot {local.bot_token}"}) as bot:
            guild = next(iter(local.stage.world.guilds))
            path = f"/applications/{local.application_id}/guilds/{guild}/commands"
            await Api(bot).ok("PUT", path, [COMMAND])
        async with join(local.base_url, local.key, "bo") as bo:
            asked, _ = await deferred(answers, bo, channel(local, "research"))
            late = timedelta(minutes=14)
            await answers.api.ok("POST", answers.hook(asked), {"content": "in time"})
            late = timedelta(minutes=16)
            assert (await answers.api.refused("POST", answers.hook(asked), {"content": "late"}))[0] == 50027
