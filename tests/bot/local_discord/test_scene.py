"""Scenes: what they make, what is said about wrong ones, and who may do what in them."""

import re
import secrets
from importlib.resources import files
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.errors import ConfigError
from bot.local_discord.members import permissions as p
from bot.local_discord.model import Channel
from bot.local_discord.scenes.scene import load_scene, read_scene
from bot.local_discord.scenes.scene_parts import (
    BotPart,
    ChannelPart,
    GuildPart,
    MemberPart,
    MessagePart,
    OverwritePart,
    PersonPart,
    PostPart,
    RolePart,
    Scene,
    TagPart,
    ThreadPart,
    WebhookPart,
)
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.snowflake import Snowflakes
from bot.local_discord.world import World
from tests.bot.local_discord.asking import Api, client

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


FULL = """\
people:
  ada: {}
  bo: {}
  eve: {}
bots:
  helper: {token: fixed}
guilds:
  - name: First
    id: 100
    owner: ada
    description: All of it
    joins: open
    emojis: [party]
    roles:
      staff: {permissions: [manage_threads, moderate_members]}
    members:
      ada: {roles: [staff], nick: Chief}
      bo: {timeout_minutes: 5}
    bots: {helper: [view_channel, send_messages]}
    banned: {eve: rude}
    channels:
      - name: open
        slowmode: 30
        webhooks: [{name: News, token: secret}]
        messages:
          - {by: ada, text: Look at <@200>, pinned: true, reactions: {"👍": [ada, bo], party: [bo]}}
          - {webhook: News, text: from outside}
          - by: helper
            text: choose
            components: [{type: 1, components: [{type: 2, style: 1, label: Go, custom_id: go}]}]
            thread:
              name: More
              messages: [{by: ada, text: one}, {by: ada, text: two}]
        threads:
          - {name: Quiet, by: ada, private: true, members: [bo], messages: [{by: ada, text: psst}]}
          - {name: Done, by: ada, archived: true, locked: true}
      - {name: closed, private: [staff, helper]}
      - name: ideas
        type: forum
        tag_required: true
        tags: [new, {name: done, moderated: true, emoji: "✅"}]
        posts:
          - {title: Boats, by: ada, text: More boats, tags: [new], pinned: true, replies: [{by: ada, text: Sail on}]}
"""


