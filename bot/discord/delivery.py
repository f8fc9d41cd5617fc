"""Delivers one outbox row: what is asked of Discord, and by which webhook it is said."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.discord.api import DiscordApi, route_key
from bot.discord.failures import (
    THREAD_ARCHIVED,
    THREAD_EXISTS,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    WRONG_WEBHOOK_TOKEN,
    DiscordRefused,
    DiscordUnavailable,
)
from bot.discord.forum_tags import ForumTags
from bot.discord.identities import Identities, Voice
from bot.discord.limits import Urgency
from bot.discord.outbox_table import Made, OutboxRow
from bot.discord.rendering import as_agent
from bot.discord.transport import Method
from bot.errors import OutsideError
from bot.work.surface import File

NONCE_LENGTH = 25
GONE = frozenset({UNKNOWN_WEBHOOK, WRONG_WEBHOOK_TOKEN})
SPOKEN = frozenset({"post", "forum_post"})
"""Kinds that an agent says through a webhook."""
_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
_HOOK = "/webhooks/{webhook_id}/{webhook_token}"


def nonce(key: str) -> str:
    """A row's nonce: the same for every attempt, at most 25 characters (Discord, *Create Message*)."""
    digest = hashlib.sha256(key.encode()).digest()
    return base64.b32encode(digest).decode()[:NONCE_LENGTH].lower()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: the path with its ids apart, as limits need it."""

    method: Method
    path: str
    ids: dict[str, int | str]
    body: Any = None
    query: dict[str, Any] = field(default_factory=dict[str, Any])


class Delivery:
    """Turns rows into requests."""

    def __init__(self, api: DiscordApi, identities: Identities, tags: ForumTags | None = None) -> None:
        self._api = api
        self._identities = identities
        self._tags = tags or ForumTags(api)

    @property
    def identities(self) -> Identities:
        """The webhooks."""
        return self._identities

    def permissions_changed(self) -> None:
        """Ask again for what Discord refused."""
        self._identities.permissions_changed()
        self._tags.permissions_changed()

    def pause(self, row: OutboxRow) -> float:
        """In how many seconds the row's request may be sent, as far as that is known; infinity: nobody knows."""
        voice: Voice | None = None
        if row.identity is not None and row.kind in SPOKEN:
            voice = self._identities.known(row.channel_id, row.identity["name"])
            if voice is None:
                return 0.0
        elif row.target_via is not None:
            voice = Voice(row.target_via, "", None)
        try:
            asked = self._asked(row, voice)
        except DiscordRefused:
            return 0.0
        return self._api.wait(route_key(asked.method, asked.path, asked.ids), Urgency(row.urgency))

    async def voice(self, row: OutboxRow) -> Voice | None:
        """By which webhook the row is said, or its target was; None: by the bot itself. May ask Discord."""
        if row.identity is not None and row.kind in SPOKEN:
            return await self._identities.voice(row.channel_id, row.identity["name"])
        if row.target_via is None or row.kind not in {"edit", "delete"}:
            return None
        token = await self._identities.token(row.target_via)
        if token is None:
            raise DiscordRefused("The webhook that said this is gone.", status=404, code=UNKNOWN_WEBHOOK)
        home = await self._identities.homes.home(row.channel_id)
        return Voice(row.target_via, token, row.channel_id if home.is_thread else None)

    async def ready(self, row: OutboxRow) -> OutboxRow:
        """The row as it can be sent, where that has to be asked first. Nothing is left of one that changes nothing."""
        return await self._tags.ready(row)

    async def refused(self, row: OutboxRow, ready: OutboxRow, error: DiscordRefused) -> OutsideError:
        """What a refusal means for a row that was sent as `ready` made it."""
        return error if ready is row else await self._tags.refused(row, ready, error)

    async def send(
        self, row: OutboxRow, voice: Voice | None, files: Sequence[File], *, patience: float
    ) -> Made:
        """Have the row's effect, with one request; none where its thread is as it should be."""
        if row.kind == "thread_edit" and not row.payload:
            return Made()
        asked = self._asked(row, voice)
        try:
            answer = await self._api.request(
                asked.method,
                asked.path,
                body=asked.body,
                query=asked.query,
                uploads=files,
                urgency=Urgency(row.urgency),
                patience=patience,
                **asked.ids,
            )
        except DiscordRefused as error:
            if row.kind == "thread" and error.code == THREAD_EXISTS:
                # A thread made from a message has the message's id: an earlier attempt has made it.
                return Made(row.target_id)
            if row.kind == "delete" and error.code == UNKNOWN_MESSAGE:
                return Made()
            if voice is not None and error.code in GONE and row.kind in SPOKEN:
                await self._identities.gone(row.channel_id, voice.webhook_id)
                raise DiscordUnavailable(
                    "The channel's webhook is gone; another is made.", retry_after=0, sent=False
                ) from error
            if row.kind == "edit" and error.code == THREAD_ARCHIVED and row.urgency < Urgency.PROGRESS:
                await self._reopen(row)
                raise DiscordUnavailable(
                    "The thread was archived; it is opened again.", retry_after=0, sent=False
                ) from error
            raise
        return _made(row, voice, answer)

    async def _reopen(self, row: OutboxRow) -> None:
        """Open a thread again, as whoever says something in it does. Raises `DiscordRefused` where it is locked."""
        body = {"archived": False}
        await self._api.request("PATCH", "/channels/{channel_id}", body=body, channel_id=row.channel_id)

    def _asked(self, row: OutboxRow, voice: Voice | None) -> Asked:
        match row.kind:
            case "post":
                return self._post(row, voice)
            case "forum_post":
                return self._forum_post(row, voice)
            case "edit" | "delete":
                return _change(row, voice)
            case "thread" | "private_thread" | "thread_edit":
                return _thread(row)
            case "follow_up":
                ids = {"application_id": self._api.application_id, "token": str(row.payload["token"])}
                path = "/webhooks/{application_id}/{token}"
                return Asked("POST", path, ids, row.payload["body"], {"wait": "true"})
            case _:
                return _mark(row)

    def _post(self, row: OutboxRow, voice: Voice | None) -> Asked:
        if voice is not None and row.identity is not None:
            return _spoken(row.payload, row.identity, voice)
        payload = row.payload if row.identity is None else as_agent(row.payload, row.identity["name"])
        body = {**payload, "nonce": nonce(row.key), "enforce_nonce": True}
        return Asked("POST", _MESSAGES, {"channel_id": row.channel_id}, body)

    def _forum_post(self, row: OutboxRow, voice: Voice | None) -> Asked:
        message = row.payload["message"]
        if voice is not None and row.identity is not None:
            body = {**message, "thread_name": row.payload["name"]}
            if row.payload.get("applied_tags"):
                body["applied_tags"] = row.payload["applied_tags"]
            return _spoken(body, row.identity, voice)
        if row.identity is not None:
            message = as_agent(message, row.identity["name"])
        body = {**row.payload, "message": message}
        return Asked("POST", "/channels/{channel_id}/threads", {"channel_id": row.channel_id}, body)


