"""Takes in what comes from the bus: kept and said in one transaction, so it is in Discord once however often it comes."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import structlog

from bot.bus import letter_table, request_table, showing, words
from bot.bus.correlation import Asked, ForPeople, Routed, Verdict, judge, named_in
from bot.bus.letters import Letter, Transport, agent_name
from bot.bus.neutral import neutral
from bot.bus.parts import COG, OfficeParts
from bot.bus.request_table import RequestRow
from bot.errors import CogswarmError
from bot.plugins import jobs_table
from bot.storage.database import Connection
from bot.storage.storable import storable
from bot.work.choosing import Button, custom_id
from bot.work.surface import Place, Say

MOST_CHARACTERS = 50_000
SHOWN_IN_REVIEW = 1_200
GROWTH = 4
LONGEST_ID = 200
SPOKEN: tuple[letter_table.Fate, ...] = (
    "posted", "receipt", "review", "assigned", "discarded", "unheard", "heard",
)  # fmt: skip
"""What becomes of letters that were for us."""
LONG_AGO = datetime.fromtimestamp(0, UTC)
_TO_CHANNEL = re.compile(r"\s*(?:\[channel:\s*(\d{1,20})\]|<#(\d{1,20})>)\s*", re.IGNORECASE)

log = structlog.get_logger(__name__)


async def collect(parts: OfficeParts, transport: Transport, since: datetime, *, deep: bool = False) -> int:
    """Read the inbox, a larger part of it while all of it is new or where it is to be read ``deep``; how many were new.

    Raises `OutsideError`.
    """
    limits, taken = transport.limits, 0
    limit = limits.most_page if deep else limits.page
    while True:
        page = await transport.receive(limit)
        letters = [_clean(letter) for letter in page.letters]
        async with parts.database.connection() as conn:
            fresh = await letter_table.unseen(conn, parts.rules.line, letters)
        all_new = page.asked_again and page.full and bool(letters) and len(fresh) == len(letters)
        if all_new and limit < limits.most_page:
            limit = min(limits.most_page, limit * GROWTH)
            continue
        if all_new:
            await _say_gap(parts, letters[0])
        for letter in fresh:
            # An inbox that empties itself holds what nobody has read yet.
            await take_in(parts, letter, since if page.asked_again else LONG_AGO)
        await transport.done(page.letters)
        taken += len(fresh)
        if page.asked_again or not page.full or not fresh:
            return taken


async def take_in(parts: OfficeParts, letter: Letter, since: datetime) -> None:
    """Keep a letter and say it where it belongs. What nobody foresaw concerns this one only, and people see it."""
    try:
        async with parts.database.transaction() as conn:
            await _place(conn, parts, letter, since)
    except CogswarmError:
        raise
    except Exception:
        log.exception("bus_letter_broke", source=letter.source)
        async with parts.database.transaction() as conn:
            await _to_review(conn, parts, letter, words.UNREADABLE)


async def say_answer(
    conn: Connection, parts: OfficeParts, row: RequestRow, number: int, agent: str, text: str, note: str = ""
) -> None:
    """Say what an agent answered, under the message that it answers."""
    said = words.ANSWER.format(agent=neutral(agent), text=neutral(_cut(text)))
    say = Say(f"{said}\n{note}" if note else said, reply_to=row.message_id if row.message_id > 0 else None)
    await parts.surface.post(conn, f"{COG}:letter:{number}", Place(channel_id=row.channel_id), say)


async def for_cog(conn: Connection, row: RequestRow, number: int) -> None:
    """Tell the cog that asked of a letter that answers it; it reads it by itself."""
    await request_table.answered(conn, row.id)
    # Each at a time of its own, which is over for everybody's clock: one that comes while the job is done is not missed.
    await jobs_table.hurry(conn, row.guild_id, row.cog, row.job, LONG_AGO + timedelta(seconds=number))


async def _place(conn: Connection, parts: OfficeParts, letter: Letter, since: datetime) -> None:
    if letter.agent == agent_name(parts.rules.name):
        await letter_table.add(conn, parts.rules.line, letter, "own")
        return
    rows = {row.id: row for row in await request_table.named(conn, named_in(letter, parts.rules.key))}
    still_open = await request_table.still_open(conn, letter.agent, parts.settings.open_for)
    verdict = judge(
        letter,
        {row.id: Asked(row.id, row.agent) for row in rows.values()},
        [Asked(row.id, row.agent) for row in still_open],
        parts.rules.key,
    )
    if isinstance(verdict, Routed):
        row = rows.get(verdict.request) or next(
            (one for one in still_open if one.id == verdict.request), None
        )
        await _answer(conn, parts, letter, verdict, row)
        return
    await _unplaced(conn, parts, letter, verdict, since)


async def _answer(
    conn: Connection, parts: OfficeParts, letter: Letter, routed: Routed, row: RequestRow | None
) -> None:
    if row is None:
        row = _from_block(routed, letter)
    if row is None or not await parts.is_on(conn, row.guild_id or None, row.channel_id):
        await _to_review(conn, parts, letter, "may not write there")
        return
    if row.cog:
        number = await letter_table.add(
            conn, parts.rules.line, letter, "unheard", reason=routed.how, request_id=row.id
        )
        if number is not None:
            await for_cog(conn, row, number)
            log.info("bus_answered", request=str(row.id), agent=letter.agent, how=routed.how, cog=row.cog)
        return
    fate = "posted" if routed.text else "receipt"
    number = await letter_table.add(
        conn, parts.rules.line, letter, fate, reason=routed.how, request_id=row.id
    )
    if number is None:
        return
    if routed.text:
        note = words.ONLY_ONE.format(agent=row.agent) if routed.how == "only one open" else ""
        await say_answer(conn, parts, row, number, letter.agent, routed.text, note)
    await request_table.answered(conn, row.id)
    await showing.mark_now(conn, parts, row, words.FAILED_MARK if routed.ok is False else words.ANSWERED_MARK)
    log.info("bus_answered", request=str(row.id), agent=letter.agent, how=routed.how)


async def _unplaced(
    conn: Connection, parts: OfficeParts, letter: Letter, verdict: Verdict, since: datetime
) -> None:
    reason = verdict.reason if isinstance(verdict, ForPeople) else ""
    if letter.at is not None and letter.at < since:
        await letter_table.add(conn, parts.rules.line, letter, "old", reason=reason)
        return
    addressed = _TO_CHANNEL.match(letter.text)
    if addressed is not None and reason == "names no request":
        channel = int(addressed[1] or addressed[2])
        if channel in parts.rules.may_write.get(letter.agent, ()) and await parts.is_on(conn, None, channel):
            number = await letter_table.add(conn, parts.rules.line, letter, "posted", reason="to a channel")
            if number is not None:
                text = neutral(_cut(letter.text[addressed.end() :]))
                said = words.WROTE.format(agent=letter.agent, text=text)
                await parts.surface.post(conn, f"{COG}:letter:{number}", Place(channel_id=channel), Say(said))
            return
        reason = "may not write there"
    await _to_review(conn, parts, letter, reason)


async def _to_review(conn: Connection, parts: OfficeParts, letter: Letter, reason: str) -> None:
    number = await letter_table.add(conn, parts.rules.line, letter, "review", reason=reason)
    if number is None:
        return
    text = neutral(letter.text)
    shown = text if len(text) <= SHOWN_IN_REVIEW else text[:SHOWN_IN_REVIEW] + words.CUT
    said = words.REVIEW.format(
        agent=neutral(letter.agent) or "?", reason=words.REASONS.get(reason, reason), text=shown or "…"
    )
    buttons = (
        Button(words.ASSIGN, custom_id(COG, "assign", str(number)), "primary"),
        Button(words.DISCARD, custom_id(COG, "discard", str(number))),
    )
    if not await showing.tell(conn, parts, f"review:{number}", said, buttons):
        log.warning(
            "bus_letter_waits",
            number=number,
            source=letter.source,
            reason=reason,
            fix="set bridge.review_channel",
        )


async def _say_gap(parts: OfficeParts, oldest: Letter) -> None:
    async with parts.database.transaction() as conn:
        if not await letter_table.has_any(conn, SPOKEN):
            return  # the first look at an inbox that was there before us
        log.warning("bus_gap", oldest=str(oldest.at))
        await showing.tell(conn, parts, f"gap:{oldest.id}", words.GAP)


def _from_block(routed: Routed, letter: Letter) -> RequestRow | None:
    """A request that is not kept any more, as its signed block tells of it."""
    origin = routed.origin
    if origin is None:
        return None
    return RequestRow(
        routed.request, origin.guild, origin.channel, origin.message, 0, "", letter.agent, "", "", trusted=False,
        urgent=False, state="answered", created_at=letter.at or LONG_AGO, tries=0, reminded=0, reason="", shown="",
        changes=0,
    )  # fmt: skip


def _clean(letter: Letter) -> Letter:
    """A letter that can be stored."""
    number = storable(letter.id)
    if len(number) > LONGEST_ID:
        number = sha256(number.encode()).hexdigest()
    return replace(letter, id=number, source=storable(letter.source)[:200], text=storable(letter.text))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + words.CUT
