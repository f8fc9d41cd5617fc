"""Copies the Postgres programs to where an unprivileged user can run them.

Needed where this program is root and its virtual environment lies in a folder that only root may enter. The copy is
made beside the data, or under ``/var/lib`` where the data is out of that user's reach too; nobody's permissions change.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog

from bot.errors import ConfigError
from bot.storage.binaries import Binaries
from bot.storage.server_user import ServerUser

SYSTEM_FOLDER = Path("/var/lib/cogswarm")

_PROGRAMS = ("postgres", "initdb")
_TIMEOUT_S = 20.0
log = structlog.get_logger(__name__)


def runnable_binaries(
    binaries: Binaries, user: ServerUser, beside: Path, *, elsewhere: Sequence[Path] = (SYSTEM_FOLDER,)
) -> Binaries:
    """``binaries`` themselves where ``user`` can run them, else a copy under ``beside`` or one of ``elsewhere``.

    Raises:
        ConfigError: there is no folder from which that user could run them.
    """
    if _runs(binaries, user):
        return binaries
    for folder in (beside, *elsewhere):
        copied = _copy_into(folder, binaries)
        if copied is not None and _runs(copied, user):
            return copied
    tried = ", ".join(str(folder) for folder in (beside, *elsewhere))
    raise ConfigError(
        f"The programs of Postgres in {binaries.bin_dir} cannot be run by an unprivileged user, nor copies in {tried}: "
        "start cogswarm as an ordinary user, or choose a data_dir that other users may enter."
    )


def _runs(binaries: Binaries, user: ServerUser) -> bool:
    """Whether the user can enter the folders, run the programs and load their libraries: by doing it."""
    for program in _PROGRAMS:
        command = [str(binaries.bin_dir / program), "--version"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S, cwd="/", **user.ids)  # pyright: ignore[reportCallIssue, reportArgumentType] -- the stubs cannot follow optional arguments in a dict
        except (OSError, subprocess.SubprocessError):
            return False
    return True


def _copy_into(folder: Path, binaries: Binaries) -> Binaries | None:
    target = folder / f"postgres-{binaries.major}-{_fingerprint(binaries)}"
    moved = _moved(binaries, target)
    if moved.postgres.is_file():
        return moved
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=folder, prefix=".copying-"))
    except OSError as error:
        log.info("postgres_copy_refused", folder=str(folder), reason=str(error))
        return None
    try:
        _copy(binaries, _moved(binaries, unfinished))
        unfinished.chmod(0o755)
        unfinished.rename(target)
    except OSError as error:
        log.warning("postgres_copy_failed", folder=str(folder), reason=str(error))
        return None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    log.info("postgres_copied", source=str(binaries.bin_dir), target=str(target))
    return moved


def _fingerprint(binaries: Binaries) -> str:
    status = binaries.postgres.stat()
    seen = f"{binaries.bin_dir}\0{binaries.source}\0{status.st_size}\0{status.st_mtime_ns}"
    return hashlib.sha256(seen.encode()).hexdigest()[:12]


def _moved(binaries: Binaries, target: Path) -> Binaries:
    """The same installation under ``target``, three folders deep as in the wheel: its library paths are relative."""
    package, install = binaries.bin_dir.parents[1].name, binaries.bin_dir.parent.name
    root = target / package / install
    libraries = binaries.libraries and target / binaries.libraries.name
    return Binaries(
        bin_dir=root / "bin",
        major=binaries.major,
        share_dir=root / "share" / "postgresql",
        source=binaries.source,
        libraries=libraries,
    )


def _copy(source: Binaries, target: Binaries) -> None:
    target.bin_dir.mkdir(parents=True)
    for program in _PROGRAMS:
        shutil.copy2(source.bin_dir / program, target.bin_dir / program)
    shutil.copytree(source.bin_dir.parent / "lib", target.bin_dir.parent / "lib", ignore=_not_needed_to_run)
    shutil.copytree(source.share_dir, target.share_dir)
    if source.libraries and target.libraries:
        shutil.copytree(source.libraries, target.libraries)
    for folder, _, files in os.walk(target.bin_dir.parents[2]):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder, name)
            file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)


def _not_needed_to_run(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name.endswith(".a") or name in {"pgxs", "pkgconfig"}}
