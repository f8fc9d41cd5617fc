"""Who runs the embedded server: the one process that holds ``owner.lock``; the kernel frees it when that ends."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import ConfigError


@contextmanager
def owner_lock(path: Path) -> Generator[bool]:
    """Tries to become the owner, without waiting: yields whether we are, until the block ends.

    Raises:
        ConfigError: the folder cannot be written to, or its file system knows no locks.
    """
    try:
        path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(
            f"{path.parent} cannot be used for the database ({error.strerror}): choose a data_dir that you can write to."
        ) from error
    try:
        yield _lock(descriptor, path)
    finally:
        os.close(descriptor)


def is_owned(path: Path) -> bool:
    """Whether some process runs the server at this moment; nothing is created or changed."""
    if not path.is_file():
        return False
    with owner_lock(path) as free:
        return not free


def _lock(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise ConfigError(
            f"The file system of {path.parent} knows no locks ({error.strerror}): choose a data_dir on a local disk."
        ) from error
    try:  # a lock on a file that was deleted meanwhile excludes nobody
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
