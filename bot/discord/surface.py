"""Discord as the surface on which work speaks: everything written becomes a row of the outbox."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.discord import outbox_table
from bot.discord.api import DiscordApi
from bot.discord.outbox_table import NewRow
from bot.discord.rendering import bodies, edit_body, identity_of, thread_name
from bot.work.surface import Connection, Place, Said, Say

PAGE = 100
DAY_MINUTES = 1440
_EPOCH_MS = 1_420_070_400_000


class DiscordSurface:
    """Implements `bot.work.surface.Surface` on the outbox and Discord's history routes."""

    def __init__(self, api: DiscordApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    async def post(
        self, conn: Connection, key: str, place: Place, say: Say, *, run_id: Any = None
    ) -> list[int]:
        """Post in ``place``; a text that needs several messages becomes several rows."""
        return [
            await outbox_table.add(
                conn,
                NewRow(
                    key=f"{key}:{number}" if number else key,
                    kind="post",
                    payload=body,
                    channel_id=place.channel_id,
                    channel_from=place.opened_by,
                    identity=identity_of(say.speaker),
                    run_id=run_id,
                ),
            )
            for number, body in enumerate(bodies(say))
        ]

    async def edit(self, conn: Connection, key: str, row: int, say: Say, *, after: int | None = None) -> None:
        """Change the message of ``row``; edits that nobody has seen yet are dropped for this one."""
        await outbox_table.supersede_edits(conn, row)
        channel_id, channel_from = await outbox_table.place_of(conn, row)
        await outbox_table.add(
            conn,
            NewRow(
                key=key,
                kind="edit",
                payload=edit_body(say),
                channel_id=channel_id,
                channel_from=channel_from,
                target_from=row,
                after_row=after,
            ),
        )

    async def open_thread(self, conn: Connection, key: str, row: int, name: str) -> Place:
        """Open a thread under the message of ``row``; it has that message's id."""
        channel_id, channel_from = await outbox_table.place_of(conn, row)
        payload = {"name": thread_name(name), "auto_archive_duration": DAY_MINUTES}
        opened_by = await outbox_table.add(
            conn,
            NewRow(
                key=key,
                kind="thread",
                payload=payload,
                channel_id=channel_id,
                channel_from=channel_from,
                target_from=row,
            ),
        )
        return Place(opened_by=opened_by)

    async def react(self, conn: Connection, key: str, channel_id: int, message_id: int, emoji: str) -> None:
        """Show a state as the bot's reaction."""
        await self._mark(conn, "react", key, channel_id, message_id, emoji)

    async def unreact(self, conn: Connection, key: str, channel_id: int, message_id: int, emoji: str) -> None:
        """Take the bot's reaction back."""
        await self._mark(conn, "unreact", key, channel_id, message_id, emoji)

    async def _mark(
        self, conn: Connection, kind: str, key: str, channel_id: int, message_id: int, emoji: str
    ) -> None:
        payload = {"emoji": emoji}
        await outbox_table.add(
            conn, NewRow(key=key, kind=kind, payload=payload, channel_id=channel_id, target_id=message_id)
        )

    async def history(
        self, channel_id: int, *, since: timedelta | None = None, limit: int = 100
    ) -> Sequence[Said]:
        """What was said, oldest first: at most ``limit`` messages, none older than ``since``."""
        oldest = None if since is None else self._clock.now() - since
        said: list[Said] = []
        before: int | None = None
        while len(said) < limit:
            query = {"limit": min(PAGE, limit - len(said)), **({"before": before} if before else {})}
            page = await self._api.request(
                "GET", "/channels/{channel_id}/messages", query=query, channel_id=channel_id
            )
            fresh = [one for one in map(_said, page) if oldest is None or one.at >= oldest]
            said.extend(fresh)
            if len(page) < query["limit"] or len(fresh) < len(page):
                break
            before = int(page[-1]["id"])
        return said[::-1]


def snowflake_at(moment: datetime) -> int:
    """The smallest id Discord could give at ``moment`` (Discord, *Snowflakes*)."""
    return max(0, int(moment.timestamp() * 1000) - _EPOCH_MS) << 22


def _said(message: dict[str, Any]) -> Said:
    author = message["author"]
    return Said(
        id=int(message["id"]),
        author=str(author.get("global_name") or author["username"]),
        author_id=int(author["id"]),
        is_bot=bool(author.get("bot")) or "webhook_id" in message,
        text=str(message.get("content", "")),
        at=datetime.fromisoformat(message["timestamp"]),
        link=f"https://discord.com/channels/@me/{message['channel_id']}/{message['id']}",
    )
