"""Guilds and their channels: settings, positions, categories, overwrites, and who sees what."""

from typing import Any

import pytest

from bot.local_discord.members import permissions as p
from bot.local_discord.model import Channel, Role
from bot.local_discord.server import LocalDiscord
from bot.local_discord.settings import LIMITS
from tests.bot.local_discord.asking import Api, Join, channel, person
from tests.bot.local_discord.line import on_line

type Json = dict[str, Any]

VIEW, SEND = str(p.VIEW_CHANNEL), str(p.SEND_MESSAGES)


@pytest.fixture
def path(guild_id: int) -> str:
    return f"/guilds/{guild_id}/channels"


def let_bo(local: LocalDiscord, permissions: int) -> None:
    found = next(each for each in local.stage.world.roles.values() if each.name == "Researcher")
    local.stage.world.put_role(Role(found.id, found.guild_id, found.name, permissions, found.position))


async def test_a_guild_is_changed_and_everybody_hears_it(
    ada_api: Api, bo_api: Api, guild_id: int, local: LocalDiscord
) -> None:
    path = f"/guilds/{guild_id}"
    assert (await bo_api.refused("PATCH", path, {"name": "Mine"}))[0] == 50013
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, 1)
        welcome = channel(local, "welcome")
        body = {
            "name": "Harbour",
            "description": "By the sea",
            "afk_timeout": 300,
            "verification_level": 2,
            "preferred_locale": "de",
            "system_channel_id": str(welcome.id),
            "rules_channel_id": str(welcome.id),
            "system_channel_flags": 1,
        }
        changed = await ada_api.ok("PATCH", path, body)
        assert {field: changed[field] for field in body} == body
        assert (await line.until("GUILD_UPDATE"))["d"]["name"] == "Harbour"
    assert (await bo_api.ok("GET", path))["description"] == "By the sea"
    cleared = await ada_api.ok("PATCH", path, {"description": None, "system_channel_id": None})
    assert (cleared["description"], cleared["system_channel_id"]) == (None, None)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"name": None},
        {"afk_timeout": 61},
        {"verification_level": 9},
        {"preferred_locale": "tlh"},
        {"system_channel_id": "1"},
        {"description": "x" * 301},
    ],
)
async def test_wrong_settings(ada_api: Api, guild_id: int, body: Json) -> None:
    code, answer = await ada_api.refused("PATCH", f"/guilds/{guild_id}", body)
    assert code == 50035
    assert set(answer["errors"]) == set(body)


async def test_channels_of_each_kind(ada_api: Api, path: str) -> None:
    before = len(await ada_api.ok("GET", path))
    category = await ada_api.ok("POST", path, {"name": "Halls", "type": 4}, status=201)
    text = await ada_api.ok("POST", path, {"name": "Deep Sea", "parent_id": category["id"], "topic": "t"})
    assert (text["name"], text["parent_id"], text["position"]) == ("deep-sea", category["id"], before + 1)
    voice = await ada_api.ok("POST", path, {"name": "Talk", "type": 2, "bitrate": 96000, "user_limit": 9})
    assert (voice["name"], voice["bitrate"], voice["user_limit"]) == ("Talk", 96000, 9)
    forum = await ada_api.ok(
        "POST",
        path,
        {
            "name": "ideas",
            "type": 15,
            "available_tags": [{"name": "new", "emoji_name": "🌱"}, {"name": "done", "moderated": True}],
            "default_reaction_emoji": {"emoji_name": "👍"},
            "default_sort_order": 1,
            "default_forum_layout": 2,
            "default_thread_rate_limit_per_user": 5,
        },
    )
    assert [tag["name"] for tag in forum["available_tags"]] == ["new", "done"]
    assert forum["available_tags"][0]["emoji_name"] == "🌱"
    assert (forum["default_forum_layout"], forum["default_thread_rate_limit_per_user"]) == (2, 5)
    kept = await ada_api.ok(
        "PATCH",
        f"/channels/{forum['id']}",
        {"available_tags": [forum["available_tags"][0], {"name": "late"}], "flags": 16},
    )
    assert kept["available_tags"][0] == forum["available_tags"][0]
    assert kept["flags"] == 16
    news = await ada_api.ok("PATCH", f"/channels/{text['id']}", {"type": 5, "rate_limit_per_user": 3})
    assert (news["type"], news["rate_limit_per_user"]) == (5, 3)


