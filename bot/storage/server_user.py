"""Which operating-system user the embedded Postgres runs as.

Postgres refuses to run as root. Where this program is root, the server runs as the user who already owns the cluster,
or else as ``nobody``; no user is created and no permission of a folder that exists is changed.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigError

UNPRIVILEGED = "nobody"


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The user Postgres runs as; ``switch`` says that we are root and have to become that user first."""

    uid: int
    gid: int
    switch: bool

    @property
    def ids(self) -> dict[str, int | list[int]]:
        """The arguments of ``subprocess`` that run a program as this user; none where we are that user already."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}


def server_user(cluster: Path) -> ServerUser:
    """The user for the cluster in folder ``cluster``, which need not exist yet.

    Raises:
        ConfigError: the cluster belongs to somebody else, or root finds no unprivileged user to run it.
    """
    own = os.geteuid()
    owner = _owner(cluster)
    if own != 0:
        if owner is not None and owner != own:
            raise ConfigError(
                f"The database in {cluster} belongs to {name_of(owner) or f'user {owner}'}: start cogswarm as that "
                "user, or choose another data_dir."
            )
        return ServerUser(own, os.getegid(), switch=False)
    if owner:
        return ServerUser(owner, cluster.lstat().st_gid, switch=True)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise ConfigError(
            f"Postgres does not run as root and this system has no user {UNPRIVILEGED}: start cogswarm as an ordinary "
            "user, or give a database.url."
        ) from None
    return ServerUser(entry.pw_uid, entry.pw_gid, switch=True)


def _owner(folder: Path) -> int | None:
    try:
        return folder.lstat().st_uid
    except FileNotFoundError:
        return None
    except PermissionError:
        raise ConfigError(
            f"The database in {folder} cannot be read: start cogswarm as the user it belongs to, or choose another "
            "data_dir."
        ) from None


def name_of(uid: int) -> str | None:
    """The name of the user with this id; None where the system does not know it (some containers)."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
