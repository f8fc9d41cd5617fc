"""Turns Markdown that Discord does not render into Markdown that it does.

Discord knows headings of three levels, lists, quotes, code, and links; tables, deeper headings, formulas, pictures and
rules stand there as they were typed (https://support.discord.com/hc/articles/210298617). Everything else is left
exactly as it was written.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.discord.columns import columns

type Draw = Callable[[Sequence[Sequence[str]]], str | None]
"""Shows a wide table, by its rows of plain cells, in another way: what stands in its place, or None."""

WIDEST = 40
"""Columns of a code block that a phone shows without wrapping."""
DEEPEST_HEADING = 3

_PARSER = MarkdownIt("commonmark").enable("table")
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_PICTURE = re.compile(r"!\[([^\]\n]{0,300})\]\(\s*<?([^)\s>]{1,2000})>?[^)\n]{0,200}\)")
_BLOCK_FORMULA = re.compile(r"\$\$(.{1,2000}?)\$\$|\\\[(.{1,2000}?)\\\]", re.DOTALL)
_INLINE_FORMULA = re.compile(
    r"\\\((.{1,500}?)\\\)|(?<![\w$\\])\$(?=[^\s$])([^$\n]{1,300}?)(?<=[^\s\\])\$(?![\w$])"
)
_MATHEMATICAL = re.compile(r"[\\^_={}]")
"""What tells a formula between dollars from two prices."""


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    text: str


def as_discord_shows(text: str, draw: Draw | None = None) -> str:
    """``text`` with tables as lists or narrow code blocks, deep headings bold, formulas as code, pictures as links.

    A wide table without links may be shown in another way by ``draw``.
    """
    lines = text.split("\n")
    shown: list[str] = []
    place = 0
    for block in _changed_blocks(text, lines, draw):
        shown.extend(lines[place : block.start])
        shown.append(block.text)
        place = block.end
    shown.extend(lines[place:])
    return "\n".join(shown)


def _changed_blocks(text: str, lines: Sequence[str], draw: Draw | None) -> Iterator[_Block]:
    tokens = _PARSER.parse(text)
    place = 0
    for index, token in enumerate(tokens):
        if token.map is None or token.map[0] < place:
            continue
        start, end = token.map
        source = "\n".join(lines[start:end])
        changed = _changed(tokens, index, source, draw)
        if changed is not None:
            place = end
            if changed != source:
                yield _Block(start, end, changed)


def _changed(tokens: Sequence[Token], index: int, source: str, draw: Draw | None) -> str | None:
    """What a block becomes; None where its parts are to be looked at one by one."""
    token = tokens[index]
    match token.type:
        case "fence" | "code_block" | "html_block":
            return source
        case "table_open" if token.level == 0:
            return _table(tokens, index, draw)
        case "heading_open" if int(token.tag[1:]) > DEEPEST_HEADING and token.level == 0:
            return f"**{tokens[index + 1].content.replace('**', '')}**"
        case "hr" if token.level == 0:
            return "⎯" * 12
        case "inline":
            return _inline(source)
        case _:
            return None


def _inline(source: str) -> str:
    """A paragraph, outside its code spans."""
    parts: list[str] = []
    place = 0
    for span in _CODE_SPAN.finditer(source):
        parts += [_prose(source[place : span.start()]), span[0]]
        place = span.end()
    return "".join([*parts, _prose(source[place:])])


def _prose(text: str) -> str:
    text = _PICTURE.sub(lambda found: f"[{found[1] or 'picture'}](<{found[2]}>)", text)
    text = _BLOCK_FORMULA.sub(lambda found: _code(found[1] or found[2]), text)
    return _INLINE_FORMULA.sub(_inline_formula, text)


def _inline_formula(found: re.Match[str]) -> str:
    if found[1] is None and not _MATHEMATICAL.search(found[2]):
        return found[0]
    return _code(found[1] or found[2])


def _code(formula: str) -> str:
    content = " ".join(formula.split())
    return f"`` {content} ``" if "`" in content else f"`{content}`"


def _table(tokens: Sequence[Token], index: int, draw: Draw | None) -> str:
    rows = list(_rows(tokens, index))
    widths = [max((columns(_bare(row[column])) for row in rows), default=0) for column in range(len(rows[0]))]
    whole = sum(widths) + 2 * (len(widths) - 1)
    has_links = any("](" in cell or "://" in cell for row in rows for cell in row)
    if whole <= WIDEST and not has_links:
        return "\n".join(["```", *_aligned(rows, widths), "```"])
    picture = None if draw is None or has_links else draw([[_bare(cell) for cell in row] for row in rows])
    return picture or "\n".join(_listed(rows))


def _rows(tokens: Sequence[Token], index: int) -> Iterator[list[str]]:
    """The cells of each row, the heading's first."""
    row: list[str] = []
    for token in tokens[index:]:
        if token.type == "inline":
            row.append(" ".join(token.content.split()))
        elif token.type == "tr_close":
            yield row
            row = []
        elif token.type == "table_close":
            return


def _aligned(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for number, row in enumerate(rows):
        cells = [_bare(cell) for cell in row]
        padded = [cell + " " * (width - columns(cell)) for cell, width in zip(cells, widths, strict=True)]
        yield "  ".join(padded).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)


def _listed(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    heading, *body = rows
    for row in body:
        first, *others = row
        named = [
            f"{name}: {cell}" if name else cell
            for name, cell in zip(heading[1:], others, strict=True)
            if cell
        ]
        label = f"**{_bare(first)}**" if first and "](" not in first and "://" not in first else first
        yield "- " + " · ".join([part for part in (label, "; ".join(named)) if part])
    if not body:
        yield "**" + " · ".join(_bare(cell) for cell in heading) + "**"


def _bare(cell: str) -> str:
    """A cell as plain text, for where Markdown is not read."""
    return re.sub(r"[*_`~|]{1,3}", "", cell).strip()
