"""Whether a tool's description of itself can be worked with at all, before anybody decides whether to trust it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from bot.mcp.results import Json, ToolInfo
from bot.mcp.shown_text import hides_something

MOST_DESCRIPTION = 20_000
MOST_SCHEMA = 100_000
MOST_DEPTH = 40
_SPOKEN = frozenset({"description", "title", "$comment", "examples", "default", "markdownDescription"})
"""Keys whose values only say something; a call need not repeat them, so what they hide is taken out."""


def problem(tool: ToolInfo) -> str:
    """Why a tool cannot be offered, as a sentence; empty where it can."""
    named = f"The tool {tool.name} of {tool.server}"
    if len(tool.description) > MOST_DESCRIPTION:
        return f"{named} has a description of more than {MOST_DESCRIPTION:,} characters."
    for kind, schema in (("arguments", tool.input_schema), ("results", tool.output_schema)):
        if schema is not None and (why := _schema_problem(schema)):
            return f"{named} describes its {kind} in a way that cannot be used: {why}."
    return ""


def harmless(tool: ToolInfo) -> ToolInfo:
    """The tool without what may have made it unfit, so that nothing huge is kept."""
    return replace(tool, title="", description="", input_schema={}, output_schema=None)


def _schema_problem(schema: Json) -> str:
    if _depth_exceeds(schema, MOST_DEPTH):
        return f"it is nested more than {MOST_DEPTH} deep"
    if len(json.dumps(schema)) > MOST_SCHEMA:
        return f"it is longer than {MOST_SCHEMA:,} characters"
    for key, value in _members(schema):
        if hides_something(key) or "\n" in key:
            return "a name in it holds characters that are not shown"
        if key in {"$ref", "$dynamicRef"} and isinstance(value, str) and not value.startswith("#"):
            return "it refers to another document"
        if key in {"const", "enum"} and hides_something(json.dumps(value, ensure_ascii=False)):
            return "a value that a call must repeat holds characters that are not shown"
    return ""


def _depth_exceeds(value: Any, most: int) -> bool:
    level: list[Any] = [value]
    for _ in range(most):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(cast("Json", value).values())
    return list(cast("list[Any]", value)) if isinstance(value, list) else []


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            members = cast("Json", one)
            yield from members.items()
            waiting += [
                inner for key, inner in members.items() if key not in _SPOKEN or not isinstance(inner, str)
            ]
        elif isinstance(one, list):
            waiting += cast("list[Any]", one)
