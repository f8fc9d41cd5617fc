"""Findings in words: for Discord, and for GitHub, where nothing in them may become a mention, a link or a picture."""

import re
from collections.abc import Sequence

from cogs.code_review import messages
from cogswarm import plain, title
from cogswarm.review import Finding, Kept

SHORT = 7
"""Characters of a commit's id that people see."""
SHOWN = 10
MOST_MESSAGE = 500
_HIDDEN = re.compile(r"[\u0000-\u0008\u000b-\u001f\u007f\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ACTIVE = re.compile(r"[\[\]<>!*~|\\`]|(?<!\w)_|_(?!\w)")
_CODE = re.compile(r"(`[^`]+`)")
_NAMES = re.compile(r"(@|#(?=\d)|://|www\.)")
_JOINER = "\u200b"


def what(finding: Finding) -> str:
    """What it is, as a tool's rule or as an opinion with how sure the model is."""
    spotted = finding.spotted
    if spotted.source == "model":
        return messages.OPINION.format(rule=spotted.rule, percent=round((spotted.confidence or 0) * 100))
    return f"{spotted.by} {spotted.rule}"


def severity(finding: Finding) -> str:
    """How bad it is, in a word."""
    return messages.SEVERITIES[finding.spotted.severity]


def place(finding: Finding) -> str:
    """Where it is, in Discord."""
    path = title(finding.path or messages.UNKNOWN_PLACE, 200).replace("`", "'")
    return path if finding.line is None else f"{path}:{finding.line}"


def item(one: Kept) -> str:
    """A finding as a list's item in Discord."""
    return messages.ITEM.format(
        severity=severity(one.finding),
        what=title(what(one.finding), 100),
        place=place(one.finding),
        message=prose(one.finding.spotted.message, MOST_MESSAGE),
    )


def items(findings: Sequence[Kept], most: int = SHOWN) -> list[str]:
    """A list in Discord, with how many more there are."""
    lines = [item(one) for one in findings[:most]]
    return [*lines, messages.MORE.format(count=len(findings) - most)] if len(findings) > most else lines


def prose(text: str, most: int) -> str:
    """Text from outside on one line in Discord; what stands in backticks stays code."""
    line = " ".join(plain(text).split())
    line = line if len(line) <= most else f"{line[: most - 1]}…"
    return "".join(part if _CODE.fullmatch(part) else _escaped(part) for part in _CODE.split(line))


def for_github(text: str, most: int = 1_000) -> str:
    """Text from outside on one line of a comment: no markup but code, no mention, no reference, no address."""
    line = " ".join(_HIDDEN.sub("", text).split())[:most]
    return "".join(part if _CODE.fullmatch(part) else _inert(part) for part in _CODE.split(line))


def _escaped(text: str) -> str:
    blank = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{blank[0]}{title(text, 2 * len(text) + 1)}{blank[1]}" if text.strip() else text


def _inert(text: str) -> str:
    return _NAMES.sub(lambda found: f"{found[0][0]}{_JOINER}{found[0][1:]}", _ACTIVE.sub(r"\\\g<0>", text))


def count(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def quoted(text: str, most: int) -> str:
    """What somebody wrote elsewhere, on one line."""
    return title(plain(text), most)
