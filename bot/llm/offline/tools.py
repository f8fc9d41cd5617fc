"""Uses a tool when, and only when, somebody writes its name: there is no model here that could choose one."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from bot.llm.offline.sentences import visible
from bot.llm.protocol import Json, ToolCall, ToolSpec, Turn

_SEPARATOR = re.compile(r"[./:]|__")
_LEAD = r"^\s*(?P<told>(?:please\s+)?(?:use|call|run)\s+(?:the\s+)?(?:tool\s+)?)?[`\"“]?"
_REST = r"[`\"”]?(?![\w.-])\s*(?P<rest>.*)$"
_FILLER = re.compile(r"^(?::|for\b|with\b|on\b|about\b|to find\b)\s*", re.IGNORECASE)
_MOST_SHOWN = 1_200


def named_tool(text: str, tools: Sequence[ToolSpec], *, call_id: str) -> ToolCall | str | None:
    """The call that ``text`` asks for by the tool's name, why it cannot be made, or None where it asks for none.

    Either the message begins with the name and ``:`` or JSON follows, or with "use", "call" or "run" before it.
    """
    for tool in sorted(tools, key=lambda tool: -len(tool.name)):
        names = {tool.name, _SEPARATOR.split(tool.name)[-1]}
        pattern = _LEAD + f"(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})" + _REST
        match = re.match(pattern, text.strip(), re.IGNORECASE | re.DOTALL)
        if match is None:
            continue
        rest = match["rest"].strip()
        if match["told"] or not rest or rest.startswith((":", "{")):
            arguments = _arguments(tool, _FILLER.sub("", rest).strip())
            return ToolCall(call_id, tool.name, arguments) if isinstance(arguments, dict) else arguments
    return None


def _arguments(tool: ToolSpec, said: str) -> Json | str:
    properties = _mapping(tool.parameters.get("properties"))
    required: list[str] = [name for name in tool.parameters.get("required", []) if name in properties]
    if said.startswith("{"):
        try:
            given: object = json.loads(said)
        except (ValueError, RecursionError):
            return f"What follows `{tool.name}` is not JSON; check its brackets and quotation marks."
        return cast("Json", given) if isinstance(given, dict) else {}
    if not said and not required:
        return {}
    wanted = required or list(properties)[:1]
    if said and len(wanted) == 1 and _mapping(properties[wanted[0]]).get("type") in {"string", None}:
        return {wanted[0]: said}
    example = json.dumps(dict.fromkeys(wanted, "…"), ensure_ascii=False)
    return f"`{tool.name}` needs more than that; write it like this: `{tool.name} {example}`."


def _mapping(value: Any) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def shown_results(turns: Sequence[Turn]) -> Iterator[str]:
    """What the tools of the last round answered, shortened; nothing where the last turn is no tool's."""
    last = len(turns)
    while last and turns[last - 1].role == "tool":
        last -= 1
    names = {call.id: call.name for turn in turns[:last] for call in turn.tool_calls}
    for turn in turns[last:]:
        name = names.get(turn.tool_call_id, "The tool")
        text = visible(turn.text).strip()
        if turn.tool_failed:
            yield f"`{name}` failed: {text[:_MOST_SHOWN]}"
        elif not text:
            yield f"`{name}` answered nothing."
        else:
            more = "\n…" if len(text) > _MOST_SHOWN else ""
            yield f"`{name}` says:\n{text[:_MOST_SHOWN]}{more}"
