"""Finds what a request has made whose answer was lost: the next thing of ours that no row has recorded."""

from collections.abc import Mapping
from typing import Any

from bot.discord.api import DiscordApi
from bot.discord.homes import Homes
from bot.discord.outbox_table import Made, OutboxRow

PAGE = 100
MAX_PAGES = 20
SEARCHED = frozenset({"post", "private_thread", "forum_post"})
"""Kinds that Discord would do twice. The others do nothing the second time, or are not repeated."""
_ORDINARY, _REPLY, _PRIVATE_THREAD = 0, 19, 12


class Lost:
    """Looks for what rows may have made."""

    def __init__(self, api: DiscordApi, homes: Homes) -> None:
        self._api = api
        self._homes = homes

    async def candidates(self, row: OutboxRow) -> list[Made]:
        """What of ours came after the row's predecessor, oldest first. Raises `DiscordRefused` where it is hidden."""
        if row.kind not in SEARCHED or row.after_id is None:
            return []
        found = await (
            self._messages(row, row.after_id) if row.kind == "post" else self._threads(row, row.after_id)
        )
        return sorted(found, key=lambda made: made.id or 0)

    async def _messages(self, row: OutboxRow, after_id: int) -> list[Made]:
        found: list[Made] = []
        for _ in range(MAX_PAGES):
            page = await self._api.request(
                "GET",
                "/channels/{channel_id}/messages",
                query={"after": after_id, "limit": PAGE},
                channel_id=row.channel_id,
            )
            found.extend(_made(message) for message in page if self._is_ours(message))
            if len(page) < PAGE:
                break
            after_id = max(int(message["id"]) for message in page)
        return found

    def _is_ours(self, message: Mapping[str, Any]) -> bool:
        if message.get("type") not in {_ORDINARY, _REPLY} or message.get("interaction_metadata"):
            return False
        if "webhook_id" in message:
            # By whichever of our webhooks: the one of then may have been replaced since.
            return message.get("application_id") == str(self._api.application_id)
        return message["author"]["id"] == str(self._api.user_id)

    async def _threads(self, row: OutboxRow, after_id: int) -> list[Made]:
        home = await self._homes.home(row.channel_id)
        listed = await self._api.request(
            "GET", "/guilds/{guild_id}/threads/active", guild_id=home.guild_id or 0
        )
        # Somebody may have archived it already; the newest come first.
        private = row.payload.get("type") == _PRIVATE_THREAD
        path = "/channels/{channel_id}/users/@me/threads/archived/private"
        if not private:
            path = "/channels/{channel_id}/threads/archived/public"
        archived = await self._api.request("GET", path, query={"limit": PAGE}, channel_id=row.channel_id)
        found: list[Made] = []
        for thread in [*listed["threads"], *archived["threads"]]:
            same_kind = (thread["type"] == _PRIVATE_THREAD) == private
            if thread.get("parent_id") == str(row.channel_id) and same_kind and int(thread["id"]) > after_id:
                found.extend(await self._if_ours(thread))
        return found

    async def _if_ours(self, thread: Mapping[str, Any]) -> list[Made]:
        if thread["owner_id"] == str(self._api.user_id):
            return [Made(int(thread["id"]))]
        # A post of a forum that a webhook made is owned by the webhook.
        if thread["type"] == _PRIVATE_THREAD:
            return []
        first = await self._api.request(
            "GET",
            "/channels/{channel_id}/messages",
            query={"around": thread["id"], "limit": 1},
            channel_id=int(thread["id"]),
        )
        return [
            _made(message) for message in first if message["id"] == thread["id"] and self._is_ours(message)
        ]


def _made(message: Mapping[str, Any]) -> Made:
    via = message.get("webhook_id")
    return Made(int(message["id"]), int(via) if via else None)
