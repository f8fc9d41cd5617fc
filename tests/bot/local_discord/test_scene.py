"""Scenes: what they make, what is said about wrong ones, and who may do what in them."""

import re
import secrets
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.errors import ConfigError
from bot.local_discord import permissions as p
from bot.local_discord.model import Channel
from bot.local_discord.scene import load_scene, read_scene
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.snowflake import Snowflakes
from bot.local_discord.world import World
from tests.bot.local_discord.conftest import Api, client

SCENE = """\
people:
  ada: {id: 11}
  bo: {}
  chen: {name: Chen C.}
bots:
  helper: {token: fixed, privileged: []}
  other: {}
guilds:
  - name: First
    id: 100
    owner: ada
    roles:
      boss: {permissions: [administrator]}
      quiet: {}
    everyone: [view_channel, send_messages]
    channels:
      - {name: halls, type: category}
      - {name: open, parent: halls}
      - name: closed
        permissions:
          everyone: {deny: [view_channel]}
          quiet: {allow: [view_channel], deny: [send_messages]}
          bo: {allow: [send_messages]}
    members: {bo: [quiet], chen: [boss]}
    bots: {helper: [view_channel]}
  - {name: Second, owner: bo}
me: chen
welcome: open
"""


def world_of(text: str, tmp_path: Path) -> World:
    path = tmp_path / "scene.yaml"
    path.write_text(text)
    clock = Clock()
    return load_scene(path, clock=clock, ids=Snowflakes(clock), secret=secrets.token_urlsafe)


def named(world: World, name: str) -> Channel:
    return next(channel for channel in world.channels.values() if channel.name == name)


def who(world: World, name: str) -> int:
    return next(user.id for user in world.users.values() if user.username == name)


def test_a_scene_makes_what_it_says(tmp_path: Path) -> None:
    world = world_of(SCENE, tmp_path)
    assert [guild.name for guild in world.guilds.values()] == ["First", "Second"]
    assert (who(world, "ada"), 100 in world.guilds) == (11, True)
    assert named(world, "open").parent_id == named(world, "halls").id
    helper = world.application_with("fixed")
    assert helper is not None
    assert helper.privileged == ()
    assert len({application.token for application in world.applications.values()}) == 2
    assert (world.default_member, world.welcome_channel) == (who(world, "chen"), named(world, "open").id)


def test_permissions_are_computed_as_discord_does(tmp_path: Path) -> None:
    world = world_of(SCENE, tmp_path)
    first, closed = named(world, "open"), named(world, "closed")
    assert p.in_channel(world, who(world, "ada"), closed) == p.ALL
    assert p.in_channel(world, who(world, "chen"), closed) == p.ALL
    assert p.in_channel(world, who(world, "bo"), first) == p.VIEW_CHANNEL | p.SEND_MESSAGES
    assert p.in_channel(world, who(world, "bo"), closed) == p.VIEW_CHANNEL | p.SEND_MESSAGES
    assert p.in_channel(world, who(world, "helper"), first) == p.VIEW_CHANNEL | p.SEND_MESSAGES
    assert not p.can_see(world, who(world, "helper"), closed)
    assert not p.can_see(world, who(world, "other"), first)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("everyone: [view_channel", "everyone: [fly", 15, "everyone"),
        ("    owner: ada", "    owner: ada\n    motto: x", 12, "motto"),
        ("me: chen", "me: zoe", None, "zoe"),
        ("welcome: open", "welcome: nowhere", None, "nowhere"),
        ("members: {bo: [quiet]", "members: {bo: [loud]", None, "loud"),
        ("bots: {helper: [view", "bots: {bo: [view", None, "not in bots"),
        ("{name: open, parent: halls}", "{name: open, parent: roof}", None, "roof"),
        ("people:", "people: [", 3, "YAML"),
        ("{id: 11}", "{id: -1}", 2, "ada"),
    ],
)
def test_a_wrong_scene_is_named(tmp_path: Path, old: str, new: str, line: int | None, says: str) -> None:
    assert old in SCENE
    with pytest.raises(ConfigError, match=re.escape(says)) as caught:
        world_of(SCENE.replace(old, new, 1), tmp_path)
    assert line is None or caught.value.line == line


@pytest.mark.parametrize(
    "text", ["[]", "7", "guilds: 7", "a: &a [*a]", "people: {Ada: {}}", "!!python/object:os.system {}"]
)
def test_what_is_no_scene(text: str) -> None:
    with pytest.raises(ConfigError):
        read_scene(text)


