"""A thread as plain text, for a terminal."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

_CITATION = re.compile(r"\[\[(\w+)\]\]\(<[^>]*>\)")
_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\(<([^>]*)>\)")
_MOMENT = re.compile(r"<t:(\d+)(?::\w)?>")
_MENTION = re.compile(r"<@!?(\d+)>")
_SMALL_PRINT = re.compile(r"^-# ", re.MULTILINE)
_ESCAPE = re.compile(r"\\([*_`~|\\\[\]])")


def transcript(messages: Sequence[dict[str, Any]], names: dict[str, str]) -> str:
    """The messages, oldest first, each under its author's name; links and dates are written out."""
    return "\n\n".join(f"{_author(message)}\n{plain_text(message['content'], names)}" for message in messages)


def plain_text(content: str, names: dict[str, str]) -> str:
    """Discord's markdown as text for a terminal."""
    text = _CITATION.sub(r"[\1]", content)
    text = _LINK.sub(r"\1 \2", text)
    text = _MOMENT.sub(lambda match: datetime.fromtimestamp(int(match[1]), UTC).strftime("%d %B %Y"), text)
    text = _MENTION.sub(lambda match: f"@{names.get(match[1], 'someone')}", text)
    text = _SMALL_PRINT.sub("", text).replace("**", "")
    return _ESCAPE.sub(r"\1", text)


def _author(message: dict[str, Any]) -> str:
    author = message["author"]
    return str(author.get("global_name") or author["username"])
