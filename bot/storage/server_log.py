"""What a Postgres server says in its log, for the sentences and events of ours."""

import re
from pathlib import Path

_TAIL_BYTES = 8000
_GRAVE = re.compile(r"\b(?:FATAL|PANIC): +(.*)")
_PREFIX = re.compile(r"^\S+ \S+ \S+ \[\d+\] ")


def log_size(log: Path) -> int:
    """How much it has said so far, in bytes."""
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0


def last_words(log: Path, since: int = 0) -> str:
    """The last grave thing it said after the first ``since`` bytes, or else the last thing; empty if nothing."""
    try:
        with log.open("rb") as file:
            file.seek(max(since, log_size(log) - _TAIL_BYTES))
            said = file.read(_TAIL_BYTES).decode(errors="replace")
    except FileNotFoundError:
        return ""
    grave = _GRAVE.findall(said)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return str(grave[-1]).strip() if grave else _PREFIX.sub("", lines[-1]) if lines else ""
