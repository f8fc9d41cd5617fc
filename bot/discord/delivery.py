"""Delivers one outbox row: what is asked of Discord, and how a lost answer is found again."""

import base64
import hashlib
from typing import Any

from bot.discord.api import THREAD_EXISTS, DiscordApi, DiscordRefused
from bot.discord.identities import Identities, Voice
from bot.discord.outbox_table import OutboxRow

NONCE_LENGTH = 25
PAGE = 100
MAX_PAGES = 20
_ORDINARY, _REPLY = 0, 19


def nonce(key: str) -> str:
    """A row's nonce: the same for every attempt, at most 25 characters (Discord, *Create Message*)."""
    digest = hashlib.sha256(key.encode()).digest()
    return base64.b32encode(digest).decode()[:NONCE_LENGTH].lower()


class Delivery:
    """Turns rows into requests."""

    def __init__(self, api: DiscordApi, identities: Identities) -> None:
        self._api = api
        self._identities = identities

    async def send(self, row: OutboxRow) -> int | None:
        """Have the row's effect; the answer is the message's (or thread's) id, where there is one."""
        match row.kind:
            case "post":
                return int((await self._post(row))["id"])
            case "edit":
                await self._on_target("PATCH", row, body=row.payload)
            case "delete":
                await self._on_target("DELETE", row)
            case "thread":
                return await self._open_thread(row)
            case "react" | "unreact":
                await self._react("PUT" if row.kind == "react" else "DELETE", row)
            case kind:
                raise DiscordRefused(f"The outbox does not know {kind!r}.", status=0, code=0)
        return None

    async def candidates(self, row: OutboxRow, after_id: int) -> list[int]:
        """Messages after ``after_id`` that this row's author wrote, oldest first."""
        voice = await self._identities.voice(row.channel_id) if row.identity else None
        found: list[int] = []
        for _ in range(MAX_PAGES):
            page = await self._api.request(
                "GET",
                "/channels/{channel_id}/messages",
                query={"after": after_id, "limit": PAGE},
                channel_id=row.channel_id,
            )
            found.extend(int(message["id"]) for message in page if self._is_author(message, row, voice))
            if len(page) < PAGE:
                break
            after_id = max(int(message["id"]) for message in page)
        return sorted(found)

    def _is_author(self, message: dict[str, Any], row: OutboxRow, voice: Voice | None) -> bool:
        if message.get("type") not in {_ORDINARY, _REPLY} or message.get("interaction_metadata"):
            return False
        if row.identity is not None and voice is not None:
            by_hook = message.get("webhook_id") == str(voice.webhook_id)
            return by_hook and message["author"]["username"] == row.identity["name"]
        return "webhook_id" not in message and message["author"]["id"] == str(self._api.user_id)

    async def _post(self, row: OutboxRow) -> dict[str, Any]:
        if row.identity is None:
            return await self._post_as_bot(row, row.payload)
        identity = row.identity

        async def speak(voice: Voice | None) -> dict[str, Any]:
            if voice is None:
                text = f"**{identity['name']}** · {row.payload['content']}"[:2000]
                return await self._post_as_bot(row, {**row.payload, "content": text})
            return await self._post_as_agent(row, identity, voice)

        return await self._identities.say(row.channel_id, speak)

    async def _post_as_bot(self, row: OutboxRow, payload: dict[str, Any]) -> dict[str, Any]:
        body = {**payload, "nonce": nonce(row.key), "enforce_nonce": True}
        return await self._api.request(
            "POST", "/channels/{channel_id}/messages", body=body, channel_id=row.channel_id
        )

    async def _post_as_agent(self, row: OutboxRow, identity: dict[str, Any], voice: Voice) -> dict[str, Any]:
        body = {**row.payload, "username": identity["name"]}
        if identity.get("avatar_url"):
            body["avatar_url"] = identity["avatar_url"]
        query = {"wait": "true", **({"thread_id": voice.thread_id} if voice.thread_id else {})}
        return await self._api.request(
            "POST",
            "/webhooks/{webhook_id}/{webhook_token}",
            body=body,
            query=query,
            webhook_id=voice.webhook_id,
            webhook_token=voice.token,
        )

    async def _on_target(self, method: Any, row: OutboxRow, *, body: Any = None) -> None:
        if row.target_id is None:
            raise DiscordRefused("The message was never posted.", status=0, code=0)
        await self._api.request(
            method,
            "/channels/{channel_id}/messages/{message_id}",
            body=body,
            channel_id=row.channel_id,
            message_id=row.target_id,
        )

    async def _open_thread(self, row: OutboxRow) -> int:
        if row.target_id is None:
            raise DiscordRefused("The message for the thread was never posted.", status=0, code=0)
        try:
            thread = await self._api.request(
                "POST",
                "/channels/{channel_id}/messages/{message_id}/threads",
                body=row.payload,
                channel_id=row.channel_id,
                message_id=row.target_id,
            )
        except DiscordRefused as error:
            if error.code != THREAD_EXISTS:
                raise
            # A thread made from a message has the message's id: an earlier attempt has made it.
            return row.target_id
        return int(thread["id"])

    async def _react(self, method: Any, row: OutboxRow) -> None:
        await self._api.request(
            method,
            "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me",
            channel_id=row.channel_id,
            message_id=row.target_id or 0,
            emoji=str(row.payload["emoji"]),
        )
