"""The numbered SQL files: ``NNNN_name.sql`` runs in a transaction, ``NNNN_name.notx.sql`` outside one.

A ``.notx.sql`` file is for what Postgres refuses inside a transaction (``CREATE INDEX CONCURRENTLY``). Its statements
are divided by lines that say ``-- next``. A kill can leave it half done and it is then run again from its start, so each
statement must bear that: an index, for one, is dropped ``IF EXISTS`` before it is created, since a killed build leaves
one that is invalid.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigError

MIGRATIONS = Path(__file__).parent / "migrations"
_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+(?P<outside>\.notx)?\.sql")
_NEXT = re.compile(r"^-- next[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name as it is recorded, and its text."""

    number: int
    name: str
    text: str
    in_transaction: bool

    @property
    def sha256(self) -> str:
        """What the text is recognised by."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> Sequence[str]:
        """What is sent to the server, one after the other; the whole file at once where a transaction holds it."""
        if self.in_transaction:
            return [self.text]
        return [part for part in _NEXT.split(self.text) if part.strip()]


def load_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """The files of a folder in the order of their numbers.

    Raises:
        ConfigError: a file's name does not fit, or two files have one number.
    """
    found: dict[int, Migration] = {}
    for file in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(file.name)
        if match is None:
            raise ConfigError(
                "A migration is named NNNN_name.sql or NNNN_name.notx.sql: rename this one.", file=file
            )
        number = int(match["number"])
        if number in found:
            raise ConfigError(
                f"It has the number of {found[number].name}: give it the next free one.", file=file
            )
        text = file.read_bytes().replace(b"\r\n", b"\n").decode()
        found[number] = Migration(number, file.name, text, in_transaction=match["outside"] is None)
    return [found[number] for number in sorted(found)]
