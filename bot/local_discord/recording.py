"""Writes all traffic to a file, one JSON object a line, for `--record`."""

import contextlib
import json
from collections.abc import Generator
from pathlib import Path

from bot.errors import ConfigError
from bot.local_discord.traffic import Entry, Traffic


@contextlib.contextmanager
def recorded(traffic: Traffic, place: Path | None) -> Generator[None]:
    """Append everything that passes to ``place`` while the block runs; None records nothing.

    Each line is handed to the system as it is written, so a killed process has lost none of them. Tokens are written
    too: whoever may read the file may act as the bots in it.

    Raises:
        ConfigError: the file cannot be written.
    """
    if place is None:
        yield
        return
    try:
        file = place.open("a", encoding="utf-8", buffering=1)
        place.chmod(0o600)
    except OSError as error:
        raise ConfigError(f"{place} cannot be written ({error.strerror}); name another file.") from error

    def write(entry: Entry) -> None:
        file.write(json.dumps(entry.as_json(), separators=(",", ":")) + "\n")

    with file:
        stop = traffic.follow(write)
        try:
            yield
        finally:
            stop()
