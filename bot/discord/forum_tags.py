"""Puts one of several tags on a post of a forum: makes those that are missing, and leaves people's own where they are.

https://discord.com/developers/docs/resources/channel#forum-tag-object
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.clock import Clock
from bot.discord.api import DiscordApi
from bot.discord.failures import NOT_ALLOWED, DiscordRefused, DiscordUnavailable
from bot.discord.outbox_table import OutboxRow
from bot.errors import OutsideError

MOST_OF_FORUM, MOST_OF_POST = 20, 5
TAG = "tag"
"""What a payload says of the tag to put, until it is known which ids that means."""
UNKNOWN_TAG = 10087
REFUSED_SECONDS = 600.0
"""How long nothing is asked of a forum where tags could not be made."""
_REQUIRES_TAG = 1 << 4

MAY_NOT_MAKE = (
    "I cannot show in <#{forum}> how this stands as a tag. Let me manage that channel (Manage Channels), or make these "
    "tags there yourself: {names}."
)
NO_ROOM = (
    "I cannot show in <#{forum}> how this stands as a tag: it has {count} of the 20 tags that a forum can have, and these "
    "are missing: {names}. Take some away that nobody needs."
)
NOT_MADE = "I cannot show in <#{forum}> how this stands as a tag, so please make these tags there yourself: {names}. {why}"
MAY_NOT_PUT = (
    "I cannot show in <#{forum}> how this stands as a tag. Let me manage threads there (Manage Threads)."
)

type Json = dict[str, Any]
type Named = Sequence[tuple[str, str]]
"""Tags by name, each with its emoji."""


class TagsRefused(DiscordRefused):
    """The tags of a forum cannot be made, or not be put on its posts; says what an admin has to do."""

    def __init__(self, message: str, *, forum_id: int) -> None:
        super().__init__(message, status=403, code=0)
        self.forum_id = forum_id


class ForumTags:
    """What tags forums have. Names are the truth: what an admin takes away is made again, or found by its name."""

    def __init__(self, api: DiscordApi, clock: Clock | None = None) -> None:
        self._api = api
        self._clock = clock or Clock()
        self._known: dict[int, dict[str, int]] = {}
        self._refused: dict[int, tuple[float, TagsRefused]] = {}
        self._locks: dict[int, asyncio.Lock] = {}

    async def ready(self, row: OutboxRow) -> OutboxRow:
        """The row with the ids of its tags; without the tag where the post has it already.

        Raises `TagsRefused` where a post that is there cannot get it; a new one is opened without.
        """
        if TAG not in row.payload:
            return row
        payload = {name: value for name, value in row.payload.items() if name != TAG}
        wanted, named = str(row.payload[TAG]["name"]), [(str(a), str(b)) for a, b in row.payload[TAG]["of"]]
        if row.kind == "forum_post":
            try:
                ids = await self._ids(row.channel_id, named)
            except TagsRefused:
                return replace(row, payload=payload)  # whatever changes its tag later says why
            given = [*payload.get("applied_tags", ()), str(ids[wanted.casefold()])]
            return replace(row, payload={**payload, "applied_tags": given[-MOST_OF_POST:]})
        post = await self._api.request("GET", "/channels/{channel_id}", channel_id=row.channel_id)
        ids = await self._ids(int(post["parent_id"]), named)
        before = [int(one) for one in post.get("applied_tags") or ()]
        own = [one for one in before if one not in ids.values()]
        # Where people have put as many as there can be, these are theirs.
        after = [*own, ids[wanted.casefold()]] if len(own) < MOST_OF_POST else own
        if set(after) != set(before):
            payload["applied_tags"] = [str(one) for one in after]
        return replace(row, payload=payload)

    async def refused(self, row: OutboxRow, ready: OutboxRow, error: DiscordRefused) -> OutsideError:
        """What it means that Discord refused a row as it was made ready: often that it has to be tried otherwise."""
        if ready.payload.get("applied_tags") == row.payload.get("applied_tags"):
            return error  # it is not for the tag
        forum_id = row.channel_id
        if row.kind != "forum_post":
            post = await self._api.request("GET", "/channels/{channel_id}", channel_id=row.channel_id)
            forum_id = int(post["parent_id"])
        if error.code == UNKNOWN_TAG and self._known.pop(forum_id, None) is not None:
            return DiscordUnavailable("Somebody took a tag of the forum away.", retry_after=0, sent=False)
        if error.code not in NOT_ALLOWED:
            return error
        refusal = self._refusal(forum_id, MAY_NOT_PUT.format(forum=forum_id))
        if row.kind == "forum_post":
            return DiscordUnavailable("The post is opened without a tag.", retry_after=0, sent=False)
        return refusal

    def permissions_changed(self) -> None:
        """Ask again where tags could not be made."""
        self._refused.clear()

    async def _ids(self, forum_id: int, named: Named) -> Mapping[str, int]:
        async with self._locks.setdefault(forum_id, asyncio.Lock()):
            names = {name.casefold() for name, _ in named}
            known = self._known.get(forum_id, {})
            if names <= known.keys():
                self._check_refused(forum_id)
            else:
                known = self._known[forum_id] = await self._asked(forum_id, named)
            return {name: known[name] for name in names}

    async def _asked(self, forum_id: int, named: Named) -> dict[str, int]:
        forum = await self._api.request("GET", "/channels/{channel_id}", channel_id=forum_id)
        there: list[Json] = forum.get("available_tags") or []
        found = _by_name(there)
        missing = [(name, emoji) for name, emoji in named if name.casefold() not in found]
        if not missing:
            self._refused.pop(forum_id, None)
            return found
        names = ", ".join(name for name, _ in missing)
        self._check_refused(forum_id)
        if len(there) + len(missing) > MOST_OF_FORUM:
            raise self._refusal(forum_id, NO_ROOM.format(forum=forum_id, count=len(there), names=names))
        # Only moderators put them by hand, except where everybody has to choose one.
        moderated = not int(forum.get("flags") or 0) & _REQUIRES_TAG
        body = {"available_tags": [*there, *(_tag(*one, moderated=moderated) for one in missing)]}
        try:
            forum = await self._api.request("PATCH", "/channels/{channel_id}", body=body, channel_id=forum_id)
        except DiscordRefused as error:
            template = MAY_NOT_MAKE if error.code in NOT_ALLOWED else NOT_MADE
            raise self._refusal(forum_id, template.format(forum=forum_id, names=names, why=error)) from error
        return _by_name(forum["available_tags"])

    def _check_refused(self, forum_id: int) -> None:
        until, refused = self._refused.get(forum_id, (0.0, None))
        if refused is not None and self._clock.monotonic() < until:
            raise refused

    def _refusal(self, forum_id: int, said: str) -> TagsRefused:
        error = TagsRefused(said, forum_id=forum_id)
        self._refused[forum_id] = (self._clock.monotonic() + REFUSED_SECONDS, error)
        return error


def _by_name(tags: Sequence[Json]) -> dict[str, int]:
    return {str(one["name"]).casefold(): int(one["id"]) for one in tags}


def _tag(name: str, emoji: str, *, moderated: bool) -> Json:
    own_name, _, own_id = emoji.partition(":")
    shown = {"emoji_id": own_id, "emoji_name": None} if own_id else {"emoji_id": None, "emoji_name": own_name}
    return {"name": name, "moderated": moderated, **shown}
