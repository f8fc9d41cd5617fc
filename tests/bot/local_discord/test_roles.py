"""Roles: who may make, change, sort, give and remove which, and what the guild hears of it."""

from typing import Any

import pytest

from bot.local_discord.members import permissions as p
from bot.local_discord.model import Role
from bot.local_discord.server import LocalDiscord
from bot.local_discord.settings import LIMITS
from tests.bot.local_discord.asking import Api, person
from tests.bot.local_discord.line import on_line

type Json = dict[str, Any]


def role(local: LocalDiscord, name: str) -> Role:
    return next(each for each in local.stage.world.roles.values() if each.name == name)


def empower(local: LocalDiscord, name: str, permissions: int) -> None:
    """Let the holders of a role do more."""
    found = role(local, name)
    local.stage.world.put_role(Role(found.id, found.guild_id, name, permissions, found.position))


async def test_a_role_is_made_changed_and_removed_and_the_bot_hears_it(
    ada_api: Api, guild_id: int, local: LocalDiscord
) -> None:
    path = f"/guilds/{guild_id}/roles"
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, 1)
        made = await ada_api.ok("POST", path, {"name": "Diver", "permissions": "1024", "color": 0x112233})
        assert (made["position"], made["permissions"], made["colors"]["primary_color"]) == (
            1,
            "1024",
            0x112233,
        )
        created = await line.until("GUILD_ROLE_CREATE")
        assert created["d"] == {"guild_id": str(guild_id), "role": made}
        changed = await ada_api.ok("PATCH", f"{path}/{made['id']}", {"hoist": True, "name": None})
        assert (changed["name"], changed["hoist"]) == ("Diver", True)
        assert (await line.until("GUILD_ROLE_UPDATE"))["d"]["role"] == changed
        bo = person(local, "bo")
        await ada_api.ok("PUT", f"/guilds/{guild_id}/members/{bo}/roles/{made['id']}", status=204)
        counts = await ada_api.ok("GET", f"{path}/member-counts")
        assert counts[made["id"]] == 1
        assert str(guild_id) not in counts
        await ada_api.ok("DELETE", f"{path}/{made['id']}", status=204)
        gone = await line.until("GUILD_ROLE_DELETE")
        assert gone["d"] == {"guild_id": str(guild_id), "role_id": made["id"]}
    member = await ada_api.ok("GET", f"/guilds/{guild_id}/members/{bo}")
    assert made["id"] not in member["roles"]
    assert (await ada_api.refused("PATCH", f"{path}/{made['id']}", {}))[0] == 10011
    assert (await ada_api.ok("POST", path, {}))["name"] == "new role"


async def test_nobody_reaches_above_themselves(
    bo_api: Api, ada_api: Api, guild_id: int, local: LocalDiscord
) -> None:
    path = f"/guilds/{guild_id}/roles"
    assert (await bo_api.refused("POST", path, {}))[0] == 50013
    empower(local, "Researcher", p.MANAGE_ROLES | p.MANAGE_NICKNAMES)
    admin, researcher, reviewer = (role(local, n) for n in ("Admin", "Researcher", "Reviewer"))
    # what bo does not have, bo cannot give away
    assert (await bo_api.refused("POST", path, {"permissions": str(p.BAN_MEMBERS)}))[0] == 50013
    low = await bo_api.ok("POST", path, {"permissions": str(p.MANAGE_ROLES)})
    assert (await bo_api.refused("PATCH", f"{path}/{low['id']}", {"permissions": "4"}))[0] == 50013
    for high in (admin, researcher):
        assert (await bo_api.refused("PATCH", f"{path}/{high.id}", {"name": "x"}))[0] == 50013
        assert (await bo_api.refused("DELETE", f"{path}/{high.id}"))[0] == 50013
    await bo_api.ok("PATCH", f"{path}/{reviewer.id}", {"name": "Judge"})
    # giving: only roles below one's own, to anybody
    chen, bo = person(local, "chen"), person(local, "bo")
    members = f"/guilds/{guild_id}/members"
    assert (await bo_api.refused("PUT", f"{members}/{bo}/roles/{admin.id}"))[0] == 50013
    await bo_api.ok("PUT", f"{members}/{bo}/roles/{low['id']}", status=204)
    assert (await bo_api.refused("PATCH", f"{members}/{bo}", {"roles": []}))[0] == 50013
    await bo_api.ok("PATCH", f"{members}/{bo}", {"roles": [str(researcher.id)]})
    # sorting: neither the role nor its new place may be at one's own height or above
    assert (await bo_api.refused("PATCH", path, [{"id": str(admin.id), "position": 1}]))[0] == 50013
    assert (await bo_api.refused("PATCH", path, [{"id": str(low["id"]), "position": 9}]))[0] == 50013
    # names: only of those below
    await bo_api.ok("PATCH", f"{members}/{chen}", {"nick": "C"})
    ada = person(local, "ada")
    assert (await bo_api.refused("PATCH", f"{members}/{ada}", {"nick": "A"}))[0] == 50013
    assert (await ada_api.ok("PATCH", f"{members}/{ada}", {"nick": "A"}))["nick"] == "A"


