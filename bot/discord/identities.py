"""The webhooks through which agents speak under their own names: a few a channel, shared, reused, remade when lost."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

import structlog

from bot.clock import Clock
from bot.discord.api import DiscordApi
from bot.discord.failures import TOO_MANY_WEBHOOKS, DiscordRefused
from bot.discord.homes import Homes
from bot.mirror.picture import DIRECT
from bot.storage.database import Database

WEBHOOK_NAME = "cogswarm agents"
POOL = 4
"""Webhooks a channel has at most from us; Discord allows 15 with everybody's (error 30007)."""
REFUSED_SECONDS = 600.0
"""How long the bot speaks under its own name where webhooks were refused, or vanish as fast as they are made."""
REMADE_TOO_SOON = 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Voice:
    """A webhook and, where the agent speaks in a thread, that thread."""

    webhook_id: int
    token: str
    thread_id: int | None


class Identities:
    """Finds or makes the webhook for an agent in a channel; None where the bot may not have one."""

    def __init__(
        self,
        api: DiscordApi,
        database: Database,
        *,
        homes: Homes | None = None,
        clock: Clock | None = None,
        pool: int = POOL,
    ) -> None:
        self._api = api
        self._database = database
        self._homes = homes or Homes(api, database)
        self._clock = clock or Clock()
        self._pool = pool
        self._known: dict[tuple[int, int], tuple[int, str]] = {}
        self._refused: dict[int, float] = {}
        self._remade: dict[int, float] = {}
        self._locks: dict[int, asyncio.Lock] = {}

    @property
    def homes(self) -> Homes:
        """What is known of channels."""
        return self._homes

    def known(self, channel_id: int, name: str) -> Voice | None:
        """The voice of an agent, where it is known without asking."""
        home = self._homes.known(channel_id)
        found = None if home is None else self._known.get((home.base_id, self._slot(name)))
        return (
            None if home is None or found is None else Voice(*found, channel_id if home.is_thread else None)
        )

    async def voice(self, channel_id: int, name: str) -> Voice | None:
        """How an agent speaks in ``channel_id``, a channel, a thread or a forum."""
        home = await self._homes.home(channel_id)
        if home.kind == DIRECT:
            return None
        base, slot = home.base_id, self._slot(name)
        async with self._locks.setdefault(base, asyncio.Lock()):
            if self._clock.monotonic() < self._refused.get(base, 0.0):
                return None
            found = (
                self._known.get((base, slot))
                or await self._stored(base, slot)
                or await self._made(base, slot)
            )
        if found is None:
            return None
        self._known[base, slot] = found
        return Voice(*found, channel_id if home.is_thread else None)

    async def token(self, webhook_id: int) -> str | None:
        """What opens a webhook that is ours still."""
        async with self._database.connection() as conn:
            cursor = await conn.execute(
                "SELECT token FROM channel_webhook WHERE webhook_id = %s LIMIT 1", (webhook_id,)
            )
            row = await cursor.fetchone()
        return None if row is None else str(row[0])

    async def gone(self, channel_id: int, webhook_id: int) -> None:
        """Forget a webhook that Discord does not know any more, so that another is made, once a minute at most."""
        log.info("webhook_gone", channel=channel_id)
        base, now = (await self._homes.home(channel_id)).base_id, self._clock.monotonic()
        self._known = {place: known for place, known in self._known.items() if known[0] != webhook_id}
        async with self._database.connection() as conn:
            await conn.execute("DELETE FROM channel_webhook WHERE webhook_id = %s", (webhook_id,))
        if now < self._remade.get(base, -REMADE_TOO_SOON) + REMADE_TOO_SOON:
            self._refused[base] = now + REFUSED_SECONDS
            log.warning("webhooks_vanish", channel=base)
        self._remade[base] = now

    def permissions_changed(self) -> None:
        """Ask again where webhooks were refused."""
        self._refused.clear()

    def _slot(self, name: str) -> int:
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % self._pool

    async def _stored(self, base: int, slot: int) -> tuple[int, str] | None:
        async with self._database.connection() as conn:
            cursor = await conn.execute(
                "SELECT webhook_id, token FROM channel_webhook WHERE channel_id = %s AND slot = %s",
                (base, slot),
            )
            row = await cursor.fetchone()
        return None if row is None else (int(row[0]), str(row[1]))

    async def _made(self, base: int, slot: int) -> tuple[int, str] | None:
        try:
            hook = await self._free_or_new(base, slot)
        except DiscordRefused as error:
            # Whatever the reason (no permission, no room, a kind of channel that has none), the message is not lost
            # for it. Not asked again for a while: a refusal costs part of the invalid-request budget.
            self._refused[base] = self._clock.monotonic() + REFUSED_SECONDS
            log.warning("no_webhook_here", channel=base, reason=str(error))
            return None
        async with self._database.connection() as conn:
            await conn.execute(
                """
                INSERT INTO channel_webhook (channel_id, slot, webhook_id, token) VALUES (%s, %s, %s, %s)
                ON CONFLICT (channel_id, slot) DO NOTHING
                """,
                (base, slot, int(hook["id"]), str(hook["token"])),
            )
            await conn.execute(
                "INSERT INTO own_webhook (webhook_id) VALUES (%s) ON CONFLICT DO NOTHING", (int(hook["id"]),)
            )
        return await self._stored(base, slot)

    async def _free_or_new(self, base: int, slot: int) -> dict[str, Any]:
        """One of ours that no slot has (a crash kept us from noting it), a new one, or where none fits in, a shared."""
        ours = await self._ours(base)
        async with self._database.connection() as conn:
            cursor = await conn.execute(
                "SELECT webhook_id FROM channel_webhook WHERE channel_id = %s", (base,)
            )
            taken = {str(row[0]) for row in await cursor.fetchall()}
        free = [hook for hook in ours if hook["id"] not in taken]
        if free:
            return free[0]
        try:
            return await self._api.request(
                "POST", "/channels/{channel_id}/webhooks", body={"name": WEBHOOK_NAME}, channel_id=base
            )
        except DiscordRefused as error:
            if error.code != TOO_MANY_WEBHOOKS or not ours:
                raise
            log.info("webhooks_shared", channel=base, ours=len(ours))
            return ours[slot % len(ours)]

    async def _ours(self, base: int) -> list[dict[str, Any]]:
        hooks = await self._api.request("GET", "/channels/{channel_id}/webhooks", channel_id=base)
        us = str(self._api.application_id)
        ours = [hook for hook in hooks if hook.get("application_id") == us and hook.get("token")]
        return sorted(ours, key=lambda hook: int(hook["id"]))
