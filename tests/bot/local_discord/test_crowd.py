"""A thousand guilds: they are there in one go, and what grows with them is looked up and not searched for."""

import asyncio
import json
import socket
import sys
from typing import cast

import nextcord
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nextcord.ext import commands

from bot.clock import Clock
from bot.discord.api import pointed_at
from bot.errors import ConfigError
from bot.local_discord.client.member import join
from bot.local_discord.members.permissions import PIN_MESSAGES, VIEW_CHANNEL, in_channel
from bot.local_discord.model import Application, Emoji, Guild, Member, User
from bot.local_discord.scenes.crowd import MOST_CHANNELS, MOST_GUILDS, Crowd, add_crowd
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.snowflake import Snowflakes
from bot.local_discord.web_server import bound_socket
from bot.local_discord.world import World
from tests import tools
from tests.sizes import size

WAIT = 20
MANY = size("local Discord guilds", small=200, stated=1000)


async def test_everybody_is_in_every_guild_with_the_same_permissions(local: LocalDiscord) -> None:
    world, stage = local.stage.world, local.stage
    made = add_crowd(world, Crowd(3, 4), clock=stage.clock, ids=stage.ids)
    assert [guild.name for guild in made] == ["Guild 1", "Guild 2", "Guild 3"]
    for guild in made:
        channels = world.channels_of(guild.id)
        assert [each.name for each in channels] == ["channel-1", "channel-2", "channel-3", "channel-4"]
        assert len(world.members_of(guild.id)) == len(world.users)
        assert guild.owner_id == world.default_member
        for user_id in world.users:
            assert in_channel(world, user_id, channels[-1]) & VIEW_CHANNEL
        assert in_channel(world, local.application_id, channels[0]) & PIN_MESSAGES
    assert len(world.guilds_of(local.application_id)) == 4


@pytest.mark.parametrize(
    ("guilds", "channels"), [(-1, 1), (1, 0), (MOST_GUILDS + 1, 1), (1, MOST_CHANNELS + 1), (10**30, 1)]
)
def test_a_crowd_has_limits(guilds: int, channels: int) -> None:
    with pytest.raises(ConfigError, match="guilds"):
        Crowd(guilds, channels)


def test_a_crowd_needs_an_owner() -> None:
    clock = Clock()
    world = World()
    assert add_crowd(world, Crowd(0), clock=clock, ids=Snowflakes(clock)) == []
    with pytest.raises(ConfigError, match="no people"):
        add_crowd(world, Crowd(1), clock=clock, ids=Snowflakes(clock))
    world.put_user(User(5, "robot", bot=True))
    world.put_application(Application(5, "robot", "token", 5))
    with pytest.raises(ConfigError, match="no people"):
        add_crowd(world, Crowd(1), clock=clock, ids=Snowflakes(clock))


@pytest.mark.slow
async def test_a_bot_is_ready_in_many_guilds_and_hears_the_last() -> None:
    async with running(Config(crowd=Crowd(MANY, 50), record=None)) as local:
        with pointed_at(local.api_url):
            await hear_the_last(local)


async def hear_the_last(local: LocalDiscord) -> None:
    bot = commands.Bot(intents=nextcord.Intents(guilds=True, messages=True), guild_ready_timeout=0.05)
    ready = asyncio.Event()
    heard = asyncio.Queue[nextcord.Message]()

    async def on_ready() -> None:
        ready.set()

    async def on_message(message: nextcord.Message) -> None:
        heard.put_nowait(message)

    bot.add_listener(on_ready)
    bot.add_listener(on_message)
    running_bot = asyncio.create_task(bot.start(local.bot_token))
    try:
        await asyncio.wait_for(ready.wait(), WAIT)
        assert len(bot.guilds) == MANY + 1
        first = local.stage.world.channels[local.stage.world.welcome_channel].guild_id
        own = sum(channel.guild_id == first for channel in local.stage.world.channels.values())
        assert sum(len(guild.text_channels) for guild in bot.guilds) == MANY * 50 + own
        last = max(local.stage.world.channels)
        async with join(local.base_url, local.key, "ada") as ada:
            assert len(ada.guilds) == MANY + 1
            said = await ada.say(last, "is anybody here?")
        message = await asyncio.wait_for(heard.get(), WAIT)
        assert (message.id, message.author.name) == (int(said["id"]), "ada")
        assert cast("nextcord.Guild", message.guild).name == f"Guild {MANY}"
    finally:
        await bot.close()
        await asyncio.wait_for(running_bot, WAIT)


async def started(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.local_discord", "--stdin-eof", *arguments),
        cwd=tools.ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.slow
async def test_anybody_can_start_a_crowd() -> None:
    process = await started("--guilds", "3", "--channels", "2")
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), WAIT)
        assert list(json.loads(line)["guilds"]) == ["Harbour Lab", "Guild 1", "Guild 2", "Guild 3"]
        await asyncio.wait_for(process.communicate(), WAIT)  # closes its standard input
        assert process.returncode == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.slow
async def test_too_large_a_crowd_is_one_sentence() -> None:
    process = await started("--guilds", "-1")
    _, errors = await asyncio.wait_for(process.communicate(), WAIT)
    assert process.returncode == 1
    assert errors == b"Up to 5000 guilds and 1 to 500 channels in each can be made.\n"


async def test_an_answer_does_not_wait_for_an_acknowledgement() -> None:
    """Without TCP_NODELAY every answer whose body follows its head takes 40 ms longer."""
    at_once = asyncio.get_running_loop().create_future()

    async def look(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted: socket.socket = writer.get_extra_info("socket")
        at_once.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(look, sock=bound_socket(0, exact=True, tries=1)) as server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await asyncio.wait_for(at_once, WAIT)
        writer.close()
        await writer.wait_closed()


USERS, GUILDS = st.integers(1, 4), st.integers(11, 14)


@given(st.lists(st.tuples(st.booleans(), GUILDS, USERS), max_size=40))
def test_the_guilds_of_a_user_are_those_it_is_a_member_of(changes: list[tuple[bool, int, int]]) -> None:
    world, clock = World(), Clock()
    for guild_id in range(11, 15):
        world.put_guild(Guild(guild_id, "G", 1))
    for joins, guild_id, user_id in changes:
        if joins:
            world.put_member(Member(guild_id, user_id, clock.now()))
        else:
            world.drop_member(guild_id, user_id)
    for user_id in range(1, 5):
        found = [guild.id for guild in world.guilds_of(user_id)]
        assert found == [guild_id for guild_id in range(11, 15) if world.member(guild_id, user_id)]


def test_emojis_belong_to_their_guild() -> None:
    world = World()
    for number in range(6):
        world.put_emoji(Emoji(number, 11 + number % 2, f"e{number}"))
    world.put_emoji(Emoji(0, 11, "renamed"))
    assert [emoji.name for emoji in world.emojis_of(11)] == ["renamed", "e2", "e4"]
    assert world.emojis_of(99) == []