async def test_everyone_and_the_roles_of_bots_are_special(
    ada_api: Api, guild_id: int, local: LocalDiscord
) -> None:
    path = f"/guilds/{guild_id}/roles"
    bots = role(local, "cogswarm")
    assert (await ada_api.refused("DELETE", f"{path}/{guild_id}"))[0] == 50028
    assert (await ada_api.refused("DELETE", f"{path}/{bots.id}"))[0] == 50028
    assert (await ada_api.refused("PATCH", path, [{"id": str(guild_id), "position": 3}]))[0] == 50028
    bo = person(local, "bo")
    for special in (guild_id, bots.id):
        refused = await ada_api.refused("PUT", f"/guilds/{guild_id}/members/{bo}/roles/{special}")
        assert refused[0] == 50028
    changed = await ada_api.ok("PATCH", f"{path}/{guild_id}", {"name": "all", "permissions": "1024"})
    assert (changed["name"], changed["permissions"]) == ("@everyone", "1024")


async def test_sorting_moves_and_answers_with_all(ada_api: Api, guild_id: int, local: LocalDiscord) -> None:
    path = f"/guilds/{guild_id}/roles"
    researcher, reviewer = role(local, "Researcher"), role(local, "Reviewer")
    body = [
        {"id": str(researcher.id), "position": reviewer.position},
        {"id": str(reviewer.id), "position": researcher.position},
    ]
    sorted_roles = await ada_api.ok("PATCH", path, body)
    names = [each["name"] for each in sorted_roles]
    assert names.index("Reviewer") > names.index("Researcher")
    assert names[0] == "@everyone"
    assert (await ada_api.refused("PATCH", path, [{"id": "1", "position": 1}]))[0] == 10011
    assert (await ada_api.refused("PATCH", path, {}))[0] == 50109
    assert (await ada_api.refused("PATCH", path, [7]))[0] == 50035


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "x" * 101}, 50035),
        ({"color": 0x1000000}, 50035),
        ({"permissions": "many"}, 50035),
        ({"colors": 7}, 50035),
        ({"icon": "data:image/png;base64,AAAA"}, 50101),
        ({"unicode_emoji": "🐙"}, 50101),
    ],
)
async def test_wrong_roles(ada_api: Api, guild_id: int, body: Json, code: int) -> None:
    assert (await ada_api.refused("POST", f"/guilds/{guild_id}/roles", body))[0] == code


async def test_a_guild_has_at_most_250_roles(ada_api: Api, guild_id: int, local: LocalDiscord) -> None:
    world = local.stage.world
    for number in range(LIMITS.roles - len(world.roles_of(guild_id))):
        world.put_role(Role(number + 1, guild_id, f"r{number}", 0, 1))
    assert (await ada_api.refused("POST", f"/guilds/{guild_id}/roles", {}))[0] == 30005
