"""Where the embedded server listens: a socket in a short, private folder, written down for the other processes.

A socket's path may have 107 bytes (103 on macOS), and a data directory's path may be longer, so the socket never lies
in the data directory. ``XDG_RUNTIME_DIR`` is not used: the system deletes it when the user logs out, the bot stays.
"""

import json
import os
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast

from bot.errors import OutsideError
from bot.storage.cluster import PORT, Layout
from bot.storage.server_user import ServerUser

LONGEST_SOCKET_PATH = 103
_SOCKET_FOLDERS = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 -- a random name with mode 0700 is made below them

type State = Literal["starting", "ready"]


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """The folder of the socket, which process runs the server, and whether it takes connections yet."""

    socket_dir: Path
    owner_pid: int
    state: State


def read_address(layout: Layout) -> ServerAddress | None:
    """What the owner wrote down last; None where there is nothing, or nothing that makes sense."""
    try:
        seen: object = json.loads(layout.address.read_text())
    except (OSError, ValueError):
        return None
    if not isinstance(seen, dict):
        return None
    known = cast("dict[str, Any]", seen)
    match known:
        case {"socket_dir": str(socket_dir), "owner_pid": int(owner), "state": "starting" | "ready" as state}:
            return ServerAddress(Path(socket_dir), owner, state)
        case _:
            return None


def write_address(layout: Layout, address: ServerAddress) -> None:
    """Writes it down so that a reader sees the old or the new one, never a half."""
    temporary = layout.address.with_suffix(".new")
    temporary.write_text(json.dumps({**asdict(address), "socket_dir": str(address.socket_dir)}))
    temporary.replace(layout.address)


def socket_folder(layout: Layout, user: ServerUser, *, temporary: Sequence[Path] | None = None) -> Path:
    """The recorded folder if it is still there and still private to the server's user, else a new one.

    Raises:
        OutsideError: no folder for temporary files has a short enough path that the server's user may enter.
    """
    recorded = read_address(layout)
    if recorded and _is_private(recorded.socket_dir, user):
        return recorded.socket_dir
    bases = temporary or (Path(tempfile.gettempdir()), *_SOCKET_FOLDERS)
    for base in bases:
        if not base.is_dir() or (user.switch and not _open_to_all(base)):
            continue
        if len(os.fsencode(base / "cogswarm-xxxxxxxx" / f".s.PGSQL.{PORT}")) > LONGEST_SOCKET_PATH:
            continue
        made = Path(tempfile.mkdtemp(prefix="cogswarm-", dir=base))
        if user.switch:
            os.chown(made, user.uid, user.gid)
        return made
    tried = ", ".join(str(base) for base in bases)
    raise OutsideError(
        f"The database's socket fits in none of {tried}: set TMPDIR to a folder with a short path."
    )


def _is_private(folder: Path, user: ServerUser) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == user.uid
        and stat.S_IMODE(status.st_mode) == stat.S_IRWXU
    )


def _open_to_all(folder: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.resolve().parents))
