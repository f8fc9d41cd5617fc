"""Cuts a text into messages of at most 2,000 characters without breaking what Discord would render.

Code fences are closed at the end of a piece and opened again in the next; cuts fall at a blank line, a line end,
a sentence or a space, never inside a masked link or between the halves of an emoji sequence.
"""

import re
import unicodedata

LIMIT = 2_000
"""Characters in a message's content (Discord, *Create Message*); counted as UTF-16 units to be safe."""

_FENCE = re.compile(r"^\s{0,3}(`{3,12}|~{3,12})([^\n`]*)$")
_LINK = re.compile(r"\[[^\]\n]{0,500}\]\(<?https?://[^)\s>]{1,1500}>?\)|<?https?://[^\s>)]{1,1500}>?")
_ONE_UNIT = 0xFFFF
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_JOINERS = "\u200d\ufe0f\ufe0e"


def length(text: str) -> int:
    """The length as Discord's clients count it: UTF-16 code units."""
    return len(text) + sum(1 for character in text if ord(character) > _ONE_UNIT)


def chunks(text: str, limit: int = LIMIT) -> list[str]:
    """Cut ``text``; joined again, the pieces are the text but for re-opened fences and white space at cuts."""
    rest = text.strip("\n")
    pieces: list[str] = []
    opening = ""
    while rest.strip():
        head = f"{opening}\n" if opening else ""
        # A fence that the author left open is closed too, or what others write next would look odd.
        whole = head + rest + _open_fence(head + rest)[1]
        if length(whole) <= limit:
            pieces.append(whole)
            break
        room = limit - length(head) - 16
        cut = _cut(rest, room)
        piece, rest = rest[:cut].rstrip(), rest[cut:]
        opening, closing = _open_fence(head + piece)
        rest = rest[1:] if opening and rest.startswith("\n") else rest.lstrip("\n") if not opening else rest
        if not opening:
            rest = rest.lstrip(" ")
        if piece.strip():
            pieces.append(f"{head}{piece}{closing}")
    return pieces


def _open_fence(piece: str) -> tuple[str, str]:
    """The fence line that is still open at the end of ``piece`` and what closes it, or two empty strings."""
    fence, info = "", ""
    for line in piece.split("\n"):
        match = _FENCE.match(line)
        if match is None:
            continue
        if not fence:
            fence, info = match[1], match[2].strip()[:40]
        elif match[1].startswith(fence) and not match[2].strip():
            fence, info = "", ""
    return (f"{fence}{info}", f"\n{fence}") if fence else ("", "")


def _cut(text: str, room: int) -> int:
    """Where to cut: the last good place in the first ``room`` UTF-16 units."""
    hard = _units_to_index(text, room)
    window = text[:hard]
    for mark, at_least in (("\n\n", hard // 2), ("\n", hard // 3), (". ", hard // 3), (" ", hard // 4)):
        found = window.rfind(mark)
        while found > at_least:
            place = found + len(mark.rstrip() or "") if mark.strip() else found
            place = max(place, 1)
            if not _inside_link(text, place):
                return place
            found = window.rfind(mark, 0, found)
    return _whole_character(text, _before_link(text, hard))


def _units_to_index(text: str, units: int) -> int:
    used = 0
    for index, character in enumerate(text):
        used += 2 if ord(character) > _ONE_UNIT else 1
        if used > units:
            return index
    return len(text)


def _link_around(text: str, place: int) -> tuple[int, int] | None:
    start = max(0, place - 2_100)
    for match in _LINK.finditer(text, start, place + 2_100):
        if match.start() < place < match.end():
            return match.span()
    return None


def _inside_link(text: str, place: int) -> bool:
    return _link_around(text, place) is not None


def _before_link(text: str, place: int) -> int:
    span = _link_around(text, place)
    return span[0] if span and span[0] > 0 else place


def _whole_character(text: str, place: int) -> int:
    """Move back so that combining marks, joiners and variation selectors stay with their character."""
    back = place
    while back > max(1, place - 32) and _belongs_to_previous(text, back):
        back -= 1
    return back if back > 1 else place


def _belongs_to_previous(text: str, index: int) -> bool:
    if index >= len(text):
        return False
    character = text[index]
    return (
        unicodedata.combining(character) != 0
        or character in _JOINERS
        or text[index - 1] == "\u200d"
        or ord(character) in _SKIN_TONES
    )
