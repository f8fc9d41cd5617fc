"""Modals: which Discord takes, and what an application is told of one that was filled in."""

import asyncio
import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from bot.local_discord.client.member import Member
from bot.local_discord.model import Channel, Interaction
from bot.local_discord.server import LocalDiscord
from bot.local_discord.settings import Settings
from tests.bot.local_discord.answers import Answers
from tests.bot.local_discord.asking import QUICK, Api, person

type Json = dict[str, Any]


def label(component: Json, text: str = "L") -> Json:
    return {"type": 18, "label": text, "component": component}


def options(*values: str) -> list[Json]:
    return [{"label": value.upper(), "value": value} for value in values]


TEXT = {"type": 4, "custom_id": "why", "style": 2, "min_length": 3, "max_length": 10}
OLD = {"type": 1, "components": [{**TEXT, "label": "Why?"}]}
FIVE = [
    {"type": 10, "content": "Fill this in"},
    label({"type": 3, "custom_id": "pick", "options": options("a", "b"), "max_values": 2}),
    label({"type": 21, "custom_id": "one", "options": options("x", "y"), "required": False}),
    label({"type": 22, "custom_id": "many", "options": options("p", "q", "r")}),
    label({"type": 23, "custom_id": "sure"}),
]
MORE = [
    label({"type": 5, "custom_id": "who"}),
    label({"type": 8, "custom_id": "where", "channel_types": [0], "required": False}),
    label({"type": 19, "custom_id": "files", "max_values": 2}),
    label(TEXT),
]


def modal(*components: Json) -> Json:
    return {"custom_id": "m", "title": "t", "components": list(components)}


@pytest.fixture
def settings() -> Settings:
    # the application answers by hand here, between other checks
    return replace(QUICK, interaction_timeout=10.0)


@pytest.fixture
async def asked(
    bot_api: Api, bo_api: Api, answers: Answers, local: LocalDiscord, guild_id: int, research: Channel
) -> Interaction:
    """A command that waits for its answer."""
    path = f"/applications/{local.application_id}/guilds/{guild_id}/commands"
    command = await bot_api.ok("POST", path, {"name": "ask", "description": "d"})
    body = {
        "type": 2,
        "application_id": command["application_id"],
        "channel_id": str(research.id),
        "nonce": "1",
        "data": {"id": command["id"], "name": "ask", "type": 1},
    }
    await bo_api.ok("POST", "/interactions", body)
    return await answers.asked()


def sending(asked: Interaction, *components: Json, custom_id: str = "m", **more: Any) -> Json:
    return {
        "type": 5,
        "application_id": str(asked.application_id),
        "channel_id": str(asked.channel_id),
        "nonce": "2",
        "data": {"id": str(asked.id), "custom_id": custom_id, "components": list(components), **more},
    }


def given(custom_id: str, kind: int, **value: Any) -> Json:
    return {"type": 18, "component": {"type": kind, "custom_id": custom_id, **value}}


async def test_every_kind_of_input_is_told(asked: Interaction, answers: Answers, bo_api: Api) -> None:
    await answers.back(asked, 9, modal(*FIVE))
    body = sending(
        asked,
        given("pick", 3, values=["b", "a"]),
        given("one", 21, value=None),
        given("many", 22, values=["q"]),
        given("sure", 23, value=True),
    )
    await bo_api.ok("POST", "/interactions", body)
    sent, told = await answers.received()
    assert (told["type"], told["data"]["custom_id"]) == (5, "m")
    assert told["data"]["components"] == [
        {"type": 10, "id": 1},
        {"type": 18, "id": 2, "component": {"type": 3, "id": 3, "custom_id": "pick", "values": ["b", "a"]}},
        {"type": 18, "id": 4, "component": {"type": 21, "id": 5, "custom_id": "one", "value": None}},
        {"type": 18, "id": 6, "component": {"type": 22, "id": 7, "custom_id": "many", "values": ["q"]}},
        {"type": 18, "id": 8, "component": {"type": 23, "id": 9, "custom_id": "sure", "value": True}},
    ]
    made = await answers.back(sent, 4, {"content": "thanks"}, "?with_response=true")
    metadata = made["resource"]["message"]["interaction_metadata"]
    assert (metadata["type"], metadata["triggering_interaction_metadata"]["id"]) == (5, str(asked.id))
    # a form is sent once
    assert (await bo_api.refused("POST", "/interactions", body))[0] == 10062


