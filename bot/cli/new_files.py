"""Creates files whole or not at all, and never over one that is there."""

import os
import secrets
from pathlib import Path


def create_file(target: Path, text: str, *, mode: int) -> None:
    """Create a file with the permission bits ``mode`` (whatever the umask); a crash leaves all of it or nothing.

    Raises:
        FileExistsError: something of that name is there, were it a broken link; it stays as it is.
        OSError: the file cannot be written there.
    """
    draft = target.with_name(f".{target.name}.{secrets.token_hex(6)}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        _put_in_place(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def _put_in_place(draft: Path, target: Path) -> None:
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: claim the name, then replace our own empty claim.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        draft.replace(target)
