"""Writes all traffic to a file, one JSON object a line, for `--record`."""

import contextlib
import os
import secrets
import stat
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TextIO

import structlog

from bot.errors import ConfigError
from bot.local_discord.traffic.traffic import Entry, Traffic

log = structlog.get_logger(__name__)

VARIABLE = "COGSWARM_RECORD"
"""A folder in which every local Discord that is started without ``record`` makes a recording of its own."""


def recording_place(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Where to record when nobody says so: a new file in the folder that the environment names, if it names one."""
    folder = environ.get(VARIABLE)
    return None if not folder else Path(folder) / f"{os.getpid()}-{secrets.token_hex(4)}.jsonl"


@contextlib.contextmanager
def recorded(traffic: Traffic, place: Path | None) -> Generator[None]:
    """Append everything that passes to ``place`` while the block runs; None records nothing.

    Each line is handed to the system as it is written, so a killed process has lost none of them. Tokens are written
    too: whoever may read the file may act as the bots in it. Where it cannot be written to any more (a full disk), the
    log says so and the recording ends; what it records goes on.

    Raises:
        ConfigError: the file cannot be written.
    """
    if place is None:
        yield
        return
    try:
        file = _opened(place)
    except OSError as error:
        raise ConfigError(f"{place} cannot be written ({error.strerror}); name another file.") from error

    def write(entry: Entry) -> None:
        try:
            file.write(entry.as_line() + "\n")
        except OSError as error:
            stop()
            log.error("local_discord_recording_ended", file=str(place), reason=error.strerror)  # noqa: TRY400 - the reason is enough

    stop = traffic.follow(write)
    try:
        yield
    finally:
        stop()
        with contextlib.suppress(OSError):  # what could not be written has been told
            file.close()


def _opened(place: Path) -> TextIO:
    """The file, only for our own eyes, at the start of a line also where a killed process left half of one."""
    number = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    file = os.fdopen(number, "w", encoding="utf-8", buffering=1)
    try:
        about = os.fstat(number)
        if stat.S_ISREG(about.st_mode):
            os.fchmod(number, 0o600)
            if about.st_size and _last_byte(place) != b"\n":
                file.write("\n")
    except OSError:
        file.close()
        raise
    return file


def _last_byte(place: Path) -> bytes:
    with place.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
