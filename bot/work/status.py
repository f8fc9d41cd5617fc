"""What a run's status message says: a title, the stages behind it, and the one it is in."""

from dataclasses import dataclass
from typing import Literal

DONE, NOTE, NOW = "✓", "•", "…"
MAX_LINES = 25
MAX_LINE = 300
MAX_ENDING = 600
MAX_TEXT = 1_900
"""Below the 2,000 characters of a Discord message: an edit cannot become two messages."""

type Mark = Literal["stage", "note"]


@dataclass(frozen=True, slots=True)
class Line:
    """A stage (``done`` replaces its text once the next begins) or a note between stages."""

    mark: Mark
    text: str
    done: str | None = None


def render(title: str, lines: list[Line], *, ending: str | None = None) -> str:
    """The message's text; with an ``ending`` no stage is under way any more."""
    shown: list[str] = []
    for position, line in enumerate(lines):
        later = [after for after in lines[position + 1 :] if after.mark == "stage"]
        if line.mark == "note":
            shown.append(f"{NOTE} {line.text[:MAX_LINE]}")
        elif later:
            shown.append(f"{DONE} {(later[0].done or line.text)[:MAX_LINE]}")
        elif ending is None:
            shown.append(f"{NOW} {line.text[:MAX_LINE]}")
    last = [] if ending is None else [ending[:MAX_ENDING]]
    room = MAX_TEXT - len(title) - sum(map(len, last))
    hidden = len(shown) - _how_many_fit(shown, room)
    if hidden > 0:
        shown = [f"{NOTE} {hidden} earlier lines", *shown[hidden:]]
    return "\n".join([title, *shown, *last])


def _how_many_fit(lines: list[str], room: int) -> int:
    """How many of the last lines fit into ``room`` characters and are not more than are read."""
    for count, line in enumerate(reversed(lines)):
        room -= len(line) + 1
        if room < 0 or count == MAX_LINES:
            return count
    return len(lines)
