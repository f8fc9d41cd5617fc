"""Application commands: Discord's rules, named by index and path."""

from typing import Any

import pytest

from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.conftest import Api

PLAIN = {"name": "research", "description": "Look it up"}


def option(name: str = "topic", kind: int = 3, **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "description": "d", **more}


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
    assert await bot_api.ok("GET", path) == changed


async def test_one_by_one(bot_api: Api, path: str) -> None:
    made = await bot_api.ok("POST", path, {**PLAIN, "options": [option(required=True)]}, status=201)
    again = await bot_api.ok("POST", path, PLAIN, status=200)
    assert again["id"] == made["id"]
    changed = await bot_api.ok("PATCH", f"{path}/{made['id']}", {"description": "Other"})
    assert (changed["name"], changed["description"]) == ("research", "Other")
    await bot_api.ok("DELETE", f"{path}/{made['id']}", status=204)
    assert (await bot_api.refused("GET", f"{path}/{made['id']}"))[0] == 10063


@pytest.mark.parametrize(
    ("wrong", "where", "code"),
    [
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
            {"options": [option(choices=[{"name": "a", "value": 1}])]},
            ["options", "0", "choices", "0", "value"],
            "STRING_TYPE_CONVERT",
        ),
        (
            {"options": [option(choices=[{"name": "a", "value": f"{i}" * 3000} for i in range(3)])]},
            [],
            "APPLICATION_COMMAND_TOO_LARGE",
        ),
    ],
)
async def test_rules(bot_api: Api, path: str, wrong: dict[str, Any], where: list[str], code: str) -> None:
    given, answer = await bot_api.refused(
        "PUT", path, [{"name": "fine", "description": "d"}, {**PLAIN, **wrong}]
    )
    assert given == 50035
    errors = answer["errors"]["1"]
    for step in where:
        errors = errors[step]
    assert errors["_errors"][0]["code"] == code
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
