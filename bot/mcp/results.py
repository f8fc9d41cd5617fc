"""Tools and their results, free of the SDK's types."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mcp.types import CallToolResult, ImageContent, TextContent, Tool

from bot.llm.protocol import Image

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
    read_only: bool = False
    """The config or an admin says that it changes nothing; what the server says about itself does not count."""
    blocked: str = ""
    """Why it may not be called, as a sentence: changed since it was accepted, not allowed here; empty where it may."""

    @property
    def usable(self) -> bool:
        """Whether it may and can be called just now (a consequential one: with an approval)."""
        return self.available and not self.blocked


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered. ``is_error`` means that the tool itself says it failed, and ``text`` says how."""

    text: str
    structured: Any = None
    is_error: bool = False
    blocks: Sequence[Json] = ()
    """All content as sent: text, images, links."""
    images: Sequence[Image] = ()
    """The pictures among the content, decoded; untrusted bytes of the kind that the server names."""


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
        images=tuple(_images(result)),
    )


def _images(result: CallToolResult) -> Iterator[Image]:
    for block in result.content:
        if isinstance(block, ImageContent):
            try:
                yield Image(block.mime_type, base64.b64decode(block.data, validate=True))
            except binascii.Error:
                continue  # it still stands among the blocks, as sent
