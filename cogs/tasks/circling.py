"""Tells people of work that waits for itself, and lets those concerned break the circle with a button."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from cogs.tasks import messages
from cogs.tasks.cog import TasksSettings, tasks
from cogs.tasks.dealing import settle
from cogs.tasks.on_bus import candidates_on_bus
from cogswarm import (
    HELD,
    OVER,
    STATES,
    Button,
    Candidate,
    Context,
    Filter,
    Link,
    Say,
    State,
    UserError,
    plain,
    title,
)

type Ctx = Context[TasksSettings]

NAME = 40
MOST_HELD = 200
OPEN: tuple[State, ...] = tuple(one for one in STATES if one not in OVER)
MOST_LINKS, MOST_BUTTONS = 15, 10


async def look(ctx: Ctx) -> None:
    """Look for circles, and tell what is new about them."""
    await ctx.tasks.circles.look(told, messages.CIRCLE_OVER, busy=await _busy(ctx))


async def _busy(ctx: Ctx) -> dict[UUID, list[UUID]]:
    """For tasks that only agents without room could be given: what these have in hand."""
    held = await ctx.tasks.listed(Filter(states=tuple(sorted(HELD))), limit=MOST_HELD)
    if not held:
        return {}
    leading = {one.parent_id for one in await ctx.tasks.listed(Filter(states=OPEN), limit=MOST_HELD)}
    in_hand: dict[str, list[UUID]] = defaultdict(list)
    for task in held:
        if task.agent_at_work is not None and task.id not in leading:
            in_hand[task.agent_at_work].append(task.id)
    agents = {
        one.name: Candidate(one.name, one.name, _skills(one.capabilities), concurrency=one.concurrency)
        for one in ctx.agents.all
    }
    found: dict[UUID, list[UUID]] = {}
    for queue in await ctx.tasks.queues():
        here = [agents[name] for name in queue.rules.agents if name in agents]
        here += candidates_on_bus(ctx, queue, queue.rules.agents)
        for task in await ctx.tasks.available(queue.channel_id) if here else ():
            wanted = frozenset([*task.capabilities, *queue.rules.capabilities])
            able = [one for one in here if wanted <= one.capabilities]
            if able and all(len(in_hand[one.id]) >= one.concurrency for one in able):
                found[task.id] = [busy for one in able for busy in in_hand[one.id]]
    return found


def _skills(capabilities: Collection[str]) -> frozenset[str]:
    return frozenset(one.casefold() for one in capabilities)


@tasks.button("unwait")
async def unwait(ctx: Ctx, value: str) -> None:
    """Break a circle at one of its links."""
    circle_id, _, number = value.partition(":")
    try:
        await ctx.tasks.circles.break_(UUID(circle_id), int(number), ctx.worker)
    except ValueError:
        raise UserError(messages.GONE) from None
    await settle(ctx, every=True)
    await look(ctx)
    await ctx.reply(messages.CIRCLE_BROKEN)


def told(circle_id: UUID, links: Sequence[Link]) -> Say:
    """A circle in words, with a button for each link that can be broken."""
    lines = [_line(one) for one in links[:MOST_LINKS]]
    buttons = tuple(
        Button(_label(one), f"v1:tasks:unwait:{circle_id}:{number}", "secondary")
        for number, one in enumerate(links)
        if one.breaks is not None
    )
    text = "\n".join([messages.CIRCLE, *(f"- {line}" for line in lines), messages.CIRCLE_HOW])
    return Say(text, buttons=buttons[:MOST_BUTTONS], urgency="question")


def _line(link: Link) -> str:
    template = {
        "needs": messages.CIRCLE_NEEDS, "worked on by": messages.CIRCLE_WORKED, "turn": messages.CIRCLE_TURN,
        "busy": messages.CIRCLE_BUSY, "uses": messages.CIRCLE_USES, "would use": messages.CIRCLE_USES,
    }.get(link.why, messages.CIRCLE_WAITS)  # fmt: skip
    names = [
        plain(one.label) if one.kind == "task" else messages.CIRCLE_RUN.format(title=title(one.label, NAME))
        for one in (link.thing, link.awaited)
    ]
    return template.format(thing=names[0], awaited=names[1], what=plain(link.what))


def _label(link: Link) -> str:
    assert link.breaks is not None  # noqa: S101 - the caller has looked
    return messages.CIRCLE_BUTTONS[link.breaks].format(
        thing=link.thing.label[:NAME], awaited=link.awaited.label[:NAME], what=link.what[:NAME]
    )
