# ruff: noqa: RUF001 # telling look-alike punctuation apart is what this file is for
"""Splits text into sentences that can be quoted on their own.

Made for what feeds, pages and chats hold: wrapped lines, bullet lists, headings, abbreviations, decimals,
URLs, code, CJK and other scripts' full stops, and text that has no sentences at all.
"""

import re
from collections.abc import Iterator

from bot.llm.offline.wordlists import word_set

LONGEST = 400
"""Characters; what is longer is cut at a clause, a space, or in the middle of a word if it must be."""

_ABBREVIATIONS = word_set(
    "mr mrs ms dr prof st sr jr vs eds al inc ltd corp dept approx ca cf e.g i.e eg ie a.m p.m u.s u.k u.n"
    " ph.d m.sc b.sc gen col sgt rev hon mt resp incl bzw z.b d.h u.a"
)
_BEFORE_NUMBERS = word_set(
    "no nos vol p pp fig figs eq sec ch art ver v jan feb mar apr jun jul aug sep sept oct nov dec nr"
)
_BULLET = re.compile(r"^\s{0,12}(?:[-*+•‣▪–—]|\(?\d{1,3}[.)])\s+|^\s{0,12}>+\s?")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+")
_FENCE = re.compile(r"^\s{0,12}(?:```|~~~)")
_FULL_STOP = "。！？｡।॥؟۔։።။។"
_CLOSING = "\"'”’»›)]}」』）】》〉*_"
_END = re.compile(
    # Possessive, and only from the start of a run: a hundred thousand dots must not cost their square.
    rf"(?<![.!?…])[.!?…]++[{re.escape(_CLOSING)}]*+(?=\s)|[{_FULL_STOP}]++[{re.escape(_CLOSING)}]*+"
)
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]+$")
_CLAUSE_END = re.compile(r"[;:,，；：、](?=\s|[^\x00-\x7f])")
_WRAPPED, _WRAPPED_BEFORE_LOWER = 50, 30
_CUT_FROM = 0.4


def split_sentences(text: str) -> list[str]:
    """The sentences of ``text``, trimmed, whitespace made single; fenced code is left out."""
    return [
        piece
        for block in _blocks(visible(text))
        for sentence in _split_block(block)
        for piece in _within_limit(sentence)
    ]


def points_back(sentence: str) -> bool:
    """Whether ``sentence`` begins with "it", "the same", "but" or the like, and so needs the one before it."""
    return bool(_PRONOUN.match(sentence.lstrip("\"'“‘«*_")))


_PRONOUN = re.compile(
    r"(?:it|its|they|their|these|this|that|those|such|he|she|his|her|both|the (?:same|latter|former|other|others)"
    r"|after that|because of (?:this|that)|for (?:this|that|these)|but|and|yet|so|however|also|another|here|then)\b",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    """``text`` without control characters, and without those that turn the reading direction around.

    The latter could make a quote show its citation, or the words after it, in another order.
    """
    return _HIDDEN.sub("", _LINE_ENDS.sub("\n", text))


_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Not U+200C and U+200D: some scripts and emoji cannot be written without them."""


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs, list items and headings, each on one line."""
    block: list[str] = []
    for line in _outside_code(text.split("\n")):
        bare = line.strip()
        starts_new = _BULLET.match(line) or _HEADING.match(line)
        if block and (not bare or starts_new or not _continues(block[-1], bare)):
            yield " ".join(block)
            block = []
        content = " ".join(_HEADING.sub("", _BULLET.sub("", line)).split())
        if content:
            block.append(content)
        if block and _HEADING.match(line):
            yield " ".join(block)
            block = []
    if block:
        yield " ".join(block)


def _outside_code(lines: list[str]) -> Iterator[str]:
    fences = [index for index, line in enumerate(lines) if _FENCE.match(line)]
    # A fence that is never closed is text: it must not hide the rest.
    closed = fences[: len(fences) // 2 * 2]
    inside = set[int]()
    for start, end in zip(closed[::2], closed[1::2], strict=True):
        inside.update(range(start, end + 1))
    for index, line in enumerate(lines):
        yield "" if index in inside else line


def _continues(previous: str, line: str) -> bool:
    """Whether ``line`` is the rest of a wrapped paragraph and not a thing of its own (a chat line)."""
    narrowest = _WRAPPED_BEFORE_LOWER if line[:1].islower() else _WRAPPED
    return len(previous) >= narrowest and previous[-1] not in f".!?…:{_FULL_STOP}"


def _split_block(block: str) -> Iterator[str]:
    start = 0
    for match in _END.finditer(block):
        end = match.end()
        if match.group()[0] in _FULL_STOP or _is_boundary(block, match.start(), match.group(), end):
            if sentence := block[start:end].strip():
                yield sentence
            start = end
    if rest := block[start:].strip():
        yield rest


def _is_boundary(block: str, at: int, mark: str, end: int) -> bool:
    following = block[end : end + 40].lstrip().lstrip("\"'“‘«([*_—–-")
    if following[:1].islower():
        return False
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    found = _LAST_WORD.search(block[max(0, at - 40) : at])
    word = found.group() if found else ""
    if len(word) == 1 and word.isupper() and word != "I":
        return False  # an initial: J. R. R. Tolkien
    if following[:1].isdigit() and word.casefold() in _BEFORE_NUMBERS:
        return False
    return word.casefold() not in _ABBREVIATIONS


def _within_limit(sentence: str) -> Iterator[str]:
    start = 0
    while len(sentence) - start > LONGEST:
        end = start + _cut_at(sentence[start : start + LONGEST - 1])
        yield sentence[start:end].strip() + "…"
        start = end
    if rest := sentence[start:].strip():
        yield rest


def _cut_at(head: str) -> int:
    earliest = int(LONGEST * _CUT_FROM)
    clauses = [match.end() for match in _CLAUSE_END.finditer(head) if match.end() > earliest]
    if clauses:
        return clauses[-1]
    space = head.rfind(" ")
    return space if space > earliest else len(head)
