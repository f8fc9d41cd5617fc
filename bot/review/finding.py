"""What a tool or an agent found in a pull request, with a fingerprint that outlives the next push.

A finding is the same one as long as its finder, its rule, its file and the text of the code it is about are the same;
where in the file that code stands, and how the finder words it, do not matter.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal


class Severity(IntEnum):
    """How bad it is; a worse one is greater."""

    NOTE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


type Source = Literal["tool", "model"]
"""Whether a program reckoned it out or a model thinks so; people are shown the two apart."""


@dataclass(frozen=True, slots=True)
class Spotted:
    """What somebody found, before it is known whether it was found before.

    ``by`` is the tool's or the agent's name; ``rule`` what of, from a list that the finder keeps to: a model's own
    words would be other ones at the next push. ``line`` counts from 1 in the file as the pull request leaves it; None
    is for the file, and a ``path`` of ``""`` for the pull request as a whole. ``confidence`` is from 0 to 1 (None: the
    finder does not say). ``secret`` marks what must not be quoted. ``about`` stands for the code where the text of a
    line says too little, such as the name of a package.
    """

    by: str
    source: Source
    rule: str
    severity: Severity
    message: str
    path: str
    line: int | None = None
    end_line: int | None = None
    link: str | None = None
    confidence: float | None = None
    secret: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found, known by its ``fingerprint`` over all pushes of a pull request.

    ``mark`` is the fingerprint without the path, by which it is known again in a renamed file. ``evidence`` is the code
    it is about, empty where that must not be shown.
    """

    fingerprint: str
    mark: str
    spotted: Spotted
    evidence: str = ""

    @property
    def path(self) -> str:
        """The file it is in; empty for the pull request as a whole."""
        return self.spotted.path

    @property
    def line(self) -> int | None:
        """The line it is on, in the file as the pull request leaves it."""
        return self.spotted.line


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push changed. ``still`` holds them as they are now, under the fingerprints they are known by."""

    new: tuple[Finding, ...]
    still: tuple[Finding, ...]
    fixed: tuple[Finding, ...]


def identified(spotted: Iterable[Spotted], files: Mapping[str, str]) -> tuple[Finding, ...]:
    """Give what was found its fingerprints, by the text of the ``files`` (path to text) it is in; the same found twice is one.

    Findings of one rule in equal code of one file are told apart by their order in it.
    """
    lines = {path: text.splitlines() for path, text in files.items()}
    unique = {(one.by, one.rule, one.path, one.line, one.about): one for one in reversed(list(spotted))}
    ordered = sorted(unique.values(), key=lambda one: (one.path, one.line or 0, one.by, one.rule, one.about))
    seen = Counter[tuple[str, str, str, str]]()
    found: list[Finding] = []
    secret_lines = {(one.path, one.line) for one in ordered if one.secret}
    for one in ordered:
        text = lines.get(one.path, [])
        context = _context(text, one)
        key = (one.by, one.rule, one.path, context)
        mark = _digest(one.by, one.rule, context, str(seen[key]))
        seen[key] += 1
        hidden = one.secret or any(
            (one.path, line) in secret_lines
            for line in range(one.line or 0, (one.end_line or one.line or 0) + 1)
        )
        found.append(Finding(_fingerprint(one.path, mark), mark, one, "" if hidden else _quoted(text, one)))
    return tuple(found)


def pushed(
    before: Iterable[Finding], after: Sequence[Finding], renamed: Mapping[str, str] | None = None
) -> Pushed:
    """What is new, still open and fixed in ``after``; ``renamed`` maps paths of now to those of before."""
    known = {one.fingerprint: one for one in before}
    new: list[Finding] = []
    still: dict[str, Finding] = {}
    for one in after:
        earlier = _fingerprint((renamed or {}).get(one.path, one.path), one.mark)
        name = next((it for it in (one.fingerprint, earlier) if it in known and it not in still), None)
        if name is None:
            new.append(one)
        else:
            still[name] = replace(one, fingerprint=name)
    fixed = tuple(one for name, one in known.items() if name not in still)
    return Pushed(tuple(new), tuple(still.values()), fixed)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """In the order in which people should read them."""
    return tuple(
        sorted(findings, key=lambda one: (-one.spotted.severity, one.path, one.line or 0, one.fingerprint))
    )


def _context(lines: Sequence[str], one: Spotted) -> str:
    if one.about:
        return one.about
    if one.line is None or not 1 <= one.line <= len(lines):
        return ""
    # Not the lines around: whoever mends one thing would make another look new that stands beside it.
    last = min(max(one.end_line or one.line, one.line), len(lines))
    return "\n".join(map(_plain, lines[one.line - 1 : last]))


def _plain(line: str) -> str:
    """Without indentation and spacing, which formatters change and which mean nothing to a finding."""
    return " ".join(line.split())


def _quoted(lines: Sequence[str], one: Spotted) -> str:
    if one.line is None or not 1 <= one.line <= len(lines):
        return ""
    last = min(max(one.end_line or one.line, one.line), one.line + 4, len(lines))
    return "\n".join(line[:200].rstrip() for line in lines[one.line - 1 : last])


def _fingerprint(path: str, mark: str) -> str:
    return _digest(path, mark)


def _digest(*parts: str) -> str:
    told = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:24]
