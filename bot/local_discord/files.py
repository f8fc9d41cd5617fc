"""Where the bytes of uploaded files and avatars lie: in memory, or in a directory."""

import os
import tempfile
from pathlib import Path
from typing import Protocol


class FileStore(Protocol):
    """Bytes by name; a name is letters, digits and ``-`` and is chosen by this program, never by a client."""

    def put(self, name: str, content: bytes) -> None:
        """Keep these bytes."""
        ...

    def get(self, name: str) -> bytes | None:
        """The bytes of this name, None where there are none."""
        ...

    def drop(self, name: str) -> None:
        """Forget the bytes of this name, if there are any."""
        ...


class MemoryFiles:
    """Files that end with the program."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def put(self, name: str, content: bytes) -> None:
        """Keep these bytes."""
        self._held[name] = content

    def get(self, name: str) -> bytes | None:
        """The bytes of this name, None where there are none."""
        return self._held.get(name)

    def drop(self, name: str) -> None:
        """Forget the bytes of this name, if there are any."""
        self._held.pop(name, None)


class DirectoryFiles:
    """Files in a directory that outlive the program."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, content: bytes) -> None:
        """Keep these bytes."""
        write_atomically(self._directory / name, content)

    def get(self, name: str) -> bytes | None:
        """The bytes of this name, None where there are none."""
        try:
            return (self._directory / name).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, name: str) -> None:
        """Forget the bytes of this name, if there are any."""
        (self._directory / name).unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file so that after a crash there is either the old content or the new, never a part."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
