"""Tells people of tasks that they could do: whose role is called like what a task takes is mentioned, once."""

from random import Random

from cogs.tasks import messages
from cogs.tasks.cog import TasksSettings
from cogswarm import (
    STRATEGIES,
    Candidate,
    Context,
    Need,
    OutsideError,
    QueueView,
    Say,
    Task,
    UserError,
    Worker,
)

type Ctx = Context[TasksSettings]


async def suggest(here: Ctx, queue: QueueView, task: Task) -> None:
    """Mention whoever fits best and has least in hand; they have it only when they claim it."""
    wanted = frozenset([*task.capabilities, *queue.rules.capabilities])
    key = f"suggested:{task.fence}"
    if not queue.rules.suggests or not wanted or await here.tasks.was_said(task, key):
        return
    try:
        skilled = await here.skilled(wanted)
    except (OutsideError, UserError):
        return  # Discord does not say who has which role; it is asked again with the next look
    people = {one.id: Worker("member", str(one.id), one.name) for one in skilled}
    in_hand = await here.tasks.in_hand(list(people.values()))
    candidates = [
        Candidate(
            str(one.id), messages.MEMBER.format(who=one.id), one.skills,
            running=in_hand.get(people[one.id].key, 0), concurrency=max(1, in_hand.get(people[one.id].key, 0) + 1),
        )
        for one in skilled
    ]  # fmt: skip
    award = STRATEGIES["by_capability"](Need(task.id, wanted, task.priority), candidates, Random(0))  # noqa: S311 - this strategy draws no lots
    if award.winner is None:
        return
    who = int(award.winner)
    text = messages.SUGGESTED.format(who=who, needs=", ".join(sorted(wanted)))
    await here.tasks.say(task, key, Say(text, mentions=(who,), urgency="question"))
