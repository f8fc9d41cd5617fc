"""Tools and their results, free of the SDK's types."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mcp.types import CallToolResult, TextContent, Tool

type Json = dict[str, Any]

_SDK_PREFIX = "Error executing tool {tool}: "
"""What the SDK's server class puts before the sentence of a tool that failed."""


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """A tool as its server describes it; the schemas are the server's own, intact."""

    server: str
    name: str
    description: str
    input_schema: Json
    output_schema: Json | None = None
    title: str = ""
    available: bool = True
    reason: str = ""
    """Why it is not available; empty where it is."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered. ``is_error`` means that the tool itself says it failed, and ``text`` says how."""

    text: str
    structured: Any = None
    is_error: bool = False
    blocks: Sequence[Json] = ()
    """All content as sent: text, images, links."""


def tool_info(server: str, tool: Tool) -> ToolInfo:
    """Describe one tool of ``server``."""
    return ToolInfo(
        server=server,
        name=tool.name,
        description=tool.description or "",
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        title=tool.title or "",
    )


def tool_result(tool: str, result: CallToolResult) -> ToolResult:
    """Take over the SDK's result."""
    text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    return ToolResult(
        text=text.removeprefix(_SDK_PREFIX.format(tool=tool)) if result.is_error else text,
        structured=result.structured_content,
        is_error=result.is_error,
        blocks=[block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in result.content],
    )
