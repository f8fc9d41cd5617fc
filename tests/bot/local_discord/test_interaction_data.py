"""What an application is told of a command or a press: options, resolved objects, and who and where."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from bot.local_discord.client.member import DiscordRefused, Member
from bot.local_discord.members import permissions as p
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from bot.local_discord.settings import Settings
from tests.bot.local_discord.answers import Answers
from tests.bot.local_discord.asking import QUICK, Api, as_person, channel, person

type Json = dict[str, Any]


def option(name: str, kind: int, **more: Any) -> Json:
    return {"type": kind, "name": name, "description": "d", **more}


COMMANDS = [
    {
        "name": "all",
        "description": "d",
        "options": [
            option("who", 6),
            option("where", 7, channel_types=[0]),
            option("role", 8),
            option("any", 9),
            option("number", 10, max_value=2.5),
            option("file", 11),
            option("yes", 5),
        ],
    },
    {
        "name": "reports",
        "description": "d",
        "options": [
            option("list", 1),
            option("more", 2, options=[option("deep", 1, options=[option("n", 4, required=True)])]),
        ],
    },
    {"name": "Greet", "type": 2},
    {"name": "Quote", "type": 3},
]


@pytest.fixture
def settings() -> Settings:
    # the application answers by hand here, between other checks
    return replace(QUICK, interaction_timeout=10.0)


@pytest.fixture
async def commands(bot_api: Api, local: LocalDiscord, guild_id: int) -> dict[str, Json]:
    path = f"/applications/{local.application_id}/guilds/{guild_id}/commands"
    stored: list[Json] = await bot_api.ok("PUT", path, COMMANDS)
    return {command["name"]: command for command in stored}


class Asking:
    """Sends interactions as bo, by hand."""

    def __init__(self, api: Api, place: Channel) -> None:
        self._api = api
        self._place = place

    def body(self, command: Json, *, kind: int = 2, **data: Any) -> Json:
        return {
            "type": kind,
            "application_id": command["application_id"],
            "channel_id": str(self._place.id),
            "session_id": "s",
            "nonce": "1",
            "data": {"id": command["id"], "name": command["name"], "type": command["type"], **data},
        }

    async def ask(self, command: Json, **data: Any) -> None:
        await self._api.ok("POST", "/interactions", self.body(command, **data), status=204)

    async def refused(self, command: Json, *, kind: int = 2, **data: Any) -> int:
        code, _ = await self._api.refused("POST", "/interactions", self.body(command, kind=kind, **data))
        return code

    async def upload(self, body: Json, *files: tuple[str, bytes]) -> int:
        parts = [(f"files[{i}]", (name, content)) for i, (name, content) in enumerate(files)]
        answer = await self._api.call(
            "POST", "/interactions", data={"payload_json": json.dumps(body)}, files=parts
        )
        return answer.status_code


@pytest.fixture
def asking(bo_api: Api, research: Channel) -> Asking:
    return Asking(bo_api, research)


def filled(name: str, kind: int, value: object) -> Json:
    return {"name": name, "type": kind, "value": value}


async def test_who_and_where(
    commands: dict[str, Json], asking: Asking, answers: Answers, guild_id: int, local: LocalDiscord
) -> None:
    await asking.ask(commands["all"])
    _, told = await answers.received()
    assert told["member"]["user"]["username"] == "bo"
    assert int(told["member"]["permissions"]) & p.SEND_MESSAGES
    assert told["guild_id"] == told["guild"]["id"] == str(guild_id)
    assert told["authorizing_integration_owners"] == {"0": str(guild_id)}
    assert (told["context"], told["version"], told["entitlements"]) == (0, 1, [])
    assert (told["locale"], told["guild_locale"]) == ("en-US", "en-US")
    assert told["attachment_size_limit"] == local.stage.settings.file_bytes
    assert int(told["app_permissions"]) & p.VIEW_CHANNEL
    assert told["channel"]["id"] == told["channel_id"]
    assert told["data"] == {
        "id": commands["all"]["id"],
        "name": "all",
        "type": 1,
        "guild_id": str(guild_id),
    }


async def test_in_a_direct_channel(bot_api: Api, bo_api: Api, answers: Answers, local: LocalDiscord) -> None:
    everywhere = f"/applications/{local.application_id}/commands"
    stored = await bot_api.ok("POST", everywhere, {"name": "ping", "description": "d"})
    direct = await bo_api.ok("POST", "/users/@me/channels", {"recipient_id": str(local.application_id)})
    await Asking(bo_api, local.stage.world.channels[int(direct["id"])]).ask(stored)
    _, told = await answers.received()
    assert (told["user"]["username"], told["context"]) == ("bo", 1)
    assert told["authorizing_integration_owners"] == {"0": "0"}
    wanted = p.ATTACH_FILES | p.EMBED_LINKS | p.MENTION_EVERYONE | p.USE_EXTERNAL_EMOJIS
    assert int(told["app_permissions"]) & wanted == wanted
    assert not {"member", "guild", "guild_id"} & set(told)


async def test_what_is_named_comes_along(
    commands: dict[str, Json], asking: Asking, answers: Answers, local: LocalDiscord, guild_id: int
) -> None:
    chen, general = person(local, "chen"), channel(local, "general")
    admin = next(role for role in local.stage.world.roles.values() if role.name == "Admin")
    options = [
        filled("who", 6, str(chen)),
        filled("where", 7, str(general.id)),
        filled("role", 8, str(admin.id)),
        filled("any", 9, str(guild_id)),
        filled("number", 10, 2.5),
        filled("yes", 5, False),
    ]
    await asking.ask(commands["all"], options=options)
    _, told = await answers.received()
    assert told["data"]["options"] == options
    resolved = told["data"]["resolved"]
    assert resolved["users"][str(chen)]["username"] == "chen"
    member = resolved["members"][str(chen)]
    assert not {"user", "mute", "deaf"} & set(member)
    assert int(member["permissions"]) & p.VIEW_CHANNEL
    place = resolved["channels"][str(general.id)]
    assert (place["name"], "permission_overwrites" in place) == ("general", False)
    assert int(place["permissions"]) & p.SEND_MESSAGES
    assert set(resolved["roles"]) == {str(admin.id), str(guild_id)}


MISFITS = [
    filled("who", 6, "7"),
    filled("who", 6, "bo"),
    filled("role", 8, "7"),
    filled("any", 9, "7"),
    filled("number", 10, 2.6),
    filled("number", 10, "2"),
    filled("number", 3, 2),
    filled("yes", 5, 1),
    filled("file", 11, "0"),
    filled("nothing", 3, "x"),
]


async def test_what_does_not_fit_is_refused(
    commands: dict[str, Json], asking: Asking, local: LocalDiscord
) -> None:
    for given in MISFITS:
        assert await asking.refused(commands["all"], options=[given]) == 50035, given
    assert await asking.refused(commands["all"], options=[filled("yes", 5, True)] * 2) == 50035
    assert local.stage.world.interactions == {}


async def test_channels_of_the_wrong_kind_or_out_of_sight(
    commands: dict[str, Json], asking: Asking, ada_api: Api, guild_id: int
) -> None:
    path = f"/guilds/{guild_id}/channels"
    voice = await ada_api.ok("POST", path, {"name": "v", "type": 2})
    deny = [{"id": str(guild_id), "type": 0, "deny": str(p.VIEW_CHANNEL)}]
    hidden = await ada_api.ok("POST", path, {"name": "h", "permission_overwrites": deny})
    for place in (voice, hidden):
        assert await asking.refused(commands["all"], options=[filled("where", 7, place["id"])]) == 50035


async def test_a_file_goes_along_and_is_served(
    commands: dict[str, Json], asking: Asking, answers: Answers, ada_api: Api
) -> None:
    body = asking.body(
        commands["all"],
        options=[filled("file", 11, "0")],
        attachments=[{"id": "0", "filename": "plan.txt"}],
    )
    assert await asking.upload(body, ("x", b"tides")) == 204
    _, told = await answers.received()
    (given,) = told["data"]["options"]
    attachment = told["data"]["resolved"]["attachments"][given["value"]]
    assert (attachment["filename"], attachment["size"], attachment["ephemeral"]) == ("plan.txt", 5, True)
    assert (await ada_api.http.get(attachment["url"])).content == b"tides"
    assert (
        await asking.upload(asking.body(commands["all"], options=[filled("file", 11, "1")]), ("x", b""))
        == 400
    )


async def test_subcommands_nest_and_are_needed(
    commands: dict[str, Json], asking: Asking, answers: Answers
) -> None:
    command = commands["reports"]
    assert await asking.refused(command) == 50035
    assert await asking.refused(command, options=[{"name": "more", "type": 2, "options": []}]) == 50035
    deep = {"name": "deep", "type": 1, "options": [filled("n", 4, 3)]}
    options = [{"name": "more", "type": 2, "options": [deep]}]
    await asking.ask(command, options=options)
    asked, told = await answers.received()
    assert told["data"]["options"] == options
    made = await answers.back(asked, 4, {"content": "ok"}, "?with_response=true")
    message = made["resource"]["message"]
    assert message["interaction"]["name"] == "reports more deep"
    assert message["interaction_metadata"]["authorizing_integration_owners"] == {"0": told["guild_id"]}


async def test_context_menus_bring_their_target(
    commands: dict[str, Json],
    asking: Asking,
    answers: Answers,
    local: LocalDiscord,
    bo: Member,
    research: Channel,
) -> None:
    chen = str(person(local, "chen"))
    await asking.ask(commands["Greet"], target_id=chen)
    asked, told = await answers.received()
    assert (told["data"]["target_id"], set(told["data"]["resolved"])) == (chen, {"users", "members"})
    made = await answers.back(asked, 4, {"content": "hello"}, "?with_response=true")
    assert made["resource"]["message"]["type"] == 23
    assert made["resource"]["message"]["interaction_metadata"]["target_user"]["id"] == chen
    assert await asking.refused(commands["Greet"], target_id="7") == 10013
    # the text of the target can be read without the message content intent, which `answers` does not have
    said = await bo.say(research.id, "a secret of the sea")
    await asking.ask(commands["Quote"], target_id=said["id"])
    asked, told = await answers.received()
    assert told["data"]["resolved"]["messages"][said["id"]]["content"] == "a secret of the sea"
    made = await answers.back(asked, 4, {"content": "quoted"}, "?with_response=true")
    assert made["resource"]["message"]["interaction_metadata"]["target_message_id"] == said["id"]
    assert await asking.refused(commands["Quote"], target_id="7") == 10008
    assert await asking.refused(commands["Quote"]) == 10008


async def test_an_outdated_command_is_refused(
    commands: dict[str, Json], asking: Asking, bot_api: Api, local: LocalDiscord, guild_id: int
) -> None:
    command = commands["all"]
    path = f"/applications/{local.application_id}/guilds/{guild_id}/commands/{command['id']}"
    await bot_api.ok("PATCH", path, {"description": "newer"})
    assert await asking.refused(command, version=command["version"]) == 50035
    await bot_api.ok("DELETE", path)
    assert await asking.refused(command) == 10063


async def test_only_an_option_with_autocomplete_is_typed(commands: dict[str, Json], asking: Asking) -> None:
    typed = {**filled("who", 6, "b"), "focused": True}
    assert await asking.refused(commands["all"], kind=4, options=[typed]) == 50035
    assert await asking.refused(commands["all"], kind=4, options=[]) == 50035


def select(kind: int, **more: Any) -> Json:
    return {"type": 1, "components": [{"type": kind, "custom_id": f"s{kind}", "max_values": 2, **more}]}


async def test_all_five_selects(
    answers: Answers, bot_api: Api, bo: Member, research: Channel, local: LocalDiscord, guild_id: int
) -> None:
    rows = [
        select(3, options=[{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]),
        select(5),
        select(6),
        select(7),
        select(8, channel_types=[0]),
    ]
    sent = await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": "s", "components": rows})
    chen, general = str(person(local, "chen")), str(channel(local, "general").id)
    everyone = str(guild_id)
    wanted = {
        3: (["a", "b"], None),
        5: ([chen], {"users", "members"}),
        6: ([everyone], {"roles"}),
        7: ([chen, everyone], {"users", "members", "roles"}),
        8: ([general], {"channels"}),
    }
    for kind, (values, resolved) in wanted.items():
        body = press(sent, kind, values)
        await bo.request("POST", "/interactions", body)
        asked, told = await answers.received()
        data = told["data"]
        assert (data["custom_id"], data["component_type"], data["values"]) == (f"s{kind}", kind, values)
        assert (set(data["resolved"]) if "resolved" in data else None) == resolved
        assert told["message"]["id"] == sent["id"]
        await answers.back(asked, 6)
    for kind, values in {3: ["c"], 5: [everyone], 6: [chen], 7: ["7"], 8: [chen]}.items():
        for wrong in (values, [], values * 3):
            with pytest.raises(DiscordRefused) as refused:
                await bo.request("POST", "/interactions", press(sent, kind, wrong))
            assert refused.value.code == 50035


def press(sent: Json, kind: int, values: list[str]) -> Json:
    return {
        "type": 3,
        "application_id": sent["author"]["id"],
        "channel_id": sent["channel_id"],
        "message_id": sent["id"],
        "nonce": "1",
        "data": {"component_type": kind, "custom_id": f"s{kind}", "values": values},
    }


async def test_components_of_an_ephemeral_message_work_for_one(
    commands: dict[str, Json], answers: Answers, bo: Member, research: Channel, local: LocalDiscord
) -> None:
    row = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]
    asking = asyncio.create_task(bo.slash(research.id, "all"))
    asked = await answers.asked()
    await answers.back(asked, 4, {"content": "for you", "flags": 64, "components": row})
    shown = (await asking).message
    assert shown is not None
    pressing = asyncio.create_task(bo.click(shown, "Go"))
    pressed, told = await answers.received()
    assert told["message"]["flags"] & 64
    await answers.back(pressed, 7, {"content": "gone", "components": []})
    outcome = await pressing
    assert outcome.message is not None
    assert (outcome.message["id"], outcome.message["content"]) == (shown["id"], "gone")
    async with as_person(local, person(local, "chen")) as http:
        body = {**press(shown, 2, []), "data": {"component_type": 2, "custom_id": "go"}}
        assert (await Api(http).refused("POST", "/interactions", body))[0] == 10008
    assert commands
