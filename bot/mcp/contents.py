"""What servers send, from the SDK's types to ours: tools, results, resources and prompts as text and pictures."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import cast

from mcp.types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    GetPromptResult,
    ImageContent,
    ReadResourceResult,
    ResourceLink,
    TextContent,
    TextResourceContents,
    Tool,
)
from pydantic import BaseModel

from bot.llm.protocol import Image
from bot.mcp.results import Json, ToolInfo, ToolResult
from bot.mcp.shown_text import one_line

_SDK_PREFIX = "Error executing tool {tool}: "
"""What the SDK's server class puts before the sentence of a tool that failed."""

MOST_IMAGES = 10
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


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
    text, images = _told(result.content)
    return ToolResult(
        text=text.removeprefix(_SDK_PREFIX.format(tool=tool)) if result.is_error else text,
        structured=cast("object", result.structured_content),
        is_error=result.is_error,
        blocks=[_as_sent(block) for block in result.content],
        images=images,
    )


def resource_result(result: ReadResourceResult) -> ToolResult:
    """A resource's contents: text as it is, pictures as pictures, of all else what and how large it is."""
    text, images = _told(result.contents)
    return ToolResult(text, blocks=[_as_sent(one) for one in result.contents], images=images)


def prompt_result(result: GetPromptResult) -> ToolResult:
    """A prompt's messages one after the other, each with who is to say it."""
    text = "\n\n".join(f"{message.role}: {_told([message.content])[0]}" for message in result.messages)
    _, images = _told([message.content for message in result.messages])
    return ToolResult(text, blocks=[_as_sent(message) for message in result.messages], images=images)


def picture(data: str) -> Image | None:
    """A picture from base64, of the kind that its own first bytes say; None where it is none that Discord shows."""
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    kind = next((kind for start, kind in _SIGNATURES if content.startswith(start)), None)
    if kind is None and content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        kind = "image/webp"
    return None if kind is None else Image(kind, content)


def _told(
    blocks: Iterable[ContentBlock | TextResourceContents | BlobResourceContents],
) -> tuple[str, Sequence[Image]]:
    lines: list[str] = []
    images: list[Image] = []
    for block in blocks:
        inner = block.resource if isinstance(block, EmbeddedResource) else block
        match inner:
            case TextContent() | TextResourceContents():
                lines.append(inner.text)
            case ImageContent():
                lines.append(_shown(inner.data, inner.mime_type, images))
            case BlobResourceContents():
                lines.append(_shown(inner.blob, inner.mime_type or "unknown", images))
            case AudioContent():
                lines.append(f"[a recording, {one_line(inner.mime_type, 60)}, which is not played]")
            case ResourceLink():
                lines.append(f"[resource {one_line(inner.name)}: {one_line(str(inner.uri), 500)}]")
    return "\n".join(lines), tuple(images)


def _shown(data: str, kind: str, images: list[Image]) -> str:
    found = picture(data) if len(images) < MOST_IMAGES else None
    if found is None:
        return f"[a file, {one_line(kind, 60)}, about {len(data) * 3 // 4:,} bytes, which is not shown]"
    images.append(found)
    return f"[picture {len(images)}, {found.media_type}]"


def _as_sent(block: BaseModel) -> Json:
    return block.model_dump(mode="json", by_alias=True, exclude_none=True)
