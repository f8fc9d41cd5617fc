"""Cuts a long text into pieces that are found one by one; put together they are the text again."""

import re

from bot.memory.subject import BODY_EMBEDDED

_ENDS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[.!?]+[\"')\]]*\s+"),
    re.compile(r"\s+"),
)
_SHORTEST = 0.5


def pieces(text: str, most: int = BODY_EMBEDDED) -> list[str]:
    """Cut ``text`` into pieces of at most ``most`` characters, at the end of a paragraph, line, sentence or word.

    Nothing is left out or said twice: the pieces, joined, are ``text``. An empty text is one empty piece.
    """
    found: list[str] = []
    while len(text) > most:
        cut = _cut(text, most)
        found.append(text[:cut])
        text = text[cut:]
    return [*found, text] if text or not found else found


def _cut(text: str, most: int) -> int:
    """Where the first piece ends: at the best kind of end that leaves it not too short."""
    for end in _ENDS:
        ends = [match.end() for match in end.finditer(text, 0, most)]
        if ends and ends[-1] >= most * _SHORTEST:
            return ends[-1]
    return most
