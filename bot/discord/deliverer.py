"""Drains the outbox: in order within a channel, side by side across channels, by whoever holds the lease.

A row is marked as being sent before the request and recorded after it. A row found marked (a crash, a lost
answer) is looked up first: the messages after its predecessor are read, and one by its author that no row has
recorded is the lost one. So a message is neither lost nor sent twice, whatever its content.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog

from bot.clock import Clock
from bot.discord import outbox_queue, outbox_table, refused_table
from bot.discord.delivery import Delivery
from bot.discord.failures import (
    MISSING_ACCESS,
    NOT_ALLOWED,
    UNCHANGEABLE,
    UNKNOWN_CHANNEL,
    DiscordRefused,
    DiscordUnavailable,
)
from bot.discord.forum_tags import TAG, TagsRefused
from bot.discord.limits import FOREVER, Urgency
from bot.discord.lost import SEARCHED, Lost
from bot.discord.outbox_table import Made, NewRow, OutboxRow
from bot.discord.private import said_again
from bot.discord.surface import snowflake_at
from bot.errors import OutsideError
from bot.storage.database import Database
from bot.work import runs_table
from bot.work.surface import Connection
from bot.work.tasks import task_table

log = structlog.get_logger(__name__)

OPENING = frozenset({"thread", "private_thread", "forum_post"})
"""Kinds that make a place in which other rows wait to be said."""
HELD = frozenset({"post", "forum_post"})
"""Kinds that are kept until the bot is let in again; the others are given up."""
ROUNDS = 4
"""How often other rows are looked for in place of those whose turn has not come."""
LOOK_AGAIN = 0.25
"""Seconds after which a row is looked at again that waits for another request's answer."""


@dataclass(frozen=True, slots=True)
class DelivererSettings:
    """Seconds. A lease outlasts a request: two deliverers must never send at once in a channel."""

    request: float = 10.0
    lease: float = 20.0
    renew: float = 3.0
    poll: float = 5.0
    first_pause: float = 0.5
    longest_pause: float = 60.0
    clock_margin: timedelta = timedelta(minutes=10)
    parallel: int = 16
    patience: float = 1.0
    """How long a marked row's request may wait for its turn; it went on because there was one just before."""
    refused_first: float = 300.0
    refused_longest: float = 6 * 3600.0
    """Where the bot is not let in, it tries again after this long, twice as long each time, up to this long."""
    keep: timedelta = timedelta(days=1)
    """What could not be said for this long for want of permissions is given up."""

    @classmethod
    def for_requests_of(cls, seconds: float) -> "DelivererSettings":
        """Settings for requests that are given up after ``seconds``."""
        return cls(request=seconds, lease=2 * seconds, renew=seconds / 3, patience=seconds / 10)

    @property
    def margin(self) -> float:
        """How long the lease must last when a row is marked: as long as its request may take."""
        return self.request + self.patience


