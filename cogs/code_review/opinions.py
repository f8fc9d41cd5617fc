"""The agent that reads the change: a language model whose answer is a list that a schema bounds, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cogs.code_review import agents
from cogs.code_review.diffs import shown
from cogswarm import OutsideError, Passage, Run, Schema, UserError
from cogswarm.review import ChangedFile, Finding, Kept, PullRequest, Severity, Spotted, diff_lines, identified

MOST_MESSAGE = 600
MOST_ANSWERED = 50
RULES = ("bug", "data-loss", "race", "leak", "security", "interface", "performance", "unclear")
SEVERITIES: Mapping[str, Severity] = {
    "low": Severity.LOW, "medium": Severity.MEDIUM, "high": Severity.HIGH, "note": Severity.NOTE,
}  # fmt: skip
QUESTION = (
    "Review this change. Answer with what is wrong in lines that it adds or changes: the file's path, the line's number as it "
    "stands before the line, what kind of problem it is, how bad, how sure you are (0 to 100), and in one or two sentences what "
    "goes wrong and what to do. An empty list is a good answer."
)
KNOWN = "These were found before and are still open, so leave them out:\n{known}"
GUIDELINES = "The owners of the repository want this to be held to:\n{text}"


class Remark(BaseModel):
    """One thing that a model says."""

    model_config = ConfigDict(extra="forbid", strict=True)

    path: str = Field(max_length=1_000)
    line: int = Field(ge=1)
    kind: Literal["bug", "data-loss", "race", "leak", "security", "interface", "performance", "unclear"]
    severity: Literal["note", "low", "medium", "high"]
    confidence: int = Field(ge=0, le=100)
    message: str = Field(min_length=1)


_REMARK: dict[str, Any] = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "line": {"type": "integer", "minimum": 1},
        "kind": {"type": "string", "enum": list(RULES)},
        "severity": {"type": "string", "enum": list(SEVERITIES)},
        "confidence": {"type": "integer", "minimum": 0, "maximum": 100},
        "message": {"type": "string"},
    },
    "required": ["path", "line", "kind", "severity", "confidence", "message"],
    "additionalProperties": False,
}
SCHEMA = Schema(
    "remarks",
    {
        "type": "object",
        "properties": {"remarks": {"type": "array", "items": _REMARK, "maxItems": MOST_ANSWERED}},
        "required": ["remarks"],
        "additionalProperties": False,
    },
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model found. ``why`` says why it had no say; ``dropped`` counts what was left out of its answer."""

    remarks: tuple[Remark, ...] = ()
    why: str = ""
    dropped: int = 0
    not_shown: tuple[str, ...] = ()


async def opinion(
    run: Run,
    pull: PullRequest,
    files: Sequence[ChangedFile],
    known: Sequence[Kept],
    *,
    guidelines: str,
    confidence: int,
    most: int,
) -> Opinion:
    """What the model says of ``files``; that it failed is part of the answer, and stops nothing."""
    given = shown(files)
    if not given.passages:
        return Opinion(not_shown=given.left_out)
    told = "\n".join(
        f"- {one.finding.path}:{one.finding.line} {one.finding.spotted.message}" for one in known
    )
    material = [*given.passages, Passage("about", pull.body[:4_000] or "No description.", title=pull.title)]
    if told:
        material.append(Passage("known", KNOWN.format(known=told[:8_000])))
    talk = run.agent(agents.REVIEW).converse(
        QUESTION,
        sources=material,
        tools=(),
        schema=SCHEMA,
        purpose="chat",
        instructions=GUIDELINES.format(text=guidelines) if guidelines else "",
    )
    try:
        reply = await talk
    except (OutsideError, UserError) as error:
        said = Opinion(why=str(error), not_shown=given.left_out)
    else:
        said = sifted(reply.data, files, confidence=confidence, most=most, not_shown=given.left_out)
    return await run.step("opinion", _as_it_is, said)


async def _as_it_is(said: Opinion) -> Opinion:
    """What was said first holds, also where the model would answer now."""
    return said


def sifted(
    data: object,
    files: Sequence[ChangedFile],
    *,
    confidence: int,
    most: int,
    not_shown: Sequence[str] = (),
) -> Opinion:
    """What of a model's answer counts: sure enough, and on a line that the diff shows; the worst first, and not too many."""
    try:
        answered = [Remark.model_validate(one) for one in _listed(data)]
    except ValidationError:
        return Opinion(why="its answer was not of the form that was asked for", not_shown=tuple(not_shown))
    lines = {one.path: diff_lines(one).shown for one in files}
    fitting = [
        one.model_copy(update={"message": " ".join(one.message.split())[:MOST_MESSAGE]})
        for one in answered
        if one.confidence >= confidence and one.line in lines.get(one.path, ())
    ]
    kept = sorted(fitting, key=lambda one: (-SEVERITIES[one.severity], -one.confidence))[:most]
    return Opinion(tuple(kept), dropped=len(answered) - len(kept), not_shown=tuple(not_shown))


def _listed(data: object) -> list[object]:
    found: object = data.get("remarks") if isinstance(data, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - JSON of a model
    return found[:MOST_ANSWERED] if isinstance(found, list) else [None]  # pyright: ignore[reportUnknownVariableType] - as above


def as_findings(
    remarks: Sequence[Remark], before: Sequence[Finding], texts: Mapping[str, str], looked_at: frozenset[str]
) -> tuple[Finding, ...]:
    """All opinions that hold now: those of before whose code is still there, and the new ones about other lines.

    A model words things differently each time and does not say everything twice, so what it said is not over because it
    does not say it again, but when the code that it is about is gone. ``texts`` are of the files in ``looked_at``; in
    others nothing has changed.
    """
    held = [one for one in before if one.path not in looked_at or _still_there(one, texts.get(one.path))]
    taken = {(one.path, one.evidence.strip()) for one in held}
    spotted = [
        Spotted(
            by=agents.REVIEW, source="model", rule=one.kind, severity=SEVERITIES[one.severity], message=one.message,
            path=one.path, line=one.line, confidence=one.confidence / 100,
        )
        for one in remarks
    ]  # fmt: skip
    fresh = [one for one in identified(spotted, texts) if (one.path, one.evidence.strip()) not in taken]
    known = {one.fingerprint for one in held}
    moved = [_moved(one, texts.get(one.path)) for one in held]
    return (*moved, *(one for one in fresh if one.fingerprint not in known))


def _still_there(one: Finding, text: str | None) -> bool:
    evidence = one.evidence.strip()
    return text is not None and bool(evidence) and _place(evidence, text) is not None


def _moved(one: Finding, text: str | None) -> Finding:
    """The finding at the line on which its code stands by now."""
    line = None if text is None else _place(one.evidence.strip(), text)
    return one if line is None else replace(one, spotted=replace(one.spotted, line=line))


def _place(evidence: str, text: str) -> int | None:
    wanted = [" ".join(line.split()) for line in evidence.splitlines()]
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for number in range(len(lines) - len(wanted) + 1):
        if lines[number : number + len(wanted)] == wanted:
            return number + 1
    return None
