"""Reads from Discord what was said and what became of messages, at the lowest urgency: whatever else waits goes first."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, cast

from bot.discord.api import DiscordApi
from bot.discord.events import Author, Reacted, ThreadState
from bot.discord.failures import DiscordRefused
from bot.discord.limits import Urgency
from bot.discord.missed.guild_seen import HOLDS_PRIVATE_THREADS, ChannelSeen, GuildSeen
from bot.discord.raw_messages import is_bot, name_of

PAGE = 100
MOST_PAGES_OF_THREADS = 5
MOST_MEMBERS = 500
MOST_KINDS_OF_REACTIONS = 20
PATIENCE = 600.0

type Json = dict[str, Any]


class History:
    """What Discord remembers. Methods raise `DiscordRefused` for what is hidden, `DiscordUnavailable` where it is away."""

    def __init__(self, api: DiscordApi) -> None:
        self._api = api

    @property
    def me(self) -> int:
        """The bot's user id."""
        return self._api.user_id

    async def said_after(self, channel_id: int, after: int, most: int) -> list[Json]:
        """The newest messages of a channel that came after one, at most ``most``, oldest first."""
        said: list[Json] = []
        before: int | None = None
        while len(said) < most:
            query = {"limit": min(PAGE, most - len(said)), **({"before": before} if before else {})}
            page: list[Json] = await self._get(
                "/channels/{channel_id}/messages", query, channel_id=channel_id
            )
            fresh = [one for one in page if int(one["id"]) > after]
            said.extend(fresh)
            if len(page) < query["limit"] or len(fresh) < len(page):
                break
            before = int(page[-1]["id"])
        return said[::-1]

    async def archived_since(self, channel: ChannelSeen, since: datetime) -> list[ChannelSeen]:
        """The threads of a channel that the bot may see and that went to sleep after ``since``."""
        public = "/channels/{channel_id}/threads/archived/public"
        found = await self._archived(public, channel, since)
        if channel.kind in HOLDS_PRIVATE_THREADS:
            mine = "/channels/{channel_id}/users/@me/threads/archived/private"
            found.extend(await self._archived(mine, channel, since))
        return found

    async def _archived(self, path: str, channel: ChannelSeen, since: datetime) -> list[ChannelSeen]:
        """Public threads come by when they went to sleep, private ones by their ids, the newest first."""
        by_id = "@me" in path
        found: list[ChannelSeen] = []
        before: str | None = None
        for _ in range(MOST_PAGES_OF_THREADS):
            query: Json = {"limit": PAGE, **({"before": before} if before else {})}
            page: Json = await self._get(path, query, channel_id=channel.id)
            threads: list[Json] = page["threads"]
            fresh = [one for one in threads if _archived_at(one) >= since]
            found.extend(_thread_seen(one, channel.id) for one in fresh)
            if not page["has_more"] or not threads or (len(fresh) < len(threads) and not by_id):
                break
            before = threads[-1]["id"] if by_id else threads[-1]["thread_metadata"]["archive_timestamp"]
        return found

    async def active(self, guild_id: int) -> list[ChannelSeen]:
        """The threads of a guild that are awake and that the bot may see."""
        page: Json = await self._get("/guilds/{guild_id}/threads/active", guild_id=guild_id)
        threads: list[Json] = page["threads"]
        return [_thread_seen(one, int(one["parent_id"])) for one in threads]

    async def author(self, seen: GuildSeen, message: Json) -> Author:
        """Who wrote a message, with the roles they have now; history itself does not say them."""
        user: Json = message["author"]
        if is_bot(message):
            return Author(int(user["id"]), name_of(user), is_bot=True)
        try:
            member: Json = await self._get(
                "/guilds/{guild_id}/members/{user_id}", guild_id=seen.id, user_id=user["id"]
            )
        except DiscordRefused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return Author(int(user["id"]), name_of(user))  # has left since
        roles = tuple(int(role) for role in member.get("roles", ()))
        return Author(
            int(user["id"]),
            name_of(user, member),
            roles=roles,
            permissions=seen.permissions(int(user["id"]), roles),
        )

    async def message(self, channel_id: int, message_id: int) -> Json:
        """One message."""
        path = "/channels/{channel_id}/messages/{message_id}"
        return await self._get(path, channel_id=channel_id, message_id=message_id)

    async def channel(self, channel_id: int) -> Json:
        """A channel or thread."""
        return await self._get("/channels/{channel_id}", channel_id=channel_id)

    async def reacted(self, message: Json) -> tuple[Reacted, ...]:
        """The reactions under a message, and who chose them."""
        found: list[Reacted] = []
        reactions: list[Json] = message.get("reactions") or []
        for one in reactions[:MOST_KINDS_OF_REACTIONS]:
            emoji: Json = one["emoji"]
            name = f"{emoji['name']}:{emoji['id']}" if emoji.get("id") else str(emoji["name"])
            members = await self._members(message, name)
            found.append(Reacted(name, int(one["count"]), members))
        return tuple(found)

    async def _members(self, message: Json, emoji: str) -> tuple[int, ...]:
        members: list[int] = []
        while len(members) < MOST_MEMBERS:
            page: list[Json] = await self._get(
                "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}",
                {"limit": PAGE, **({"after": members[-1]} if members else {})},
                channel_id=message["channel_id"],
                message_id=message["id"],
                emoji=emoji,
            )
            members.extend(int(user["id"]) for user in page)
            if len(page) < PAGE:
                break
        return tuple(members)

    async def _get(self, path: str, query: Json | None = None, **ids: Any) -> Any:
        return await self._api.request(
            "GET", path, query=query, urgency=Urgency.BACKGROUND, patience=PATIENCE, **ids
        )


def thread_state(data: Json) -> ThreadState:
    """How a thread stands that Discord describes."""
    metadata = cast("Json", data.get("thread_metadata") or {})
    return ThreadState(
        int(data["id"]),
        str(data.get("name", "")),
        archived=bool(metadata.get("archived")),
        locked=bool(metadata.get("locked")),
    )


def _archived_at(thread: Json) -> datetime:
    return datetime.fromisoformat(thread["thread_metadata"]["archive_timestamp"])


def _thread_seen(thread: Json, parent_id: int) -> ChannelSeen:
    return ChannelSeen(
        int(thread["id"]),
        int(thread["type"]),
        str(thread.get("name", "")),
        parent_id,
        int(thread.get("last_message_id") or 0),
    )
