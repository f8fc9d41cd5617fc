"""Makes text from outside safe to show: it cannot become a mention, a link or an invisible trick."""

import re
from urllib.parse import urlsplit

_MASKED = re.compile(r"!?\[([^\]\n]{0,300})\]\(\s*<?[^)\s]{1,2000}>?(?:\s+\"[^\"\n]{0,200}\")?\s*\)")
_BARE = re.compile(r"<?\b(?:https?|ftp|discord)://[^\s<>\])]{1,2000}>?", re.IGNORECASE)
_MENTION = re.compile(r"<(?=[@#:!/]|a:|t:|id:)")
_EVERYBODY = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000b-\u001f\u007f\u00ad\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)


def plain(text: str) -> str:
    """``text`` with links reduced to their words or host, mentions broken, control characters gone."""
    text = _INVISIBLE.sub("", text)
    text = _MASKED.sub(r"\1", text)
    text = _BARE.sub(_host, text)
    text = _MENTION.sub("<\u200b", text)
    return _EVERYBODY.sub("@\u200b", text)


def title(text: str, limit: int = 200) -> str:
    """A title from outside on one line, without markdown that would spill into what follows."""
    line = " ".join(plain(text).split())
    line = re.sub(r"([*_`~|\\\[\]])", r"\\\1", line)
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip(chr(92))}…"


def _host(match: re.Match[str]) -> str:
    try:
        return urlsplit(match[0].strip("<>")).hostname or ""
    except ValueError:
        return ""
