"""Registers a guild's slash commands: at most one bulk request, only when something changed.

A command that Discord refuses is left out together with its cog's other commands, and the rest are registered.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import structlog
from psycopg.types.json import Jsonb

from bot.discord.api import DiscordApi
from bot.discord.failures import DiscordRefused
from bot.plugins.cog import Cog, Command, Option
from bot.storage.database import Database

GUILD_CONTEXT = 0
_TYPES = {"string": 3, "integer": 4, "boolean": 5, "number": 10}
_INVALID_FORM = 50035
_INDEX = re.compile(r"^In (\d+)(?:\.|:)", re.MULTILINE)

log = structlog.get_logger(__name__)


def payload(command: Command) -> dict[str, Any]:
    """A command as Discord wants it."""
    return {
        "type": 1,
        "name": command.name,
        "description": command.help,
        "options": [_option(option) for option in command.options],
        "contexts": [GUILD_CONTEXT],
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "type": _TYPES[option.type],
        "name": option.name,
        "description": option.help,
        "required": option.required,
        **({"autocomplete": True} if option.suggest else {}),
    }


def digest(payloads: Sequence[dict[str, Any]]) -> str:
    """A short name for a set of commands; the same set has the same name in any order."""
    text = json.dumps(sorted(payloads, key=lambda one: str(one["name"])), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class CommandSync:
    """Makes a guild's commands on Discord equal to those of the cogs enabled there."""

    def __init__(self, api: DiscordApi, database: Database) -> None:
        self._api = api
        self._database = database

    async def sync(self, guild_id: int, cogs: Sequence[Cog]) -> dict[str, str]:
        """Register what ``cogs`` offer; the answer names the cogs Discord refused, with its reason."""
        wanted = [(cog.name, payload(command)) for cog in cogs for command in cog.commands.values()]
        wanted_digest = digest([body for _, body in wanted])
        known = await self._known(guild_id)
        if known is not None and known[0] == wanted_digest:
            return known[1]
        refused = await self._register(guild_id, wanted)
        await self._remember(guild_id, wanted_digest, refused)
        log.info("commands_registered", guild=guild_id, commands=len(wanted), refused=sorted(refused))
        return refused

    async def _register(self, guild_id: int, wanted: list[tuple[str, dict[str, Any]]]) -> dict[str, str]:
        refused: dict[str, str] = {}
        while True:
            try:
                await self._api.request(
                    "PUT",
                    "/applications/{application_id}/guilds/{guild_id}/commands",
                    body=[body for _, body in wanted],
                    application_id=self._api.application_id,
                    guild_id=guild_id,
                )
            except DiscordRefused as error:
                culprits = {
                    wanted[int(index)][0] for index in _INDEX.findall(str(error)) if int(index) < len(wanted)
                }
                if error.code != _INVALID_FORM or not culprits:
                    raise
                refused |= dict.fromkeys(culprits, str(error))
                wanted = [(name, body) for name, body in wanted if name not in culprits]
                log.warning("commands_refused", guild=guild_id, cogs=sorted(culprits), reason=str(error))
            else:
                return refused

    async def _known(self, guild_id: int) -> tuple[str, dict[str, str]] | None:
        async with self._database.connection() as conn:
            cursor = await conn.execute(
                "SELECT digest, refused FROM command_scope WHERE scope_id = %s", (guild_id,)
            )
            row = await cursor.fetchone()
        return None if row is None else (str(row[0]), dict(row[1]))

    async def _remember(self, guild_id: int, digest_: str, refused: dict[str, str]) -> None:
        async with self._database.connection() as conn:
            await conn.execute(
                """
                INSERT INTO command_scope (scope_id, digest, refused) VALUES (%s, %s, %s)
                ON CONFLICT (scope_id) DO UPDATE
                    SET digest = excluded.digest, refused = excluded.refused, registered_at = now()
                """,
                (guild_id, digest_, Jsonb(refused)),
            )