WRONG_CHANNELS: list[tuple[Json, int]] = [
    ({}, 50035),
    ({"name": "  "}, 50035),
    ({"name": "x" * 101}, 50035),
    ({"name": "x", "type": 16}, 50035),
    ({"name": "x", "type": 11}, 50035),
    ({"name": "x", "topic": "t" * 1025}, 50035),
    ({"name": "x", "parent_id": "1"}, 50035),
    ({"name": "x", "rate_limit_per_user": 21601}, 50035),
    ({"name": "x", "type": 2, "bitrate": 96001}, 30052),
    ({"name": "x", "type": 2, "user_limit": 100}, 50035),
    ({"name": "x", "type": 15, "available_tags": [{"name": "a"}, {"name": "a"}]}, 40061),
    ({"name": "x", "type": 15, "available_tags": [{"name": "a", "id": "7"}]}, 10087),
    ({"name": "x", "permission_overwrites": [{"id": "7", "type": 0}]}, 10009),
]


async def test_wrong_channels(ada_api: Api, path: str) -> None:
    before = await ada_api.ok("GET", path)
    for body, code in WRONG_CHANNELS:
        assert (await ada_api.refused("POST", path, body))[0] == code, body
    assert await ada_api.ok("GET", path) == before


async def test_there_is_room_for_so_many_channels(
    ada_api: Api, path: str, guild_id: int, local: LocalDiscord
) -> None:
    world = local.stage.world
    category = await ada_api.ok("POST", path, {"name": "full", "type": 4})
    for number in range(1, LIMITS.category_channels + 1):
        world.put_channel(Channel(number, 0, "c", guild_id=guild_id, parent_id=int(category["id"])))
    code, answer = await ada_api.refused("POST", path, {"name": "more", "parent_id": category["id"]})
    assert code == 50035
    assert answer["errors"]["parent_id"]["_errors"][0]["code"] == "CHANNEL_PARENT_MAX_CHANNELS"
    for number in range(100, 100 + LIMITS.guild_channels):
        world.put_channel(Channel(number, 0, "c", guild_id=guild_id))
    assert (await ada_api.refused("POST", path, {"name": "more"}))[0] == 30013


async def test_a_category_takes_its_channels_along(
    ada_api: Api, bo_api: Api, path: str, guild_id: int, joined: Join
) -> None:
    hidden = [{"id": str(guild_id), "type": 0, "deny": VIEW}]
    body = {"name": "staff", "type": 4, "permission_overwrites": hidden}
    category = await ada_api.ok("POST", path, body)
    synced = await ada_api.ok("POST", path, {"name": "plans", "parent_id": category["id"]})
    assert synced["permission_overwrites"] == category["permission_overwrites"]
    own = await ada_api.ok(
        "POST", path, {"name": "open", "parent_id": category["id"], "permission_overwrites": []}
    )
    assert own["permission_overwrites"] == []
    seen = [each["name"] for each in await bo_api.ok("GET", path)]
    # a category shows when something in it does
    assert "staff" in seen
    assert "open" in seen
    assert "plans" not in seen
    async with joined("bo") as bo:
        everybody: Json = {"permission_overwrites": []}
        await ada_api.ok("PATCH", f"/channels/{category['id']}", everybody)
        shown = await bo.wait_for(
            lambda event: event.name == "CHANNEL_CREATE" and event.data["name"] == "plans"
        )
        assert shown.data["permission_overwrites"] == []
        await ada_api.ok("PATCH", f"/channels/{category['id']}", {"permission_overwrites": hidden})
        await bo.wait_for(lambda event: event.name == "CHANNEL_DELETE" and event.data["name"] == "plans")
    await ada_api.ok("DELETE", f"/channels/{category['id']}")
    left = {each["name"]: each for each in await ada_api.ok("GET", path)}
    assert "staff" not in left
    assert (left["plans"]["parent_id"], left["open"]["parent_id"]) == (None, None)