async def test_people_and_files_come_along(
    asked: Interaction, answers: Answers, bo_api: Api, ada_api: Api, local: LocalDiscord
) -> None:
    await answers.back(asked, 9, modal(*MORE))
    chen = str(person(local, "chen"))
    body = sending(
        asked,
        given("who", 5, values=[chen]),
        given("files", 19, values=["0", "1"]),
        given("why", 4, value="tides"),
        attachments=[{"id": "0", "filename": "a.txt"}, {"id": "1", "filename": "b.txt"}],
    )
    parts = [(f"files[{i}]", (f"{i}", content)) for i, content in enumerate((b"one", b"two"))]
    answer = await bo_api.call("POST", "/interactions", data={"payload_json": json.dumps(body)}, files=parts)
    assert answer.status_code == 204
    _, told = await answers.received()
    parts_told = {each["component"]["custom_id"]: each["component"] for each in told["data"]["components"]}
    assert parts_told["where"]["values"] == []
    assert parts_told["why"]["value"] == "tides"
    resolved = told["data"]["resolved"]
    assert set(resolved["users"]) == {chen}
    names = [resolved["attachments"][i]["filename"] for i in parts_told["files"]["values"]]
    assert names == ["a.txt", "b.txt"]
    url = resolved["attachments"][parts_told["files"]["values"][1]]["url"]
    assert (await ada_api.http.get(url)).content == b"two"


FULL = {"pick": {"values": ["a"]}, "one": {"value": "x"}, "many": {"values": ["p"]}, "sure": {"value": False}}
KINDS = {"pick": 3, "one": 21, "many": 22, "sure": 23}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("pick", {"values": ["c"]}),
        ("pick", {"values": []}),
        ("pick", {"values": ["a", "a"]}),
        ("one", {"value": "z"}),
        ("many", {"values": []}),
        ("many", {"values": ["p", "z"]}),
        ("sure", {"value": "yes"}),
    ],
)
async def test_a_wrong_form_can_be_sent_again(
    asked: Interaction, answers: Answers, bo_api: Api, name: str, wrong: Json
) -> None:
    await answers.back(asked, 9, modal(*FIVE))
    filled = {**FULL, name: wrong}
    body = sending(asked, *(given(each, KINDS[each], **value) for each, value in filled.items()))
    code, answer = await bo_api.refused("POST", "/interactions", body)
    assert (code, name in str(answer["errors"])) == (50035, True)
    right = sending(asked, *(given(each, KINDS[each], **value) for each, value in FULL.items()))
    await bo_api.ok("POST", "/interactions", right, status=204)


@pytest.mark.parametrize(
    ("value", "status"), [("ab", 400), ("", 400), ("abc", 204), ("x" * 11, 400), (7, 400)]
)
async def test_text_has_its_length(
    asked: Interaction, answers: Answers, bo_api: Api, value: object, status: int
) -> None:
    await answers.back(asked, 9, modal(OLD))
    row = {"type": 1, "components": [{"type": 4, "custom_id": "why", "value": value}]}
    answer = await bo_api.call("POST", "/interactions", json=sending(asked, row))
    assert answer.status_code == status
    assert (await bo_api.refused("POST", "/interactions", sending(asked, row, custom_id="other")))[0] in (
        50035,
        10062,
    )


async def test_only_who_was_asked_may_answer(asked: Interaction, answers: Answers, ada_api: Api) -> None:
    await answers.back(asked, 9, modal(OLD))
    row = {"type": 1, "components": [{"type": 4, "custom_id": "why", "value": "because"}]}
    assert (await ada_api.refused("POST", "/interactions", sending(asked, row)))[0] == 10062


