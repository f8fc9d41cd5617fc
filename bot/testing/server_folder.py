"""Where the server of a test run keeps its files: in memory where there is plenty of it, else on the disk.

Making a database copies hundreds of files, which takes several times as long on a disk. What lies in memory is removed
when the last process of the run lets go of it, and what a killed run has left there by the next run: nobody holds its
lock any more.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.storage.cluster import Layout
from bot.storage.owner_lock import is_owned

MEMORY = Path("/dev/shm")  # noqa: S108 -- a random name is made below it
PREFIX = "cogswarm-tests-"
LEAST_FREE = 4 * 1024**3
"""In bytes; a run's databases are a hundredth of it, but tests fill them as they like."""
_USERS = "users.lock"


@dataclass(slots=True)
class ServerFolder:
    """The folder of a run's server, locked by whoever uses it."""

    path: Path
    in_memory: bool
    _users: int

    def left_by_all_others(self) -> bool:
        """Whether nobody else uses it; from then on nobody else begins to."""
        return _locked_alone(self._users)

    def leave(self) -> None:
        """Let go of it, when no server of ours runs in it any more."""
        try:
            # Who waits for the others to leave has no lock while it looks, but runs the server.
            if self.in_memory and self.left_by_all_others() and not is_owned(Layout(self.path).lock):
                shutil.rmtree(self.path, ignore_errors=True)
        finally:
            os.close(self._users)


def plenty_of_memory(memory: Path = MEMORY, least: int = LEAST_FREE) -> Path | None:
    """The folder that is in memory, where it and the machine have so many bytes to spare."""
    try:
        free = shutil.disk_usage(memory).free
        told = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines())
        available = int(told["MemAvailable"].removesuffix("kB")) * 1024
    except (OSError, ValueError, KeyError):  # not on Linux, or not as we know it
        return None
    return memory if min(free, available) >= least and os.access(memory, os.W_OK) else None


def server_folder(run: Path, memory: Path | None) -> ServerFolder:
    """The folder of the server of the run whose folder is ``run``: the same for all of its processes.

    It is made in ``memory``, or in ``run`` itself where that is None.
    """
    run.mkdir(parents=True, exist_ok=True)
    if memory is not None:
        remove_what_killed_runs_left(memory)
    note = noted(run)
    with locked(run / "postgres.lock"):
        while True:
            path = Path(note.read_text("utf-8")) if note.is_file() else _made(run, memory)
            note.write_text(str(path), "utf-8")
            users = _used(path)
            if users is not None:
                return ServerFolder(path, path.parent != run, users)
            note.unlink()


def noted(run: Path) -> Path:
    """The file that says where the run's server keeps its files."""
    return run / "postgres.place"


def remove_what_killed_runs_left(memory: Path) -> None:
    """Remove the folders that no process uses."""
    for folder in memory.glob(f"{PREFIX}*"):
        try:
            users = os.open(folder / _USERS, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:  # somebody else's, or just being made
            continue
        try:
            if _locked_alone(users) and not is_owned(Layout(folder).lock):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(users)


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Only one process at a time."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _made(run: Path, memory: Path | None) -> Path:
    if memory is None:
        folder = run / "postgres"
        folder.mkdir(exist_ok=True)
    else:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=memory))
    folder.chmod(0o711)  # as root, the server is another user
    return folder


def _used(folder: Path) -> int | None:
    """The descriptor that says that we use it; None where it was removed meanwhile."""
    place = folder / _USERS
    try:
        users = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except FileNotFoundError:
        return None
    fcntl.flock(users, fcntl.LOCK_SH)
    try:
        if os.path.samestat(os.fstat(users), place.stat()):
            return users
    except FileNotFoundError:
        pass
    os.close(users)
    return None


def _locked_alone(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(descriptor, fcntl.LOCK_SH)  # which was given up for the attempt
        return False
    return True
