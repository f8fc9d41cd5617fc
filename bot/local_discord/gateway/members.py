"""Answers REQUEST_GUILD_MEMBERS.

https://discord.com/developers/docs/events/gateway-events#request-guild-members
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

from bot.local_discord.form import as_snowflake
from bot.local_discord.gateway.codes import REQUEST_MEMBERS, UNKNOWN_OPCODE, Closed
from bot.local_discord.gateway.intents import GUILD_MEMBERS, GUILD_PRESENCES
from bot.local_discord.gateway.session import Session
from bot.local_discord.model import Json, Member
from bot.local_discord.wire.guild import member_object
from bot.local_discord.wire.view import View

CHUNK = 1000
MOST_FOUND = 100
LONGEST_NONCE = 32


@dataclass(frozen=True, slots=True)
class MemberRequest:
    """Which members of a guild a client wants: by id, or by how their names begin ("" for all)."""

    guild_id: int
    query: str | None
    user_ids: tuple[str, ...] | None
    limit: int
    presences: bool
    nonce: str | None

    @property
    def whole_list(self) -> bool:
        """Whether it may mean every member; only that needs the intent and is limited."""
        return self.user_ids is None and not self.query


def read_request(data: Json) -> MemberRequest:
    """A request from the payload of op 8.

    Raises:
        Closed: with 4001 when it is not as documented.
    """
    guild_id: object = data.get("guild_id")
    query, user_ids = data.get("query"), data.get("user_ids")
    if isinstance(guild_id, list):
        # libraries of old send a list; "you will be limited to requesting 1 guild_id per request"
        several = cast("list[object]", guild_id)
        guild_id = several[0] if len(several) == 1 else None
    found, limit, presences = as_snowflake(guild_id), data.get("limit", 0), data.get("presences", False)
    right = (
        found is not None
        and (isinstance(query, str) or (query is None and user_ids is not None))
        and isinstance(user_ids, (str, int, list, type(None)))
        and not isinstance(user_ids, bool)
        and isinstance(limit, int)
        and limit >= 0
        and ("limit" in data or user_ids is not None)
        and isinstance(presences, (bool, type(None)))
    )
    if not right or found is None:
        raise Closed(UNKNOWN_OPCODE)
    nonce = data.get("nonce")
    # "If you send an invalid nonce it will be ignored"
    fits = isinstance(nonce, str) and len(nonce.encode("utf-8", "replace")) <= LONGEST_NONCE
    listed = cast("list[object]", user_ids) if isinstance(user_ids, list) else [user_ids]
    return MemberRequest(
        guild_id=found,
        query=cast("str | None", query),
        user_ids=None if user_ids is None else tuple(str(each) for each in listed[:MOST_FOUND]),
        limit=limit,
        presences=bool(presences),
        nonce=cast("str", nonce) if fits else None,
    )


@dataclass(slots=True)
class MemberLists:
    """When a bot last asked for all members of a guild: it may once in ``window`` seconds."""

    window: float
    monotonic: Callable[[], float]
    _asked: dict[tuple[int, int], float] = field(default_factory=dict[tuple[int, int], float])

    def wait(self, session: Session, guild_id: int) -> float:
        """How many seconds a bot must wait before it may ask; 0 counts as having asked."""
        key, now = (session.user_id, guild_id), self.monotonic()
        left = self._asked.get(key, now - self.window) + self.window - now
        if left > 0:
            return left
        self._asked[key] = now
        return 0.0


def answers(
    view: View, session: Session, request: MemberRequest, lists: MemberLists, presences: Callable[[int], Json]
) -> Iterator[tuple[str, Json]]:
    """The events that answer a request: chunks of a thousand members, RATE_LIMITED, or nothing."""
    guild_id = request.guild_id
    if view.world.member(guild_id, session.user_id) is None or not session.covers(guild_id):
        return
    if request.whole_list and not session.person:
        if not session.intents & GUILD_MEMBERS:
            return
        wait = lists.wait(session, guild_id)
        if wait:
            yield "RATE_LIMITED", _limited(request, wait)
            return
    members, missing = _found(view, request)
    with_presences = request.presences and (session.person or bool(session.intents & GUILD_PRESENCES))
    pages = [members[i : i + CHUNK] for i in range(0, len(members), CHUNK)] or [[]]
    for index, page in enumerate(pages):
        chunk: Json = {
            "guild_id": str(guild_id),
            "members": [member_object(view, member) for member in page],
            "chunk_index": index,
            "chunk_count": len(pages),
        }
        if request.user_ids is not None:
            chunk["not_found"] = missing if index == 0 else []
        if with_presences:
            shown = [presences(member.user_id) for member in page]
            chunk["presences"] = [each for each in shown if each["status"] != "offline"]
        if request.nonce is not None:
            chunk["nonce"] = request.nonce
        yield "GUILD_MEMBERS_CHUNK", chunk


def _found(view: View, request: MemberRequest) -> tuple[list[Member], list[str]]:
    members = view.world.members_of(request.guild_id)
    if request.user_ids is not None:
        by_id = {str(member.user_id): member for member in members}
        missing = [user_id for user_id in request.user_ids if user_id not in by_id]
        return [by_id[user_id] for user_id in dict.fromkeys(request.user_ids) if user_id in by_id], missing
    if not request.query:
        return members[: request.limit] if request.limit else members, []
    start = request.query.lower()
    named = [member for member in members if any(n.startswith(start) for n in _names(view, member))]
    return named[: min(request.limit or MOST_FOUND, MOST_FOUND)], []


def _names(view: View, member: Member) -> list[str]:
    user = view.world.users[member.user_id]
    return [name.lower() for name in (user.username, member.nick) if name]


def _limited(request: MemberRequest, wait: float) -> Json:
    meta: Json = {"guild_id": str(request.guild_id)}
    if request.nonce is not None:
        meta["nonce"] = request.nonce
    return {"opcode": REQUEST_MEMBERS, "retry_after": round(wait, 3), "meta": meta}