def test_a_missing_scene_is_named(tmp_path: Path) -> None:
    clock = Clock()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_scene(tmp_path / "none.yaml", clock=clock, ids=Snowflakes(clock), secret=secrets.token_urlsafe)


async def test_two_bots_with_tokens_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text(SCENE)
    async with running(Config(scene=path)) as local:
        names: list[str] = []
        for token in local.bot_tokens.values():
            async with client(local, {"Authorization": f"Bot {token}"}) as http:
                names.append((await Api(http).ok("GET", "/users/@me"))["username"])
        assert names == ["helper", "other"]


async def test_the_scene_as_the_page_reads_it(local: LocalDiscord) -> None:
    async with client(local, {"X-Local-Key": local.key}) as http:
        scene = (await http.get("/local/scene")).json()
    assert [person["global_name"] for person in scene["people"]] == ["Ada", "Bo", "Chen", "Dara"]
    assert [channel["name"] for channel in scene["guilds"][0]["channels"]] == [
        "welcome",
        "research",
        "general",
    ]
    assert scene["default_member"] in [person["id"] for person in scene["people"]]
    assert len(scene["guilds"][0]["members"]) == 5


async def test_guild_routes(bot_api: Api, bo_api: Api, guild_id: int, local: LocalDiscord) -> None:
    guild = await bot_api.ok("GET", f"/guilds/{guild_id}?with_counts=true")
    assert (guild["name"], guild["approximate_member_count"]) == ("Harbour Lab", 5)
    assert len(await bot_api.ok("GET", f"/guilds/{guild_id}/channels")) == 3
    roles = await bot_api.ok("GET", f"/guilds/{guild_id}/roles")
    assert roles[0]["name"] == "@everyone"
    members = await bot_api.ok("GET", f"/guilds/{guild_id}/members?limit=1000")
    assert len(members) == 5
    after = await bot_api.ok("GET", f"/guilds/{guild_id}/members?limit=1000&after={members[1]['user']['id']}")
    assert after == members[2:]
    found = await bot_api.ok("GET", f"/guilds/{guild_id}/members/search?query=CH&limit=5")
    assert [member["user"]["username"] for member in found] == ["chen"]
    me = await bot_api.ok("GET", f"/guilds/{guild_id}/members/{local.application_id}")
    assert me["user"]["bot"] is True
    assert (await bot_api.refused("GET", f"/guilds/{guild_id}/members/1"))[0] == 10013
    assert (await bot_api.refused("GET", "/guilds/1"))[0] == 10004
    assert [each["name"] for each in await bo_api.ok("GET", "/users/@me/guilds")] == ["Harbour Lab"]
    own = await bo_api.ok("GET", f"/users/@me/guilds/{guild_id}/member")
    assert int(own["permissions"]) & p.SEND_MESSAGES
    assert (await bo_api.refused("POST", f"/guilds/{guild_id}/channels", {"name": "x"}))[0] == 50013


async def test_login_routes(bot_api: Api, bo_api: Api, local: LocalDiscord) -> None:
    for path in ("/applications/@me", "/oauth2/applications/@me"):
        assert (await bot_api.ok("GET", path))["id"] == str(local.application_id)
    gateway = await bot_api.ok("GET", "/gateway/bot")
    assert (gateway["shards"], gateway["url"]) == (1, local.base_url.replace("http", "ws") + "/gateway")
    assert (await bo_api.ok("GET", f"/users/{local.application_id}"))["bot"] is True
    assert (await bo_api.refused("GET", "/users/1"))[0] == 10013
    assert (await bo_api.call("GET", "/applications/@me")).status_code == 401


async def test_roles_and_nicknames(ada_api: Api, bo_api: Api, guild_id: int, local: LocalDiscord) -> None:
    bo = who(local.stage.world, "bo")
    reviewer = next(role.id for role in local.stage.world.roles.values() if role.name == "Reviewer")
    path = f"/guilds/{guild_id}/members/{bo}"
    assert (await bo_api.refused("PUT", f"{path}/roles/{reviewer}"))[0] == 50013
    await ada_api.ok("PUT", f"{path}/roles/{reviewer}", status=204)
    assert str(reviewer) in (await ada_api.ok("GET", path))["roles"]
    await ada_api.ok("DELETE", f"{path}/roles/{reviewer}", status=204)
    assert (await ada_api.ok("PATCH", path, {"nick": "Bobby"}))["nick"] == "Bobby"
    assert (await bo_api.refused("PATCH", path, {"roles": [str(reviewer)]}))[0] == 50013
    assert (await ada_api.refused("PUT", f"{path}/roles/1"))[0] == 10011
