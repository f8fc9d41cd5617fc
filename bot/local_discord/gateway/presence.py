"""Who is online, and what they say they are doing.

https://discord.com/developers/docs/events/gateway-events#update-presence
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from bot.local_discord.gateway.codes import UNKNOWN_OPCODE, Closed
from bot.local_discord.model import Json

STATUSES = ("online", "dnd", "idle", "invisible", "offline")
ACTIVITY_TYPES = range(6)
MOST_ACTIVITIES = 50
OF_BOTS = ("name", "state", "type", "url")
"""What bots can set of an activity; the rest is left out."""


@dataclass(frozen=True, slots=True)
class Presence:
    """How one session shows its user; ``invisible`` looks like ``offline`` to others."""

    status: str = "online"
    activities: tuple[Json, ...] = ()

    @property
    def shown(self) -> str:
        """The status that others see."""
        return "offline" if self.status == "invisible" else self.status


ONLINE, OFFLINE = Presence(), Presence("offline")


def strongest(presences: Iterable[Presence]) -> Presence:
    """The one of several sessions' presences that is shown: online before busy before away."""
    return min((*presences, OFFLINE), key=lambda presence: STATUSES.index(presence.shown))


def presence_object(user_id: int, guild_id: int, presence: Presence) -> Json:
    """PRESENCE_UPDATE, and a presence in GUILD_CREATE or a chunk of members; of the user only the id."""
    shown = presence.shown
    return {
        "user": {"id": str(user_id)},
        "guild_id": str(guild_id),
        "status": shown,
        "activities": list(presence.activities) if shown != "offline" else [],
        "client_status": {"web": shown} if shown != "offline" else {},
    }


def read_presence(value: object, now_ms: int, *, whole: bool) -> Presence:
    """What a client wants to be shown as; ``whole`` demands every field, as op 3 does and IDENTIFY does not.

    Raises:
        Closed: with 4001, "an invalid payload for an opcode".
    """
    if not isinstance(value, dict):
        raise Closed(UNKNOWN_OPCODE)
    data = cast("Json", value)
    if whole and not {"since", "activities", "status", "afk"} <= data.keys():
        raise Closed(UNKNOWN_OPCODE)
    since, afk = data.get("since"), data.get("afk", False)
    if (
        isinstance(since, bool)
        or not isinstance(since, (int, float, type(None)))
        or not isinstance(afk, bool)
    ):
        raise Closed(UNKNOWN_OPCODE)
    status = data.get("status", "online")
    if status not in STATUSES:
        raise Closed(UNKNOWN_OPCODE)
    activities: object = data.get("activities")
    if activities is None:
        activities = []
    listed = cast("list[object]", activities) if isinstance(activities, list) else None
    if listed is None or len(listed) > MOST_ACTIVITIES:
        raise Closed(UNKNOWN_OPCODE)
    return Presence(status, tuple(_activity(each, now_ms) for each in listed))


def _activity(value: object, now_ms: int) -> Json:
    if not isinstance(value, dict):
        raise Closed(UNKNOWN_OPCODE)
    data = cast("Json", value)
    kind = data.get("type", 0)
    named = isinstance(data.get("name"), str)
    if not named or isinstance(kind, bool) or not isinstance(kind, int) or kind not in ACTIVITY_TYPES:
        raise Closed(UNKNOWN_OPCODE)
    if not all(isinstance(data.get(field), (str, type(None))) for field in ("state", "url")):
        raise Closed(UNKNOWN_OPCODE)
    kept = {field: data[field] for field in OF_BOTS if data.get(field) is not None}
    # Discord gives every activity an id of its own; those of custom statuses are called so.
    return {"id": "custom" if kind == 4 else f"{now_ms:x}", "created_at": now_ms, "type": kind, **kept}  # noqa: PLR2004 - the type "custom"
