"""How plans look: plain functions of what stands in the tables."""

from collections.abc import Sequence

from cogs.tasks import messages
from cogswarm import Button, Part, Plan, QueueRules, Run, Say, Task, plain, title

PART_TEXT = 140
LONGEST = 1_700
"""Of a message's 2,000 letters, so that what stands above and below fits, too."""


def plan_shown(run: Run, whole: Task, plan: Plan, rules: QueueRules) -> Say:
    """A plan that waits for people's word, with the buttons for it."""
    value = str(plan.wait_id)
    buttons = (
        run.button(messages.BUTTON_START, "plan_start", value, style="primary"),
        run.button(messages.BUTTON_CHANGE, "plan_change", value),
        run.button(messages.BUTTON_CANCEL, "plan_cancel", value, style="danger"),
    )
    leader = title(whole.worker_name or rules.leader)
    by = (
        messages.PLAN_BY_LEADER.format(who=leader)
        if plan.made_by is None
        else messages.PLAN_BY_MEMBER.format(who=plan.made_by, version=plan.version)
    )
    return plan_of(whole, plan, f"{by} {messages.PLAN_WHO.format(who=whole.member_id)}", buttons)


def plan_of(whole: Task, plan: Plan, below: str, buttons: tuple[Button, ...] = ()) -> Say:
    """A plan as a list."""
    lines = [_part(number, one) for number, one in enumerate(plan.parts, 1)]
    return _listed(messages.PLAN_HEAD.format(title=title(whole.title)), lines, below, buttons)


def plan_started(whole: Task, parts: Sequence[Task]) -> Say:
    """The parts of a plan that is being carried out, each with where it is worked on."""
    lines = [
        messages.PLAN_PART_BEGUN.format(number=one.number, title=title(one.title), queue=one.queue_id)
        for one in parts
    ]
    return _listed(messages.PLAN_HEAD.format(title=title(whole.title)), lines, messages.PLAN_BEGUN, ())


def progress_of(part: Task, parts: Sequence[Task]) -> str:
    """That a part is over."""
    text = messages.PART_DONE if part.state == "done" else messages.PART_NOT_DONE
    over = sum(one.ended_at is not None for one in parts)
    return text.format(number=part.number, title=title(part.title), over=over, all=len(parts))


def announced(part_title: str, whole: Task) -> str:
    """What the bot says in a queue of a part that it makes a task there; the number is filled in later."""
    shown = title(part_title).replace("{", "{{").replace("}", "}}")
    return messages.PART_ANNOUNCED.format(
        title=shown, number="{number}", whole=whole.number, who=whole.member_id
    )


def _part(number: int, part: Part) -> str:
    more: list[str] = []
    if part.takes:
        more.append(messages.PLAN_TAKES.format(takes=plain(", ".join(part.takes))))
    if part.after:
        more.append(messages.PLAN_AFTER.format(after=", ".join(map(str, part.after))))
    text = " ".join(part.text.split())
    text = plain(text if len(text) <= PART_TEXT else f"{text[: PART_TEXT - 1]}…")
    below = " · ".join([*([text] if text else []), *more])
    return f"{number}. **{title(part.title)}**" + (f"\n-# {below}" if below else "")


def _listed(head: str, lines: Sequence[str], below: str, buttons: tuple[Button, ...]) -> Say:
    shown: list[str] = []
    for line in lines:
        if sum(map(len, shown)) + len(line) > LONGEST - len(head) - len(below):
            shown.append(messages.PLAN_MORE.format(count=len(lines) - len(shown)))
            break
        shown.append(line)
    return Say("\n".join([head, *shown, below]), buttons=buttons, urgency="question" if buttons else "result")