async def test_positions_and_one_move_at_a_time(
    ada_api: Api, bo_api: Api, path: str, guild_id: int, local: LocalDiscord
) -> None:
    category = await ada_api.ok(
        "POST",
        path,
        {"name": "c", "type": 4, "permission_overwrites": [{"id": str(guild_id), "type": 0, "deny": SEND}]},
    )
    welcome, general = channel(local, "welcome"), channel(local, "general")
    both = [{"id": str(each.id), "parent_id": category["id"]} for each in (welcome, general)]
    assert (await ada_api.refused("PATCH", path, both))[0] == 40009
    assert (await bo_api.refused("PATCH", path, [{"id": str(general.id), "position": 0}]))[0] == 50013
    assert (await bo_api.refused("PATCH", path, both[:1]))[0] == 50001
    moves = [
        {"id": str(welcome.id), "position": 99},
        {"id": str(general.id), "position": 0, "parent_id": category["id"], "lock_permissions": True},
    ]
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, 1)
        await ada_api.ok("PATCH", path, moves, status=204)
        assert (await line.until("CHANNEL_UPDATE"))["d"]["position"] == 99
        moved = (await line.until("CHANNEL_UPDATE"))["d"]
        assert (moved["parent_id"], moved["permission_overwrites"]) == (
            category["id"],
            category["permission_overwrites"],
        )
    names = [each["name"] for each in await ada_api.ok("GET", path)]
    assert (names[0], names[-1]) == ("general", "welcome")
    assert (await ada_api.refused("PATCH", path, [{"id": "1", "position": 0}]))[0] == 10003


async def test_overwrites_are_limited_to_ones_own_permissions(
    ada_api: Api, bo_api: Api, guild_id: int, local: LocalDiscord
) -> None:
    general, bo, chen = channel(local, "general"), person(local, "bo"), person(local, "chen")
    path = f"/channels/{general.id}/permissions"
    body = {"type": 0, "deny": SEND}
    assert (await bo_api.refused("PUT", f"{path}/{guild_id}", body))[0] == 50013
    let_bo(local, p.MANAGE_ROLES | p.MANAGE_CHANNELS)
    await bo_api.ok("PUT", f"{path}/{chen}", {"type": 1, "deny": SEND}, status=204)
    refused = await bo_api.refused("PUT", f"{path}/{chen}", {"type": 1, "allow": str(p.BAN_MEMBERS)})
    assert refused[0] == 50013
    more = {"permission_overwrites": [{"id": str(chen), "type": 1, "allow": str(p.BAN_MEMBERS)}]}
    assert (await bo_api.refused("PATCH", f"/channels/{general.id}", more))[0] == 50013
    # an overwrite that gives Manage Roles in the channel lifts that limit there
    await ada_api.ok("PUT", f"{path}/{bo}", {"type": 1, "allow": str(p.MANAGE_ROLES)}, status=204)
    await bo_api.ok("PUT", f"{path}/{chen}", {"type": 1, "allow": str(p.MANAGE_MESSAGES)}, status=204)
    assert (await bo_api.refused("PUT", f"{path}/7", {"type": 0}))[0] == 10009
    assert (await bo_api.refused("DELETE", f"{path}/7"))[0] == 10009
    await bo_api.ok("DELETE", f"{path}/{chen}", status=204)
    shown = await ada_api.ok("GET", f"/channels/{general.id}")
    assert [each["id"] for each in shown["permission_overwrites"]] == [str(bo)]


async def test_a_direct_channel_is_closed_but_not_changed(bo_api: Api, local: LocalDiscord) -> None:
    direct = await bo_api.ok("POST", "/users/@me/channels", {"recipient_id": str(local.application_id)})
    path = f"/channels/{direct['id']}"
    assert (await bo_api.refused("PATCH", path, {"name": "x"}))[0] == 50003
    assert (await bo_api.refused("PUT", f"{path}/permissions/1", {"type": 0}))[0] == 50003
    assert (await bo_api.ok("DELETE", path))["id"] == direct["id"]
    again = await bo_api.ok("POST", "/users/@me/channels", {"recipient_id": str(local.application_id)})
    assert again["id"] == direct["id"]
