"""``cogswarm commands``: what stands at Discord beside what should, and making it so."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.session import Session
from bot.errors import UserError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from bot.config.loaded import LoadedConfig
    from bot.discord.commands import CommandSync
    from bot.plugins.cog import Cog

SERVER = typer.Option("--server", min=1, help="Only the server with this id.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Compare the slash commands at Discord with those of the features.", no_args_is_help=True
    )
    group.command("diff", help="What a sync would change at Discord.")(diff)
    group.command("sync", help="Make the commands at Discord what they should be.")(sync)
    app.add_typer(group, name="commands")


def diff(context: typer.Context, *, server: Annotated[int | None, SERVER] = None) -> None:
    """Print for each scope what would be made (+), changed (~) and removed (-)."""
    asyncio.run(_diff(context.ensure_object(Session), _loaded(context), server))


def sync(context: typer.Context, *, server: Annotated[int | None, SERVER] = None) -> None:
    """Register every scope's commands anew and print what Discord refused."""
    asyncio.run(_sync(context.ensure_object(Session), _loaded(context), server))


def _loaded(context: typer.Context) -> "LoadedConfig":
    session = context.ensure_object(Session)
    loaded = session.load_or_default()
    session.start_logging()
    return loaded


@dataclass(frozen=True, slots=True)
class _Scope:
    id: int
    name: str
    cogs: "Sequence[Cog]"


async def _diff(session: Session, loaded: "LoadedConfig", server: int | None) -> None:
    async with _scopes(loaded, server) as (commands, scopes):
        for scope in scopes:
            found = await commands.difference(scope.id, scope.cogs)
            session.say(f"{scope.name}: {'' if found else 'nothing to change'}".rstrip())
            for sign, names in (("+", found.made), ("~", found.changed), ("-", found.removed)):
                for name in names:
                    session.say(f"  {sign} {name}")


async def _sync(session: Session, loaded: "LoadedConfig", server: int | None) -> None:
    async with _scopes(loaded, server) as (commands, scopes):
        for scope in scopes:
            refused = await commands.sync(scope.id, scope.cogs, again=True)
            session.say(f"{scope.name}: {len(scope.cogs) - len(refused)} features registered.")
            for name, reason in refused.items():
                session.say(f"  {name} was left out: {' '.join(reason.split())}")


@asynccontextmanager
async def _scopes(
    loaded: "LoadedConfig", server: int | None
) -> "AsyncGenerator[tuple[CommandSync, list[_Scope]]]":
    from bot.clock import Clock  # noqa: PLC0415 - as above
    from bot.discord.api import open_api, point_at  # noqa: PLC0415 - as above
    from bot.discord.commands import EVERYWHERE, CommandSync  # noqa: PLC0415 - as above
    from bot.plugins.configured import cogs_by_intents, load_plugins  # noqa: PLC0415 - keeps --help fast
    from bot.plugins.guilds import Guilds  # noqa: PLC0415 - as above
    from bot.storage.configured import database_of  # noqa: PLC0415 - as above

    config = loaded.config
    plugins = load_plugins(loaded)
    cogs, _ = cogs_by_intents(plugins.cogs, message_content=config.discord.message_content)
    if config.discord.api_url:
        point_at(config.discord.api_url)
    async with (
        database_of(loaded, Clock()) as database,
        open_api(config.discord.bot_token, request_seconds=config.discord.request_seconds) as api,
    ):
        guilds = Guilds(config, cogs, database)
        joined = await api.request("GET", "/users/@me/guilds", query={"limit": 200})
        named = {int(one["id"]): str(one["name"]) for one in joined}
        if server is not None and server not in named:
            raise UserError(f"The bot is on no server with the id {server}.")
        scopes = [] if server is not None else [_Scope(EVERYWHERE, "everywhere", guilds.everywhere)]
        for guild_id, name in named.items():
            if server in (None, guild_id):
                await guilds.refresh(guild_id)
                scopes.append(_Scope(guild_id, f"{name} ({guild_id})", guilds.enabled(guild_id)))
        yield CommandSync(api, database, direct_messages=config.servers.direct_messages), scopes
