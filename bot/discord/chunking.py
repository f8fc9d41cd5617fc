"""Cuts a text into messages of at most 2,000 characters without breaking what Discord would render.

What is open at a cut (a code fence, a spoiler, a quote) is closed at the end of the piece and opened again in the next.
Cuts fall at a blank line, a line end, a sentence or a space; never inside a link, a mention, a piece of inline code or
an emoji sequence, unless it is longer than a message.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

LIMIT = 2_000
"""Characters in a message's content (Discord, *Create Message*); counted as UTF-16 units to be safe."""

_FENCE = re.compile(r"^\s{0,3}(`{3,12}|~{3,12})([^\n`]*)$")
_QUOTE = re.compile(r"^(?:> ){1,4}")
_TO_THE_END = ">>> "
"""A quote that goes on to the end of the message (https://support.discord.com/hc/articles/210298617)."""
_WHOLE = re.compile(
    r"\[[^\]\n]{0,500}\]\(<?https?://[^)\s>]{1,1500}>?\)"  # a masked link
    r"|<?https?://[^\s>)]{1,1500}>?"
    r"|<(?:[@#][!&]?\d{1,20}|a?:\w{2,32}:\d{1,20}|t:-?\d{1,13}(?::[tTdDfFRsS])?|/[-\w ]{1,100}:\d{1,20}|id:\w{1,40}(?::\d{1,20})?)>"
    r"|(?<!`)`[^`\n]{1,300}`(?!`)"
)
_HIDDEN = re.compile(r"```[\s\S]+?```|(?<!`)`[^`\n]+`(?!`)|\|\|(?P<hidden>[\s\S]+?)\|\|")
_BARS = "||"
_ONE_UNIT = 0xFFFF
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_JOINERS = "\u200d\ufe0f\ufe0e"
_CLOSING = 32
"""Room that is kept for what closes a piece: a fence in a quote, and a spoiler."""


@dataclass(frozen=True, slots=True)
class _Open:
    """What is open at a cut: what closes it, and what opens it again."""

    closing: str = ""
    opening: str = ""
    in_fence: bool = False


def length(text: str) -> int:
    """The length as Discord's clients count it: UTF-16 code units."""
    return len(text) + sum(1 for character in text if ord(character) > _ONE_UNIT)


def cut_short(text: str, limit: int) -> str:
    """``text``, or as much of its beginning as fits with a mark that it goes on."""
    if length(text) <= limit:
        return text
    return f"{text[: _whole_character(text, _units_to_index(text, limit - 1))].rstrip()}…"


def chunks(text: str, limit: int = LIMIT) -> list[str]:
    """Cut ``text``; joined again, the pieces are the text but for what is re-opened and white space at cuts."""
    rest = text.strip("\n")
    pieces: list[str] = []
    head = ""
    while rest.strip():
        if len(head) + len(rest) <= limit:
            # A fence that the author left open is closed too, or what others write next would look odd.
            whole = head + rest + _fence(head + rest).closing
            if length(whole) <= limit:
                pieces.append(whole)
                break
        cut = _cut(rest, limit - length(head) - _CLOSING)
        cut = _outside_bars(head, rest, cut)
        piece, after = head + rest[:cut].rstrip(), rest[cut:]
        at_line_end = after.startswith("\n") or rest[:cut].endswith("\n")
        open_here = _open(head + rest, piece, at=len(head) + cut, at_line_end=at_line_end)
        if rest[:cut].strip():
            pieces.append(piece + open_here.closing)
        head, rest = open_here.opening, _trimmed(after, open_here)
        if head.endswith(_BARS) and rest.startswith(_BARS):
            head, rest = head.removesuffix(_BARS), rest.removeprefix(_BARS).lstrip()
        elif head.endswith(_BARS) and _is_fence(rest.partition("\n")[0]):
            head += "\n"
    return pieces


def _trimmed(rest: str, open_here: _Open) -> str:
    """In a fence the white space at the beginning of a line means something."""
    return rest.removeprefix("\n") if open_here.in_fence else rest.lstrip("\n").lstrip(" ")


