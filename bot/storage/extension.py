"""pgvector, which memory is searched with: is it there, new enough, and switched on in this database?"""

from psycopg import AsyncConnection, errors
from psycopg.rows import TupleRow

from bot.errors import ConfigError

OLDEST_VECTOR = (0, 8)


async def ensure_vector(connection: AsyncConnection[TupleRow], where: str) -> None:
    """Sees that pgvector is on in this database, switching it on if we may.

    Raises:
        ConfigError: it is not installed on the server at ``where``, too old, or an administrator has to switch it on.
    """
    found = await connection.execute(
        "SELECT installed_version, default_version FROM pg_available_extensions WHERE name = 'vector'"
    )
    installed, available = await found.fetchone() or (None, None)
    version = installed or available
    if version is None:
        raise ConfigError(
            f"The Postgres at {where} has no pgvector: install it there (on Debian the package "
            "postgresql-NN-pgvector), or leave database.url out to use the embedded database."
        )
    if _numbers(version) < OLDEST_VECTOR:
        raise ConfigError(
            f"The Postgres at {where} has pgvector {version}: install 0.8 or newer there and run "
            "`ALTER EXTENSION vector UPDATE;` if it is switched on already."
        )
    if installed is not None:
        return
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except errors.InsufficientPrivilege:
        raise ConfigError(
            f"The database at {where} has pgvector, but it is not switched on: let an administrator run "
            "`CREATE EXTENSION vector;` in it."
        ) from None
    except (errors.UniqueViolation, errors.DuplicateObject):
        return  # another process was faster


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
