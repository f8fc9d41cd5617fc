"""The webhooks through which agents speak under their own names: one a channel, reused, remade once when lost."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from bot.discord.api import (
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    TOO_MANY_WEBHOOKS,
    UNKNOWN_WEBHOOK,
    DiscordApi,
    DiscordRefused,
)
from bot.storage.database import Database

WEBHOOK_NAME = "cogswarm agents"
THREAD_TYPES = frozenset({10, 11, 12})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Voice:
    """A webhook and, where the agent speaks in a thread, that thread."""

    webhook_id: int
    token: str
    thread_id: int | None


class Identities:
    """Finds or makes the webhook for a channel; None where the bot may not have one."""

    def __init__(self, api: DiscordApi, database: Database) -> None:
        self._api = api
        self._database = database
        self._parents: dict[int, int | None] = {}
        self._refused: set[int] = set()

    async def voice(self, channel_id: int) -> Voice | None:
        """How an agent speaks in ``channel_id``, a channel or a thread."""
        parent = await self._parent(channel_id)
        home = parent or channel_id
        if home in self._refused:
            return None
        stored = await self._stored(home)
        if stored is None:
            stored = await self._find_or_make(home)
        return None if stored is None else Voice(*stored, channel_id if parent else None)

    async def say(
        self, channel_id: int, speak: Callable[[Voice | None], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        """Speak through the channel's webhook; one that is gone is replaced, once."""
        voice = await self.voice(channel_id)
        try:
            return await speak(voice)
        except DiscordRefused as error:
            if voice is None or error.code != UNKNOWN_WEBHOOK:
                raise
            log.info("webhook_gone", channel=channel_id)
            async with self._database.connection() as conn:
                await conn.execute("DELETE FROM channel_webhook WHERE webhook_id = %s", (voice.webhook_id,))
            return await speak(await self.voice(channel_id))

    async def _parent(self, channel_id: int) -> int | None:
        if channel_id not in self._parents:
            channel = await self._api.request("GET", "/channels/{channel_id}", channel_id=channel_id)
            is_thread = channel["type"] in THREAD_TYPES
            self._parents[channel_id] = int(channel["parent_id"]) if is_thread else None
        return self._parents[channel_id]

    async def _stored(self, channel_id: int) -> tuple[int, str] | None:
        async with self._database.connection() as conn:
            cursor = await conn.execute(
                "SELECT webhook_id, token FROM channel_webhook WHERE channel_id = %s", (channel_id,)
            )
            row = await cursor.fetchone()
        return None if row is None else (int(row[0]), str(row[1]))

    async def _find_or_make(self, channel_id: int) -> tuple[int, str] | None:
        try:
            hook = await self._existing(channel_id) or await self._api.request(
                "POST",
                "/channels/{channel_id}/webhooks",
                body={"name": WEBHOOK_NAME},
                channel_id=channel_id,
            )
        except DiscordRefused as error:
            if error.code not in {MISSING_ACCESS, MISSING_PERMISSIONS, TOO_MANY_WEBHOOKS}:
                raise
            # Asked again only after a restart: a refusal costs part of the invalid-request budget.
            self._refused.add(channel_id)
            log.warning("no_webhook_here", channel=channel_id, reason=str(error))
            return None
        found = (int(hook["id"]), str(hook["token"]))
        async with self._database.connection() as conn:
            await conn.execute(
                """
                INSERT INTO channel_webhook (channel_id, webhook_id, token) VALUES (%s, %s, %s)
                ON CONFLICT (channel_id) DO UPDATE SET webhook_id = excluded.webhook_id, token = excluded.token
                """,
                (channel_id, *found),
            )
        return found

    async def _existing(self, channel_id: int) -> dict[str, Any] | None:
        """A webhook we made before a crash kept us from noting it."""
        hooks = await self._api.request("GET", "/channels/{channel_id}/webhooks", channel_id=channel_id)
        ours = str(self._api.application_id)
        return next(
            (hook for hook in hooks if hook.get("application_id") == ours and hook.get("token")), None
        )