def _spoken(payload: dict[str, Any], identity: dict[str, Any], voice: Voice) -> Asked:
    body = {**payload, "username": identity["name"]}
    if identity.get("avatar_url"):
        body["avatar_url"] = identity["avatar_url"]
    return Asked("POST", _HOOK, _hook(voice), body, {"wait": "true", **_in_thread(voice)})


def _change(row: OutboxRow, voice: Voice | None) -> Asked:
    method: Method = "PATCH" if row.kind == "edit" else "DELETE"
    body = row.payload if row.kind == "edit" else None
    target = _target(row)
    if voice is None:
        if body is not None and row.identity is not None:
            body = as_agent(body, row.identity["name"])
        return Asked(method, _MESSAGE, target, body)
    ids = {**_hook(voice), "message_id": target["message_id"]}
    return Asked(method, f"{_HOOK}/messages/{{message_id}}", ids, body, _in_thread(voice))


def _thread(row: OutboxRow) -> Asked:
    channel: dict[str, int | str] = {"channel_id": row.channel_id}
    match row.kind:
        case "thread":
            target = _target(row, "The message for the thread was never posted.")
            return Asked("POST", f"{_MESSAGE}/threads", target, row.payload)
        case "private_thread":
            return Asked("POST", "/channels/{channel_id}/threads", channel, row.payload)
        case _:
            return Asked("PATCH", "/channels/{channel_id}", channel, row.payload)


def _mark(row: OutboxRow) -> Asked:
    method: Method = "DELETE" if row.kind.startswith("un") else "PUT"
    match row.kind:
        case "react" | "unreact":
            ids = {**_target(row), "emoji": str(row.payload["emoji"])}
            return Asked(method, f"{_MESSAGE}/reactions/{{emoji}}/@me", ids)
        case "pin" | "unpin":
            return Asked(method, "/channels/{channel_id}/messages/pins/{message_id}", _target(row))
        case kind:
            raise DiscordRefused(f"The outbox does not know {kind!r}.", status=0, code=0)


def _hook(voice: Voice) -> dict[str, int | str]:
    return {"webhook_id": voice.webhook_id, "webhook_token": voice.token}


def _in_thread(voice: Voice) -> dict[str, Any]:
    return {"thread_id": voice.thread_id} if voice.thread_id else {}


def _target(row: OutboxRow, missing: str = "The message was never posted.") -> dict[str, int | str]:
    if row.target_id is None:
        raise DiscordRefused(missing, status=0, code=0)
    return {"channel_id": row.channel_id, "message_id": row.target_id}


def _made(row: OutboxRow, voice: Voice | None, answer: Any) -> Made:
    """The first message of a forum's post has the post's id, so that either answer names both."""
    if row.kind in {"post", "forum_post", "thread", "private_thread", "follow_up"}:
        return Made(int(answer["id"]), voice.webhook_id if voice else None)
    return Made()
