"""The bot's way to its database: a pool of connections that outlives restarts of the server, and notifications."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from copy import copy
from dataclasses import dataclass

import psycopg
import structlog
from pgvector import HalfVector
from pgvector.psycopg.halfvec import register_halfvec_info
from pgvector.psycopg.vector import register_vector_info
from psycopg import AsyncConnection, errors, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg.types import TypeInfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from bot.clock import Clock
from bot.errors import CogswarmError, ConfigError, OutsideError, TimedOut
from bot.observe.known_secrets import NO_SECRETS, Secrets
from bot.storage.clean_values import cleaning
from bot.storage.connecting import DatabaseAway, Parameters, connected, place, refusal
from bot.storage.guild_scope import stay_within, within_guild

__all__ = ["Connection", "Database", "HalfVector", "PoolOptions", "WakeUp"]

log = structlog.get_logger(__name__)

type Connection = AsyncConnection[TupleRow]
type Pool = AsyncConnectionPool[Connection]


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """Sizes and times of the pool; times in seconds.

    Attributes:
        min_size: connections that are kept open.
        max_size: connections at most.
        acquire: how long a caller waits for a connection, the server's restart included, before it is an error.
        statement: how long one statement may run; a caller with more to do says ``SET LOCAL statement_timeout``.
        idle_in_transaction: how long a transaction may do nothing before the server ends it and frees its locks.
        reconnect: how long the pool itself tries again before it waits for somebody to ask.
        quiet: how long a listening connection hears nothing before it is checked.
        listen_retry: the longest pause between two attempts to listen again.
    """

    min_size: int = 1
    max_size: int = 10
    acquire: float = 30.0
    statement: float = 30.0
    idle_in_transaction: float = 60.0
    reconnect: float = 2.0
    quiet: float = 30.0
    listen_retry: float = 5.0


@dataclass(frozen=True, slots=True)
class WakeUp:
    """Why a listener wakes up: a notification, or (``channel`` is None) that listening has begun, or begun again.

    What was notified while nobody listened is lost, so after a beginning the listener looks for itself.
    """

    channel: str | None
    payload: str = ""


class Database:
    """The bot's database. Made and closed by ``open_database``; safe to use from any task of the event loop.

    A server that is restarted meanwhile is noticed and connected to again; what was in a transaction at that moment
    fails with ``DatabaseAway``, and callers that can do it again do. Whether a commit that was under way took place is
    then unknown: look before repeating what must not happen twice.
    """

    def __init__(
        self,
        where: Callable[[], Parameters],
        options: PoolOptions | None = None,
        clock: Clock | None = None,
        *,
        embedded: bool = False,
        secrets: Secrets = NO_SECRETS,
        owner: Callable[[], Parameters] | None = None,
    ) -> None:
        """Nothing of ``secrets`` is ever stored. ``owner`` is how to connect as who owns the tables."""
        self.options = options or PoolOptions()
        self.embedded = embedded
        self._where = where
        self._owner = owner
        self._keep_secrets_out = cleaning(secrets)
        self._clock = clock or Clock()
        self._asking: set[asyncio.Task[None]] = set()
        self._types: tuple[TypeInfo, TypeInfo] | None = None
        self._guild_id: int | None = None
        self._pool = self.new_pool(min_size=self.options.min_size, max_size=self.options.max_size)

    def conninfo(self) -> str:
        """How to connect at this moment, as the bot's role, for libpq; it may hold a password."""
        return make_conninfo(**self._where())

    def new_pool(self, *, min_size: int, max_size: int) -> Pool:
        """Another pool on the same database with the same settings, not opened yet (the job queue has its own)."""
        return AsyncConnectionPool(
            self.conninfo,
            open=False,
            min_size=min_size,
            max_size=max_size,
            configure=self.configure,
            check=AsyncConnectionPool.check_connection,
            timeout=self.options.acquire,
            reconnect_timeout=self.options.reconnect,
            name="cogswarm",
        )

    def within(self, guild_id: int) -> "Database":
        """The same database, in which there is nothing of any other guild: none is read, and none can be written.

        It shares the connections, and is opened and closed with the database it was made from.
        """
        within = copy(self)
        within._guild_id = guild_id  # noqa: SLF001 - its own copy
        return within

    async def open(self) -> None:
        """Opens the pool and waits for its first connections.

        Raises:
            DatabaseAway: the server cannot be reached.
        """
        try:
            await self._pool.open(wait=True, timeout=self.options.acquire)
        except psycopg.OperationalError as error:
            raise DatabaseAway(refusal(self._where(), error)) from error

    async def close(self) -> None:
        """Closes every connection; what is running on them is cut off."""
        for asking in self._asking:
            asking.cancel()
        if self._asking:
            await asyncio.wait(self._asking)
        await self._pool.close()

    @asynccontextmanager
    async def connection(self, *, acquire: float | None = None) -> AsyncGenerator[Connection]:
        """A connection on which each statement is saved at once.

        Args:
            acquire: seconds to wait for it, instead of the pool's own limit.

        Raises:
            DatabaseAway: the server cannot be reached, or went away meanwhile.
            TimedOut: no connection became free in time, or a statement ran too long.
        """
        async with self._lent(acquire) as connection, within_guild(connection, self._guild_id):
            yield connection

    @asynccontextmanager
    async def transaction(self, *, acquire: float | None = None) -> AsyncGenerator[Connection]:
        """A connection inside a transaction: all of it is saved when the block ends, none of it if the block raises.

        Raises:
            DatabaseAway: as ``connection``; nothing was saved unless the connection broke during the commit itself.
        """
        deadline = self._clock.monotonic() + (self.options.acquire if acquire is None else acquire)
        async with AsyncExitStack() as stack:
            while True:
                left = max(0.0, deadline - self._clock.monotonic())
                connection = await stack.enter_async_context(self._lent(left))
                try:
                    await stack.enter_async_context(connection.transaction())
                    break
                except (
                    psycopg.OperationalError
                ):  # nothing was done yet, so a server that just left is no error
                    if not connection.closed or self._clock.monotonic() > deadline:
                        raise
                    await stack.aclose()
            await stay_within(connection, self._guild_id)
            yield connection

    @asynccontextmanager
    async def as_owner(self) -> AsyncGenerator[Connection]:
        """A connection of its own as who owns the tables, whom no policy binds: to look after indexes, and nothing else.

        Raises:
            DatabaseAway: the server cannot be reached.
            ConfigError: this database was opened without its owner.
        """
        if self._owner is None:
            raise ConfigError("The database was opened without the right to change its tables.")
        async with connected(self._owner()) as connection:
            yield connection

    @asynccontextmanager
    async def _lent(self, acquire: float | None) -> AsyncGenerator[Connection]:
        connection = await self._acquired(self.options.acquire if acquire is None else acquire)
        try:
            with _told(connection, self._where):
                yield connection
        finally:
            await self._pool.putconn(connection)

    async def ping(self, *, limit: float = 5.0) -> None:
        """Asks the server to answer, within ``limit`` seconds.

        Raises:
            OutsideError: it does not.
        """
        asking = asyncio.create_task(self._ask(limit * 0.7), name="database ping")
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        done, _ = await asyncio.wait([asking], timeout=limit)
        if not done:
            asking.cancel()  # and not waited for: psycopg first asks the server to cancel, for seconds
            raise TimedOut(
                f"The database at {place(self._where())} has not answered for {limit:g} s: see what it does."
            )
        await asking

    async def listen(self, *channels: str) -> AsyncGenerator[WakeUp]:
        """Yields a wake-up when listening begins, at each notification, and whenever listening begins again.

        It has a connection of its own and never ends by itself. Close it (``contextlib.aclosing``) when done.

        Raises:
            ValueError: no channel is given.
        """
        if not channels:
            raise ValueError("listen() needs a channel")
        pause = 0.05
        while True:
            try:
                async with self._standalone() as connection:
                    for channel in channels:
                        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    pause = 0.05
                    yield WakeUp(None)
                    while True:
                        async for notice in connection.notifies(timeout=self.options.quiet):
                            yield WakeUp(notice.channel, notice.payload)
                        async with asyncio.timeout(self.options.quiet):
                            await connection.execute("SELECT 1")
            except (psycopg.OperationalError, TimeoutError, OutsideError) as error:
                log.warning(
                    "database_listen_lost", channels=channels, reason=str(error).strip(), again_in=pause
                )
            await self._clock.sleep(pause)
            pause = min(pause * 2, self.options.listen_retry)

    async def _ask(self, acquire: float) -> None:
        async with self.connection(acquire=acquire) as connection:
            await connection.execute("SELECT 1")

    async def configure(self, connection: Connection) -> None:
        """Prepares a new connection: each statement on its own, no secrets in it, vectors as Python objects."""
        await connection.set_autocommit(True)
        self._keep_secrets_out(connection)
        if self._types is None:
            found = await TypeInfo.fetch(connection, "vector"), await TypeInfo.fetch(connection, "halfvec")
            if found[0] is None or found[1] is None:
                return
            self._types = found[0], found[1]
        vector, halfvec = self._types
        register_vector_info(connection, vector)
        register_halfvec_info(connection, halfvec)

    @asynccontextmanager
    async def _standalone(self) -> AsyncGenerator[Connection]:
        connection = await AsyncConnection.connect(self.conninfo(), autocommit=True)
        try:
            yield connection
        finally:
            await connection.close()

    async def _acquired(self, limit: float) -> Connection:
        """A connection, asked for in short turns: each turn makes the pool try to connect again at once."""
        deadline = self._clock.monotonic() + limit
        try:
            async with asyncio.timeout(
                limit + 1
            ):  # a server that hangs, rather than refuses, is no pool's concern
                while True:
                    left = deadline - self._clock.monotonic()
                    try:
                        return await self._pool.getconn(timeout=max(0.01, min(left, 1.0)))
                    except (PoolTimeout, TooManyRequests):
                        if self._clock.monotonic() > deadline:
                            break
        except TimeoutError:
            log.warning("database_hangs", seconds=limit)
        raise await self._why_not(limit)

    async def _why_not(self, limit: float) -> CogswarmError:
        """What to say when no connection came: the server is away, or all connections are in use."""
        try:
            async with self._standalone():
                return TimedOut(
                    f"All connections to the database have been in use for {limit:g} s: try again later."
                )
        except psycopg.OperationalError as error:
            return DatabaseAway(refusal(self._where(), error))


