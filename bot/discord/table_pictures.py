"""Draws a table that is too wide for a phone as a picture, where Pillow is installed and a font has its characters.

Pillow is the extra ``cogswarm[pictures]``; without it, and for what no font here can show, tables stay lists.
"""

import importlib.util
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot.discord.columns import columns
from bot.work.surface import File

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

FEWEST_COLUMNS, FEWEST_ROWS, MOST_COLUMNS, MOST_ROWS = 3, 3, 10, 40
"""A smaller table reads better as a list; a larger one cannot be read in a picture."""
CELL_COLUMNS, CELL_LINES = 26, 4
MOST_ALT = 1_024
SIZE, PADDING, LEADING = 22, 12, 6
log = structlog.get_logger(__name__)

_PAPER, _HEAD, _STRIPE, _INK, _LINE = "#ffffff", "#e3e5e8", "#f6f6f7", "#1e1f22", "#c4c9ce"
_UNKNOWN = "\U0010fffe"
"""No font has this, so that it is drawn as what stands for a missing character."""
FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
NAMES = (
    "DejaVuSans.ttf",
    "LiberationSans-Regular.ttf",
    "NotoSans-Regular.ttf",
    "Arial.ttf",
    "arial.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansCJKjp-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "msgothic.ttc",
    "malgun.ttf",
    "Arial Unicode.ttf",
)
CJK = "漢字かな한글"


@dataclass(frozen=True, slots=True)
class Fonts:
    """The fonts that were found, the first that has a character draws it."""

    fonts: "tuple[FreeTypeFont, ...]"

    def have(self, text: str) -> bool:
        """Whether every character of a text can be drawn."""
        return all(one.isspace() or self.of(one) is not None for one in text)

    def of(self, character: str) -> "FreeTypeFont | None":
        """The font for a character."""
        return next((font for font in self.fonts if _has(font, character)), None)

    def runs(self, text: str) -> "Iterator[tuple[str, FreeTypeFont]]":
        """The text in pieces that one font draws."""
        piece, before = "", self.fonts[0]
        for character in text:
            font = before if character.isspace() else self.of(character) or before
            if font is not before and piece:
                yield piece, before
                piece = ""
            piece, before = piece + character, font
        if piece:
            yield piece, before

    def width(self, text: str) -> int:
        """How wide a line is, in pixels."""
        return sum(int(font.getlength(piece)) + 1 for piece, font in self.runs(text))


def can_draw() -> bool:
    """Whether Pillow is installed."""
    return importlib.util.find_spec("PIL") is not None


@lru_cache(maxsize=4)
def fonts(folders: tuple[str, ...] = FOLDERS) -> Fonts:
    """What is installed of the fonts that are known, and last the one that Pillow brings, which has Latin letters."""
    from PIL import ImageFont  # noqa: PLC0415 - an extra that need not be installed

    found: dict[str, Path] = {}
    for folder in folders:
        for path in Path(folder).expanduser().rglob("*.[to]t[tfc]"):
            found.setdefault(path.name, path)
    opened: list[FreeTypeFont] = []
    for path in (found[name] for name in NAMES if name in found):
        try:
            opened.append(ImageFont.truetype(str(path), SIZE))
        except OSError as error:
            log.warning("font_not_read", font=str(path), reason=str(error))
    own = ImageFont.load_default(SIZE)
    return Fonts((*opened, *([own] if isinstance(own, ImageFont.FreeTypeFont) else [])))


def drawn(rows: Sequence[Sequence[str]], name: str, *, using: Fonts | None = None) -> File | None:
    """The table as a picture whose alt text holds all that it says; None where it had better be a list."""
    if not can_draw() or not _suits(rows):
        return None
    alt = "\n".join(" | ".join(row) for row in rows)
    lines = [[_wrapped(cell) for cell in row] for row in rows]
    if len(alt) > MOST_ALT or any(len(cell) > CELL_LINES for row in lines for cell in row):
        return None
    chosen = using or fonts()
    if not chosen.fonts or not all(chosen.have(cell) for row in rows for cell in row):
        return None
    return File(name, _painted(lines, chosen), alt)


def _suits(rows: Sequence[Sequence[str]]) -> bool:
    return FEWEST_COLUMNS <= len(rows[0]) <= MOST_COLUMNS and FEWEST_ROWS < len(rows) <= MOST_ROWS


def _wrapped(cell: str) -> list[str]:
    """A cell's lines; wide characters count twice."""
    room = max(4, CELL_COLUMNS * len(cell) // max(1, columns(cell)))
    return textwrap.wrap(cell, room) or [""]


def _painted(rows: Sequence[Sequence[Sequence[str]]], chosen: Fonts) -> bytes:
    from PIL import Image, ImageDraw  # noqa: PLC0415 - an extra that need not be installed

    widths = [
        2 * PADDING + max(chosen.width(line) for row in rows for line in row[column])
        for column in range(len(rows[0]))
    ]
    heights = [2 * PADDING + max(map(len, row)) * (SIZE + LEADING) - LEADING for row in rows]
    image = Image.new("RGB", (sum(widths) + 1, sum(heights) + 1), _PAPER)
    draw = ImageDraw.Draw(image)
    top = 0
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        paper = _HEAD if number == 0 else _STRIPE if number % 2 == 0 else _PAPER
        draw.rectangle((0, top, image.width, top + height), fill=paper)
        left = 0
        for cell, width in zip(row, widths, strict=True):
            for place, line in enumerate(cell):
                _write(draw, (left + PADDING, top + PADDING + place * (SIZE + LEADING)), line, chosen)
            left += width
        draw.line((0, top + height, image.width, top + height), fill=_LINE)
        top += height
    content = BytesIO()
    image.save(content, "PNG", optimize=True)
    return content.getvalue()


def _write(draw: "ImageDraw", place: tuple[int, int], line: str, chosen: Fonts) -> None:
    left, top = place
    for piece, font in chosen.runs(line):
        draw.text((left, top + SIZE), piece, font=font, fill=_INK, anchor="ls")
        left += int(font.getlength(piece)) + 1


@lru_cache(maxsize=20_000)
def _has(font: "FreeTypeFont", character: str) -> bool:
    """Whether a font has a character: it is not drawn as what stands for a missing one."""
    return _looks(font, character) != _looks(font, _UNKNOWN)


def _looks(font: "FreeTypeFont", character: str) -> bytes:
    from PIL import Image, ImageDraw  # noqa: PLC0415 - an extra that need not be installed

    image = Image.new("L", (3 * SIZE, 3 * SIZE))
    ImageDraw.Draw(image).text((SIZE, SIZE), character, font=font, fill=255)
    return image.tobytes()
