"""Writes what is sent to the bus: the request's id, who says what, what it is about, and the signed block."""

import re
from dataclasses import dataclass

from bot.bus import context_block
from bot.bus.context_block import Origin

UNTRUSTED = "[UNTRUSTED-INGRESS]"
CUT = "[cut: {left:,} more characters stand in Discord]"
_NAME = 80


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody says to an agent. ``trusted`` says that the owner lets them speak for the owner."""

    origin: Origin
    author: str
    text: str
    context: str = ""
    trusted: bool = False


def written(request: Request, key: bytes, characters: int) -> str:
    """The message, at most so many characters; what does not fit is cut, and it says so."""
    tag = "" if request.trusted else f"{UNTRUSTED} "
    head = f"[request_id:{request.origin.request}] {tag}{_name(request.author)}: "
    tail = f"\n{context_block.block(request.origin, key)}"
    said = _harmless(request.text)
    context = f"\n\n{_harmless(request.context)}" if request.context else ""
    room = characters - len(head) - len(tail)
    if len(said) + len(context) > room:
        notice = CUT.format(left=len(said) + len(context))
        kept = max(0, room - len(notice) - 1)
        left = len(said) + len(context) - kept
        said, context = f"{(said + context)[:kept]}\n{CUT.format(left=left)}", ""
    return f"{head}{said}{context}{tail}"


def _name(author: str) -> str:
    """A display name that cannot pass for a header, an acknowledgement or a second speaker."""
    return " ".join(re.sub(r"[\[\]{}<>:\r\n]", " ", author).split())[:_NAME] or "somebody"


def _harmless(text: str) -> str:
    """What people write does not pass for a block or a request of ours."""
    text = re.sub(r"<!--(?=\s*mumega-)", "<! --", text, flags=re.IGNORECASE)
    return re.sub(r"\[(?=\s*(?:request_id|UNTRUSTED-INGRESS))", "(", text, flags=re.IGNORECASE)