@contextmanager
def _told(connection: Connection, where: Callable[[], Parameters]) -> Generator[None]:
    """Tells apart what the server says about a statement, which callers handle, from a server that is gone."""
    try:
        yield
    except CogswarmError:
        raise
    except Exception as error:
        _leave_if_cancelled(error)
        cause = (
            error if isinstance(error, psycopg.Error) else error.__cause__
        )  # libraries wrap what psycopg raises
        if isinstance(cause, errors.QueryCanceled):
            raise TimedOut(
                "The database took too long over a statement and stopped it: try again later."
            ) from error
        if isinstance(cause, psycopg.OperationalError) and (connection.closed or isinstance(cause, _GONE)):
            raise DatabaseAway(
                f"The database at {place(where())} went away in the middle of something: it is being connected to again."
            ) from error
        if isinstance(cause, _CROSSED):
            raise DatabaseAway(
                "Two pieces of work were in each other's way in the database, and this one was undone: do it again."
            ) from error
        raise


def _leave_if_cancelled(error: Exception) -> None:
    """A statement that is cancelled can fail with another error in place of the cancellation.

    A loop that goes on after errors of the database would never end then.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error


_CROSSED = (errors.DeadlockDetected, errors.SerializationFailure)
_GONE = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
    errors.TooManyConnections,
)
