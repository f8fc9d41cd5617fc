"""The list of a place's facts: one pinned message from a set number of facts on, changed rarely and in place."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.memory.facts.fact import UNDER_WAY, Fact, FactPlace, Row
from bot.memory.facts.marking import Marker
from bot.work.surface import Connection, Place, Say


@dataclass(frozen=True, slots=True)
class IndexRules:
    """From more than ``after`` facts on there is a list (0: never), which is changed once in ``pause`` at most."""

    after: int = 20
    pause: timedelta = timedelta(minutes=10)


async def message_of(conn: Connection, place: FactPlace) -> int | None:
    """The list's message, as soon as it was said."""
    if place.index_row is None or place.index_id is not None:
        return place.index_id
    cursor = await conn.execute("SELECT message_id FROM outbox WHERE id = %s", (place.index_row,))
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])


async def shown(
    conn: Connection,
    marker: Marker,
    rules: IndexRules,
    place: FactPlace,
    facts: Sequence[Fact],
    *,
    pinned: Collection[int],
    read_at: datetime,
    now: datetime,
) -> dict[str, Any]:
    """Make the list be there, or not, and say what it should; gives the columns of the place that are others now.

    One that people took away does not come back while there are that many facts.
    """
    message_id = await message_of(conn, place)
    key = f"{marker.cog}:facts:{place.channel_id}:index:{place.marks + 1}"
    if not 0 < rules.after < len(facts):
        if place.index_row is not None:
            await marker.surface.delete(conn, key, place.index_row)
        return {**_NONE, "index_off": False}
    if place.index_off:
        return {}
    text = marker.words.index(facts)
    if place.index_row is None:
        (row, *_) = await marker.surface.post(
            conn, key, Place(channel_id=place.channel_id), Say(text, urgency="progress")
        )
        pin = await marker.surface.pin_said(conn, f"{key}:pin", row)
        return {"index_row": row, "index_pin": pin, "index_id": None, "index_text": text, "index_at": now}
    state, marked_at = await _mark(conn, place)
    if message_id not in pinned and state not in UNDER_WAY and marked_at is not None and marked_at < read_at:
        await marker.surface.delete(conn, key, place.index_row)
        return {**_NONE, "index_off": True}
    changes: dict[str, Any] = {"index_id": message_id}
    due = place.index_at is None or now - place.index_at >= rules.pause
    if text != place.index_text and not due:
        changes["changed"] = True
    elif text != place.index_text:
        await marker.surface.edit(conn, key, place.index_row, Say(text, urgency="progress"))
        changes |= {"index_text": text, "index_at": now}
    return changes


_NONE: dict[str, Any] = {
    "index_row": None,
    "index_pin": None,
    "index_id": None,
    "index_text": "",
    "index_at": None,
}


async def _mark(conn: Connection, place: FactPlace) -> tuple[Row | None, datetime | None]:
    cursor = await conn.execute("SELECT state, sent_at FROM outbox WHERE id = %s", (place.index_pin,))
    row = await cursor.fetchone()
    return (None, None) if row is None else (row[0], row[1])
