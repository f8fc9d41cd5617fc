"""Turning HTML into plain text. The HTML is hostile until shown otherwise: it is only ever read, never kept."""

import re
from html.parser import HTMLParser
from typing import override

_SILENT = frozenset(
    {"script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "canvas", "select",
     "audio", "video", "title", "textarea", "button"}
)  # fmt: skip
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "main", "li", "ul", "ol", "dl", "dt", "dd", "table", "tr", "h1", "h2", "h3",
     "h4", "h5", "h6", "blockquote", "pre", "br", "hr", "figure", "figcaption", "header", "footer", "aside", "nav",
     "form", "body", "address", "details", "summary"}
)  # fmt: skip
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_SPACES = re.compile(r"[^\S\n]+")
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z/!][^<>]*>|&#?\w{1,10};")


def plain_text(html: str, limit: int) -> str:
    """The words of ``html``, blocks on lines of their own, at most ``limit`` characters."""
    if not _LOOKS_LIKE_HTML.search(html):
        return tidy(html, limit)
    reader = _TextReader(limit * 4)
    reader.feed(html)
    reader.close()
    return tidy("".join(reader.pieces), limit)


def tidy(text: str, limit: int) -> str:
    """Drop what cannot be seen and needless space; cut at a word, with an ellipsis, beyond ``limit``."""
    visible = _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    lines = (_SPACES.sub(" ", line).strip() for line in visible.split("\n"))
    return shortened("\n".join(line for line in lines if line), limit)


def one_line(text: str, limit: int) -> str:
    """`plain_text` without line breaks, for titles and names."""
    return shortened(" ".join(plain_text(text, limit * 2).split()), limit)


def shortened(text: str, limit: int) -> str:
    """Cut at a word, with an ellipsis, beyond ``limit`` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at_word = cut.rsplit(None, 1)[0] if any(character.isspace() for character in cut[-40:]) else cut
    return at_word.rstrip() + "…"


class _TextReader(HTMLParser):
    def __init__(self, limit: int) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._room = limit
        self._silent: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT and tag not in VOID:
            self._silent.append(tag)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            while self._silent.pop() != tag:
                pass
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    @override
    def handle_data(self, data: str) -> None:
        if not self._silent and self._room > 0:
            self.pieces.append(data[: self._room])
            self._room -= len(data)
