"""Commands on Discord are those of the cogs: one request a scope, the refused left out, tried again when away."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from bot.clock import Clock
from bot.discord.commands import EVERYWHERE, CommandSync
from bot.discord.registrar import Registrar, RegistrarSettings
from bot.plugins.cog import Cog
from cogs.admin import admin
from cogswarm import Context
from cogswarm.testing import BotWith
from tests.bot.discord.conftest import Harbour
from tests.waiting import eventually

QUICK = RegistrarSettings(first_pause=0.02, longest_pause=0.1)


def cog(name: str, *commands: str, words: str = "Does it") -> Cog:
    made = Cog(name, summary="A cog")

    async def nothing(_ctx: Context) -> None:
        raise AssertionError(name)

    for command in commands or (name,):
        made.command(command, help=words)(nothing)
    return made


def refused(name: str) -> Cog:
    return cog(name, f"{name}-good", f"{name}-bad", words="")


def there(harbour: Harbour, guild: int | None) -> set[str]:
    world = harbour.local.stage.world
    return {one.name for one in world.commands_of(harbour.local.application_id, guild)}


def guild_of(harbour: Harbour) -> int:
    return next(iter(harbour.local.stage.world.guilds))


async def requests(harbour: Harbour, method: str = "PUT") -> int:
    return len(await harbour.requests(method, "*/commands"))


async def test_one_request_a_scope_and_none_where_nothing_changed(harbour: Harbour) -> None:
    sync, guild = CommandSync(harbour.api, harbour.database), guild_of(harbour)
    await sync.sync(EVERYWHERE, [cog("boss")])
    await sync.sync(guild, [cog("one"), cog("two")])
    assert (there(harbour, None), there(harbour, guild)) == ({"boss"}, {"one", "two"})
    assert await requests(harbour) == 2
    await sync.sync(guild, [cog("two"), cog("one")])
    await CommandSync(harbour.api, harbour.database).sync(EVERYWHERE, [cog("boss")])
    assert await requests(harbour) == 2
    await sync.sync(guild, [cog("two")])
    assert (there(harbour, guild), await requests(harbour)) == ({"two"}, 3)


async def test_a_refused_command_takes_its_cog_along_and_nobody_else(harbour: Harbour) -> None:
    sync, guild = CommandSync(harbour.api, harbour.database), guild_of(harbour)
    found = await sync.sync(guild, [cog("one"), refused("bad"), cog("two"), refused("worse")])
    assert found.keys() == {"bad", "worse"}
    assert there(harbour, guild) == {"one", "two"}
    assert await requests(harbour) == 2
    assert (await sync.sync(guild, [cog("one"), refused("bad"), cog("two"), refused("worse")])) == found
    assert await requests(harbour) == 2, "what was refused is remembered with the rest"


async def test_more_commands_than_discord_keeps_leave_out_the_cog_that_passes_the_number(
    harbour: Harbour,
) -> None:
    sync, guild = CommandSync(harbour.api, harbour.database), guild_of(harbour)
    many = cog("many", *(f"many-{number}" for number in range(99)))
    found = await sync.sync(guild, [many, cog("pair", "a", "b"), cog("one")])
    assert found.keys() == {"pair"}
    assert len(there(harbour, guild)) == 100


async def test_the_difference_is_told_and_changes_nothing(harbour: Harbour) -> None:
    sync, guild = CommandSync(harbour.api, harbour.database), guild_of(harbour)
    await sync.sync(guild, [cog("one"), cog("two"), admin])
    assert not await sync.difference(guild, [cog("one"), cog("two"), admin])
    difference = await sync.difference(guild, [cog("two", words="Does more"), cog("three"), admin])
    assert (difference.made, difference.changed, difference.removed) == (["/three"], ["/two"], ["/one"])
    assert there(harbour, guild) >= {"one", "two"}


@asynccontextmanager
async def trying_again(registrar: Registrar, *cogs: Cog) -> AsyncGenerator[None]:
    async def again(scope: int) -> None:
        await registrar.register(scope, cogs)

    task = asyncio.create_task(registrar.again_forever(again))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_while_discord_is_away_it_is_tried_again(harbour: Harbour) -> None:
    registrar = Registrar(CommandSync(harbour.api, harbour.database), Clock(), QUICK)
    guild = guild_of(harbour)
    await harbour.fault(method="PUT", path="*/commands", status=503, times=3)
    assert await registrar.register(guild, [cog("one")]) == {}
    assert registrar.waiting == {guild}
    async with trying_again(registrar, cog("one")):

        async def done() -> bool:
            return there(harbour, guild) == {"one"} and not registrar.waiting

        await eventually(done)
    assert await requests(harbour) == 4


async def test_a_bot_that_was_thrown_out_registers_anew(harbour: Harbour) -> None:
    sync, guild = CommandSync(harbour.api, harbour.database), guild_of(harbour)
    await sync.sync(guild, [cog("one")])
    harbour.local.stage.world.commands.clear()
    await sync.forget(guild)
    await sync.sync(guild, [cog("one")])
    assert there(harbour, guild) == {"one"}


async def test_a_cog_that_does_not_load_is_not_there_and_the_others_are(bot_with: BotWith) -> None:
    ended: list[str] = []
    bad, good = cog("bad"), cog("good")

    async def begin(_settings: object) -> None:
        raise ZeroDivisionError("a bug")

    async def end_bad() -> None:
        ended.append("bad")

    async def end_good() -> None:
        ended.append("good")

    bad.on_load(begin)
    bad.on_unload(end_bad)
    good.on_unload(end_good)
    bot = await bot_with(bad, good)
    (guild,) = bot.router.guilds
    assert bot.router.life.live(guild) == {"good"}
    assert ended == ["bad"]
    await bot_with.stop()
    assert ended == ["bad", "good"]
