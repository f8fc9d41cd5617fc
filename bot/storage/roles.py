"""Roles: one that owns the tables and migrates them, and one the bot works as, which is neither owner nor superuser.

The embedded server has both, and each logs in as itself. On a server given by URL the URL's role migrates (a superuser
becomes ``cogswarm_owner`` for that), and every connection of the bot becomes ``cogswarm_bot`` as it is opened. Where the
URL's role may not make roles, an administrator makes ``cogswarm_bot`` once; the refusal says how.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import AsyncConnection, errors, sql
from psycopg.rows import TupleRow, class_row

from bot.clock import Clock
from bot.errors import ConfigError
from bot.storage.advisory_lock import LockTimes, advisory_lock
from bot.storage.cluster import ADMIN_ROLE, BOT_ROLE, DATABASE, OWNER_ROLE
from bot.storage.connecting import Parameters, connected, place
from bot.storage.extension import ensure_vector

OLDEST_SERVER = 15

type Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """What the server says about the role a connection works as."""

    name: str
    superuser: bool
    may_create_roles: bool
    owns_tables: bool
    server_version: int  # as the server counts: 180004 is 18.4


@dataclass(frozen=True, slots=True)
class Access:
    """How to connect, as libpq parameters and a role to become: for migrations, and for the bot's own work."""

    owner: Parameters
    owner_role: str | None
    bot: Parameters
    bot_role: str | None


async def role_facts(connection: Connection) -> RoleFacts:
    """Who this connection works as, and with which rights."""
    async with connection.cursor(row_factory=class_row(RoleFacts)) as cursor:
        await cursor.execute(
            """
            SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolcreaterole AS may_create_roles,
                   EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                           WHERE n.nspname IN ('public', 'procrastinate') AND c.relkind IN ('r', 'p')
                             AND c.relowner = r.oid) AS owns_tables,
                   current_setting('server_version_num')::int AS server_version
            FROM pg_roles r WHERE r.rolname = current_user
            """
        )
        facts = await cursor.fetchone()
    if facts is None:
        raise ConfigError(
            "The role of database.url was deleted while we were connected: correct database.url."
        )
    return facts


async def check_bot_role(connection: Connection) -> RoleFacts:
    """Sees that the bot really works without the rights of an owner or superuser.

    Raises:
        ConfigError: it has them; a connection pooler dropped the role, or the role was given too much.
    """
    facts = await role_facts(connection)
    if facts.superuser or facts.owns_tables:
        raise ConfigError(
            f"The bot would work on its database as {facts.name}, who may do everything there: connect to Postgres "
            f"directly rather than through a pooler in transaction mode, and let {BOT_ROLE} own nothing."
        )
    return facts


async def prepare_embedded_database(where: Parameters) -> None:
    """Makes the roles, the database and the extension on our own server, where they are missing."""
    async with connected({**where, "user": ADMIN_ROLE, "dbname": "postgres"}) as connection:
        for role in (OWNER_ROLE, BOT_ROLE):
            await _make_role(connection, role, "CREATE ROLE {} LOGIN")
        await connection.execute(sql.SQL("GRANT {} TO {}").format(_name(BOT_ROLE), _name(OWNER_ROLE)))
        there = await connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
        if there.rowcount == 0:
            statement = sql.SQL("CREATE DATABASE {} OWNER {}").format(_name(DATABASE), _name(OWNER_ROLE))
            await connection.execute(statement)
    async with connected({**where, "user": ADMIN_ROLE}) as connection:
        await ensure_vector(connection, place(where))


def embedded_access(where: Parameters) -> Access:
    """Our own server: each role logs in as itself."""
    return Access(
        owner={**where, "user": OWNER_ROLE}, owner_role=None, bot={**where, "user": BOT_ROLE}, bot_role=None
    )


