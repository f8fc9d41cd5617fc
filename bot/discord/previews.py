"""Keeps Discord from unfolding what a text links to, where the message shows cards of its own.

One flag hides both, so that there each link stands in angle brackets instead
(https://support.discord.com/hc/articles/206342858).
"""

import re

_CODE = re.compile(r"(```.*?```|~~~.*?~~~|`[^`\n]+`)", re.DOTALL)
_MASKED = re.compile(r"\]\((https?://[^\s<>()]{1,2000})\)")
_BARE = re.compile(r"(?<![<(\w/])https?://[^\s<>|]{1,2000}")
_TRAILING = ".,:;!?\"'*_~)]}"


def without_previews(text: str) -> str:
    """``text`` with every link outside code in angle brackets."""
    parts = _CODE.split(text)
    return "".join(part if number % 2 else _quieted(part) for number, part in enumerate(parts))


def _quieted(text: str) -> str:
    return _BARE.sub(_in_brackets, _MASKED.sub(r"](<\1>)", text))


def _in_brackets(found: re.Match[str]) -> str:
    link = found[0].rstrip(_TRAILING)
    return f"<{link}>{found[0][len(link) :]}"
