"""Reads the inbox of an SOS bus over MCP: plain text, the newest first, ``[timestamp] source: text``, and no ids.

So timestamp, source and text are a letter's identity: the same agent saying the same twice within one timestamp is one
letter. A body may hold lines that look like the head of another letter, and the text alone cannot say which is which.
`apart` finds out: what the bus shows for one letter less is the same text without the last one.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.bus.letters import Letter

_HEAD = re.compile(r"^\[([^\]\n]{8,40})\] ((?:agent:)?[A-Za-z][\w.-]{0,63}): ?", re.MULTILINE)
_NOTHING = re.compile(r"^No messages for \S{1,100}$")
_MOST_READ_APART = 40

type ReadPage = Callable[[int], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class NotApart(Exception):
    """New letters came while a page was read apart; the next look begins anew."""


def split(text: str) -> list[Letter]:
    """The letters of a page, the newest first, if every line that looks like a head is one."""
    return [_letter(piece) for piece in _pieces(text)]


def is_empty(text: str) -> bool:
    """Whether the page says that there is nothing."""
    return not text.strip() or _NOTHING.fullmatch(text.strip().rstrip(".")) is not None


async def apart(text: str, limit: int, read: ReadPage) -> list[Letter]:
    """The letters of a page that was read with ``limit``, the newest first, whatever their bodies look like.

    Where there is more than one head it asks once more for one letter less: if exactly the last piece is missing then,
    every head is one. Otherwise each letter is read off page by page. Raises `NotApart`.
    """
    pieces = _pieces(text)
    if len(pieces) <= 1:
        return [_letter(piece) for piece in pieces]
    if len(pieces) <= limit:
        shorter = await read(len(pieces) - 1)
        if _pieces(shorter) == pieces[:-1]:
            return [_letter(piece) for piece in pieces]
    return await _one_by_one(text, min(limit, len(pieces)), read)


async def _one_by_one(text: str, most: int, read: ReadPage) -> list[Letter]:
    whole, before, letters = text.strip("\n"), "", list[Letter]()
    for count in range(1, min(most, _MOST_READ_APART) + 1):
        page = (await read(count)).strip("\n")
        if not page.startswith(before) or not whole.startswith(page):
            raise NotApart
        piece = page[len(before) :].strip("\n")
        if not piece:
            break
        letters.append(_letter(piece))
        before = page
        if page == whole:
            break
    return letters


def _pieces(text: str) -> list[str]:
    heads = [match.start() for match in _HEAD.finditer(text)]
    ends = [*heads[1:], len(text)]
    return [text[start:end].strip("\n") for start, end in zip(heads, ends, strict=True)]


def _letter(piece: str) -> Letter:
    head = _HEAD.match(piece)
    if head is None:
        # What has no head at all is still shown to people.
        return Letter(_identity("", "", piece), "", piece)
    body = piece[head.end() :]
    return Letter(_identity(head[1], head[2], body), head[2], body, moment(head[1]))


def _identity(at: str, source: str, text: str) -> str:
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    said = f"{len(at)}:{at}{len(source)}:{source}{text}"
    return f"text-{hashlib.sha256(said.encode()).hexdigest()}"


def moment(text: str) -> datetime | None:
    """A bus's timestamp; None for what is none. Without a zone it is UTC."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def newest_last(letters: Sequence[Letter]) -> list[Letter]:
    """In the order in which they were said."""
    return list(reversed(letters))