async def test_a_form_does_not_answer_a_form(
    asked: Interaction, answers: Answers, bo: Member, bo_api: Api
) -> None:
    await answers.back(asked, 9, modal(OLD))
    row = {"type": 1, "components": [{"type": 4, "custom_id": "why", "value": "because"}]}
    await bo_api.ok("POST", "/interactions", sending(asked, row))
    sent = await answers.asked()
    path = f"/interactions/{sent.id}/{sent.token}/callback"
    for kind in (9, 7, 6):
        body = {"type": kind, "data": modal(OLD) if kind == 9 else {"content": "x"}}
        assert (await answers.api.refused("POST", path, body))[0] == 50035
    await answers.back(sent, 4, {"content": "thanks"})
    assert bo


async def test_a_form_from_a_button_may_change_its_message(
    answers: Answers, bot_api: Api, bo: Member, research: Channel
) -> None:
    row = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Edit", "custom_id": "edit"}]}]
    message = await bot_api.ok(
        "POST", f"/channels/{research.id}/messages", {"content": "a", "components": row}
    )
    clicking = asyncio.create_task(bo.click(message, "Edit"))
    await answers.back(await answers.asked(), 9, modal(label(TEXT)))
    opened = await clicking
    submitting = asyncio.create_task(bo.submit(opened, why="because"))
    sent, told = await answers.received()
    assert told["message"]["id"] == message["id"]
    await answers.back(sent, 7, {"content": "because", "components": []})
    assert (await submitting).ok
    changed = await bo.message_where(lambda found: found["content"] == "because")
    assert changed["id"] == message["id"]


def broken(path: list[Any], value: object, *components: Json) -> Json:
    """A modal with one thing changed."""
    found: Any = copy.deepcopy(modal(*components))
    *steps, last = path
    place = found
    for step in steps:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return found


WRONG = [
    modal(),
    modal(*[OLD] * 2),
    modal(*[{"type": 10, "content": "x"}] * 6),
    modal({"type": 2, "style": 1, "label": "x", "custom_id": "b"}),
    broken(["title"], "x" * 46, OLD),
    broken(["custom_id"], None, OLD),
    broken(["components", 0, "components", 0, "label"], None, OLD),
    broken(["components", 0, "components", 0, "style"], 3, OLD),
    broken(["components", 0, "components", 0, "value"], "x" * 4001, OLD),
    broken(["components", 0, "components", 0, "min_length"], 11, OLD),
    broken(["components", 0, "components", 0, "type"], 3, OLD),
    broken(["components", 0, "label"], "x" * 46, label(TEXT)),
    broken(["components", 0, "component"], None, label(TEXT)),
    broken(["components", 0, "component", "label"], "twice", label(TEXT)),
    broken(["components", 0, "component", "type"], 2, label(TEXT)),
    broken(["components", 1, "component", "options"], [], *FIVE),
    broken(["components", 1, "component", "disabled"], True, *FIVE),
    broken(["components", 1, "component", "min_values"], 0, *FIVE),
    broken(["components", 1, "component", "min_values"], 3, *FIVE),
    broken(["components", 2, "component", "options"], options("x"), *FIVE),
    broken(["components", 2, "component", "options"], options("x", "x"), *FIVE),
    broken(["components", 3, "component", "max_values"], 11, *FIVE),
    broken(["components", 4, "component", "custom_id"], "pick", *FIVE),
    broken(["components", 0, "content"], "", *FIVE),
]


async def test_wrong_modals(asked: Interaction, answers: Answers) -> None:
    path = f"/interactions/{asked.id}/{asked.token}/callback"
    for data in WRONG:
        code, _ = await answers.api.refused("POST", path, {"type": 9, "data": data})
        assert code == 50035, data
    await answers.back(asked, 9, modal(OLD))
