"""Discord as the surface on which work speaks: everything written becomes a row of the outbox."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.discord import outbox_table
from bot.discord.api import DiscordApi
from bot.discord.events import SPOKEN
from bot.discord.forum_tags import TAG
from bot.discord.outbox_table import NewRow
from bot.discord.polls import end_poll, poll_votes
from bot.discord.raw_messages import attachments_of
from bot.discord.rendering import (
    MOST_CHUNKS,
    URGENCY,
    Rendered,
    bodies,
    checked,
    edit_body,
    identity_of,
    thread_name,
)
from bot.discord.without_secrets import without_secrets
from bot.errors import OutsideError
from bot.observe.known_secrets import NO_SECRETS, Secrets
from bot.work.surface import Connection, Delivered, Place, PollVotes, Said, Say, Tag

PAGE = 100
PINS_PAGE = 50
PRIVATE_THREAD = 12
PINNED = 1 << 1
"""The flag of a post that stands first in its forum."""
DAY_MINUTES = 1440
_EPOCH_MS = 1_420_070_400_000


class DiscordSurface:
    """Implements `bot.work.surface.Surface` on the outbox and Discord's history routes."""

    def __init__(
        self,
        api: DiscordApi,
        clock: Clock,
        *,
        most_chunks: int = MOST_CHUNKS,
        secrets: Secrets = NO_SECRETS,
    ) -> None:
        """Nothing of ``secrets`` is ever said."""
        self._api = api
        self._secrets = secrets
        self._clock = clock
        self._most_chunks = most_chunks

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
                    payload=rendered.body,
                    channel_id=place.channel_id,
                    channel_from=place.opened_by,
                    identity=identity_of(say.speaker),
                    run_id=run_id,
                    urgency=URGENCY[say.urgency],
                    files=rendered.files,
                ),
            )
            for number, rendered in enumerate(self._bodies(say))
        ]

    async def is_posted(self, conn: Connection, key: str) -> bool:
        """Whether something was posted under this key."""
        return await outbox_table.is_known(conn, key)

    async def delivered(self, conn: Connection, row: int) -> Delivered:
        """What became of a post; a row that was cleaned away is refused, since nobody knows its message any more."""
        return await outbox_table.delivered(conn, row)

    async def end_poll(self, channel_id: int, message_id: int) -> None:
        """End a poll of the bot's."""
        await end_poll(self._api, channel_id, message_id)

    async def poll_votes(self, channel_id: int, message_id: int) -> PollVotes | None:
        """Who voted for what in a poll."""
        return await poll_votes(self._api, channel_id, message_id)

    async def edit(self, conn: Connection, key: str, row: int, say: Say, *, after: int | None = None) -> None:
        """Change the message of ``row``; edits that nobody has seen yet are dropped for this one.

        One with files is dropped for another with files only: the next text would lose them.
        """
        files = checked(say.files)
        await self._on(
            conn,
            row,
            NewRow(
                key=key, kind="edit", payload=edit_body(without_secrets(self._secrets, say)), after_row=after,
                urgency=URGENCY[say.urgency], identity=identity_of(say.speaker),
                subject=f"edit:{row}{':files' if files else ''}", files=files,
            ),
        )  # fmt: skip

    async def replace(self, conn: Connection, key: str, row: int, say: Say) -> list[int]:
        """Make the message of ``row`` say all of ``say``; what does not fit into it follows in further messages."""
        first, *others = self._bodies(say)
        shown: dict[str, Any] = {"embeds": [], "components": [], **first.body}
        if first.files:
            # An edit does not carry files: they follow in a message of their own, with the cards that show them.
            others = [Rendered({**first.body, "content": ""}, first.files), *others]
            shown |= {"embeds": [], "components": []}
        payload = {
            name: shown[name] for name in ("content", "allowed_mentions", "flags", "embeds", "components")
        }
        edited = await self._on(
            conn, row,
            NewRow(
                key=key, kind="edit", payload=payload, urgency=URGENCY[say.urgency], identity=identity_of(say.speaker),
                subject=f"edit:{row}",
            ),
        )  # fmt: skip
        channel_id, channel_from = await outbox_table.place_of(conn, row)
        rows = [edited]
        for number, rendered in enumerate(others, 1):
            more = NewRow(
                key=f"{key}:{number}", kind="post", payload=rendered.body, channel_id=channel_id,
                channel_from=channel_from, identity=identity_of(say.speaker), after_row=rows[-1],
                urgency=URGENCY[say.urgency], files=rendered.files,
            )  # fmt: skip
            rows.append(await outbox_table.add(conn, more))
        return rows

    async def delete(self, conn: Connection, key: str, row: int) -> None:
        """Take back the message of ``row``."""
        await self._on(conn, row, NewRow(key=key, kind="delete", payload={}))

    async def open_thread(self, conn: Connection, key: str, row: int, name: str) -> Place:
        """Open a thread under the message of ``row``; it has that message's id."""
        payload = {"name": self._thread_name(name), "auto_archive_duration": DAY_MINUTES}
        return Place(opened_by=await self._on(conn, row, NewRow(key=key, kind="thread", payload=payload)))

    async def open_thread_on(
        self, conn: Connection, key: str, channel_id: int, message_id: int, name: str
    ) -> Place:
        """Open a thread under somebody's message; it has that message's id."""
        payload = {"name": self._thread_name(name), "auto_archive_duration": DAY_MINUTES}
        new = NewRow(key=key, kind="thread", payload=payload, channel_id=channel_id, target_id=message_id)
        return Place(opened_by=await outbox_table.add(conn, new))

    async def open_private_thread(self, conn: Connection, key: str, channel_id: int, name: str) -> Place:
        """Open a thread that only those see who are mentioned in it (and who may manage threads)."""
        payload = {
            "name": self._thread_name(name),
            "auto_archive_duration": DAY_MINUTES,
            "type": PRIVATE_THREAD,
            "invitable": False,
        }
        new = NewRow(key=key, kind="private_thread", payload=payload, channel_id=channel_id)
        return Place(opened_by=await outbox_table.add(conn, new))

    async def open_forum_post(
        self,
        conn: Connection,
        key: str,
        channel_id: int,
        name: str,
        say: Say,
        *,
        tags: Sequence[int] = (),
        tag: Tag | None = None,
    ) -> Place:
        """Open a post of a forum with its first message; what else there is to ``say`` follows in it."""
        first, *others = self._bodies(say)
        payload: dict[str, Any] = {"name": self._thread_name(name), "message": first.body}
        if tags:
            payload["applied_tags"] = [str(one) for one in tags]
        if tag is not None:
            payload[TAG] = {"name": tag.name, "of": tag.of}
        identity, urgency = identity_of(say.speaker), URGENCY[say.urgency]
        new = NewRow(
            key=key, kind="forum_post", payload=payload, channel_id=channel_id, identity=identity, urgency=urgency,
            files=first.files,
        )  # fmt: skip
        row = await outbox_table.add(conn, new)
        for number, rendered in enumerate(others, 1):
            more = NewRow(
                key=f"{key}:{number}", kind="post", payload=rendered.body, channel_from=row, identity=identity,
                urgency=urgency, files=rendered.files,
            )  # fmt: skip
            await outbox_table.add(conn, more)
        return Place(opened_by=row)

    async def change_thread(
        self,
        conn: Connection,
        key: str,
        place: Place,
        *,
        name: str | None = None,
        archived: bool | None = None,
        locked: bool | None = None,
        pinned: bool | None = None,
        tag: Tag | None = None,
    ) -> None:
        """Rename, archive, lock, pin or tag a thread after what was said in it before; Discord renames twice in ten minutes."""
        payload = {
            **({} if name is None else {"name": self._thread_name(name)}),
            **({} if archived is None else {"archived": archived}),
            **({} if locked is None else {"locked": locked}),
            **({} if pinned is None else {"flags": PINNED if pinned else 0}),
            **({} if tag is None else {TAG: {"name": tag.name, "of": tag.of}}),
        }
        last = await outbox_table.last_said(conn, place.channel_id, place.opened_by)
        new = NewRow(
            key=key, kind="thread_edit", payload=payload, channel_id=place.channel_id, channel_from=place.opened_by,
            after_row=last, subject=f"thread:{'+'.join(payload)}",
        )  # fmt: skip
        await outbox_table.add(conn, new)

    async def react(self, conn: Connection, key: str, channel_id: int, message_id: int, emoji: str) -> None:
        """Show a state as the bot's reaction."""
        await self._mark(conn, "react", key, channel_id, message_id, emoji)

    async def unreact(self, conn: Connection, key: str, channel_id: int, message_id: int, emoji: str) -> None:
        """Take the bot's reaction back."""
        await self._mark(conn, "unreact", key, channel_id, message_id, emoji)

    async def mark(self, conn: Connection, key: str, row: int, emoji: str, *, on: bool) -> None:
        """Show (or take back) a state under the message of ``row``, once that is said."""
        kind = "react" if on else "unreact"
        new = NewRow(key=key, kind=kind, payload={"emoji": emoji}, subject=f"react:row:{row}:{emoji}")
        await self._on(conn, row, new)

    async def pin(self, conn: Connection, key: str, channel_id: int, message_id: int) -> None:
        """Pin a message; a channel holds 250."""
        await self._mark(conn, "pin", key, channel_id, message_id)

    async def unpin(self, conn: Connection, key: str, channel_id: int, message_id: int) -> None:
        """Take a pin off."""
        await self._mark(conn, "unpin", key, channel_id, message_id)

    async def pin_said(self, conn: Connection, key: str, row: int, *, on: bool = True) -> int:
        """Pin the message of ``row`` once that is said, or take its pin off; a change that nobody has seen yet is dropped."""
        kind = "pin" if on else "unpin"
        return await self._on(conn, row, NewRow(key=key, kind=kind, payload={}, subject=f"pin:row:{row}"))

    def _bodies(self, say: Say) -> list[Rendered]:
        """The messages that it becomes; secrets go before it is cut, since a half would not be known."""
        return bodies(without_secrets(self._secrets, say), most_chunks=self._most_chunks)

    def _thread_name(self, name: str) -> str:
        return thread_name(self._secrets.text(name))

    async def _mark(
        self, conn: Connection, kind: str, key: str, channel_id: int, message_id: int, emoji: str = ""
    ) -> None:
        new = NewRow(
            key=key,
            kind=kind,
            payload={"emoji": emoji} if emoji else {},
            channel_id=channel_id,
            target_id=message_id,
            subject=f"{kind.removeprefix('un')}:{message_id}:{emoji}",
        )
        await outbox_table.add(conn, new)

    async def _on(self, conn: Connection, row: int, new: NewRow) -> int:
        """Add a row that does something to the message of another."""
        channel_id, channel_from = await outbox_table.place_of(conn, row)
        if channel_id is None and channel_from is None:
            raise OutsideError("That message is from too long ago to be changed; please start again.")
        return await outbox_table.add(
            conn, replace(new, channel_id=channel_id, channel_from=channel_from, target_from=row)
        )

    async def pins(self, channel_id: int, *, limit: int = 250) -> Sequence[Said]:
        """A channel's pinned messages, the last pinned first."""
        said: list[Said] = []
        before: str | None = None
        while len(said) < limit:
            query = {"limit": min(PINS_PAGE, limit - len(said)), **({"before": before} if before else {})}
            page = await self._api.request(
                "GET", "/channels/{channel_id}/messages/pins", query=query, channel_id=channel_id
            )
            said.extend(
                replace(
                    _said(one["message"], self._api.user_id),
                    pinned_at=datetime.fromisoformat(one["pinned_at"]),
                )
                for one in page["items"]
            )
            if not page["has_more"] or not page["items"]:
                break
            before = str(page["items"][-1]["pinned_at"])
        return said

    async def history(
        self,
        channel_id: int,
        *,
        since: timedelta | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> Sequence[Said]:
        """What was said, oldest first: the last ``limit`` messages that are not older than ``since`` and stand between two."""
        oldest = None if since is None else self._clock.now() - since
        said: list[Said] = []
        while len(said) < limit:
            query = {"limit": min(PAGE, limit - len(said)), **({"before": before} if before else {})}
            page = await self._api.request(
                "GET", "/channels/{channel_id}/messages", query=query, channel_id=channel_id
            )
            fresh = [
                one
                for one in (_said(message, self._api.user_id) for message in page)
                if (oldest is None or one.at >= oldest) and (after is None or one.id > after)
            ]
            said.extend(fresh)
            if len(page) < query["limit"] or len(fresh) < len(page):
                break
            before = int(page[-1]["id"])
        return said[::-1]


def snowflake_at(moment: datetime) -> int:
    """The smallest id Discord could give at ``moment`` (Discord, *Snowflakes*)."""
    return max(0, int(moment.timestamp() * 1000) - _EPOCH_MS) << 22


def _said(message: dict[str, Any], me: int) -> Said:
    author, webhook = message["author"], message.get("webhook_id")
    return Said(
        id=int(message["id"]),
        author=str(author.get("global_name") or author["username"]),
        author_id=int(author["id"]),
        is_bot=bool(author.get("bot")) or "webhook_id" in message,
        text=str(message.get("content", "")),
        at=datetime.fromisoformat(message["timestamp"]),
        link=f"https://discord.com/channels/@me/{message['channel_id']}/{message['id']}",
        mine=int(author["id"]) == me,
        webhook_id=int(webhook) if webhook else None,
        spoken=message.get("type", 0) in SPOKEN,
        attachments=attachments_of(message),
    )
