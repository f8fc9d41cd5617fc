"""A tool as a model is told about it: under its own name among all, with nothing hidden in the words."""

from typing import Any, cast

from bot.llm.protocol import ToolSpec
from bot.mcp.results import Json, ToolInfo
from bot.mcp.shown_text import plain

MOST_WORDS = 4_000
"""Characters of a description that a model is given."""

_SPOKEN = frozenset({"description", "title", "$comment", "markdownDescription"})


def offered(name: str, tool: ToolInfo) -> ToolSpec:
    """The tool for a model, which calls it ``name``. Its words come from the server: untrusted, like what they ask for.

    Of a tool that may not be called just now the model is told only that: what nobody has accepted is read by nobody.
    """
    if tool.blocked:
        return ToolSpec(name, plain(tool.blocked, MOST_WORDS), {"type": "object"})
    words = plain(tool.description, MOST_WORDS) or plain(tool.title, MOST_WORDS)
    return ToolSpec(name, words, cast("Json", _without_hidden(tool.input_schema, named=False)))


def _without_hidden(value: Any, *, named: bool) -> Any:
    """The schema with its words cleaned; ``named``: the keys are names of arguments, not words of JSON Schema."""
    if isinstance(value, list):
        return [_without_hidden(one, named=False) for one in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    return {
        key: plain(inner, MOST_WORDS)
        if key in _SPOKEN and isinstance(inner, str) and not named
        else _without_hidden(inner, named=key in {"properties", "$defs", "definitions"} and not named)
        for key, inner in cast("Json", value).items()
    }