async def external_access(
    parameters: Parameters, bot: Parameters | None, clock: Clock, times: LockTimes
) -> Access:
    """A server given by URL: checks it, makes the roles there if that is needed, and says who does what.

    Args:
        parameters: of ``database.url``; its role migrates.
        bot: of ``database.bot_url``, if the bot logs in as somebody else.
        clock: for waiting while another process does the same.
        times: how long to wait for that.

    Raises:
        ConfigError: the server is too old, has no pgvector, or an administrator has to prepare something.
        OutsideError: it cannot be reached.
    """
    async with connected(parameters) as connection:
        facts = await role_facts(connection)
        if facts.server_version < OLDEST_SERVER * 10_000:
            raise ConfigError(
                f"The database at {place(parameters)} is Postgres {facts.server_version // 10_000}: cogswarm needs "
                f"{OLDEST_SERVER} or newer."
            )
        await ensure_vector(connection, place(parameters))
        if not await _may_become(connection, (BOT_ROLE,)) or facts.superuser:
            async with advisory_lock(connection, clock, times):
                await _prepare_roles(connection, facts, separate_login=bot is not None)
        if bot is not None:
            await _admit(connection, bot.get("user", ""))
    return Access(
        owner=parameters,
        owner_role=OWNER_ROLE if facts.superuser else None,
        bot=bot or parameters,
        bot_role=BOT_ROLE,
    )


async def _prepare_roles(connection: Connection, facts: RoleFacts, *, separate_login: bool) -> None:
    wanted = (OWNER_ROLE, BOT_ROLE) if facts.superuser else (BOT_ROLE,)
    if facts.superuser or facts.may_create_roles:
        for role in wanted:
            if await _make_role(connection, role, "CREATE ROLE {} NOLOGIN"):
                await connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(_name(role)))
    if not await _exists(connection, BOT_ROLE) or not (
        separate_login or await _may_become(connection, wanted)
    ):
        raise ConfigError(
            f"The role {facts.name} of database.url cannot give the bot a role of its own: let an administrator run "
            f"`CREATE ROLE {BOT_ROLE}; GRANT {BOT_ROLE} TO {facts.name};` on that server."
        )
    if facts.superuser:
        database = _name(connection.info.dbname)
        await connection.execute(
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, _name(OWNER_ROLE))
        )
        await connection.execute(
            sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(_name(OWNER_ROLE))
        )


async def _admit(connection: Connection, login: str) -> None:
    """Makes the role of ``database.bot_url`` a member of ours, which holds the rights."""
    member = await connection.execute(
        "SELECT pg_has_role(oid, %s, 'MEMBER') FROM pg_roles WHERE rolname = %s", [BOT_ROLE, login]
    )
    if await member.fetchone() == (True,):
        return
    try:
        await connection.execute(sql.SQL("GRANT {} TO {}").format(_name(BOT_ROLE), _name(login)))
    except (errors.InsufficientPrivilege, errors.UndefinedObject, errors.SyntaxError):
        raise ConfigError(
            f"The role {login or '(none given)'} of database.bot_url has no rights here: let an administrator make it "
            f"and run `GRANT {BOT_ROLE} TO {login or 'it'};`."
        ) from None


async def _may_become(connection: Connection, roles: Sequence[str]) -> bool:
    """By doing it: what a membership allows differs between the versions of Postgres."""
    try:
        for role in roles:
            await connection.execute(sql.SQL("SET ROLE {}").format(_name(role)))
    except (errors.InsufficientPrivilege, errors.InvalidParameterValue):
        return False
    finally:
        await connection.execute("RESET ROLE")
    return True


async def _make_role(connection: Connection, role: str, statement: LiteralString) -> bool:
    if await _exists(connection, role):
        return False
    try:
        await connection.execute(sql.SQL(statement).format(_name(role)))
    except (errors.DuplicateObject, errors.UniqueViolation):
        return False  # made meanwhile for another database of the same server
    return True


async def _exists(connection: Connection, role: str) -> bool:
    answer = await connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
    return answer.rowcount > 0


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)
