"""A cog that is switched off stops: its work ends in order, and nothing of it comes back when it is switched on."""

import asyncio
from dataclasses import replace
from uuid import uuid4

from bot.app import Bot
from bot.plugins import choices_table
from bot.storage.database import Database
from bot.testing.bots import BotWith
from bot.work import runs_table
from bot.work.principal import Principal
from bot.work.runs_table import NewRun
from cogs.admin import admin
from cogswarm import Cog, Context, Message, Run
from tests.cogs.admin.conftest import Reader
from tests.waiting import eventually

REASON = "■ Stopped, because “digger” was switched off here."


def digger(heard: list[str] | None = None, hold: asyncio.Event | None = None) -> Cog:
    cog = Cog("digger", summary="Digs for a long time")

    @cog.workflow
    async def dig(run: Run) -> None:
        await run.stage("Digging")
        await asyncio.Event().wait()

    @cog.command("dig", help="Dig")
    async def now(ctx: Context) -> None:
        if hold is not None:
            await hold.wait()
        await ctx.start(dig, title="A hole")

    @cog.on_message
    async def hear(_ctx: Context, message: Message) -> None:
        if heard is not None:
            heard.append(message.text)

    assert now
    assert hear
    return cog


async def _states(bot: Bot) -> list[str]:
    async with bot.database.connection() as conn:
        cursor = await conn.execute("SELECT state FROM run ORDER BY created_at")
        return [str(row[0]) for row in await cursor.fetchall()]


async def _come_to(bot: Bot, *states: str) -> None:
    async def there() -> bool:
        return await _states(bot) == list(states)

    await eventually(there)


async def test_work_ends_in_order_and_says_why_and_is_not_revived(bot_with: BotWith, boss: Reader) -> None:
    bot = await bot_with(digger(), admin)
    digging = await boss.person.slash("dig")
    await _come_to(bot, "running")
    other = next(one for one in boss.local.stage.world.channels.values() if one.name == "research")
    elsewhere = await boss.person.in_channel(other.id)
    await elsewhere.slash("dig")
    await _come_to(bot, "running", "running")
    assert "off" in await boss.ask("cogs disable", cog="digger", channel=boss.person.channel_id)
    assert REASON in (await digging.finished()).text
    assert await _states(bot) == ["stopped", "running"], "only where it was switched off"
    await boss.ask("cogs disable", cog="digger")
    await _come_to(bot, "stopped", "stopped")
    await boss.ask("cogs enable", cog="digger")
    await boss.ask("cogs enable", cog="digger", channel=boss.person.channel_id)
    await boss.person.slash("dig")
    await _come_to(bot, "stopped", "stopped", "running")
    await boss.ask("cogs disable", cog="digger")
    await boss.ask("cogs disable", cog="digger", channel=boss.person.channel_id)
    await _come_to(bot, "stopped", "stopped", "stopped")


async def test_what_the_owner_has_switched_off_meanwhile_is_not_taken_up(
    bot_with: BotWith, boss: Reader, database: Database
) -> None:
    guild, channel = next(iter(boss.local.stage.world.guilds)), int(boss.person.channel_id)
    new = NewRun(uuid4(), "digger", "dig", {}, "A hole", Principal(guild, channel, 1, "Ada"), channel)
    async with database.transaction() as conn:
        await runs_table.insert(conn, new, status_row=None, thread_row=None)
    bot = await bot_with(digger(), admin, config={"servers": {"defaults": []}})
    await _come_to(bot, "stopped")
    await boss.person.client.message_where(lambda one: one["content"] == REASON)


async def test_what_was_let_in_before_the_switch_starts_nothing_after_it(
    bot_with: BotWith, boss: Reader
) -> None:
    hold = asyncio.Event()
    bot = await bot_with(digger(hold=hold), admin)
    outcome = await boss.person.client.slash(boss.person.channel_id, "dig")
    await boss.ask("cogs disable", cog="digger")
    hold.set()
    assert "just turned off here" in (await boss.read(outcome))["content"]
    assert await _states(bot) == []


async def test_a_choice_made_through_another_process_holds_here_also_where_nobody_told(
    bot_with: BotWith, boss: Reader
) -> None:
    heard: list[str] = []
    bot = await bot_with(digger(heard), admin, config={"servers": {"defaults": []}})
    guild = next(iter(bot.router.guilds))

    async def live() -> bool:
        return "digger" in bot.router.life.live(guild)

    async def not_live() -> bool:
        return not await live()

    assert await not_live()
    await _elsewhere(bot, guild, on=True)
    await eventually(live)
    assert "dig" in await boss.picker()
    await boss.person.say("somebody there?")

    async def has_heard() -> bool:
        return heard == ["somebody there?"]

    await eventually(has_heard)
    await _elsewhere(bot, guild, on=False)
    await eventually(not_live)
    async with bot.database.connection() as conn:  # as if the notification had been lost
        await conn.execute("UPDATE guild_cog SET enabled = true, version = version + 1 WHERE cog = 'digger'")
    assert await bot.router.catch_up() == [guild]
    assert await live()
    assert await bot.router.catch_up() == [], "nothing is read again that is known"


async def _elsewhere(bot: Bot, guild: int, *, on: bool) -> None:
    """What another process does in the database when an admin switches."""
    async with bot.database.transaction() as conn:
        before = await choices_table.locked(conn, guild, choices_table.SERVER, "digger")
        after = replace(before, enabled=on)
        await choices_table.put(conn, guild, choices_table.SERVER, "digger", after, member_id=1)
