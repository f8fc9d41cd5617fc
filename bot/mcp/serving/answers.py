"""What a tool answers, in the SDK's types, with every secret taken out."""

import base64
import json
from collections.abc import Callable
from typing import Any, cast

from mcp import types
from pydantic import JsonValue

from bot.mcp.serving.tools import Outcome


def result_of(
    outcome: Outcome, redact: Callable[[str], str], *, failed: bool = False
) -> types.CallToolResult:
    """The sentence, then the data as JSON; and both as structured content for programs that read it."""
    summary = redact(outcome.summary)
    content: list[types.ContentBlock] = [types.TextContent(type="text", text=summary)]
    if outcome.bare:
        return types.CallToolResult(content=content, is_error=failed)
    data = _redacted(outcome.data, redact)
    if data is not None:
        content.append(types.TextContent(type="text", text=json.dumps(data, ensure_ascii=False)))
    content += [
        types.ImageContent(type="image", data=base64.b64encode(one.content).decode(), mime_type=one.mime)
        for one in outcome.pictures
    ]
    structured: Any = data if outcome.flat else {"summary": summary, "data": data}
    return types.CallToolResult(content=content, structured_content=structured, is_error=failed)


def _redacted(value: JsonValue, redact: Callable[[str], str]) -> JsonValue:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(one, redact) for one in value]
    if isinstance(value, dict):
        return {
            redact(name): _redacted(one, redact) for name, one in cast("dict[str, JsonValue]", value).items()
        }
    return value