def _open(whole: str, piece: str, *, at: int, at_line_end: bool) -> _Open:
    """What is open at the end of ``piece``, which is ``whole`` up to ``at``."""
    fence = _fence(piece)
    to_the_end = (
        _TO_THE_END
        if any(line.startswith(_TO_THE_END) and not before.in_fence for line, before, _ in _walked(piece))
        else ""
    )
    last = piece.rpartition("\n")[2]
    quoted = _QUOTE.match(last)
    quote = quoted[0] if quoted and not at_line_end and not to_the_end else ""
    hidden = any(start < at < end for start, end in _hidden(whole, at))
    closing, opening = fence.closing, to_the_end
    if hidden:
        closing += f"\n{_BARS}" if fence.in_fence or _is_fence(last) else _BARS
    if fence.in_fence:
        opening += f"{_BARS}\n{fence.opening}\n{quote}" if hidden else f"{fence.opening}\n{quote}"
    else:
        opening += quote + (_BARS if hidden else "")
    return _Open(closing, opening, in_fence=fence.in_fence)


def _fence(piece: str) -> _Open:
    """The fence that is still open at the end of ``piece``."""
    return deque(_walked(piece), maxlen=1)[0][2]


def _walked(piece: str) -> Iterator[tuple[str, _Open, _Open]]:
    """Each line with the fence that is open before it, and after it."""
    before = after = _Open()
    fence = quote = ""
    for line in piece.split("\n"):
        if fence and quote and not line.startswith(quote.rstrip()):
            fence, after = "", _Open()  # with the quote ends what is in it
        before = after
        prefix = _prefix(line)
        match = _FENCE.match(line[len(prefix) :])
        prefix = prefix.removeprefix(_TO_THE_END)
        if match and not fence:
            fence, quote = match[1], prefix
            opening = f"{quote}{fence}{match[2].strip()[:40]}"
            after = _Open(f"\n{quote}{fence}", opening, in_fence=True)
        elif match and prefix == quote and match[1].startswith(fence) and not match[2].strip():
            fence, after = "", _Open()
        yield line, before, after


def _is_fence(line: str) -> bool:
    return _FENCE.match(line[len(_prefix(line)) :]) is not None


def _prefix(line: str) -> str:
    """The marks of a quote at the beginning of a line."""
    if line.startswith(_TO_THE_END):
        return _TO_THE_END
    found = _QUOTE.match(line)
    return found[0] if found else ""


def _hidden(whole: str, until: int) -> Iterator[tuple[int, int]]:
    """The spoilers that begin before ``until``, from their first bars to the end of their last."""
    for found in _HIDDEN.finditer(whole):
        if found.start() >= until:
            return
        if found["hidden"] is not None:
            yield found.span()


def _outside_bars(head: str, rest: str, cut: int) -> int:
    """Move a cut that would fall between the bars of a spoiler, or leave nothing between them, to before them."""
    at = len(head) + cut
    for start, end in _hidden(head + rest, at):
        if start < at < start + 3 and start > len(head):
            return start - len(head)
        if end - 2 < at < end:
            return max(1, end - 2 - len(head))
    return cut


def _cut(text: str, room: int) -> int:
    """Where to cut: the last good place in the first ``room`` UTF-16 units."""
    hard = _units_to_index(text, room)
    window = text[:hard]
    for mark, at_least in (("\n\n", hard // 2), ("\n", hard // 3), (". ", hard // 3), (" ", hard // 4)):
        found = window.rfind(mark)
        while found > at_least:
            place = found + len(mark.rstrip() or "") if mark.strip() else found
            place = max(place, 1)
            if _around(text, place) is None:
                return place
            found = window.rfind(mark, 0, found)
    return _whole_character(text, _before_whole(text, hard))


def _units_to_index(text: str, units: int) -> int:
    used = 0
    for index, character in enumerate(text):
        used += 2 if ord(character) > _ONE_UNIT else 1
        if used > units:
            return index
    return len(text)


def _around(text: str, place: int) -> tuple[int, int] | None:
    """What must stay whole and would be cut at ``place``."""
    for match in _WHOLE.finditer(text, 0, place + 2_100):
        if match.start() >= place:
            return None
        if place < match.end():
            return match.span()
    return None


def _before_whole(text: str, place: int) -> int:
    span = _around(text, place)
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
