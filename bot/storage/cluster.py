"""The files of one embedded Postgres cluster: where they lie, how they are made, who may connect.

Everything lies in one folder (``<data_dir>/postgres``)::

    owner.lock    held by the process that runs the server
    server.json   where the server listens, for the other processes
    data/         Postgres's own files
    postgres.log  what it says
"""

import os
import shutil
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bot.errors import ConfigError, OutsideError
from bot.storage.binaries import Binaries
from bot.storage.server_user import ServerUser, name_of

ADMIN_ROLE = "cogswarm_admin"
OWNER_ROLE = "cogswarm_owner"
BOT_ROLE = "cogswarm_bot"
DATABASE = "cogswarm"
PORT = 5432  # names the socket file; nothing listens on the network

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A container's /dev/shm is 64 MB: parallel index builds would fail there.
    "max_parallel_maintenance_workers": "0",
    # Statements and details carry what people wrote; the log says what failed, not about whom.
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# Not the system's collations: an update of its C library changes their order and breaks indexes.
_BUILTIN_LOCALES, _STABLE_LOCALE = 17, ["--locale-provider=builtin", "--locale=C.UTF-8"]
_ANY_ROLE = 16  # the first version whose pg_ident.conf knows the word
_INITDB_TIMEOUT_S = 300.0
_LOG_LIMIT_BYTES = 5_000_000
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one cluster."""

    folder: Path

    @property
    def lock(self) -> Path:
        """The file that the process which runs the server holds locked."""
        return self.folder / "owner.lock"

    @property
    def address(self) -> Path:
        """Where the server listens, as JSON."""
        return self.folder / "server.json"

    @property
    def data(self) -> Path:
        """Postgres's data directory."""
        return self.folder / "data"

    @property
    def pid_file(self) -> Path:
        """Postgres's own lock file; it may be stale."""
        return self.data / "postmaster.pid"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.folder / "postgres.log"


@contextmanager
def data_argument(data: Path, user: ServerUser) -> Generator[tuple[str, tuple[int, ...]]]:
    """How to name the data directory to a program of ``user``, and the file descriptors to pass to it.

    As root the directory may lie where that user cannot go (below ``/root``, for one). Rather than open those folders
    to others it is passed as an open descriptor, through which Linux lets a process reach the directory itself.
    """
    if not user.switch or not Path("/proc/self/fd").is_dir():
        yield str(data), ()
        return
    descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)


def server_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a server program sees of our environment: no secrets, none of libpq's own variables."""
    kept = {
        name: environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in environ
    }
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def prepare_cluster(layout: Layout, binaries: Binaries, user: ServerUser, *, sync: bool) -> None:
    """Makes the cluster where there is none, and writes who may connect. The caller holds the owner's lock.

    Args:
        layout: where.
        binaries: with which programs.
        user: as whom.
        sync: whether the new files are forced to disk (not in tests).

    Raises:
        ConfigError: the cluster was made by another major version of Postgres.
        OutsideError: initdb failed; its last words are in the sentence.
    """
    version = layout.data / "PG_VERSION"
    if version.is_file():
        made_by = version.read_text().strip()
        if made_by != str(binaries.major):
            raise ConfigError(
                f"The database in {layout.folder} was made by Postgres {made_by}, and {binaries.source} is Postgres "
                f"{binaries.major}: install Postgres {made_by} with pgvector and set COGSWARM_PGBIN to its bin folder."
            )
    else:
        _initdb(layout, binaries, user, sync=sync)
    _write_access(layout.data, user)
    if layout.log.is_file() and layout.log.stat().st_size > _LOG_LIMIT_BYTES:
        layout.log.replace(layout.log.with_suffix(".log.1"))


def _initdb(layout: Layout, binaries: Binaries, user: ServerUser, *, sync: bool) -> None:
    """Makes the cluster under another name first, so that a kill halfway leaves nothing that looks finished."""
    unfinished = layout.folder / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if user.switch:
        os.chown(unfinished, user.uid, user.gid)
    with data_argument(unfinished, user) as (directory, descriptors):
        command = [str(binaries.initdb), "-D", directory, "-U", ADMIN_ROLE, "-A", "trust", "-E", "UTF8", "-k"]
        command += ["--no-locale"] if binaries.major < _BUILTIN_LOCALES else _STABLE_LOCALE
        command += [] if sync else ["--no-sync"]
        options: dict[str, Any] = dict(user.ids)
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=_INITDB_TIMEOUT_S,
                check=False,
                cwd="/",
                env=server_environment(os.environ),
                pass_fds=descriptors,
                **options,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise OutsideError(f"{binaries.initdb} did not make a database: {error}.") from error
    if done.returncode != 0:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise OutsideError(
            f"A database could not be made in {layout.folder}: {' '.join(reason) or 'no reason given'}."
        )
    unfinished.rename(layout.data)
    log.info("database_created", folder=str(layout.folder), postgres=binaries.major)


def _write_access(data: Path, user: ServerUser) -> None:
    """Lets our own OS user (and root) in as any role, and nobody else.

    Where the system has no name for our user (containers with a made-up id) Postgres cannot ask the kernel who is
    there; then the private folder of the socket is the guard.
    """
    names = {
        name
        for name in (name_of(os.geteuid()), name_of(user.uid) if not user.switch else None, "root")
        if name
    }
    known = name_of(os.geteuid()) is not None
    major = int((data / "PG_VERSION").read_text())
    roles = ("all",) if major >= _ANY_ROLE else (ADMIN_ROLE, OWNER_ROLE, BOT_ROLE)
    lines = [f'cogswarm "{name}" {role}' for name in sorted(names) for role in roles]
    method = "peer map=cogswarm" if known else "trust"
    _replace_file(data, "pg_ident.conf", "\n".join(lines) + "\n", user)
    _replace_file(data, "pg_hba.conf", f"local all all {method}\n", user)


def _replace_file(data: Path, name: str, text: str, user: ServerUser) -> None:
    """Writes a file into a directory that another user owns without following a link that user may have put there."""
    temporary = data / f".{name}.new"
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        if user.switch:
            os.fchown(file.fileno(), user.uid, user.gid)
    temporary.replace(data / name)
