"""Takes in the file in which another connector kept what it waits for, so that a change of connectors loses no answer.

That file's format is not published. Understood is JSON that names, for each request id, at least a channel: an object by
id, a list of objects with an id, or either under ``pending`` or ``requests``.
"""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import structlog

from bot.bus import request_table
from bot.bus.letters import agent_name
from bot.bus.parts import OfficeParts
from bot.bus.request_table import NewRequest
from bot.config.bridge import BridgeSection

log = structlog.get_logger(__name__)

MOST_BYTES = 20_000_000
_LARGEST = 2**63
_IDS = ("request_id", "uuid", "id")
_CHANNELS = ("thread_id", "channel_id", "channel", "discord_channel_id")
_MESSAGES = ("message_id", "msg_id", "discord_message_id")
_AGENTS = ("agent", "to", "target", "target_agent")


async def take_in(parts: OfficeParts, path: Path, section: BridgeSection) -> int:
    """Keep what the file tells of and is not known here; how many that were. What cannot be read is logged, and left."""
    try:
        raw = await asyncio.to_thread(_read, path)
        told = list(found_in(json.loads(raw), section))
    except (OSError, ValueError, RecursionError) as error:
        log.warning("pending_file_not_read", file=str(path), reason=type(error).__name__)
        return 0
    count = 0
    async with parts.database.transaction() as conn:
        for new, at in told:
            count += await request_table.take_in(conn, new, at)
    log.info("pending_file_read", file=str(path), found=len(told), new=count)
    return count


def found_in(read: object, section: BridgeSection) -> Iterator[tuple[NewRequest, datetime | None]]:
    """The requests that a file's JSON tells of, and when they were sent."""
    for number, entry in _entries(read):
        request_id, channel = _uuid(number), _snowflake(_first(entry, _CHANNELS))
        if request_id is None or channel is None:
            continue
        agent = _first(entry, _AGENTS) or section.channels.get(str(channel)) or section.default_agent
        message = _snowflake(_first(entry, _MESSAGES))
        new = NewRequest(
            id=request_id,
            guild_id=_snowflake(entry.get("guild_id")) or 0,
            channel_id=channel,
            # Nothing stands for a message that is not known; such numbers are below those of messages.
            message_id=message or -(request_id.int % _LARGEST),
            member_id=0,
            author=str(entry.get("author") or ""),
            agent=agent_name(str(agent)),
            body="",
        )
        yield new, _moment(entry.get("created_at") or entry.get("ts") or entry.get("timestamp"))


def _read(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValueError
    return raw.decode("utf-8")


def _entries(read: object) -> Iterator[tuple[object, dict[str, Any]]]:
    if isinstance(read, dict):
        told = cast("dict[str, Any]", read)
        within = told.get("pending") or told.get("requests")
        if isinstance(within, dict | list):
            yield from _entries(cast("object", within))
            return
        for number, entry in told.items():
            if isinstance(entry, dict):
                yield number, cast("dict[str, Any]", entry)
    elif isinstance(read, list):
        for entry in cast("list[object]", read):
            if isinstance(entry, dict):
                one = cast("dict[str, Any]", entry)
                yield _first(one, _IDS), one


def _first(entry: dict[str, Any], names: tuple[str, ...]) -> object:
    return next((entry[name] for name in names if entry.get(name)), None)


def _uuid(told: object) -> UUID | None:
    try:
        return UUID(str(told))
    except ValueError:
        return None


def _snowflake(told: object) -> int | None:
    text = str(told)
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < _LARGEST else None


def _moment(told: object) -> datetime | None:
    try:
        if isinstance(told, int | float):
            return datetime.fromtimestamp(told, UTC)
        at = datetime.fromisoformat(str(told))
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
