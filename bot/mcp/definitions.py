"""What a tool says about itself, in one canonical form: to be hashed, kept, and compared by people."""

import difflib
import hashlib
import json
from collections.abc import Iterator
from typing import Any, cast

from bot.mcp.results import Json, ToolInfo
from bot.mcp.shown_text import visible

_SHORT = 12


def definition(tool: ToolInfo) -> str:
    """The tool's name, title, description and schemas as JSON in ASCII; the order of keys does not matter.

    What a server says about a tool's effects (its annotations) is left out: it counts for nothing here.
    """
    return json.dumps(
        {
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "input": tool.input_schema,
            "output": tool.output_schema,
        },
        sort_keys=True,
        separators=(",", ":"),
    )


def fingerprint(kept: str) -> str:
    """The hash of a `definition`, in hexadecimal."""
    return hashlib.sha256(kept.encode("ascii")).hexdigest()


def short(print_: str) -> str:
    """As much of a fingerprint as people need to tell two apart."""
    return print_[:_SHORT]


def difference(before: str | None, after: str) -> list[str]:
    """How two definitions differ, line by line, with nothing in them hidden; all of ``after`` where there was none."""
    new = list(_lines(after))
    if before is None:
        return [f"+{line}" for line in new]
    return list(difflib.unified_diff(list(_lines(before)), new, lineterm="", n=2))[2:]


def _lines(kept: str) -> Iterator[str]:
    told = cast("Json", json.loads(kept))
    yield f"name: {_text(told['name'])}"
    yield f"title: {_text(told['title'])}"
    yield "description:"
    # Each line has a bar in front, so that no text can pass for one of the lines around it.
    yield from (f"  | {visible(line)}" for line in str(told["description"]).split("\n"))
    for part in ("input", "output"):
        yield f"{part}:"
        yield from (f"  {visible(line)}" for line in _pretty(told[part]))


def _pretty(value: Any) -> list[str]:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).split("\n")


def _text(value: object) -> str:
    return visible(str(value)).replace("\n", "\\n")
