"""Registers a scope's commands: at most one bulk request that succeeds, only when something changed.

A scope is a guild, or `EVERYWHERE` for the commands with which servers are managed and those in direct messages. A command that Discord refuses
is left out together with its cog's other commands, and the rest are registered.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from psycopg.types.json import Jsonb

from bot.discord.api import DiscordApi
from bot.discord.command_payloads import DIRECT_CONTEXT, GUILD_CONTEXT, Json, changes, payloads
from bot.discord.failures import DiscordRefused
from bot.discord.transport import Method
from bot.plugins.cog import MANAGEMENT, Cog
from bot.storage.database import Database

EVERYWHERE = 0
MOST = {1: 100, 2: 15, 3: 15}
"""How many commands of each type Discord keeps in a scope."""
_INVALID_FORM = 50035
_TOO_MANY = frozenset({30032, 30034})
_INDEX = re.compile(r"^In (\d+)(?:\.|:)", re.MULTILINE)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a sync of one scope would do, by the commands' names."""

    made: list[str]
    changed: list[str]
    removed: list[str]

    def __bool__(self) -> bool:
        return bool(self.made or self.changed or self.removed)


def digest(application_id: int, bodies: Sequence[Json]) -> str:
    """A short name for a set of commands; the same set has the same name in any order."""
    ordered = sorted(bodies, key=lambda one: (int(one["type"]), str(one["name"])))
    return hashlib.sha256(json.dumps([application_id, ordered], sort_keys=True).encode()).hexdigest()


class CommandSync:
    """Makes a scope's commands on Discord equal to those of the cogs that belong there."""

    def __init__(self, api: DiscordApi, database: Database, *, direct_messages: bool = False) -> None:
        self._api = api
        self._database = database
        self._everywhere = (GUILD_CONTEXT, DIRECT_CONTEXT) if direct_messages else (GUILD_CONTEXT,)

    async def sync(self, scope: int, cogs: Sequence[Cog], *, again: bool = False) -> dict[str, str]:
        """Register what ``cogs`` offer; the answer names the cogs Discord refused, with its reason.

        ``again`` registers them also where nothing has changed here. Raises `OutsideError`.
        """
        wanted = self._wanted(scope, cogs)
        wanted_digest = digest(self._api.application_id, [body for _, body in wanted])
        known = await self._known(scope)
        if known is not None and known[0] == wanted_digest and not again:
            return known[1]
        if known is None and not wanted and not again:
            # A scope that never had commands needs none taken away.
            return {}
        refused = await self._register(scope, wanted)
        await self._remember(scope, wanted_digest, refused)
        log.info("commands_registered", scope=scope, commands=len(wanted), refused=sorted(refused))
        return refused

    async def difference(self, scope: int, cogs: Sequence[Cog]) -> Difference:
        """What a sync would change of what stands at Discord now. Raises `OutsideError`."""
        there: list[Json] = await self._request("GET", scope)
        return Difference(*changes([body for _, body in self._wanted(scope, cogs)], there))

    async def forget(self, scope: int) -> None:
        """Note that Discord may have dropped a scope's commands, as it does where the bot is thrown out."""
        async with self._database.connection() as conn:
            await conn.execute("DELETE FROM command_scope WHERE scope_id = %s", (scope,))

    def _wanted(self, scope: int, cogs: Sequence[Cog]) -> list[tuple[str, Json]]:
        return [
            (cog.name, body) for cog in cogs for body in payloads(cog, contexts=self._contexts(scope, cog))
        ]

    def _contexts(self, scope: int, cog: Cog) -> tuple[int, ...]:
        """On servers, cogs have commands of the server's own; those that are everywhere are for direct messages."""
        if scope != EVERYWHERE:
            return ()
        return self._everywhere if cog.name == MANAGEMENT else (DIRECT_CONTEXT,)

    async def _register(self, scope: int, wanted: list[tuple[str, Json]]) -> dict[str, str]:
        refused: dict[str, str] = {}
        wanted = _that_fit(wanted, refused)
        while True:
            try:
                await self._request("PUT", scope, [body for _, body in wanted])
            except DiscordRefused as error:
                culprits = {
                    wanted[int(index)][0] for index in _INDEX.findall(str(error)) if int(index) < len(wanted)
                }
                if error.code in _TOO_MANY and wanted:
                    culprits = {wanted[-1][0]}
                elif error.code != _INVALID_FORM or not culprits:
                    raise
                refused |= dict.fromkeys(culprits, str(error))
                wanted = [(name, body) for name, body in wanted if name not in culprits]
                log.warning("commands_refused", scope=scope, cogs=sorted(culprits), reason=str(error))
            else:
                return refused

    async def _request(self, method: Method, scope: int, body: list[Json] | None = None) -> Any:
        application_id = self._api.application_id
        if scope == EVERYWHERE:
            path = "/applications/{application_id}/commands"
            return await self._api.request(method, path, body=body, application_id=application_id)
        path = "/applications/{application_id}/guilds/{guild_id}/commands"
        return await self._api.request(method, path, body=body, application_id=application_id, guild_id=scope)

    async def _known(self, scope: int) -> tuple[str, dict[str, str]] | None:
        async with self._database.connection() as conn:
            cursor = await conn.execute(
                "SELECT digest, refused FROM command_scope WHERE scope_id = %s", (scope,)
            )
            row = await cursor.fetchone()
        return None if row is None else (str(row[0]), dict(row[1]))

    async def _remember(self, scope: int, digest_: str, refused: dict[str, str]) -> None:
        async with self._database.connection() as conn:
            await conn.execute(
                """
                INSERT INTO command_scope (scope_id, digest, refused) VALUES (%s, %s, %s)
                ON CONFLICT (scope_id) DO UPDATE
                    SET digest = excluded.digest, refused = excluded.refused, registered_at = now()
                """,
                (scope, digest_, Jsonb(refused)),
            )


def _that_fit(wanted: list[tuple[str, Json]], refused: dict[str, str]) -> list[tuple[str, Any]]:
    """Leave out the cogs with which Discord's number of commands would be passed, the last ones first."""
    counts = dict.fromkeys(MOST, 0)
    bodies: dict[str, list[Json]] = {}
    for name, body in wanted:
        bodies.setdefault(name, []).append(body)
    kept: list[tuple[str, Json]] = []
    for name, own in bodies.items():
        after = {kind: counts[kind] + sum(one["type"] == kind for one in own) for kind in MOST}
        if any(after[kind] > MOST[kind] for kind in MOST):
            refused[name] = f"A server can have {MOST[1]} commands; with this one there would be more."
            continue
        counts = after
        kept += [(name, body) for body in own]
    return kept
