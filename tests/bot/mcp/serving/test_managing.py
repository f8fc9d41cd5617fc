"""A bot that may manage its server: each of those tools does what it says, and people see that it did."""

from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from bot.local_discord.server import Config
from bot.mcp.serving import catalogue
from cogs.approvals import approvals
from cogswarm.testing import BotWith, LocalDiscord, Members, Person
from tests.bot.mcp.serving.client import EVERY_GROUP, client, data, text, web
from tests.bot.mcp.serving.test_asking import guild_of


class Program:
    """A program that uses the bot's tools and is sure of what it does."""

    def __init__(self, connected: Client) -> None:
        self.connected = connected
        self.used: set[str] = set()

    async def use(self, name: str, /, **given: Any) -> Any:
        """Use a tool, with the word it asks for where what it does cannot be undone."""
        self.used.add(name)
        first = data(await self.connected.call_tool(name, given))
        if first.get("status") != "confirm":
            return first
        assert first["preview"]
        return data(await self.connected.call_tool(name, {**given, "confirm": first["confirm"]}))


@pytest.fixture
def local_discord_config() -> Config:
    return Config(scene=Path(__file__).with_name("managed.yaml"))


async def test_every_tool_that_manages_does_what_it_says(
    bot_with: BotWith, members: Members, local_discord: LocalDiscord
) -> None:
    ada, bo = [await members(name, channel="general") for name in ("ada", "bo")]
    token = web(guild_of(ada), tools=list(EVERY_GROUP), questions_in=int(ada.channel_id))
    bot = await bot_with(approvals, config={"web": token})
    assert bot.web is not None
    async with client(bot.web) as connected:
        program = Program(connected)
        await _channels(program, ada)
        await _forums(program, bo, local_discord)
        await _found(program, bo)
        await _polls(program, bo)
        await _privately(program, bo)
        await _roles(program, bo, local_discord)
        await _members(program, bo, local_discord)
        refused = await connected.call_tool("create_role", {"name": "x", "permissions": ["fly"]})
        assert "fly" in text(refused)
    # What this walk is about, whole.
    groups = ("channels", "members", "roles", "direct")
    assert {name for name, tool in catalogue.TOOLS.items() if tool.group in groups} <= program.used


async def _channels(program: Program, ada: Person) -> None:
    use = program.use
    about = await use("get_server_info")
    assert (about["name"], about["owner_id"]) == ("Managed", ada.user_id)
    assert [one["name"] for one in (await use("list_servers"))["servers"]] == ["Managed"]
    harbour = (await use("create_category", name="Harbour"))["id"]
    docks = (await use("create_text_channel", name="docks", categoryId=harbour, topic="Boats"))["id"]
    await use("create_voice_channel", name="horn")
    assert (await use("find_category", categoryName="harb"))["channels"][0]["id"] == harbour
    inside = await use("list_channels_in_category", categoryId=harbour)
    assert [one["id"] for one in inside["channels"]] == [docks]
    await use("edit_channel", channelId=docks, name="piers", slowmode_seconds=5)
    about = await use("get_channel_info", channelId=docks)
    assert (about["name"], about["topic"]) == ("piers", "Boats")
    await use("move_channel", channelId=docks, position=1)
    await use("set_channel_permissions", channelId=docks, roleId=guild_of(ada), deny=["send_messages"])
    there = await use("list_channel_permission_overwrites", channelId=docks)
    assert there["overwrites"][0]["deny"] == ["send_messages"]
    await use("delete_channel_permission_overwrite", channelId=docks, targetId=guild_of(ada))
    assert (await use("list_channel_permission_overwrites", channelId=docks))["overwrites"] == []
    await use("delete_channel", channelId=docks)
    assert docks not in ada.client.channels


async def _forums(program: Program, bo: Person, local_discord: LocalDiscord) -> None:
    use = program.use
    await use("create_forum_channel", name="plans")
    forums = {one["name"]: one["id"] for one in (await use("list_forum_channels"))["channels"]}
    assert set(forums) == {"ideas", "plans"}
    tags = {one["name"]: one["id"] for one in (await use("list_forum_tags", forumId=forums["ideas"]))["tags"]}
    post = await use(
        "create_forum_post", forumId=forums["ideas"], title="A lamp", message="Light!", tags=[tags["new"]]
    )
    (thread,) = (await use("list_threads", channelId=forums["ideas"]))["threads"]
    assert (thread["id"], thread["name"]) == (post["thread_id"], "A lamp")
    held = local_discord.stage.world.channels[int(post["thread_id"])].thread
    assert held is not None
    assert [str(one) for one in held.applied_tags] == [tags["new"]]
    found = await use("search_messages", content="light")
    assert [one["channel_id"] for one in found["messages"]] == [post["thread_id"]]
    await use("delete_thread", threadId=post["thread_id"])
    assert (await use("list_threads", channelId=forums["ideas"]))["threads"] == []
    assert bo.client.guilds


