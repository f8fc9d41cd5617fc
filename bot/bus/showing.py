"""Shows how a request stands: a mark under the message that asks, and words with a button where somebody has to do something."""

from bot.bus import request_table, words
from bot.bus.parts import COG, OfficeParts
from bot.bus.request_table import RequestRow
from bot.storage.database import Connection
from bot.work.choosing import Button, custom_id
from bot.work.surface import Place, Say


async def mark(conn: Connection, parts: OfficeParts, row: RequestRow, emoji: str) -> None:
    """Let ``emoji`` be the one mark under the message; ``row`` is locked, as it stands in this transaction."""
    if row.shown == emoji or row.message_id <= 0:
        return
    name = f"{COG}:{row.id}:{row.changes}"
    if row.shown:
        await parts.surface.unreact(conn, f"{name}:off", row.channel_id, row.message_id, row.shown)
    await parts.surface.react(conn, f"{name}:on", row.channel_id, row.message_id, emoji)
    await request_table.shown(conn, row.id, emoji)


async def mark_now(conn: Connection, parts: OfficeParts, row: RequestRow, emoji: str) -> None:
    """The same for a row that was read before."""
    current = await request_table.get(conn, row.id)
    if current is not None:
        await mark(conn, parts, current, emoji)


async def failed(conn: Connection, parts: OfficeParts, row: RequestRow, reason: str) -> None:
    """Say under the message that it did not get through; a cog sees it by itself."""
    if row.cog:
        return
    text = words.FAILED.format(agent=row.agent, reason=reason)
    await _with_button(conn, parts, row, f"failed:{row.created_at.timestamp()}", text, words.AGAIN)
    await mark_now(conn, parts, row, words.FAILED_MARK)


async def silent(conn: Connection, parts: OfficeParts, row: RequestRow) -> None:
    """Tell whoever asked that nothing came back; a cog sees it by itself."""
    if row.cog:
        return
    text = words.SILENT.format(agent=row.agent)
    await _with_button(conn, parts, row, f"silent:{row.created_at.timestamp()}", text, words.ASK_AGAIN)


async def tell(
    conn: Connection, parts: OfficeParts, key: str, text: str, buttons: tuple[Button, ...] = ()
) -> bool:
    """Say something where people look after the bridge; False where no such place is named."""
    channel = parts.rules.review_channel
    if channel is None:
        return False
    await parts.surface.post(conn, f"{COG}:{key}", Place(channel_id=channel), Say(text, buttons=buttons))
    return True


async def _with_button(
    conn: Connection, parts: OfficeParts, row: RequestRow, key: str, text: str, label: str
) -> None:
    say = Say(
        text,
        buttons=(Button(label, custom_id(COG, "again", str(row.id)), "primary"),),
        mentions=(row.member_id,) if row.member_id else (),
        reply_to=row.message_id if row.message_id > 0 else None,
        urgency="question",
    )
    await parts.surface.post(conn, f"{COG}:{row.id}:{key}", Place(channel_id=row.channel_id), say)
