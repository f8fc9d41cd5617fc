"""Connection parameters and what goes wrong with them: a database's URL taken apart, errors told in a sentence."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from bot.errors import ConfigError, DatabaseAway

SEARCH_PATH = "public, procrastinate"
CONNECT_TIMEOUT_S = 10

type Parameters = Mapping[str, str]


def parameters_of(url: str, *, key: str = "database.url") -> dict[str, str]:
    """The parameters of libpq in a URL or a ``key=value`` string.

    Raises:
        ConfigError: it cannot be read; the sentence does not repeat it, since it may hold a password.
    """
    try:
        parsed = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ConfigError(
            f"{key} is not a Postgres URL: write postgresql://user:password@host:5432/name."
        ) from None
    return {name: str(value) for name, value in parsed.items() if value is not None}


def with_settings(parameters: Parameters, settings: Mapping[str, str]) -> dict[str, str]:
    """The parameters, with server settings that hold from the first statement on, and the usual safeguards.

    Settings given this way survive ``RESET`` and need no round trip. A connection pooler in transaction mode drops
    them; a direct or session-pooled connection is needed for ``LISTEN`` anyway.
    """
    flags = [f"-c {name}={_escaped(value)}" for name, value in settings.items()]
    given = parameters.get("options", "")
    defaults = {
        "connect_timeout": str(CONNECT_TIMEOUT_S),
        "application_name": "cogswarm",
        "keepalives_idle": "30",
        "keepalives_interval": "10",
        "keepalives_count": "3",
        "tcp_user_timeout": "30000",
    }
    return {**defaults, **parameters, "options": " ".join([given, *flags]).strip()}


@asynccontextmanager
async def connected(parameters: Parameters) -> AsyncGenerator[AsyncConnection[TupleRow]]:
    """One connection outside any pool, in autocommit mode.

    Raises:
        DatabaseAway: the server cannot be reached or refuses us.
    """
    try:
        connection = await AsyncConnection.connect(**dict[str, Any](parameters), autocommit=True)
    except psycopg.OperationalError as error:
        raise DatabaseAway(refusal(parameters, error)) from error
    try:
        yield connection
    finally:
        await connection.close()


def place(parameters: Parameters) -> str:
    """Where a server is, for a sentence; never the password."""
    host = parameters.get("host") or parameters.get("hostaddr") or "the default socket"
    return host if host.startswith("/") or " " in host else f"{host}:{parameters.get('port', '5432')}"


def refusal(parameters: Parameters, error: psycopg.Error) -> str:
    """One sentence: which server, why, what to do."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = next((line for line in lines if "failed:" in line), lines[0] if lines else type(error).__name__)
    reason = telling.rpartition("failed:")[2].rpartition("FATAL:")[2].strip().rstrip(".?!")
    return f"The database at {place(parameters)} cannot be used ({reason}): see whether it runs, or correct database.url."


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
