"""A process without a gateway goes by what guilds have chosen, also by what they choose while it works."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.clock import Clock
from bot.config.models import Config
from bot.discord.choices_watch import ChoicesWatch
from bot.discord.worker_guilds import WorkerGuilds
from bot.plugins import choices_table
from bot.plugins.choices_table import SERVER, Choice
from bot.plugins.cog import Cog
from bot.plugins.guilds import Guilds
from bot.storage.database import Database
from tests.waiting import eventually

GUILD, OTHER = 7, 8
TIDES = Cog("tides", summary="Knows the tides")


def on(guilds: Guilds, *cogs: Cog) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return guilds.enabled(GUILD) == list(cogs)

    return holds


async def choose(database: Database, *, on: bool) -> None:
    async with database.transaction() as conn:
        await choices_table.locked(conn, GUILD, SERVER, TIDES.name)
        await choices_table.put(conn, GUILD, SERVER, TIDES.name, Choice(enabled=on), 5)


async def test_choices_are_learnt_with_the_first_run_and_followed(database: Database) -> None:
    guilds = Guilds(Config.model_validate({"version": 1}), {TIDES.name: TIDES}, database)
    followed = WorkerGuilds(guilds)
    await choose(database, on=True)
    assert guilds.rules(GUILD) is None
    await followed.learn(GUILD)
    assert guilds.enabled(GUILD) == [TIDES]
    watch = asyncio.create_task(ChoicesWatch(database, guilds, followed, Clock(), poll=0.05).run_forever())
    try:
        await choose(database, on=False)
        await eventually(on(guilds))
        await choose(database, on=True)
        await eventually(on(guilds, TIDES))
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
    assert followed.guilds == {GUILD}


async def test_a_guild_from_which_no_run_came_is_left_alone(database: Database) -> None:
    guilds = Guilds(Config.model_validate({"version": 1}), {TIDES.name: TIDES}, database)
    followed = WorkerGuilds(guilds)
    await followed.learn(OTHER)
    await choose(database, on=True)
    assert not await followed.catch_up(GUILD)
    assert not await followed.catch_up(OTHER)
    assert guilds.rules(GUILD) is None