def test_a_scene_may_hold_everything_that_was_said_and_done(tmp_path: Path) -> None:
    world = world_of(FULL.replace("bo: {}", "bo: {id: 200}", 1), tmp_path)
    ada, bo, eve, helper = (who(world, name) for name in ("ada", "bo", "eve", "helper"))
    guild = world.guilds[100]
    assert (guild.description, guild.system_channel_id) == ("All of it", named(world, "open").id)
    chief, silenced = world.member(100, ada), world.member(100, bo)
    assert chief is not None
    assert silenced is not None
    assert (chief.nick, p.timed_out(world, silenced)) == ("Chief", True)
    assert world.bans_of(100)[0].reason == "rude"
    assert world.ban(100, eve) is not None
    looked, news, choose, announced = world.messages(named(world, "open").id)
    assert (looked.mentions, looked.pinned_at is not None) == ((bo,), True)
    assert [(each.name, each.users) for each in looked.reactions] == [("👍", (ada, bo)), ("party", (bo,))]
    assert announced.content == "Done"
    assert news.face is not None
    assert (news.face.name, next(iter(world.webhooks.values())).token) == ("News", "secret")
    assert choose.author_id == helper
    assert choose.components[0]["components"][0]["custom_id"] == "go"
    more, quiet, done, boats = (world.channels[t.id] for t in world.threads_of(100))
    assert (more.id, more.thread and more.thread.message_count) == (choose.id, 2)
    assert named(world, "open").slowmode == 30
    assert p.can_see(world, bo, quiet)
    assert not p.can_see(world, helper, quiet)
    assert done.thread is not None
    assert (done.thread.archived, done.thread.locked) == (True, True)
    assert boats.thread is not None
    assert boats.thread.applied_tags == (named(world, "ideas").tags[0].id,)
    assert [message.content for message in world.messages(boats.id)] == ["More boats", "Sail on"]
    closed = named(world, "closed")
    assert [p.can_see(world, each, closed) for each in (ada, bo, helper)] == [True, False, True]
    assert world.thread_timers == {}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("- {by: ada, text: Look", "- {by: bo, text: Look", "Missing Permissions"),
        ("- {by: ada, text: Look", "- {text: Look", "neither by whom"),
        ("- {webhook: News", "- {webhook: Olds", "Olds"),
        ("text: from outside", 'text: ""', "empty message"),
        ("label: Go, custom_id: go", "label: Go", "custom_id"),
        ("party: [bo]", "smile: [bo]", "smile"),
        ("{name: Done, by: ada,", "{name: Done,", "who started it"),
        ("tags: [new], pinned", "tags: [old], pinned", "old"),
        ("tags: [new], pinned", "pinned", "tag is required"),
        ("joins: open", "joins: nowhere", "nowhere"),
        ("banned: {eve: rude}", "banned: {bo: rude}", "banned"),
        ("members: [bo]", "members: [zoe]", "zoe"),
    ],
)
def test_what_discord_would_refuse_is_no_scene(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in FULL
    with pytest.raises(ConfigError, match=re.escape(says)):
        world_of(FULL.replace(old, new, 1), tmp_path)


async def test_a_scene_is_told_and_saved(tmp_path: Path) -> None:
    path, state = tmp_path / "scene.yaml", tmp_path / "state"
    path.write_text(FULL)
    for _ in range(2):
        async with running(Config(scene=path, state_dir=state)) as local:
            world = local.stage.world
            opened = named(world, "open")
            async with client(local, {"Authorization": "Bot fixed"}) as http:
                api = Api(http)
                messages = await api.ok("GET", f"/channels/{opened.id}/messages")
                pins = await api.ok("GET", f"/channels/{opened.id}/messages/pins")
                member = await api.ok("GET", f"/guilds/100/members/{who(world, 'bo')}")
                threads = await api.ok("GET", "/guilds/100/threads/active")
        assert messages[-1]["reactions"][0]["count"] == 2
        assert len(pins["items"]) == 1
        assert member["communication_disabled_until"] is not None
        assert {thread["name"] for thread in threads["threads"]} == {"More", "Boats"}
        assert world.ban(100, who(world, "eve")) is not None


PARTS = (
    PersonPart,
    BotPart,
    RolePart,
    MemberPart,
    OverwritePart,
    TagPart,
    WebhookPart,
    MessagePart,
    ThreadPart,
    PostPart,
    ChannelPart,
    GuildPart,
    Scene,
)


def test_every_key_of_a_scene_is_explained() -> None:
    head = (files("bot.local_discord") / "scenes" / "default.yaml").read_text().partition("people:\n")[0]
    for part in PARTS:
        missing = [key for key in part.model_fields if not re.search(rf"\b{key}\b", head)]
        assert missing == [], part.__name__


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
        "chat",
        "tasks",
        "approvals",
        "auction",
        "memory",
        "consensus",
        "code-review",
        "bridge",
        "general",
    ]
    assert scene["default_member"] in [person["id"] for person in scene["people"]]
    assert len(scene["guilds"][0]["members"]) == 5


async def test_guild_routes(bot_api: Api, bo_api: Api, guild_id: int, local: LocalDiscord) -> None:
    guild = await bot_api.ok("GET", f"/guilds/{guild_id}?with_counts=true")
    assert (guild["name"], guild["approximate_member_count"]) == ("Harbour Lab", 5)
    assert len(await bot_api.ok("GET", f"/guilds/{guild_id}/channels")) == 11
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
