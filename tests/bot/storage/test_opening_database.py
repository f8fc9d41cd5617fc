"""Opening a database given by URL: who works as whom, and a sentence for everything that may be wrong with it."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from bot.errors import ConfigError, OutsideError
from bot.storage import DatabaseOptions, open_database
from bot.storage.binaries import Binaries, find_binaries
from bot.storage.connecting import connected, parameters_of
from bot.storage.roles import check_bot_role
from bot.testing.database_server import SharedServer
from tests.bot.storage.bare_server import bare_server
from tests.bot.storage.probe import options

TABLES_OF_OTHERS = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('public', 'procrastinate')"


def as_role(url: str, role: str) -> str:
    return re.sub(r"//[a-z_]+@", f"//{role}@", url)


async def roles_in(url: str, data_dir: Path, **more: str) -> tuple[str, str, set[str]]:
    """Who the bot works as, who it logged in as, and who owns the tables."""
    chosen = DatabaseOptions(migrations=options(data_dir).migrations, **more)  # pyright: ignore[reportArgumentType] -- only bot_url
    async with open_database(url, data_dir, options=chosen) as database, database.connection() as connection:
        answer = await connection.execute("SELECT current_user::text, session_user::text")
        current, session = await answer.fetchone() or ("", "")
        owners = await connection.execute(TABLES_OF_OTHERS)
        await connection.execute("INSERT INTO probe VALUES (1) ON CONFLICT DO NOTHING")
        return current, session, {str(row[0]) for row in await owners.fetchall()}


@pytest.fixture
def new_role(database_server: SharedServer) -> Generator[str]:
    """A role that may log in and nothing else."""
    name = f"somebody_{id(object())}"
    url = database_server.url("postgres", "cogswarm_admin")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    yield name
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


async def test_the_owner_migrates_and_the_bot_works_as_somebody_who_owns_nothing(
    empty_database_url: str, tmp_path: Path
) -> None:
    assert await roles_in(empty_database_url, tmp_path) == (
        "cogswarm_bot",
        "cogswarm_owner",
        {"cogswarm_owner"},
    )
    assert await roles_in(empty_database_url, tmp_path) == (
        "cogswarm_bot",
        "cogswarm_owner",
        {"cogswarm_owner"},
    )


async def test_a_superuser_becomes_the_owner_to_migrate_and_the_bot_to_work(
    empty_database_url: str, tmp_path: Path
) -> None:
    url = as_role(empty_database_url, "cogswarm_admin")
    assert await roles_in(url, tmp_path) == ("cogswarm_bot", "cogswarm_admin", {"cogswarm_owner"})


async def test_a_role_that_may_make_roles_needs_nobody_else(
    tmp_path: Path,
) -> None:
    """On a server of its own, where the bot's role does not exist yet."""
    async with bare_server(find_binaries({}), tmp_path) as server:
        async with connected({**server.where, "user": "cogswarm_admin", "dbname": "postgres"}) as admin:
            await admin.execute("CREATE ROLE maker LOGIN CREATEROLE")
            await admin.execute("CREATE DATABASE made OWNER maker")
        async with connected({**server.where, "user": "cogswarm_admin", "dbname": "made"}) as admin:
            await admin.execute("CREATE EXTENSION vector")
        assert await roles_in(server.url("maker", "made"), tmp_path) == ("cogswarm_bot", "maker", {"maker"})


async def test_a_role_that_may_do_nothing_is_told_what_an_administrator_has_to_run(
    empty_database_url: str, new_role: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=f"GRANT cogswarm_bot TO {new_role};"):
        await roles_in(as_role(empty_database_url, new_role), tmp_path)


async def test_a_login_of_its_own_for_the_bot(empty_database_url: str, new_role: str, tmp_path: Path) -> None:
    bot_url = as_role(empty_database_url, new_role)
    with pytest.raises(ConfigError, match=f"GRANT cogswarm_bot TO {new_role};"):
        await roles_in(empty_database_url, tmp_path, bot_url=bot_url)
    admin = as_role(empty_database_url, "cogswarm_admin")
    assert await roles_in(admin, tmp_path, bot_url=bot_url) == ("cogswarm_bot", new_role, {"cogswarm_owner"})
    assert await roles_in(empty_database_url, tmp_path, bot_url=bot_url) == (
        "cogswarm_bot",
        new_role,
        {"cogswarm_owner"},
    )


