"""Saying something on Discord for a program: through the outbox, once for each key, and with the address of it."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence

from pydantic import JsonValue

from bot.discord import outbox_table
from bot.discord.outbox_table import NewRow
from bot.errors import ConfigError, UserError
from bot.mcp.serving import said_table
from bot.mcp.serving.arguments import Keyed
from bot.mcp.serving.auditing import audited
from bot.mcp.serving.said_table import Carried
from bot.mcp.serving.shapes import message_url
from bot.mcp.serving.tools import Call, Outcome
from bot.mcp.serving.waiting import until
from bot.mirror.picture import Channel
from bot.work.surface import Connection, Place, Say

FORUMS, CATEGORY = frozenset({15, 16}), 4
USED = "This idempotency key was used for something else before; use a new one."
FORUM = "A forum has no messages of its own; use create_forum_post."
NO_TEXT = "A category has no messages; name a channel in it."
REFUSED = "Discord refused this: {why}"
DELIVERS = "Waiting for Discord to take it"
SENT = "Sent: {url}"
PARTS = "Sent in {count} messages, the first is {url}"
OPENED = "Opened: {url}"
QUEUED = (
    "It is on its way, but not there yet{why}. Call again with the same idempotencyKey to learn its address."
)
GONE = "This was said long ago with the same key; its address is not known any more."

type Write = Callable[[Connection, str], Awaitable[Sequence[int]]]
"""Adds rows to the outbox under a key; gives them in their order."""


async def say(call: Call, given: Keyed, what: Say, channel: Channel) -> Outcome:
    """Post in a channel or thread; mentions nobody. Raises `UserError` where there is nothing to be said."""
    speakable(channel)

    async def write(conn: Connection, key: str) -> Sequence[int]:
        return await call.desk.surface.post(conn, key, Place(channel.id), what)

    return await send(call, given.idempotency_key, write, channel)


async def add_row(
    call: Call, given: Keyed, channel: Channel, kind: str, payload: dict[str, JsonValue]
) -> Outcome:
    """Post what `Say` has no word for, such as a poll or a thread without a message."""

    async def write(conn: Connection, key: str) -> Sequence[int]:
        return [await outbox_table.add(conn, NewRow(key, kind, payload, channel_id=channel.id))]

    return await send(call, given.idempotency_key, write, channel)


async def send(call: Call, key: str | None, write: Write, channel: Channel) -> Outcome:
    """Write rows to the outbox, once for each key, and wait for them to be delivered."""
    name = key or call.key or call.desk.new_id().hex
    rows = await _written(call, name, write, channel)
    return _told(await delivered(call, rows), channel, name)


async def delivered(call: Call, rows: Sequence[int]) -> list[Carried]:
    """Wait until rows of the outbox are over, as long as a program waits; how they stand then."""

    async def carried() -> list[Carried]:
        async with call.desk.database.connection() as conn:
            return await said_table.carried(conn, rows)

    async def look() -> list[Carried] | None:
        found = await carried()
        return found if all(one.is_over for one in found) else None

    found = await until(call, look, call.desk.delivery, DELIVERS)
    return await carried() if found is None else found


def speakable(channel: Channel) -> None:
    """Refuse places where nothing can be said. Raises `UserError`."""
    if channel.kind in FORUMS:
        raise UserError(FORUM)
    if channel.kind == CATEGORY:
        raise UserError(NO_TEXT)


async def _written(call: Call, name: str, write: Write, channel: Channel) -> list[int]:
    token = call.grant.name
    # The key of the outbox says to which token it belongs, and is short whatever the program's is.
    key = f"mcp:{token}:{hashlib.sha256(name.encode()).hexdigest()[:32]}"
    try:
        async with call.desk.database.transaction() as conn:
            before = await said_table.claim(conn, token, name, call.digest)
            if before is not None:
                digest, rows = before
                if digest != call.digest:
                    raise UserError(USED)
                return rows
            rows = list(await write(conn, key))
            await said_table.note(conn, token, name, rows)
            await audited(conn, call, channel.guild_id or 0)
            return rows
    except ConfigError as error:
        # What cannot be shown, such as too large a file: whoever calls can change that.
        raise UserError(str(error)) from error


def _told(found: Sequence[Carried], channel: Channel, key: str) -> Outcome:
    """Where it stands now. Raises `UserError` where Discord refused it."""
    if not found:
        return Outcome(GONE, {"status": "sent", "idempotency_key": key})
    failed = next((one for one in found if one.state == "failed"), None)
    if failed is not None:
        raise UserError(REFUSED.format(why=failed.error or "it was given up"))
    waits = next((one for one in found if not one.is_over), None)
    if waits is not None:
        why = f" ({waits.error})" if waits.error else ""
        return Outcome(QUEUED.format(why=why), {"status": "queued", "idempotency_key": key})
    first, thread = found[0], _thread_of(found)
    if thread is not None:
        url = f"https://discord.com/channels/{channel.guild_id}/{thread}"
        data: dict[str, JsonValue] = {
            "status": "sent",
            "thread_id": str(thread),
            "url": url,
            "idempotency_key": key,
        }
        if first.kind == "forum_post":
            data["message_id"] = str(thread)
        return Outcome(OPENED.format(url=url), data)
    urls = [message_url(channel.guild_id, one.channel_id or 0, one.message_id or 0) for one in found]
    data = {
        "status": "sent",
        "message_id": str(first.message_id),
        "channel_id": str(first.channel_id),
        "url": urls[0],
        "idempotency_key": key,
    }
    if len(found) == 1:
        return Outcome(SENT.format(url=urls[0]), data)
    data["message_ids"] = [str(one.message_id) for one in found]
    return Outcome(PARTS.format(count=len(found), url=urls[0]), data)


def _thread_of(found: Sequence[Carried]) -> int | None:
    opened = next((one for one in found if one.kind in {"thread", "private_thread", "forum_post"}), None)
    return None if opened is None else opened.message_id
