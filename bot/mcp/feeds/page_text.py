"""Finding the words of a web page that are its subject, and not its menus.

A page's text is cut into blocks. A block counts where it stands in what the page marks as its content
(``article``, ``main``), or else where it is prose: long enough, few links, and its parent holds much such
prose. This is the well-known part of readability algorithms; the libraries that do more bring an HTML
parser in C and a dozen packages for pages that feeds rarely link to.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import dropwhile
from typing import override

from bot.mcp.feeds.html_text import VOID, shortened, tidy

_SKIPPED = frozenset(
    {"script", "style", "noscript", "template", "svg", "math", "iframe", "object", "canvas", "nav", "footer",
     "aside", "form", "button", "select", "textarea", "audio", "video", "dialog", "menu", "title"}
)  # fmt: skip
_PARAGRAPHS = frozenset(
    {"p", "li", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "dd", "dt", "td", "th", "figcaption", "br",
     "div", "section"}
)  # fmt: skip
_ENDED_BY_THE_NEXT = frozenset({"p", "li", "dd", "dt", "tr", "td", "th"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CONTENT = frozenset({"article", "main"})
_MOST_DEPTH = 500
_SHORT = 60
_MOST_LINKED = 0.5


@dataclass(slots=True)
class _Block:
    parent: int
    in_content: bool
    heading: bool
    text: list[str] = field(default_factory=list[str])
    linked: int = 0

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())

    def is_prose(self) -> bool:
        return len(self.words) >= _SHORT and not self.is_mostly_links()

    def is_mostly_links(self) -> bool:
        return self.linked > len(self.words) * _MOST_LINKED


def main_text(html: str, limit: int) -> str:
    """The main text of a page, at most ``limit`` characters; empty where there is nothing that reads like one."""
    reader = _PageReader()
    reader.feed(html)
    reader.close()
    blocks = [block for block in reader.blocks if block.words]
    marked = [block for block in blocks if block.in_content]
    chosen = (
        marked
        if sum(len(block.words) for block in marked if block.is_prose()) >= _SHORT
        else _densest(blocks)
    )
    lines = [
        block.words for block in _from_first_prose(chosen) if block.heading or not block.is_mostly_links()
    ]
    return shortened(tidy("\n".join(lines), limit * 2), limit)


def _densest(blocks: list[_Block]) -> list[_Block]:
    """The prose of the parents that hold most of it, with the headings and short lines in between."""
    weight: defaultdict[int, int] = defaultdict(int)
    for block in blocks:
        if block.is_prose():
            weight[block.parent] += len(block.words)
    most = max(weight.values(), default=0)
    parents = {parent for parent, size in weight.items() if size * 3 >= most}
    places = [place for place, block in enumerate(blocks) if block.is_prose() and block.parent in parents]
    return [
        block
        for block in blocks[: places[-1] + 1 if places else 0]
        if block.heading or block.is_prose() or block.parent in parents
    ]


def _from_first_prose(blocks: list[_Block]) -> list[_Block]:
    """Without what stands above a text: its title, which is known, its author, buttons to share it."""
    return list(dropwhile(lambda block: not block.is_prose(), blocks))


@dataclass(slots=True)
class _Open:
    tag: str
    number: int


class _PageReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[_Block] = []
        self._open: list[_Open] = [_Open("", 0)]
        self._count = 0
        self._skipping = 0
        self._content = 0
        self._links = 0
        self._fresh = True

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _PARAGRAPHS:
            self._fresh = True
        if tag in VOID or len(self._open) >= _MOST_DEPTH:
            return
        if tag in _ENDED_BY_THE_NEXT and self._open[-1].tag == tag:
            self._open.pop()
        self._count += 1
        self._open.append(_Open(tag, self._count))
        self._note(tag, 1)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._fresh = True
        if not any(element.tag == tag for element in self._open):
            return
        while self._open:
            closed = self._open.pop()
            self._note(closed.tag, -1)
            if closed.tag == tag:
                return

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _PARAGRAPHS:
            self._fresh = True

    @override
    def handle_data(self, data: str) -> None:
        if self._skipping or not data.strip():
            if self.blocks and not self._fresh and data and not self._skipping:
                self.blocks[-1].text.append(" ")
            return
        if self._fresh:
            self._start_block()
        self.blocks[-1].text.append(data)
        if self._links:
            self.blocks[-1].linked += len(data.strip())

    def _note(self, tag: str, change: int) -> None:
        self._skipping += change if tag in _SKIPPED else 0
        self._content += change if tag in _CONTENT else 0
        self._links += change if tag == "a" else 0

    def _start_block(self) -> None:
        tags = [element.tag for element in self._open[-4:]]
        around = [element for element in self._open if element.tag not in _INLINE_OR_PARAGRAPH]
        self.blocks.append(
            _Block(around[-1].number, bool(self._content), any(tag in _HEADINGS for tag in tags))
        )
        self._fresh = False


_INLINE_OR_PARAGRAPH = frozenset(
    {"p", "a", "span", "b", "i", "em", "strong", "code", "small", "sup", "sub", "q", "cite", "abbr", "time", "u", "s",
     "mark", "font", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "dd", "dt", "pre"}
)  # fmt: skip