class Deliverer:
    """One process's share of the delivery."""

    def __init__(
        self,
        database: Database,
        delivery: Delivery,
        lost: Lost,
        clock: Clock,
        settings: DelivererSettings | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._lost = lost
        self._clock = clock
        self._settings = settings or DelivererSettings()
        self._jitter = jitter
        self._owner = uuid4()
        self._fences: dict[int, int] = {}
        self._busy: dict[tuple[int, int], OutboxRow] = {}
        self._resting: dict[tuple[int, int], float] = {}
        self._not_let: dict[tuple[int, str], float] = {}
        self._wake = asyncio.Event()

    async def run_forever(self) -> None:
        """Deliver until cancelled; then give the leases back."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_leases())
                tasks.create_task(self._listen())
                await self._drain_forever(tasks)
        finally:
            await self._give_back()

    async def _keep_leases(self) -> None:
        while True:
            try:
                async with self._database.transaction() as conn:
                    fences = await outbox_table.take_leases(conn, self._owner, self._settings.lease)
                if fences.keys() - self._fences.keys():
                    self._wake.set()
                self._fences = fences
            except OutsideError as error:
                # Rows are begun under a fence that the database checks, so an old idea of it does no harm.
                log.warning("leases_not_renewed", reason=str(error))
            await self._clock.sleep(self._settings.renew)

    async def _listen(self) -> None:
        async with aclosing(self._database.listen(outbox_table.WAKE)) as wake_ups:
            async for wake_up in wake_ups:
                if wake_up.payload == outbox_table.PERMISSIONS:
                    self._not_let.clear()
                    self._delivery.permissions_changed()
                self._wake.set()

    async def _drain_forever(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            self._wake.clear()
            pause = self._settings.poll
            try:
                pause = min(pause, await self._start_due(tasks))
            except OutsideError as error:
                log.warning("outbox_not_read", reason=str(error))
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _start_due(self, tasks: asyncio.TaskGroup) -> float:
        """Start what is due and may be sent; the answer is in how many seconds something else will be."""
        now = self._clock.monotonic()
        self._resting = {place: until for place, until in self._resting.items() if until > now}
        async with self._database.connection() as conn:
            for _ in range(ROUNDS):
                room = self._settings.parallel - len(self._busy)
                rows = await outbox_queue.heads(
                    conn,
                    self._fences,
                    busy=[*self._busy, *self._resting],
                    under_way=Counter(row.group for row in self._busy.values()),
                    limit=room,
                )
                for row in rows:
                    self._start_or_rest(tasks, row, now)
                if len(rows) < room or room == 0:
                    break
            next_due = await outbox_queue.next_due_in(conn)
        waits = [until - now for until in self._resting.values()]
        return max(0.01, min([self._settings.poll, *waits, *([] if next_due is None else [next_due])]))

    def _start_or_rest(self, tasks: asyncio.TaskGroup, row: OutboxRow, now: float) -> None:
        """A row whose request would have to wait is left alone meanwhile, not marked: its place goes to another."""
        pause = self._delivery.pause(row)
        if pause > 0:
            self._resting[row.place] = now + (pause if pause < FOREVER else LOOK_AGAIN)
            return
        self._busy[row.place] = row
        tasks.create_task(self._deliver_in_its_turn(row))

    async def _deliver_in_its_turn(self, row: OutboxRow) -> None:
        try:
            with structlog.contextvars.bound_contextvars(**({"cog": row.cog} if row.cog else {})):
                await self._deliver(row)
        except OutsideError as error:
            log.warning("delivery_not_recorded", key=row.key, reason=str(error))
        finally:
            self._busy.pop(row.place, None)
            self._wake.set()

    async def _deliver(self, row: OutboxRow) -> None:
        fence = self._fences.get(row.partition, -1)
        try:
            made = await self._found(row) or await self._sent(row, fence)
        except DiscordUnavailable as error:
            await self._postpone(row, error)
            return
        except DiscordRefused as error:
            await self._refused(row, error)
            return
        if made is None:
            return
        async with self._database.transaction() as conn:
            if row.kind in OPENING and made.id is not None:
                await _thread_opened(conn, row, made.id)
            await outbox_table.sent(conn, row, made)
            if row.attempts:
                await refused_table.forget(conn, row.channel_id, row.kind)
            if TAG in row.payload and row.kind == "thread_edit":
                await refused_table.forget_above(conn, row.channel_id, TAG)

    async def _sent(self, row: OutboxRow, fence: int) -> Made | None:
        """Mark the row and send it, once everything else that may take time is done; None where it must not go."""
        if row.state == "sending" and row.kind == "follow_up":
            raise DiscordRefused("The answer may have been shown already.", status=0, code=0)
        if self._clock.monotonic() < self._not_let.get((row.channel_id, row.kind), 0.0):
            raise DiscordRefused("The bot may not do this here.", status=0, code=0)
        voice = await self._delivery.voice(row)
        ready = await self._delivery.ready(row)
        floor = snowflake_at(self._clock.now() - self._settings.clock_margin)
        async with self._database.transaction() as conn:
            files = await outbox_table.files_of(conn, row.id)
            begun = await outbox_table.begin(
                conn, row, owner=self._owner, fence=fence, floor=floor, margin=self._settings.margin
            )
        if not begun.leased:
            log.info("delivery_lease_lost", partition=row.partition)
            self._fences.pop(row.partition, None)
        if begun.after_id is None:
            return None
        try:
            return await self._delivery.send(ready, voice, files, patience=self._settings.patience)
        except DiscordRefused as error:
            raise await self._delivery.refused(row, ready, error) from error

    async def _found(self, row: OutboxRow) -> Made | None:
        """What a row has made whose answer was lost, if Discord has it."""
        if row.state != "sending" or row.kind not in SEARCHED:
            return None
        try:
            candidates = await self._lost.candidates(row)
        except DiscordRefused as error:
            if error.code == UNKNOWN_CHANNEL:
                raise  # nobody can read there any more what was said, or is still to be said
            await self._hold_unread(row, error)
            raise DiscordUnavailable(str(error), retry_after=self._settings.refused_first) from error
        async with self._database.connection() as conn:
            known = await outbox_table.known_messages(conn, row, [one.id for one in candidates if one.id])
        found = next((one for one in candidates if one.id not in known), None)
        if found is not None:
            log.info("lost_answer_found", key=row.key, message=found.id)
        return found

    async def _hold_unread(self, row: OutboxRow, error: DiscordRefused) -> None:
        """Nobody can tell whether it was said, so it is held; the reason stands where people can ask for it."""
        async with self._database.connection() as conn:
            _, news = await refused_table.note(
                conn, row.channel_id, "history", code=error.code, reason=str(error),
                first=self._settings.refused_first, longest=self._settings.refused_longest,
            )  # fmt: skip
        if news:
            log.error(
                "message_held",
                key=row.key,
                channel=row.channel_id,
                reason=str(error),
                fix="let the bot read the message history of this channel",
            )

    async def _postpone(self, row: OutboxRow, error: DiscordUnavailable) -> None:
        grown = self._settings.first_pause * 2 ** min(row.attempts, 10)
        pause = min(self._settings.longest_pause, grown) * (0.5 + self._jitter() / 2)
        seconds = error.retry_after if error.retry_after is not None else pause
        log.warning("delivery_postponed", key=row.key, seconds=round(seconds, 2), reason=str(error))
        unsent = not error.sent and row.state == "pending"
        async with self._database.connection() as conn:
            await outbox_table.later(conn, row, seconds, str(error), unsent=unsent)

    async def _refused(self, row: OutboxRow, error: DiscordRefused) -> None:
        if isinstance(error, TagsRefused):
            await self._tell_once(row, error)
        elif error.code in NOT_ALLOWED and await self._set_aside(row, error):
            return
        log.warning("delivery_refused", key=row.key, kind=row.kind, reason=str(error), code=error.code)
        async with self._database.transaction() as conn:
            if row.kind == "follow_up":
                await said_again(conn, row)
            if row.kind == "edit" and error.code in UNCHANGEABLE and row.urgency < Urgency.PROGRESS:
                await _said_anew(conn, row)
            if row.kind == "thread":
                # No thread is no reason to keep the answer back: it goes to the channel itself. What was meant for a
                # private thread is not for the channel.
                await _thread_opened(conn, row, row.channel_id)
            await outbox_table.fail(conn, row, str(error))

    async def _tell_once(self, row: OutboxRow, error: TagsRefused) -> None:
        """Say in the thread what an admin has to do for the tags of its forum; once, until that has changed."""
        async with self._database.transaction() as conn:
            _, news = await refused_table.note(
                conn, error.forum_id, TAG, code=error.code, reason=str(error),
                first=self._settings.refused_first, longest=self._settings.refused_longest,
            )  # fmt: skip
            if news:
                payload: dict[str, Any] = {"content": f"-# {error}", "allowed_mentions": {"parse": []}}
                new = NewRow(f"{row.key}:no tag", "post", payload, channel_id=row.channel_id)
                await outbox_table.add(conn, new)

    async def _set_aside(self, row: OutboxRow, error: DiscordRefused) -> bool:
        """Remember that the bot may not do this here; True where the row waits until it may."""
        what = "post" if error.code == MISSING_ACCESS and row.kind not in OPENING else row.kind
        async with self._database.transaction() as conn:
            pause, news = await refused_table.note(
                conn, row.channel_id, what, code=error.code, reason=str(error),
                first=self._settings.refused_first, longest=self._settings.refused_longest,
            )  # fmt: skip
            kept = row.kind in HELD and self._clock.now() - row.created_at < self._settings.keep
            if kept:
                await outbox_table.later(conn, row, pause, str(error), unsent=row.state == "pending")
        if news:
            log.warning(
                "channel_set_aside", channel=row.channel_id, what=what, reason=str(error), again_in=pause
            )
        if not kept:
            self._not_let[row.channel_id, row.kind] = self._clock.monotonic() + pause
        return kept

    async def _give_back(self) -> None:
        try:
            async with self._database.connection() as conn:
                await outbox_table.drop_leases(conn, self._owner)
        except OutsideError as error:
            log.info("leases_not_given_back", reason=str(error))


async def _thread_opened(conn: Connection, row: OutboxRow, thread_id: int) -> None:
    """The rows of the run and the task first, as in every commit of theirs: the other way round they could block."""
    await runs_table.thread_opened(conn, row.id, thread_id)
    await task_table.thread_opened(conn, row.id, thread_id)
    await outbox_table.opened(conn, row, thread_id)


async def _said_anew(conn: Connection, row: OutboxRow) -> None:
    """What a message that cannot be changed any more should say is said in a new one."""
    new = NewRow(
        key=f"{row.key}:anew",
        kind="post",
        payload=row.payload,
        channel_id=row.channel_id,
        identity=row.identity,
        urgency=Urgency(row.urgency),
    )
    await outbox_table.add(conn, new)
