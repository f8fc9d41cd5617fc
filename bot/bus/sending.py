"""Sends what waits: each message is claimed before it is sent and noted after, so a crash costs at most a second try.

A second try carries the same request id: a bus with ids takes it once, and on one without an agent can tell.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from bot.bus import request_table, showing, words
from bot.bus.context_block import Origin
from bot.bus.letters import BusBusy, BusRefused, NotLetIn, Transport
from bot.bus.outgoing import Request, written
from bot.bus.parts import OfficeParts
from bot.bus.request_table import NewRequest, RequestRow
from bot.errors import NotDone, OutsideError

log = structlog.get_logger(__name__)

GRACE_SECONDS = 5.0
BATCH = 20
"""How many are sent before what came back is read: an inbox without ids shows its newest letters only."""


async def send_due(parts: OfficeParts, transport: Transport) -> int:
    """Send what is due, at most `BATCH`; how many were tried. Raises `NotLetIn`, `BusBusy`, or `OutsideError` as the bus does."""
    for count in range(BATCH):
        async with parts.database.transaction() as conn:
            row = await request_table.claim(conn, parts.settings.claim)
        if row is None:
            return count
        await _whole(_send(parts, transport, row))
    return BATCH


def text_of(row: RequestRow | NewRequest, key: bytes, characters: int) -> str:
    """What is sent for a request."""
    origin = Origin(str(row.id), row.guild_id, row.channel_id, row.message_id or 0, row.agent)
    return written(Request(origin, row.author, row.body, row.context, row.trusted), key, characters)


async def _whole(sending: Coroutine[Any, Any, None]) -> None:
    """Send and note it even where we are told to end meanwhile: on a bus without ids it would be sent twice else."""
    task = asyncio.ensure_future(sending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=GRACE_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise


async def _send(parts: OfficeParts, transport: Transport, row: RequestRow) -> None:
    text = text_of(row, parts.rules.key, transport.limits.characters)
    try:
        await transport.send(row.agent, text, str(row.id))
    except BusRefused as error:
        await _fail(parts, row, str(error))
        return
    except BusBusy as error:
        await _later(parts, row, error.seconds, str(error))
        raise
    except NotLetIn as error:
        await _later(parts, row, parts.settings.longest_pause, str(error))
        raise
    except OutsideError as error:
        await _not_sent(parts, row, error)
        if not isinstance(error, NotDone):
            raise
        return
    async with parts.database.transaction() as conn:
        if await request_table.sent(conn, row):
            await showing.mark_now(conn, parts, row, words.SENT_MARK)
    log.info("bus_sent", request=str(row.id), agent=row.agent, attempt=row.tries)


async def _not_sent(parts: OfficeParts, row: RequestRow, error: OutsideError) -> None:
    waited = (parts.clock.now() - row.created_at).total_seconds()
    if waited > parts.settings.give_up:
        await _fail(parts, row, words.GAVE_UP)
        return
    pause = min(parts.settings.longest_pause, parts.settings.first_pause * 2.0 ** min(row.tries - 1, 20))
    await _later(parts, row, pause, str(error))


async def _later(parts: OfficeParts, row: RequestRow, pause: float, reason: str) -> None:
    log.info("bus_not_sent", request=str(row.id), agent=row.agent, reason=reason, again_in=pause)
    async with parts.database.transaction() as conn:
        if await request_table.put_back(conn, row, pause, reason):
            await showing.mark_now(conn, parts, row, words.QUEUED_MARK)


async def _fail(parts: OfficeParts, row: RequestRow, reason: str) -> None:
    log.warning("bus_gave_up", request=str(row.id), agent=row.agent, reason=reason)
    async with parts.database.transaction() as conn:
        if await request_table.fail(conn, row, reason):
            await showing.failed(conn, parts, row, reason)
