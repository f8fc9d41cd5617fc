"""What cogs do by the clock: once for each time, in one process, where the cog is on, with its errors kept."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.local_discord.server import LocalDiscord
from bot.plugins import jobs_table
from bot.plugins.jobs_table import JobRow
from bot.storage.database import Database
from bot.testing.bots import BotWith
from bot.testing.journal import journal_kept
from bot.testing.scripted_model import ScriptedModel
from cogs.admin import admin
from cogswarm import Cog, Context, Run, Settings, setting
from tests.cogs.admin.conftest import Reader
from tests.waiting import eventually

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


class ChimeSettings(Settings):
    """Where it chimes."""

    where: int | None = setting(None, label="Where", picks="channel")


@dataclass
class Chimes:
    """A cog with jobs, and what they did."""

    guilds: list[int] = field(default_factory=list[int])
    hold: asyncio.Event | None = None
    error: Exception | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: list[str] = field(default_factory=list[str])

    def cog(self) -> Cog:
        chimes = Cog("chimes", summary="Says the hour", settings=ChimeSettings)

        @chimes.workflow
        async def tell(run: Run, text: str) -> None:
            await run.post(text)

        @chimes.job(every=timedelta(hours=1), jitter=timedelta())
        async def chime(ctx: Context[ChimeSettings]) -> None:
            self.begun.set()
            try:
                if self.hold is not None:
                    await self.hold.wait()
            except asyncio.CancelledError:
                self.ended.append("cancelled")
                raise
            self.guilds.append(ctx.guild_id)
            if self.error is not None:
                raise self.error
            if ctx.settings.where is not None:
                await ctx.at(ctx.settings.where).start(tell, title="The hour", text="It is late.")

        assert tell
        assert chime
        return chimes


async def _row(database: Database) -> JobRow:
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT guild_id FROM cog_job")
        (guild,) = {int(row[0]) for row in await cursor.fetchall()}
        (found,) = await jobs_table.of_cog(conn, guild, "chimes")
    return found


async def _make_due(database: Database, times: int = 1) -> None:
    async with database.connection() as conn:
        await conn.execute(
            "UPDATE cog_job SET due_at = due_at - %s * interval '1 hour' - interval '1 minute'", (times,)
        )


async def test_what_was_missed_is_done_once_and_begins_its_work_where_the_settings_say(
    bot_with: BotWith, boss: Reader
) -> None:
    chimes = Chimes()
    channel = int(boss.person.channel_id)
    bot = await bot_with(chimes.cog(), admin, config={"cogs": {"chimes": {"where": channel}}})
    first = await _row(bot.database)
    assert first.schedule == "every hour"
    assert timedelta(minutes=59) < first.due_at - datetime.now(UTC) <= timedelta(hours=1)
    await bot_with.stop()
    database = bot.database
    bot = await bot_with.restart()
    assert (await _row(bot.database)).due_at == first.due_at, "a restart changes nothing"
    await _make_due(bot.database, times=30)
    assert database is not bot.database

    async def done() -> bool:
        return (await _row(bot.database)).ended_at is not None

    await eventually(done)
    row = await _row(bot.database)
    assert chimes.guilds == [row.guild_id], "thirty that were missed are made up for by one"
    assert datetime.now(UTC) < row.due_at <= datetime.now(UTC) + timedelta(hours=1)
    assert (row.error, row.failures, row.lease_until) == (None, 0, None)
    await boss.person.client.message_where(lambda one: one["content"] == "It is late.")
    assert "By the clock: `chime` every hour, next <t:" in await boss.ask("cogs info", cog="chimes")


async def test_errors_are_kept_and_shown_and_a_job_ends_where_its_cog_is_switched_off(
    bot_with: BotWith, boss: Reader
) -> None:
    chimes = Chimes(error=UserError("The bell is cracked."))
    bot = await bot_with(chimes.cog(), admin)
    for number in (1, 2):
        await _make_due(bot.database)

        async def failed(times: int = number) -> bool:
            return (await _row(bot.database)).failures == times

        await eventually(failed)
    told = await boss.ask("cogs info", cog="chimes")
    assert "it failed 2 times in a row: The bell is cracked." in told
    chimes.error, chimes.hold = None, asyncio.Event()
    chimes.begun.clear()
    await _make_due(bot.database)
    await chimes.begun.wait()
    await boss.ask("cogs disable", cog="chimes")
    assert chimes.ended == ["cancelled"]
    async with bot.database.connection() as conn:
        cursor = await conn.execute("SELECT count(*) FROM cog_job")
        assert await cursor.fetchone() == (0,)
    chimes.hold = None
    await boss.ask("cogs enable", cog="chimes")
    row = await _row(bot.database)
    assert row.started_at is None, "switching on again begins anew"
    assert row.due_at > datetime.now(UTC) + timedelta(minutes=59)
    assert len(chimes.guilds) == 2


async def test_a_bot_that_ends_in_the_middle_of_a_job_gives_it_back(bot_with: BotWith, boss: Reader) -> None:
    chimes = Chimes(hold=asyncio.Event())
    bot = await bot_with(chimes.cog(), admin)
    await _make_due(bot.database)
    await chimes.begun.wait()
    await bot_with.stop()
    chimes.hold = None
    await bot_with.restart()

    async def done() -> bool:
        return len(chimes.guilds) == 1

    await eventually(done)  # the lease alone would keep it from that for over a minute
    assert chimes.ended == ["cancelled"]
    assert boss


async def test_two_bots_do_a_job_once(
    local_discord: LocalDiscord, database_url: str, tmp_path: Path, boss: Reader
) -> None:
    """Two whole bots share a database and see the same server; each due time is taken by one of them."""
    done = [Chimes(), Chimes()]
    async with _two(local_discord, database_url, tmp_path, done) as database:
        for number in range(1, 6):
            await _make_due(database)

            async def counted(times: int = number) -> bool:
                return (await _row(database)).ended_at is not None and sum(
                    len(one.guilds) for one in done
                ) >= times

            await eventually(counted)

            async def free() -> bool:
                return (await _row(database)).lease_until is None

            await eventually(free)
        assert sum(len(one.guilds) for one in done) == 5
    assert boss


@asynccontextmanager
async def _two(local: LocalDiscord, url: str, folder: Path, chimes: list[Chimes]) -> AsyncGenerator[Database]:
    """Two bots on one database."""
    async with AsyncExitStack() as stack:
        journal = stack.enter_context(journal_kept())
        found: list[Database] = []
        for number, one in enumerate(chimes):
            place = folder / str(number)
            place.mkdir()
            starter = BotWith(local, url, place, journal=journal, model=ScriptedModel())
            stack.push_async_callback(starter.stop)
            found.append((await starter(one.cog(), admin)).database)
        yield found[0]
