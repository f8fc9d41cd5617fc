"""Writes what was heard of guilds into the mirror, many guilds in one transaction, and says how fresh it is."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg
import structlog

from bot.clock import Clock
from bot.discord.mirror_events import (
    Account,
    Change,
    ChannelGone,
    ChannelPut,
    GuildDoubt,
    GuildGone,
    GuildPut,
    RoleGone,
    RolePut,
    ThreadsListed,
)
from bot.discord.mirror_intake import Batch, MirrorIntake, Session
from bot.errors import OutsideError
from bot.mirror import channel_table, guild_table, line_table
from bot.storage.database import Connection, Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """How it writes.

    Attributes:
        guilds: guilds in one transaction at most.
        beat: seconds between two notes of how fresh the mirror is.
        retry: seconds after which the database is tried again.
        silence: seconds after which another process that listened is taken to be gone.
    """

    guilds: int = 100
    beat: float = 10.0
    retry: float = 1.0
    silence: float = 90.0


class Outdone(Exception):
    """Another process listens by now, and writes what it hears."""


class MirrorWriter:
    """Keeps the mirror as the gateway tells. One at a time writes: the one whose session began last."""

    def __init__(
        self, database: Database, intake: MirrorIntake, clock: Clock, settings: WriterSettings | None = None
    ) -> None:
        self._database = database
        self._intake = intake
        self._clock = clock
        self._settings = settings or WriterSettings()
        self._begun: Session | None = None
        self._noted_at = float("-inf")
        self._away = False

    async def run_forever(self) -> None:
        """Write until cancelled; then the mirror says that nobody listens."""
        try:
            while True:
                await self._intake.news(self._settings.beat if not self._away else self._settings.retry)
                self._intake.check()
                try:
                    await self._write()
                    self._away = False
                except Outdone:
                    await self._outdone()
                except OutsideError as error:
                    if not self._away:
                        log.warning("mirror_not_written", reason=str(error))
                    self._away = True
                self._intake.renew_if_lost()
        finally:
            with contextlib.suppress(OutsideError, psycopg.Error):
                await self._end()

    async def _write(self) -> None:
        session = self._intake.session
        if session is None:
            await self._end()
            return
        if session is not self._begun:
            await self._begin(session)
        while self._intake.session is session:
            batch = self._intake.take(self._settings.guilds)
            if batch.changes:
                await self._apply(batch, session)
                continue
            now = self._clock.monotonic()
            if batch.heard_at is not None and now - self._noted_at >= self._settings.beat:
                await self._note(session, now - batch.heard_at)
                self._noted_at = now
            return

    async def _begin(self, session: Session) -> None:
        async with self._database.transaction() as conn:
            await line_table.begin(conn, session.epoch, session.me)
            if session.guilds is not None:
                gone = await guild_table.known(conn) - set(session.guilds)
                await guild_table.drop(conn, gone)
        self._begun, self._noted_at = session, self._clock.monotonic()

    async def _end(self) -> None:
        if self._begun is not None:
            async with self._database.connection() as conn:
                await line_table.end(conn, self._begun.epoch)
            self._begun = None

    async def _note(self, session: Session, seconds_ago: float) -> None:
        async with self._database.connection() as conn:
            if not await line_table.heard(conn, session.epoch, seconds_ago):
                raise Outdone

    async def _outdone(self) -> None:
        """Leave it to the other process, and take over when it has fallen silent."""
        try:
            async with self._database.connection() as conn:
                line = await line_table.line(conn)
        except OutsideError:
            return
        if line.epoch is None or line.silent > self._settings.silence:
            self._intake.lose("another process listened and is gone")

    async def _apply(self, batch: Batch, session: Session) -> None:
        try:
            await self._together(batch.changes, session)
        except OutsideError:
            self._intake.put_back(batch, session)
            raise
        except psycopg.Error:
            # One guild's data may be what the database refuses; the others shall not suffer.
            log.exception("mirror_batch_refused", guilds=len(batch.changes))
            for guild_id, changes in batch.changes.items():
                try:
                    await self._together({guild_id: changes}, session)
                except psycopg.Error:
                    log.exception("mirror_guild_refused", guild=guild_id)
                    await self._together({guild_id: [GuildDoubt("unreadable")]}, session)

    async def _together(self, changes: Mapping[int, Sequence[Change]], session: Session) -> None:
        """Write changes in one transaction: full accounts first, which stand first in their guild's list."""
        accounts = [each[0] for each in changes.values() if isinstance(each[0], Account)]
        async with self._database.transaction() as conn:
            if not await line_table.held(conn, session.epoch):
                raise Outdone
            if accounts:
                await write_accounts(conn, accounts, session)
            different = set[int]()
            for guild_id, each in changes.items():
                for change in each:
                    if not isinstance(change, Account):
                        different |= await _write_change(conn, guild_id, change)
            if different:
                await guild_table.changed(conn, different)


async def write_accounts(conn: Connection, accounts: Sequence[Account], session: Session) -> None:
    """Replace guilds by full accounts of them; rows that are as they were are not written."""
    noted = await guild_table.digests(conn, [one.guild.id for one in accounts])
    digests = {one.guild.id: one.digest() for one in accounts}
    news = [one for one in accounts if noted.get(one.guild.id) != digests[one.guild.id]]
    if news:
        different = await _write_whole(conn, news)
        await guild_table.changed(conn, different & noted.keys())
        await guild_table.note_digests(conn, {one.guild.id: digests[one.guild.id] for one in news})
    await guild_table.sound(conn, digests.keys(), session.epoch)


async def _write_whole(conn: Connection, accounts: Sequence[Account]) -> set[int]:
    ids = [one.guild.id for one in accounts]
    roles = [(one.guild.id, role) for one in accounts for role in one.roles]
    channels = {channel.id: channel for one in accounts for channel in one.channels}
    threads = {thread.id: thread for one in accounts for thread in one.threads}
    different = await guild_table.put(conn, [one.guild for one in accounts])
    different |= await guild_table.keep_roles(conn, ids, [role.id for _, role in roles])
    different |= await guild_table.put_roles(conn, roles)
    different |= await channel_table.keep(conn, ids, channels.keys())
    different |= await channel_table.archive_others(conn, ids, threads.keys(), None)
    return different | _guilds(await channel_table.put(conn, [*({**threads, **channels}).values()]))


async def _write_change(conn: Connection, guild_id: int, change: Change) -> set[int]:
    """Write one change; gives the guild if it is different by it."""
    different = set[int | None]()
    match change:
        case GuildPut(guild):
            different |= await guild_table.put(conn, [guild])
        case GuildGone():
            await guild_table.drop(conn, [guild_id])
        case GuildDoubt(trouble):
            await guild_table.doubt(conn, guild_id, trouble)
        case RolePut(role):
            different |= await guild_table.put_roles(conn, [(guild_id, role)])
        case RoleGone(role_id):
            different |= await guild_table.drop_role(conn, guild_id, role_id)
        case ChannelPut(channel):
            different |= await channel_table.put(conn, [channel])
        case ChannelGone(channel_id):
            different |= await channel_table.drop(conn, guild_id, channel_id)
        case ThreadsListed(parents, threads):
            listed = [one.id for one in threads]
            different |= await channel_table.archive_others(conn, [guild_id], listed, parents)
            different |= await channel_table.put(conn, threads)
        case Account():
            pass
    return _guilds(different)


def _guilds(found: Iterable[int | None]) -> set[int]:
    return {guild_id for guild_id in found if guild_id is not None}
