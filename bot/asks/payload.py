"""What is approved, exactly: its hash, how people read it, and how two versions differ."""

import difflib
import hashlib
import json
import unicodedata
from typing import Any

from bot.errors import UserError

MOST_SHOWN = 900
MOST_DIFF = 500
"""Letters; with what stands around them they fit into one message, which alone can hold the buttons."""
MOST_LINE = 120
LONGEST_EDIT = 4_000
"""What Discord takes in one field of a form."""
_ZERO_WIDTH = "\u200b"


def hash_of(payload: Any) -> str:
    """SHA-256 of the payload as canonical JSON, in hexadecimal."""
    canonical = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def readable(payload: Any) -> str:
    """The payload as people read and edit it: a text as it is, anything else as JSON.

    Everything that is no plain ASCII is escaped in JSON: what cannot be seen must not be approved unseen.
    """
    return payload if isinstance(payload, str) else json.dumps(payload, indent=2, sort_keys=True)


def edited(before: Any, text: str) -> Any:
    """What somebody made of a payload, of the same form as before. Raises `UserError`."""
    if isinstance(before, str):
        return text
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UserError(f"That is not valid JSON any more ({error}); nothing was changed.") from error
    if type(found) is not type(before):
        raise UserError(
            "What is approved has to stay of the same form, such as an object; nothing was changed."
        )
    return found


def fenced(text: str, language: str = "", most: int = MOST_SHOWN) -> str:
    """A text from outside in a code block that it cannot leave; what is too long is cut, and that is said."""
    seen = _harmless(text)
    cut = f"\n… ({len(text):,} characters, more than is shown)" if len(seen) > most else ""
    return f"```{language}\n{seen[:most]}{cut}\n```"


def is_cut(text: str, most: int = MOST_SHOWN) -> bool:
    """Whether `fenced` does not show all of it, so that it has to go as a file besides."""
    return len(_harmless(text)) > most


def shortened(lines: str) -> str:
    """Each line in so few letters that one long line does not hide those after it."""
    return "\n".join(
        one if len(one) <= MOST_LINE else f"{one[:MOST_LINE]}… ({len(one):,} characters)"
        for one in lines.split("\n")
    )


def difference(before: Any, after: Any) -> str:
    """What has changed from one version to the next, line by line."""
    lines = difflib.unified_diff(
        readable(before).splitlines(), readable(after).splitlines(), lineterm="", n=1
    )
    return "\n".join(list(lines)[2:]) or "(nothing)"


def _harmless(text: str) -> str:
    seen = "".join(one if _is_seen(one) else f"\\u{ord(one):04x}" for one in text)
    return seen.replace("```", f"`{_ZERO_WIDTH}`{_ZERO_WIDTH}`")


def _is_seen(letter: str) -> bool:
    """Whether people can see a letter: what changes its neighbours, or nothing, is written out instead."""
    return letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cf", "Co", "Cs"}
