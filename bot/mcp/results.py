"""Tools and their results, free of the SDK's types."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.llm.protocol import Image

type Json = dict[str, Any]


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
    ours: bool = False
    """Its words come with the bot or with a cog; those of all others are text from outside."""
    blocked: str = ""
    """Why it may not be called, as a sentence: changed since it was accepted, not allowed here; empty where it may."""

    acceptable: bool = False
    """It is blocked since it is not what was accepted, so that somebody can accept it as it is now."""

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
    """The pictures among the content, decoded: PNG, JPEG, GIF or WebP by their first bytes, else untrusted."""
