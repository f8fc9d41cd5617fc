"""What happens while the bot is away is heard when it is back: once, in order, within the bounds, through the gate."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import replace

import nextcord

from bot.app import Bot
from bot.discord.gateway import intents_for
from bot.local_discord.server import LocalDiscord
from cogswarm.testing import BotWith, FakeClock, Person
from tests.bot.discord.missed.scribe import (
    Scribe,
    caught_up,
    deafen,
    reconnect,
    runs_by_message,
    written_down,
)
from tests.sizes import size
from tests.waiting import eventually

MESSAGES = size("missed events: messages in an outage", small=30, stated=300)
OUTAGE_SECONDS = 600

type Members = Callable[[str], Awaitable[Person]]


async def _outage(member: Person, ada: Person, awake: Person, clock: FakeClock) -> tuple[set[int], set[int]]:
    """Say, edit and delete things in channels and threads; the ids of what remains, and of what is gone."""
    research = await member.in_channel("research")
    opened = await member.open_thread("opened meanwhile")
    asleep = await member.open_thread("opened and archived meanwhile")
    hung = await ada.say("a thread hangs on me")
    under = await ada.open_thread("under a message", under=hung)
    places = [member, ada, research, opened, asleep, under, awake]
    remaining, gone = {int(hung.id)}, set[int]()
    for number in range(MESSAGES):
        said = await places[number % len(places)].say(f"{number} said")
        if number % 5 == 1:
            await places[number % len(places)].edit(said, f"{number} edited")
        if number % 6 == 2:
            await places[number % len(places)].delete(said)
            gone.add(int(said.id))
        else:
            remaining.add(int(said.id))
        await clock.advance(OUTAGE_SECONDS / MESSAGES)
    await asleep.archive()
    return remaining, gone


async def test_after_an_outage_and_two_restarts_each_message_that_remains_is_handled_once(
    bot_with: BotWith, member: Person, members: Members, fake_clock: FakeClock
) -> None:
    scribe = Scribe()
    bot = await bot_with(scribe.cog())
    awake = await member.open_thread("opened before")
    await member.say("before")
    await scribe.hears("before")
    before = {one.id for one in scribe.messages}
    await bot_with.stop()
    remaining, gone = await _outage(member, await members("ada"), awake, fake_clock)
    for turn in range(3):
        scribe.messages.clear()
        bot = await bot_with.restart()
        said = await member.say(f"the end of turn {turn}")
        remaining.add(int(said.id))

        await _handled(bot, remaining | before)
        handled = await runs_by_message(bot)
        assert handled.keys() == remaining | before
        assert set(handled.values()) == {1}
        assert not gone & handled.keys()
        heard = [one.id for one in scribe.messages]
        assert len(set(heard)) == len(heard)
        if turn:
            assert scribe.texts == [f"the end of turn {turn}"], "another restart handles nothing again"
        else:
            assert "1 edited" in scribe.texts
            assert "1 said" not in scribe.texts
            by_channel: dict[int, list[int]] = {}
            for one in scribe.messages:
                by_channel.setdefault(one.where.channel_id, []).append(one.id)
                assert one.author.permissions, "read-back authors have what their roles give them"
            assert len(by_channel) == 6
            assert all(ids == sorted(ids) for ids in by_channel.values()), "oldest first"


async def _handled(bot: Bot, messages: AbstractSet[int]) -> None:
    async def are_handled() -> bool:
        return messages <= (await runs_by_message(bot)).keys()

    await caught_up(bot)
    await eventually(are_handled)


async def test_a_lost_session_loses_nothing_and_what_comes_meanwhile_keeps_its_order(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    """With a control beside it: plain nextcord, to which the same happens."""
    scribe = Scribe()
    bot = await bot_with(scribe.cog())
    async with _plain_nextcord(local_discord) as plain:
        await member.say("first")
        await scribe.hears("first")
        deafen(local_discord)
        said = [await member.say(f"missed {number}") for number in range(3)]
        await member.delete(said[1])
        # Reading back takes its time, and people go on talking.
        local_discord.fault("GET", "/channels/*/messages", delay=0.3)
        reconnect(local_discord)

        async def is_reading() -> bool:
            return not local_discord.desk.faults.all()

        await eventually(is_reading)
        for number in range(3):
            await member.say(f"live {number}")
        await scribe.hears("live 2")
        await _handled(bot, {one.id for one in scribe.messages})
        assert scribe.texts == ["first", "missed 0", "missed 2", "live 0", "live 1", "live 2"]
        assert set((await runs_by_message(bot)).values()) == {1}

        async def is_back() -> bool:
            return "live 2" in plain

        await eventually(is_back)
    assert not [text for text in plain if text.startswith("missed")], "nextcord does not look for them"


@asynccontextmanager
async def _plain_nextcord(local: LocalDiscord) -> AsyncGenerator[list[str]]:
    """What a client of nextcord hears, as most bots use it."""
    heard: list[str] = []
    ready = asyncio.Event()

    class Plain(nextcord.Client):
        async def on_ready(self) -> None:
            ready.set()

        async def on_message(self, message: nextcord.Message) -> None:
            heard.append(message.content)

    client = Plain(intents=intents_for({"message_content"}), guild_ready_timeout=0.05)
    task = asyncio.create_task(client.start(local.bot_token))
    try:
        async with asyncio.timeout(20):
            await ready.wait()
        yield heard
    finally:
        await client.close()
        await asyncio.wait({task})


async def test_while_discord_cannot_be_read_people_are_heard_all_the_same(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    scribe = Scribe()
    bot = await bot_with(scribe.cog())
    await member.say("before")
    await scribe.hears("before")
    await bot_with.stop()
    missed = await member.say("missed")
    # Longer than what is said now waits for what was said before.
    router = bot_with.pace.router
    bot_with.pace = replace(
        bot_with.pace, router=replace(router, read_back=replace(router.read_back, hold=0.5))
    )
    fault = local_discord.fault("GET", "/channels/*/messages", status=502, times=None)
    bot = await bot_with.restart()
    now = await member.say("now")
    await scribe.hears("now")
    assert scribe.texts == ["before", "now"]
    assert (int(member.channel_id), int(now.id)) not in await written_down(bot), "the gap is not forgotten"
    local_discord.desk.faults.remove(fault.number)
    await scribe.hears("missed")
    await _handled(bot, {int(missed.id), int(now.id)})
    handled = await runs_by_message(bot)
    assert handled[int(missed.id)] == handled[int(now.id)] == 1


async def test_nothing_older_than_the_bound_and_of_each_channel_the_newest(
    bot_with: BotWith, member: Person, fake_clock: FakeClock
) -> None:
    scribe = Scribe()
    bounds = {"discord": {"read_back_minutes": 30, "read_back_messages": 4}}
    await bot_with(scribe.cog(), config=bounds)
    await member.say("before")
    await scribe.hears("before")
    await bot_with.stop()
    await member.say("too old")
    await fake_clock.advance(31 * 60)
    for number in range(6):
        await member.say(f"fresh {number}")
    bot = await bot_with.restart()
    await caught_up(bot)
    await member.say("end")
    await scribe.hears("end")
    assert scribe.texts == ["before", "fresh 2", "fresh 3", "fresh 4", "fresh 5", "end"]


async def test_switched_off_nothing_is_kept_or_read(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    scribe = Scribe()
    await bot_with(scribe.cog(), config={"discord": {"read_back_minutes": 0}})
    await member.say("before")
    await scribe.hears("before")
    await bot_with.stop()
    await member.say("missed")
    bot = await bot_with.restart()
    await member.say("after")
    await scribe.hears("after")
    assert scribe.texts == ["before", "after"]
    assert await written_down(bot) == []
    assert not local_discord.sent("GET", "*/channels/*/messages")


async def test_the_gate_stands_before_what_was_missed(
    bot_with: BotWith, member: Person, members: Members, local_discord: LocalDiscord
) -> None:
    from cogs.admin import admin  # noqa: PLC0415 - a plugin's cog, in the one test that needs it

    scribe = Scribe()
    await bot_with(scribe.cog(), admin)
    ada, research = await members("ada"), await member.in_channel("research")
    await ada.say("before")
    await scribe.hears("before")
    role = next(one.id for one in local_discord.stage.world.roles.values() if one.name == "Admin")
    await _click_through(ada, role=role)
    await _click_through(ada, off_in=research.channel_id)
    await bot_with.stop()
    await member.say("not an admin")
    await ada.say("an admin")
    await (await ada.in_channel("research")).say("in a channel where it is off")
    bot = await bot_with.restart()
    await ada.say("end")
    await scribe.hears("end")
    assert scribe.texts == ["before", "an admin", "end"]
    counts = bot.router.entrance.doorkeeper.counts(_guild(local_discord), "scribe")
    assert counts["member_not_allowed"] == 1


def _guild(local: LocalDiscord) -> int:
    return next(iter(local.stage.world.guilds))


async def _click_through(ada: Person, *, role: int | None = None, off_in: str | None = None) -> None:
    if role is not None:
        done = await ada.slash("cogs access", cog="scribe", rule="allow", who=str(role))
    else:
        done = await ada.slash("cogs disable", cog="scribe", channel=off_in)
    assert (await ada.answer_to(done.outcome)).text
