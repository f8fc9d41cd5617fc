"""What a tool is called when it is offered to a model: by its server and its own name, as providers allow it.

Providers take ``^[a-zA-Z0-9_-]{1,64}$``. A name depends on the server and the tool alone, so it stays good in a
conversation that goes on after tools came and went, and no server can take the place of another's tool.
"""

import base64
import hashlib
import re
from collections.abc import Iterable

from bot.mcp.results import ToolInfo

_FITS = re.compile(r"[a-zA-Z0-9_-]+")
_LONGEST = 64
_BETWEEN = "__"
_SERVER_PART = 20
_TOOL_PART = 24
_HASH_BYTES = 10


def model_name(server: str, tool: str) -> str:
    """The tool's name for models: ``server__tool``, or where that would not be plain, both shortened with a hash.

    The plain form holds ``__`` once, the other twice, so that neither can be taken for the other.
    """
    plain = f"{server}{_BETWEEN}{tool}"
    if _is_plain(server) and _is_plain(tool) and len(plain) <= _LONGEST:
        return plain
    digest = hashlib.sha256(f"{server}\0{tool}".encode("utf-8", "surrogatepass")).digest()[:_HASH_BYTES]
    told_apart = base64.b32encode(digest).decode("ascii").lower()
    return _BETWEEN.join((_cleaned(server, _SERVER_PART), _cleaned(tool, _TOOL_PART), told_apart))


def by_model_name(tools: Iterable[ToolInfo]) -> dict[str, ToolInfo]:
    """The tools by their names for models, in the order given."""
    return {model_name(tool.server, tool.name): tool for tool in tools}


def _is_plain(part: str) -> bool:
    return bool(_FITS.fullmatch(part)) and _BETWEEN not in part and part.strip("_") == part


def _cleaned(part: str, most: int) -> str:
    return re.sub(r"[^a-zA-Z0-9-]+", "_", part)[:most].strip("_") or "x"
