"""Keeps of an answer what rests on sources that were fetched; only code turns a source's number into a link."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cogswarm import plain

_MARK = re.compile(r"\[\s*([A-Za-z]?\d{1,4}(?:\s*[,;]\s*[A-Za-z]?\d{1,4})*)\s*\]")
# Where a sentence may end: a full stop, perhaps a closing quote, the marks behind it, then white space.
_STOP = re.compile(r"[.!?…][\"”')]*(?:\s*\[[^\]\n]{1,40}\])*[.,;]?\s+(?![\s\[])")
_ABBREVIATIONS = frozenset(
    ["e.g", "i.e", "etc", "approx", "vs", "cf", "al", "dr", "mr", "mrs", "ms", "no", "nos", "st", "fig"]
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_MAY_BE_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)]?(?:\s|$))")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with the ids of the sources it rests on, without their marks."""

    text: str
    cited: tuple[str, ...]
    bullet: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """The claims that rest on known sources; how many did not; and which ids nobody fetched."""

    claims: tuple[Claim, ...]
    uncited: int
    unknown: tuple[str, ...]

    @property
    def cited(self) -> frozenset[str]:
        """Every source that a claim rests on."""
        return frozenset(one for claim in self.claims for one in claim.cited)


def check(answer: str, known: frozenset[str]) -> Checked:
    """Split ``answer`` into claims and drop ids that are not ``known`` and claims left without any."""
    claims: list[Claim] = []
    unknown: list[str] = []
    uncited = 0
    for line in answer.splitlines():
        bullet = _BULLET.match(line)
        before: list[str] = []
        for sentence in _sentences(line[bullet.end() :] if bullet else line):
            ids = [one for marks in _MARK.findall(sentence) for one in re.split(r"\s*[,;]\s*", marks)]
            text = _without_marks(sentence)
            if not re.search(r"\w", text):
                continue
            unknown += [one for one in ids if one not in known]
            cited = tuple(dict.fromkeys(one for one in ids if one in known))
            if not cited:
                before.append(text)
                continue
            # A bullet makes one point: its last mark stands for all of it that comes before.
            whole = [*before, text] if bullet else [text]
            uncited += 0 if bullet else len(before)
            before = []
            claims.append(Claim(plain(" ".join(whole)), cited, bullet is not None))
        uncited += len(before)
    return Checked(tuple(claims), uncited, tuple(dict.fromkeys(unknown)))


def settled(answer: str) -> str:
    """The part of an answer that is still being written that what follows will not change.

    That is whole lines, and of the last one, unless it is a bullet, the sentences after which another has begun.
    """
    lines, _, last = answer.rpartition("\n")
    if not last.strip() or _MAY_BE_BULLET.match(last):
        return lines
    return "\n".join([lines, "".join(_sentences(last.rstrip())[:-1])]).strip("\n")


def render(checked: Checked, links: Mapping[str, str]) -> str:
    """The answer with each claim's sources as linked numbers."""
    lines: list[str] = []
    for claim in checked.claims:
        marks = "".join(f"[[{one}]](<{links[one]}>)" for one in claim.cited)
        text = f"{claim.text} {marks}"
        if claim.bullet:
            lines.append(f"- {text}")
        elif lines and not lines[-1].startswith("- "):
            lines[-1] += f" {text}"
        else:
            lines.append(text)
    return "\n".join(lines)


def _sentences(line: str) -> list[str]:
    """The sentences of a line, each with the marks that stand behind it."""
    starts = [0, *(stop.end() for stop in _STOP.finditer(line) if _ends_sentence(line, stop))]
    return [line[start:end] for start, end in zip(starts, [*starts[1:], len(line)], strict=True)]


def _ends_sentence(line: str, stop: re.Match[str]) -> bool:
    """Whether the next word begins a sentence, and the one before is no abbreviation or initial."""
    if line[stop.end() : stop.end() + 1].islower():
        return False
    if line[stop.start()] != "." or "[" in stop[0]:
        return True
    before = line[: stop.start()].rpartition(" ")[2].lstrip("(\"'“").lower()
    return before not in _ABBREVIATIONS and not (len(before) == 1 and before.isalpha())


def _without_marks(sentence: str) -> str:
    text = _MARK.sub("", sentence)
    return re.sub(r"\s+([.,;:!?…])", r"\1", " ".join(text.split())).strip()
