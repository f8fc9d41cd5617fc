"""Listeners of every kind hear what they should, and what nobody wants costs nothing."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.clock import Clock
from bot.config.models import Config
from bot.discord.entrance import Entrance
from bot.discord.events import Author, Message, Where
from bot.discord.lanes import Lanes
from bot.discord.listening import Listening
from bot.discord.missed.catching_up import CatchingUp
from bot.discord.missed.cursors import Cursors
from bot.discord.missed.guild_seen import ChannelSeen, GuildSeen
from bot.discord.missed.history import History
from bot.errors import DatabaseAway
from bot.plugins.guilds import Guilds
from bot.storage.database import Connection, Database
from cogswarm import Cog, Context, Deletion, Edit, Pins, Reaction, ThreadChange
from cogswarm.testing import BotWith, Person
from tests.bot.discord.missed.scribe import Scribe, caught_up, written_down
from tests.waiting import eventually

type Members = Callable[[str], Awaitable[Person]]
GUILD, LOUD, QUIET, ME, ADA, BOT = 100, 101, 102, 1, 2, 3


async def test_edits_reactions_pins_threads_and_deletions_are_heard(
    bot_with: BotWith, member: Person, members: Members
) -> None:
    scribe = Scribe()
    await bot_with(scribe.cog())
    ada = await members("ada")
    said = await member.say("one")
    await member.edit(said, "two")
    (edit,) = await scribe.notes(Edit)
    assert (edit.message.text, edit.message.author.name, edit.message.id) == ("two", "Bo", int(said.id))
    assert edit.message.author.permissions == next(iter(scribe.messages)).author.permissions
    await ada.react(said, "👍")
    await ada.unreact(said, "👍")
    reactions = await scribe.notes(Reaction, 2)
    assert [(one.emoji, one.action, one.author.id) for one in reactions] == [
        ("👍", "added", int(ada.user_id)),
        ("👍", "removed", int(ada.user_id)),
    ]
    await ada.pin(said)
    (pins,) = await scribe.notes(Pins)
    assert pins.last_pin is not None
    thread = await member.open_thread("the thread", under=said)
    await thread.archive()
    opened, closed = await scribe.notes(ThreadChange, 2)
    assert (opened.action, opened.name, opened.archived) == ("created", "the thread", False)
    assert (closed.action, closed.archived, closed.where.in_thread) == ("changed", True, True)
    assert closed.where.home_id == int(member.channel_id)
    await thread.say("wakes it up")
    await scribe.notes(ThreadChange, 3)
    await member.delete(said)
    (deletion,) = await scribe.notes(Deletion)
    assert deletion.message_id == int(said.id)
    assert scribe.texts == ["one", "wakes it up"], "notices of pins and threads are nobody's words"


async def test_the_gate_stands_before_every_kind(bot_with: BotWith, member: Person) -> None:
    deaf, hears = Scribe(), Scribe()
    config = {"servers": {"defaults": ["hears"]}}
    await bot_with(deaf.cog("deaf"), hears.cog("hears"), config=config)
    said = await member.say("one")
    await member.edit(said, "two")
    await member.react(said, "👍")
    await member.delete(said)
    await hears.notes(Deletion)
    assert len(hears.others) == 3
    assert (deaf.messages, deaf.others) == ([], [])


async def test_within_a_channel_one_after_the_other_and_channels_by_themselves(
    bot_with: BotWith, member: Person
) -> None:
    scribe = Scribe()
    scribe.held.clear()
    await bot_with(scribe.cog())
    research = await member.in_channel("research")
    first = await member.say("first")
    await member.edit(first, "changed")
    await member.say("second")
    await research.say("elsewhere")
    await scribe.hears("elsewhere")
    assert scribe.texts == ["first", "elsewhere"]
    assert scribe.others == []
    scribe.held.set()
    await scribe.hears("second")
    assert len(await scribe.notes(Edit)) == 1


@dataclass
class Counted:
    """A database that counts how often somebody wants something of it."""

    database: Database
    asked: int = 0

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        self.asked += 1
        async with self.database.connection() as conn:
            yield conn

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        self.asked += 1
        async with self.database.transaction() as conn:
            yield conn


@dataclass
class Hall:
    """What stands between Discord and cogs, without Discord."""

    counted: Counted
    entrance: Entrance
    cursors: Cursors
    catching_up: CatchingUp

    def say(self, message_id: int, *, channel: int = LOUD, by: int = ADA, guild: int = GUILD) -> None:
        where = Where(guild, channel, in_thread=False, home_id=channel)
        author = Author(by, "somebody", is_bot=by == BOT)
        self.catching_up.take(Message(message_id, where, author, "text", mentions_me=False))


async def _hall(database: Database, cog: Cog) -> Hall:
    counted = Counted(database)
    config = Config.model_validate({"version": 1, "servers": {"defaults": [cog.name]}})
    held = cast("Database", counted)
    guilds = Guilds(config, {cog.name: cog}, held)
    nothing: Any = None
    services: Any = SimpleNamespace(clock=Clock())

    def within(_guild_id: int) -> Any:
        return services

    services.within = within
    entrance = Entrance(ME, {cog.name: cog}, guilds, services, lambda: nothing)
    cursors = Cursors()
    listening = Listening(entrance, cursors, Clock(), Lanes(most_waiting=3))
    catching_up = CatchingUp(entrance, listening, cursors, History(nothing), held, Clock())
    await guilds.refresh(GUILD)
    async with database.transaction() as conn:
        # Off in one channel, as an admin chose.
        await conn.execute(
            "INSERT INTO guild_cog (guild_id, channel_id, cog, enabled) VALUES (%s, %s, %s, false)",
            (GUILD, QUIET, cog.name),
        )
    await guilds.refresh(GUILD)
    channels = tuple(ChannelSeen(one, 0, "c", last_message_id=50) for one in (LOUD, QUIET))
    catching_up.session_began()
    catching_up.guild_comes(GUILD)
    catching_up.guild_ready(GuildSeen(GUILD, ADA, channels))

    async def is_ready() -> bool:
        return not catching_up.busy

    await eventually(is_ready)
    counted.asked = 0
    return Hall(counted, entrance, cursors, catching_up)


async def test_what_nobody_wants_touches_no_table_and_what_somebody_wants_few(database: Database) -> None:
    cog = Cog("ears", summary="Listens")
    heard: list[int] = []

    @cog.on_message
    async def listen(_ctx: Context, message: Message) -> None:
        heard.append(message.id)

    hall = await _hall(database, cog)
    for number in range(1_000):
        hall.say(10_000 + number, channel=QUIET)
        hall.say(20_000 + number, by=BOT)
        hall.say(30_000 + number, by=ME)
        hall.say(40_000 + number, guild=GUILD + 1)
    await hall.catching_up.flush()
    assert (hall.counted.asked, heard) == (0, [])
    hall.say(50_000)
    hall.say(50_001)

    async def both() -> bool:
        return heard == [50_000, 50_001]

    await eventually(both)
    await hall.catching_up.flush()
    await hall.catching_up.flush()
    assert hall.counted.asked == 1, "one statement for all that has moved, and none when nothing has"
    assert listen


async def test_a_channel_that_is_flooded_takes_no_more_and_counts_it(database: Database) -> None:
    cog = Cog("ears", summary="Listens")
    held, heard = Scribe(), list[int]()
    held.held.clear()

    @cog.on_message
    async def listen(_ctx: Context, message: Message) -> None:
        await held.held.wait()
        heard.append(message.id)

    hall = await _hall(database, cog)
    hall.say(1_000)
    for number in range(1, 6):
        hall.say(1_000 + number)
    held.held.set()

    async def worked_off() -> bool:
        return len(heard) >= 3

    await eventually(worked_off)
    assert heard == [1_000, 1_001, 1_002]
    assert hall.entrance.doorkeeper.counts(GUILD, "ears") == {"channel_too_busy": 3}
    assert listen


async def test_a_listener_that_could_not_reach_the_database_is_called_again(
    bot_with: BotWith, member: Person
) -> None:
    cog = Cog("ears", summary="Listens", intents={"message_content"})
    calls: list[str] = []

    @cog.on_message
    async def listen(_ctx: Context, message: Message) -> None:
        calls.append(message.text)
        if len(calls) == 1:
            raise DatabaseAway("The database is away; wait.")

    bot = await bot_with(cog)
    await caught_up(bot)
    await member.say("one")
    said = await member.say("two")

    async def written() -> bool:
        return (int(member.channel_id), int(said.id)) in await written_down(bot)

    await eventually(written)
    assert calls == ["one", "one", "two"]
    assert listen


@pytest.mark.parametrize("way", ["off", "gone"])
async def test_cursors_stand_only_where_a_cog_listens(bot_with: BotWith, member: Person, way: str) -> None:
    scribe = Scribe()
    bot = await bot_with(scribe.cog())
    said = await member.say("one")
    await scribe.hears("one")

    async def written() -> bool:
        return (int(member.channel_id), int(said.id)) in await written_down(bot)

    await eventually(written)
    assert len(await written_down(bot)) == 2, (
        "the server's own, and the one channel in which something was said"
    )
    if way == "off":
        bot = await bot_with(scribe.cog(), config={"servers": {"defaults": []}})
    else:
        bot = await bot_with()
    await caught_up(bot)
    assert await written_down(bot) == []


async def test_what_comes_while_everything_ends_is_taken_and_not_begun() -> None:
    lanes, begun, going = Lanes[str](), list[str](), asyncio.Event()

    async def hang() -> None:
        begun.append("first")
        going.set()
        await asyncio.Event().wait()

    async def late() -> None:
        begun.append("late")

    assert lanes.put("here", hang)
    assert lanes.put("here", late)
    await going.wait()
    ending = asyncio.create_task(lanes.close())
    await asyncio.sleep(0)
    assert lanes.put("here", late)
    assert lanes.put("there", late)
    await ending
    assert lanes.put("there", late)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert begun == ["first"]