async def test_a_login_for_the_bot_goes_with_a_server_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"goes with a database\.url"):
        async with open_database(None, tmp_path, options=DatabaseOptions(bot_url="postgresql://x@y/z")):
            pass


@pytest.mark.parametrize("role", ["cogswarm_admin", "cogswarm_owner"])
async def test_a_bot_that_would_work_with_all_rights_is_refused(database_url: str, role: str) -> None:
    async with connected(parameters_of(as_role(database_url, role))) as connection:
        with pytest.raises(ConfigError, match=f"as {role}, who may do everything"):
            await check_bot_role(connection)


@pytest.mark.parametrize(
    "url", ["postgresql://me:s3cret@host:notaport/x", "nonsense s3cret", "postgresql://[s3cret"]
)
async def test_a_url_that_is_none_is_refused_without_repeating_the_password(url: str, tmp_path: Path) -> None:
    with pytest.raises((ConfigError, OutsideError)) as caught:
        async with open_database(url, tmp_path):
            pass
    assert "s3cret" not in str(caught.value)
    assert "database.url" in str(caught.value)


async def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(OutsideError, match=rf"at 127\.0\.0\.1:{port} cannot be used \(Connection refused\)"):
        async with open_database(f"postgresql://me:s3cret@127.0.0.1:{port}/x", tmp_path):
            pass
    assert not (tmp_path / "postgres").exists()


async def test_a_server_that_never_answers_is_one_sentence(tmp_path: Path) -> None:
    held: list[asyncio.StreamWriter] = []

    async def never_answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(OutsideError, match=rf"at 127\.0\.0\.1:{port} cannot be used \(.*timeout"):
            async with open_database(f"postgresql://me@127.0.0.1:{port}/x?connect_timeout=2", tmp_path):
                pass
        for writer in held:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_a_server_that_speaks_something_else_is_one_sentence(tmp_path: Path) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OutsideError, match=rf"at 127\.0\.0\.1:{port} cannot be used"):
            async with open_database(f"postgresql://me@127.0.0.1:{port}/x", tmp_path):
                pass


async def test_a_database_that_is_not_there_is_one_sentence(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match='database "elsewhere" does not exist'):
        async with open_database(re.sub(r"test_[0-9a-f]+", "elsewhere", database_url), tmp_path):
            pass


@pytest.fixture
def without_vector() -> Generator[Binaries]:
    """A copy of the Postgres at hand that has no pgvector, where any user can run it."""
    found = find_binaries({})
    install = found.bin_dir.parent
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    target = folder / install.parent.name / install.name
    shutil.copytree(
        install / "bin", target / "bin", ignore=lambda _, names: set(names) - {"postgres", "initdb"}
    )
    shutil.copytree(install / "lib", target / "lib", ignore=shutil.ignore_patterns("*.a", "vector.so"))
    share = target / found.share_dir.relative_to(install)
    shutil.copytree(found.share_dir, share, ignore=shutil.ignore_patterns("vector*"))
    libraries = found.libraries and folder / found.libraries.name
    if found.libraries and libraries:
        shutil.copytree(found.libraries, libraries)
    yield Binaries(target / "bin", found.major, share, "a copy", libraries)
    shutil.rmtree(folder)


@pytest.mark.slow
async def test_a_server_without_pgvector_is_told_so_in_a_sentence(
    without_vector: Binaries, tmp_path: Path
) -> None:
    async with bare_server(without_vector, tmp_path) as server:
        with pytest.raises(ConfigError, match="has no pgvector: install it there"):
            async with open_database(server.url(), tmp_path):
                pass


@pytest.mark.slow
async def test_pgvector_that_an_administrator_has_to_switch_on_is_told_so(tmp_path: Path) -> None:
    async with bare_server(find_binaries({}), tmp_path) as server:
        async with connected({**server.where, "user": "cogswarm_admin", "dbname": "postgres"}) as admin:
            await admin.execute("CREATE ROLE plain LOGIN CREATEROLE")
            await admin.execute("CREATE DATABASE plain OWNER plain")
        with pytest.raises(ConfigError, match="CREATE EXTENSION vector;"):
            async with open_database(server.url("plain", "plain"), tmp_path):
                pass