async def _found(program: Program, bo: Person) -> None:
    for number in range(30):
        await bo.say(f"wave {number}")
    page = await program.use("search_messages", query="wave", authorId=bo.user_id, limit=28)
    assert [one["content"] for one in page["messages"]] == [f"wave {n}" for n in range(29, 1, -1)]
    rest = await program.use("search_messages", query="wave", limit=28, offset=page["next_offset"])
    assert ([one["content"] for one in rest["messages"]], rest["next_offset"]) == (["wave 1", "wave 0"], None)


async def _polls(program: Program, bo: Person) -> None:
    use, asked = program.use, {"question": "Which lamp?", "answers": ["Oil", "Gas"], "duration": 2}
    sent = await use("create_poll", channelId=bo.channel_id, idempotencyKey="lamp", **asked)
    again = await use("create_poll", channelId=bo.channel_id, idempotencyKey="lamp", **asked)
    assert again["message_id"] == sent["message_id"]
    poll = await bo.hears(lambda one: one.id == sent["message_id"])
    await bo.vote(poll, "Gas")
    found = (await use("get_message", channelId=bo.channel_id, messageId=sent["message_id"]))["poll"]
    assert found["question"] == "Which lamp?"
    assert found["answers"] == [{"text": "Oil", "votes": 0}, {"text": "Gas", "votes": 1}]
    assert sum("poll" in one.raw for one in await bo.history()) == 1


async def _privately(program: Program, bo: Person) -> None:
    use, direct = program.use, await bo.with_bot()
    sent = await use("send_private_message", userId=bo.user_id, message="psst")
    seen = await direct.hears("psst")
    await use("edit_private_message", userId=bo.user_id, messageId=sent["message_id"], newMessage="hush")
    await direct.sees(seen, "hush")
    assert (await use("read_private_messages", userId=bo.user_id))["messages"][-1]["content"] == "hush"
    await use("delete_private_message", userId=bo.user_id, messageId=sent["message_id"])
    await direct.sees_gone(seen)


async def _roles(program: Program, bo: Person, local_discord: LocalDiscord) -> None:
    use = program.use

    def roles() -> tuple[int, ...]:
        member = local_discord.stage.world.member(int(guild_of(bo)), int(bo.user_id))
        assert member is not None
        return member.roles

    role = (await use("create_role", name="Pilot", color="#00ff00", permissions=["manage_messages"]))["id"]
    await use("edit_role", roleId=role, name="Helm", hoist=True)
    assert local_discord.stage.world.roles[int(role)].name == "Helm"
    await use("assign_role", userId=bo.user_id, roleId=role)
    assert roles() == (int(role),)
    await use("remove_role", userId=bo.user_id, roleId=role)
    assert roles() == ()
    await use("delete_role", roleId=role)
    assert int(role) not in local_discord.stage.world.roles


async def _members(program: Program, bo: Person, local_discord: LocalDiscord) -> None:
    use, world, guild = program.use, local_discord.stage.world, int(guild_of(bo))
    names = {one["username"]: one["id"] for one in (await use("list_members"))["members"]}
    assert {"ada", "bo", "chen"} <= set(names)
    await use("set_nickname", userId=bo.user_id, nickname="Captain")
    await use("timeout_member", userId=bo.user_id, minutes=5)
    member = world.member(guild, int(bo.user_id))
    assert member is not None
    assert (member.nick, member.timeout_until is None) == ("Captain", False)
    await use("remove_timeout", userId=bo.user_id)
    member = world.member(guild, int(bo.user_id))
    assert member is not None
    assert member.timeout_until is None
    await use("kick_member", userId=names["chen"])
    assert world.member(guild, int(names["chen"])) is None
    await use("ban_member", userId=names["chen"], deleteMessageDays=1)
    assert [one["id"] for one in (await use("get_bans"))["bans"]] == [names["chen"]]
    await use("unban_member", userId=names["chen"])
    assert (await use("get_bans"))["bans"] == []
