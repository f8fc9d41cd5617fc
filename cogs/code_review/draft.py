"""The review as it would stand on GitHub: made of what is open, once, and shown word for word before it is posted."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cogs.code_review import agents, messages
from cogs.code_review.wording import SHORT, count, for_github, severity, what
from cogswarm.review import ChangedFile, Finding, InlineComment, Kept, NewReview, Verdict, placed, worst_first

MOST_COMMENTS = 50
MOST_BESIDE = 50
MOST_MESSAGE = 1_500


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be posted. ``fingerprints`` are the findings that it tells of."""

    head: str
    body: str
    comments: tuple[InlineComment, ...]
    fingerprints: tuple[str, ...]

    def review(self, verdict: Verdict) -> NewReview:
        """The review with what people have decided."""
        return NewReview(verdict, self.head, self.body, self.comments)

    @property
    def parts(self) -> tuple[str, ...]:
        """The body and each comment, for people to read."""
        said = (f"`{one.path.replace('`', chr(39))}:{one.line}` {one.body}" for one in self.comments)
        return (self.body, *said)

    @property
    def text(self) -> str:
        """Every letter of it: the body, then each comment with its place."""
        return "\n\n".join([self.body, *(f"--- {one.path}:{one.line}\n{one.body}" for one in self.comments)])

    def without_comments(self) -> "Draft":
        """The same with what stood on lines of the diff below the rest."""
        lines = [
            messages.BODY_AT.format(place=_place(one.path, one.line), text=one.body) for one in self.comments
        ]
        return replace(self, body="\n".join([f"{self.body}\n", messages.BODY_LINES, *lines]), comments=())

    @property
    def digest(self) -> str:
        """What tells this draft from any other."""
        return hashlib.sha256(f"{self.head}\n{self.text}".encode("utf-8", "replace")).hexdigest()[:12]


def drafted(head: str, kept: Sequence[Kept], files: Sequence[ChangedFile], *, fixed: int) -> Draft:
    """The review of a commit: what GitHub has not been told yet, on lines of the diff where it stands on one."""
    heard = [one for one in kept if not one.suppressed]
    news = worst_first(one.finding for one in heard if not one.posted)
    there = placed((one for one in news if one.spotted.by != agents.TESTS), files)
    inline = there.inline[:MOST_COMMENTS]
    missing = (
        one for one in news if one.spotted.by == agents.TESTS
    )  # of a whole function, and no mistake in a line
    beside = (*there.summary, *there.inline[MOST_COMMENTS:], *missing)
    comments = tuple(_comment(one) for one in inline)
    told = (*inline, *beside[:MOST_BESIDE])
    body = _body(head, [one.finding for one in heard], beside, fixed)
    return Draft(head, body, comments, tuple(one.fingerprint for one in told))


def _comment(one: Finding) -> InlineComment:
    text = messages.COMMENT.format(
        severity=severity(one),
        what=for_github(what(one)),
        message=for_github(one.spotted.message, MOST_MESSAGE),
    )
    return InlineComment(one.path, one.line or 1, text)


def _body(head: str, heard: Sequence[Finding], beside: Sequence[Finding], fixed: int) -> str:
    worst = max(heard, key=lambda one: one.spotted.severity, default=None)
    lines = [
        messages.BODY.format(
            head=head[:SHORT],
            count=count(len(heard), "finding") if heard else messages.BODY_NONE,
            worst="" if worst is None else messages.WORST.format(severity=severity(worst)),
        )
    ]
    if fixed:
        lines.append(messages.BODY_FIXED.format(count=fixed))
    if beside:
        lines += [messages.BODY_MORE, *(_beside(one) for one in beside[:MOST_BESIDE])]
    return "\n\n".join(
        [*lines[:1], "\n".join(lines[1:]), messages.BODY_TOOLS]
        if lines[1:]
        else [*lines, messages.BODY_TOOLS]
    )


def _beside(one: Finding) -> str:
    return messages.BODY_ITEM.format(
        place=_place(one.path or messages.UNKNOWN_PLACE, one.line),
        severity=severity(one),
        what=for_github(what(one)),
        message=for_github(one.spotted.message),
    )


def _place(path: str, line: int | None) -> str:
    where = for_github(path)
    return where if line is None else f"{where}:{line}"
