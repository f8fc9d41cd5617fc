"""What the agents say of a look: each what is new of its own, nothing twice."""

from collections.abc import Sequence

from cogs.code_review import agents, messages
from cogs.code_review.opinions import Opinion
from cogs.code_review.wording import SHORT, count, items
from cogswarm import Run, plain, title
from cogswarm.review import Check, CheckReport, Kept, Settled, worst_first

KINDS = (agents.LINT, agents.SECURITY, agents.TESTS, agents.REVIEW)
LINTERS = ("ruff",)
"""Programs that look for mistakes; the others look for what is unsafe."""
_MOST_NAMED = 10


async def tell(
    run: Run,
    head: str,
    settled: Settled,
    report: CheckReport,
    checks: Sequence[Check],
    said: Opinion,
    *,
    first: bool,
) -> None:
    """Let each agent say what it has found since the look before."""
    if not first:
        await run.post(_push(head, settled))
    for kind in KINDS:
        lines = _lines(kind, settled, report, checks, said, first=first)
        if lines:
            await run.post("\n".join(lines), speaker=run.agent(kind).speaker)


def _push(head: str, settled: Settled) -> str:
    back = messages.BACK.format(count=len(settled.back)) if settled.back else ""
    lines = [
        messages.PUSH.format(
            head=head[:SHORT],
            new=len(settled.new),
            still=len(settled.still),
            fixed=len(settled.fixed),
            back=back,
        )
    ]
    if settled.fixed:
        lines += [messages.FIXED, *items(_worst(settled.fixed))]
    return "\n".join(lines)


def _lines(
    kind: str, settled: Settled, report: CheckReport, checks: Sequence[Check], said: Opinion, *, first: bool
) -> list[str]:
    # A thread that takes the place of a deleted one begins with all that is open.
    fresh, again = (settled.open, ()) if first else (settled.new, settled.back)
    new = _worst([one for one in fresh if one.kind == kind])
    back = _worst([one for one in again if one.kind == kind])
    lines = [messages.FOUND.format(count=len(new)), *items(new)] if new else []
    if back:
        lines += [f"{messages.OLD_ONE}:", *items(back)]
    beside = _beside(kind, report, checks, said, first=first)
    if not lines and (first or beside) and not (kind == agents.REVIEW and (said.why or not first)):
        own = [one for one in report.ran if one.startswith(LINTERS) == (kind == agents.LINT)]
        ran = ", ".join(title(one, 60) for one in own) or messages.NOBODY_RAN
        nothing = messages.FOUND_NOTHING.format(ran=ran) if kind in {agents.LINT, agents.SECURITY} else ""
        lines = [nothing] if nothing and first else []
    return [*lines, *beside]


def _beside(
    kind: str, report: CheckReport, checks: Sequence[Check], said: Opinion, *, first: bool
) -> list[str]:
    if kind == agents.LINT:
        unread = dict.fromkeys(plain(one.why) for one in report.not_checked)
        return [messages.NOT_CHECKED.format(what=_some(list(unread), " "))] if unread and first else []
    if kind == agents.TESTS:
        failing = [title(one.name, 60) for one in checks if one.state == "failed"]
        lines = [messages.CHECKS_FAIL.format(names=_some(failing))] if failing else []
        if first and report.tested:
            lines.append(messages.TESTED.format(count=len(report.tested)))
        return lines
    if kind == agents.REVIEW:
        lines = [messages.UNSURE.format(count=said.dropped)] if said.dropped else []
        if said.not_shown:
            lines.append(
                messages.NOT_CHECKED.format(what=count(len(said.not_shown), "file") + " without a diff")
            )
        return [*lines, *([messages.NO_OPINION.format(why=plain(said.why))] if said.why else [])]
    return []


def _some(names: Sequence[str], between: str = ", ") -> str:
    shown = between.join(names[:_MOST_NAMED])
    return f"{shown} …" if len(names) > _MOST_NAMED else shown


def _worst(kept: Sequence[Kept]) -> list[Kept]:
    order = {one.fingerprint: at for at, one in enumerate(worst_first(one.finding for one in kept))}
    return sorted(kept, key=lambda one: order[one.finding.fingerprint])
