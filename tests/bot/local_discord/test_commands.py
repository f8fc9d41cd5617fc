"""Application commands: Discord's rules, named by index and path."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.local_discord.server import Config, LocalDiscord, running
from tests.bot.local_discord.asking import QUICK, Api, as_person, channel, client, person
from tests.bot.local_discord.line import on_line

PLAIN = {"name": "research", "description": "Look it up"}


def option(name: str = "topic", kind: int = 3, **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "description": "d", **more}


MANY = [{"name": f"{i:0>20}", "value": f"{i:0>100}"} for i in range(25)]


@pytest.fixture
def path(local: LocalDiscord, guild_id: int) -> str:
    return f"/applications/{local.application_id}/guilds/{guild_id}/commands"


async def test_replacing_all_keeps_ids_of_those_that_stay(bot_api: Api, path: str) -> None:
    first = await bot_api.ok("PUT", path, [PLAIN, {"name": "old", "description": "goes"}])
    second = await bot_api.ok("PUT", path, [PLAIN, {"name": "new", "description": "comes"}])
    assert [command["name"] for command in second] == ["research", "new"]
    assert (first[0]["id"], first[0]["version"]) == (second[0]["id"], second[0]["version"])
    changed = await bot_api.ok("PUT", path, [{**PLAIN, "description": "Look again"}])
    assert changed[0]["id"] == first[0]["id"]
    assert changed[0]["version"] != first[0]["version"]
    assert await bot_api.ok("GET", f"{path}?with_localizations=true") == changed
    renamed = await bot_api.ok("PUT", path, [{**PLAIN, "name": "seek", "id": first[0]["id"]}])
    assert (renamed[0]["id"], renamed[0]["name"]) == (first[0]["id"], "seek")


async def test_one_by_one(bot_api: Api, path: str) -> None:
    made = await bot_api.ok("POST", path, {**PLAIN, "options": [option(required=True)]}, status=201)
    again = await bot_api.ok("POST", path, PLAIN, status=200)
    assert again["id"] == made["id"]
    changed = await bot_api.ok("PATCH", f"{path}/{made['id']}", {"description": "Other"})
    assert (changed["name"], changed["description"]) == ("research", "Other")
    await bot_api.ok("DELETE", f"{path}/{made['id']}", status=204)
    assert (await bot_api.refused("GET", f"{path}/{made['id']}"))[0] == 10063


WRONG: list[tuple[dict[str, Any], list[str], str]] = [
    ({"name": "Research"}, ["name"], "APPLICATION_COMMAND_INVALID_NAME"),
    ({"name": "two words"}, ["name"], "APPLICATION_COMMAND_INVALID_NAME"),
    ({"name": "x" * 33}, ["name"], "BASE_TYPE_BAD_LENGTH"),
    ({"description": ""}, ["description"], "BASE_TYPE_BAD_LENGTH"),
    ({"type": 9}, ["type"], "BASE_TYPE_CHOICES"),
    (
        {"options": [option(), option("b", required=True)]},
        ["options", "1"],
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    (
        {"options": [option(), option()]},
        ["options", "1", "name"],
        "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
    ),
    ({"options": [option(kind=1), option("b")]}, ["options"], "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"),
    (
        {"options": [option(kind=1, options=[option("b", kind=1)])]},
        ["options", "0", "options", "0", "type"],
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ),
    ({"options": [option(kind=99)]}, ["options", "0", "type"], "BASE_TYPE_CHOICES"),
    ({"options": [option(f"o{i}") for i in range(26)]}, ["options"], "BASE_TYPE_MAX_LENGTH"),
    (
        {"options": [option(autocomplete=True, choices=[{"name": "a", "value": "a"}])]},
        ["options", "0", "autocomplete"],
        "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_INVALID",
    ),
    (
        {"options": [option(choices=[{"name": "a", "value": "x" * 101}])]},
        ["options", "0", "choices", "0", "value"],
        "BASE_TYPE_MAX_LENGTH",
    ),
    (
        {"options": [option(choices=[{"name": "a", "value": "x"}, {"name": "a", "value": "y"}])]},
        ["options", "0", "choices", "1", "name"],
        "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS",
    ),
    ({"options": [option(kind=4, min_value=1.5)]}, ["options", "0", "min_value"], "NUMBER_TYPE_COERCE"),
    (
        {"options": [option(kind=4, min_value=1 << 53)]},
        ["options", "0", "min_value"],
        "NUMBER_TYPE_COERCE",
    ),
    ({"options": [option(max_length=6001)]}, ["options", "0", "max_length"], "NUMBER_TYPE_MAX"),
    (
        {"options": [option(kind=7, channel_types=[0, 99])]},
        ["options", "0", "channel_types", "1"],
        "BASE_TYPE_CHOICES",
    ),
    ({"options": [option("Big")]}, ["options", "0", "name"], "APPLICATION_COMMAND_INVALID_NAME"),
    ({"name": "a.b"}, ["name"], "APPLICATION_COMMAND_INVALID_NAME"),
    ({"name": "e\u0301"}, ["name"], "APPLICATION_COMMAND_INVALID_NAME"),
    (
        {"name_localizations": {"de": "Groß"}},
        ["name_localizations", "de"],
        "APPLICATION_COMMAND_INVALID_NAME",
    ),
    ({"name_localizations": {"tlh": "x"}}, ["name_localizations", "tlh"], "BASE_TYPE_CHOICES"),
    (
        {"description_localizations": {"de": ""}},
        ["description_localizations", "de"],
        "BASE_TYPE_BAD_LENGTH",
    ),
    ({"contexts": []}, ["contexts"], "BASE_TYPE_BAD_LENGTH"),
    ({"contexts": [3]}, ["contexts", "0"], "BASE_TYPE_CHOICES"),
    ({"integration_types": [0, 0]}, ["integration_types", "1"], "SET_TYPE_ALREADY_CONTAINS_VALUE"),
    ({"default_member_permissions": str(1 << 54)}, ["default_member_permissions"], "NUMBER_TYPE_MAX"),
    ({"type": 3, "name": "m"}, ["description"], "BASE_TYPE_MAX_LENGTH"),
    (
        {"options": [option(kind=2, options=[option("s", 1, options=[option(f"o{i}") for i in range(26)])])]},
        ["options", "0", "options", "0", "options"],
        "BASE_TYPE_MAX_LENGTH",
    ),
    (
        {"options": [option(kind=2, options=[option("b")])]},
        ["options", "0", "options"],
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ),
    (
        {"options": [option(choices=[{"name": "a", "value": 1}])]},
        ["options", "0", "choices", "0", "value"],
        "STRING_TYPE_CONVERT",
    ),
    (
        {"options": [option(f"o{i}", description="d" * 100, choices=MANY) for i in range(3)]},
        [],
        "APPLICATION_COMMAND_TOO_LARGE",
    ),
]


async def test_rules(bot_api: Api, path: str) -> None:
    for wrong, where, code in WRONG:
        given, answer = await bot_api.refused(
            "PUT", path, [{"name": "fine", "description": "d"}, {**PLAIN, **wrong}]
        )
        assert given == 50035
        errors = answer["errors"]["1"]
        for step in where:
            errors = errors[step]
        assert errors["_errors"][0]["code"] == code, wrong
    assert await bot_api.ok("GET", path) == []


async def test_what_the_rules_allow(bot_api: Api, path: str) -> None:
    nested = {
        **PLAIN,
        "options": [
            option("list", 1),
            option(
                "more", 2, options=[option("deep", 1, options=[option("n", 4, min_value=1, max_value=9)])]
            ),
        ],
    }
    kinds = {"name": "kinds", "description": "d", "options": [option(f"k{k}", k) for k in range(3, 12)]}
    names = [{"name": name, "description": "d"} for name in ("héros", "研究", "ไทย", "a-b_c")]
    context = {"name": "Any Case Here", "type": 3}
    stored = await bot_api.ok("PUT", path, [nested, kinds, *names, context])
    assert len(stored) == 7
    assert stored[0]["options"][1]["options"][0]["options"][0]["max_value"] == 9


async def test_names_are_unique_and_a_hundred_fit(bot_api: Api, path: str) -> None:
    code, answer = await bot_api.refused("PUT", path, [PLAIN, PLAIN])
    assert code == 50035
    assert "1" in answer["errors"]
    hundred = [{"name": f"c{i}", "description": "d"} for i in range(100)]
    await bot_api.ok("PUT", path, hundred)
    assert (await bot_api.refused("POST", path, PLAIN))[0] == 30032
    assert (await bot_api.refused("PUT", path, [*hundred, PLAIN]))[0] == 30032


async def test_global_commands_are_apart(bot_api: Api, local: LocalDiscord, path: str) -> None:
    everywhere = f"/applications/{local.application_id}/commands"
    await bot_api.ok("PUT", everywhere, [PLAIN])
    await bot_api.ok("PUT", path, [{"name": "here", "description": "d"}])
    assert [c["name"] for c in await bot_api.ok("GET", everywhere)] == ["research"]
    assert (await bot_api.refused("GET", "/applications/1/commands"))[0] == 20012
    assert (await bot_api.refused("GET", f"/applications/{local.application_id}/guilds/1/commands"))[
        0
    ] == 50001


async def test_a_command_is_also_known_by_its_name_when_changed(bot_api: Api, path: str) -> None:
    one = await bot_api.ok("POST", path, PLAIN)
    await bot_api.ok("POST", path, {"name": "other", "description": "d"})
    code, answer = await bot_api.refused("PATCH", f"{path}/{one['id']}", {"name": "other"})
    assert (code, answer["message"]) == (40041, "An application command with that name already exists")
    # the same name is free for another type
    await bot_api.ok("POST", path, {"name": "other", "type": 2}, status=201)
    same = await bot_api.ok("PATCH", f"{path}/{one['id']}", {})
    assert same["version"] == one["version"]


async def test_so_many_of_each_type(bot_api: Api, path: str) -> None:
    menus = [{"name": f"m{i}", "type": kind} for kind in (2, 3) for i in range(15)]
    await bot_api.ok("PUT", path, menus)
    for kind in (2, 3):
        assert (await bot_api.refused("POST", path, {"name": "one more", "type": kind}))[0] == 30032
    too_many = [{"name": f"c{i}", "description": "d"} for i in range(131)]
    code, answer = await bot_api.refused("PUT", path, too_many)
    assert (code, answer["errors"]["_errors"][0]["code"]) == (50035, "BASE_TYPE_MAX_LENGTH")


async def test_two_hundred_creates_a_day() -> None:
    late = timedelta()

    def now() -> datetime:
        return datetime.now(UTC) + late

    few = replace(QUICK, command_creates=3)
    async with (
        running(Config(settings=few, clock=Clock(now=now))) as local,
        client(local, {"Authorization": f"Bot {local.bot_token}"}) as http,
    ):
        api, everywhere = Api(http), f"/applications/{local.application_id}/commands"
        two = [{"name": name, "description": "d"} for name in "ab"]
        await api.ok("PUT", everywhere, two)
        # what is there already is not made again
        await api.ok("PUT", everywhere, two)
        await api.ok("POST", everywhere, {"name": "a", "description": "e"}, status=200)
        await api.ok("POST", everywhere, {"name": "c", "description": "d"}, status=201)
        assert (await api.refused("POST", everywhere, {"name": "d", "description": "d"}))[0] == 30034
        assert (await api.refused("PUT", everywhere, [{"name": "d", "description": "d"}]))[0] == 30034
        assert len(await api.ok("GET", everywhere)) == 3
        late = timedelta(hours=25)
        await api.ok("POST", everywhere, {"name": "d", "description": "d"}, status=201)


async def test_languages_are_listed_on_request(bot_api: Api, path: str) -> None:
    body = {
        **PLAIN,
        "name_localizations": {"de": "suche"},
        "options": [option(name_localizations={"de": "thema"}, choices=[{"name": "a", "value": "a"}])],
    }
    made = await bot_api.ok("POST", path, body)
    assert made["name_localizations"] == {"de": "suche"}
    (plain,) = await bot_api.ok("GET", path)
    assert "name_localizations" not in plain
    assert "name_localized" not in plain
    german = (await bot_api.call("GET", path, headers={"X-Discord-Locale": "de"})).json()[0]
    assert (german["name_localized"], german["options"][0]["name_localized"]) == ("suche", "thema")
    (whole,) = await bot_api.ok("GET", f"{path}?with_localizations=true")
    assert whole == made


async def test_where_a_command_may_be_used(
    bot_api: Api, local: LocalDiscord, bo_api: Api, guild_id: int
) -> None:
    everywhere = f"/applications/{local.application_id}/commands"
    await bot_api.ok(
        "PUT",
        everywhere,
        [
            {"name": "both", "description": "d"},
            {"name": "guild", "description": "d", "contexts": [0]},
            {"name": "direct", "description": "d", "contexts": [1]},
            {"name": "neither", "description": "d", "dm_permission": False, "contexts": [2]},
            {"name": "old", "description": "d", "dm_permission": False},
        ],
    )
    await bot_api.ok(
        "PUT",
        everywhere.replace("/commands", f"/guilds/{guild_id}/commands"),
        [{"name": "here", "description": "d"}],
    )
    general = channel(local, "general")
    with_bot = await bo_api.ok("POST", "/users/@me/channels", {"recipient_id": str(local.application_id)})
    with_ada = await bo_api.ok("POST", "/users/@me/channels", {"recipient_id": str(person(local, "ada"))})

    async def names(place: object) -> set[str]:
        index = await bo_api.ok("GET", f"/channels/{place}/application-command-index")
        return {command["name"] for command in index["application_commands"]}

    assert await names(general.id) == {"both", "guild", "old", "here"}
    assert await names(with_bot["id"]) == {"both", "direct"}
    assert await names(with_ada["id"]) == set()


async def test_what_a_guild_rules_about_commands(
    bot_api: Api, ada_api: Api, bo_api: Api, local: LocalDiscord, path: str, guild_id: int
) -> None:
    listed, closed = await bot_api.ok(
        "PUT",
        path,
        [
            {"name": "listed", "description": "d"},
            {"name": "closed", "description": "d", "default_member_permissions": "0"},
        ],
    )
    general, bo, dara = channel(local, "general"), person(local, "bo"), person(local, "dara")
    rules = f"{path}/{closed['id']}/permissions"
    assert (await bot_api.refused("GET", rules))[0] == 10066
    body = {"permissions": [{"id": str(bo), "type": 2, "permission": True}]}
    assert (await bot_api.refused("PUT", rules, body))[0] == 20001
    assert (await bo_api.refused("PUT", rules, body))[0] == 50013
    assert (await ada_api.refused("PUT", f"{path}/1/permissions", body))[0] == 10063
    unknown = {"permissions": [{"id": "7", "type": 1, "permission": True}]}
    assert (await ada_api.refused("PUT", rules, unknown))[0] == 50035

    async def usable(api: Api) -> set[str]:
        index = await api.ok("GET", f"/channels/{general.id}/application-command-index")
        return {command["name"] for command in index["application_commands"]}

    assert await usable(bo_api) == {"listed"}
    assert await usable(ada_api) == {"listed", "closed"}
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, 1)
        stored = await ada_api.ok("PUT", rules, body)
        assert (await line.until("APPLICATION_COMMAND_PERMISSIONS_UPDATE"))["d"] == stored
    assert await bot_api.ok("GET", rules) == stored
    assert await usable(bo_api) == {"listed", "closed"}
    async with as_person(local, dara) as http:
        assert await usable(Api(http)) == {"listed"}
    # all of the application's commands: nobody, but where a command has rules of its own
    everything = f"{path}/{local.application_id}/permissions"
    nobody = {"permissions": [{"id": str(guild_id), "type": 1, "permission": False}]}
    await ada_api.ok("PUT", everything, nobody)
    assert await usable(bo_api) == {"closed"}
    # not in this channel
    here = {"permissions": [*body["permissions"], {"id": str(general.id), "type": 3, "permission": False}]}
    await ada_api.ok("PUT", rules, here)
    assert await usable(bo_api) == set()
    assert await usable(ada_api) == {"listed", "closed"}
    assert {each["id"] for each in await bot_api.ok("GET", f"{path}/permissions")} == {
        closed["id"],
        str(local.application_id),
    }
    # a new name ends what was ruled
    await bot_api.ok("PATCH", f"{path}/{closed['id']}", {"name": "reopened"})
    assert (await bot_api.refused("GET", rules))[0] == 10066
    assert listed


async def test_what_a_guild_rules_outlives_the_server(tmp_path: Path) -> None:
    body: dict[str, Any] = {"permissions": [{"id": "0", "type": 1, "permission": False}]}
    config = Config(settings=QUICK, state_dir=tmp_path)
    async with running(config) as local:
        guild_id = next(iter(local.stage.world.guilds))
        body["permissions"][0]["id"] = str(guild_id)
        rules = f"/applications/{local.application_id}/guilds/{guild_id}/commands/{local.application_id}/permissions"
        async with as_person(local, person(local, "ada")) as http:
            stored = await Api(http).ok("PUT", rules, body)
    async with running(config) as local, client(local, {"Authorization": f"Bot {local.bot_token}"}) as http:
        assert await Api(http).ok("GET", rules) == stored
