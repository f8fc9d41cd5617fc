"""A plan: the parts that a task is split into, as a leader proposes them and as people change them, without a database."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from bot.errors import UserError
from bot.work.circles.graph import circles

LONGEST_TITLE, LONGEST_TEXT, MOST_SKILLS, LONGEST_SKILL = 90, 2_000, 8, 40
MOST_PARTS = 20

TOO_MANY = "A plan has at most {most} parts here, and this one has {count}; put some of them together."
NO_TITLE = "Part {number} needs a title."
LONG_TEXT = "What part {number} says is longer than {most} letters."
SKILLS = "Part {number} may take at most {most} things, of {long} letters each."
NO_SUCH_PART = "Part {number} comes after part {other}, which there is not."
CIRCLE = "The parts wait for each other in a circle: {way}. Take one of these out of “after”."
NO_NUMBER = (
    "Begin each part with its number, such as “1. Paint the fence”; this line is before the first: {line}"
)
TWICE = "There are two parts with the number {number}."

_HEAD = re.compile(r"(\d{1,3})[.)]\s*(.*)")
_NUMBERS = re.compile(r"\s*#?\d{1,3}(\s*,\s*#?\d{1,3})*\s*")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a task. ``takes`` are capabilities; ``after`` the numbers (from 1) of the parts before it."""

    title: str
    text: str = ""
    takes: tuple[str, ...] = ()
    after: tuple[int, ...] = ()


PARTS = TypeAdapter(tuple[Part, ...])


def checked(parts: Sequence[Part], most: int) -> tuple[Part, ...]:
    """The parts, tidied. Raises `UserError` with a sentence for what cannot be carried out."""
    if len(parts) > most:
        raise UserError(TOO_MANY.format(most=most, count=len(parts)))
    tidy = tuple(_tidy(number, one) for number, one in enumerate(parts, 1))
    for number, one in enumerate(tidy, 1):
        for other in one.after:
            if not 1 <= other <= len(tidy):
                raise UserError(NO_SUCH_PART.format(number=number, other=other))
    found = circles({number: [(other,) for other in one.after] for number, one in enumerate(tidy, 1)})
    if found:
        way = " → ".join(str(one) for one in (*found[0], found[0][0]))
        raise UserError(CIRCLE.format(way=way))
    return tidy


def in_order(parts: Sequence[Part]) -> list[int]:
    """The numbers of `checked` parts so that each comes after those before it."""
    done: list[int] = []
    left = list(range(1, len(parts) + 1))
    while left:
        number = next(one for one in left if set(parts[one - 1].after) <= set(done))
        left.remove(number)
        done.append(number)
    return done


def written(parts: Sequence[Part]) -> str:
    """The parts as people change them; `read` reads it again."""
    lines: list[str] = []
    for number, one in enumerate(parts, 1):
        lines.append(f"{number}. {one.title}")
        lines += [f"   {line}" for line in one.text.splitlines() if line.strip()]
        if one.takes:
            lines.append(f"   takes: {', '.join(one.takes)}")
        if one.after:
            lines.append(f"   after: {', '.join(map(str, one.after))}")
    return "\n".join(lines)


def read(text: str) -> tuple[Part, ...]:
    """What somebody wrote as parts; they may be numbered as one likes. Raises `UserError`."""
    found: dict[int, _Written] = {}
    now: _Written | None = None
    for line in text.splitlines():
        head = _HEAD.fullmatch(line.strip()) if not line.startswith((" ", "\t")) else None
        if head is not None:
            number = int(head[1])
            if number in found:
                raise UserError(TWICE.format(number=number))
            now = found[number] = _Written(head[2], [], (), "")
        elif line.strip() and now is None:
            raise UserError(NO_NUMBER.format(line=line.strip()[:80]))
        elif now is not None:
            found[list(found)[-1]] = now = now.with_line(line.strip())
    place = {number: at for at, number in enumerate(found, 1)}
    return tuple(one.part(number, place) for number, one in found.items())


@dataclass(frozen=True, slots=True)
class _Written:
    title: str
    text: list[str]
    takes: tuple[str, ...]
    after: str

    def with_line(self, line: str) -> "_Written":
        name, colon, value = line.partition(":")
        match name.strip().casefold() if colon else "":
            case "takes":
                return _Written(self.title, self.text, tuple(value.split(",")), self.after)
            case "after" if _NUMBERS.fullmatch(value):
                return _Written(self.title, self.text, self.takes, value)
            case _:
                return _Written(self.title, [*self.text, *([line] if line else [])], self.takes, self.after)

    def part(self, number: int, place: dict[int, int]) -> Part:
        wanted = [one.strip().removeprefix("#") for one in self.after.split(",") if one.strip()]
        missing = next((one for one in wanted if int(one) not in place), None)
        if missing is not None:
            raise UserError(NO_SUCH_PART.format(number=number, other=missing))
        after = tuple(place[int(one)] for one in wanted)
        return Part(self.title, "\n".join(self.text), self.takes, after)


def _tidy(number: int, part: Part) -> Part:
    title = " ".join(part.title.split())[:LONGEST_TITLE]
    takes = tuple(sorted({one.strip().casefold() for one in part.takes if one.strip()}))
    if not title:
        raise UserError(NO_TITLE.format(number=number))
    if len(part.text) > LONGEST_TEXT:
        raise UserError(LONG_TEXT.format(number=number, most=LONGEST_TEXT))
    if len(takes) > MOST_SKILLS or any(len(one) > LONGEST_SKILL for one in takes):
        raise UserError(SKILLS.format(number=number, most=MOST_SKILLS, long=LONGEST_SKILL))
    return Part(title, part.text.strip(), takes, tuple(sorted(set(part.after))))
