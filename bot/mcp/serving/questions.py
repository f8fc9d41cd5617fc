"""The runs that ask people on a program's behalf: they live on without it, and whatever process is killed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import JsonValue

from bot.asks.policy import Who
from bot.discord.plain import title as one_line
from bot.errors import UserError
from bot.mcp.serving.tickets import APPROVAL, COG, QUESTION, Ticket, read_ticket
from bot.mcp.serving.tools import Desk
from bot.mirror.picture import Channel
from bot.plugins.cog import Workflow
from bot.work import runs_table
from bot.work.principal import Principal
from bot.work.run import Run
from bot.work.runs_table import NewRun
from bot.work.surface import Connection, Place, Say

HEAD = "**{name}** asks{whom}: {title}"
FORUMS = frozenset({15, 16})
SPEAKABLE = frozenset({0, 2, 5, 10, 11, 12, 13}) | FORUMS
NO_PLACE = "In this channel nobody can be asked, because it is a {kind}; name one with text."
LONGEST_LINE = 300
"""Letters of a question that stands in one line; a longer one is said before it is asked."""
ABOVE = "{title} (see above)"


async def put_question(run: Run, ticket: Mapping[str, Any], digest: str) -> JsonValue:
    """Ask people, and give what they answer; ``digest`` is for whoever asks again under the same id."""
    del digest
    asked = read_ticket(ticket)
    if asked.context:
        await run.post(asked.context)
    title = asked.text.strip()
    if len(title) > LONGEST_LINE or "\n" in title:
        await run.post(title)
        title = ABOVE.format(title=one_line(title, LONGEST_LINE).replace("\\", ""))
    answer = await run.ask(
        QUESTION,
        title,
        options=dict(zip(asked.values, asked.options, strict=True)) or None,
        other=asked.other,
        multi=asked.multi,
        who=_who(asked),
        within=timedelta(seconds=asked.seconds),
        default=asked.default,
        replies=True,
    )
    return None if answer is None else answer.value


async def put_approval(run: Run, ticket: Mapping[str, Any], digest: str) -> JsonValue:
    """Ask people whether something may be done, by the rules of their server; ``digest`` as for a question."""
    del digest
    asked = read_ticket(ticket)
    if asked.context:
        await run.post(asked.context)
    approval = await run.approve(
        APPROVAL, asked.text, asked.payload, within=timedelta(seconds=asked.seconds), replies=True
    )
    return {
        "approved": approval.approved,
        "payload": approval.payload,
        "reason": approval.reason,
        "by": [str(one) for one in approval.by],
    }


WORKFLOWS = {
    (COG, QUESTION): Workflow(QUESTION, put_question),
    (COG, APPROVAL): Workflow(APPROVAL, put_approval),
}
"""What every process that works on runs has to know, wherever the programs call."""


async def begin(conn: Connection, desk: Desk, ticket: Ticket, place: Channel, member_id: int) -> bool:
    """Start the run that asks, in a thread of its own; False where it was started before. Raises `UserError`."""
    if place.kind not in SPEAKABLE:
        raise UserError(NO_PLACE.format(kind="category" if place.kind == 4 else "channel of another kind"))  # noqa: PLR2004 - Discord's number
    run_id, title = ticket.run_id, one_line(ticket.text, 150)
    whom = "".join(f" <@{one}>" for one in ticket.members)
    head = Say(
        HEAD.format(name=ticket.token, whom=whom, title=title), mentions=ticket.members, urgency="question"
    )
    thread_row: int | None = None
    name = ticket.text.strip()
    if place.kind in FORUMS:
        opened = await desk.surface.open_forum_post(conn, f"{run_id}:head", place.id, name, head)
        thread_row = opened.opened_by
    elif not place.is_thread:
        (row, *_) = await desk.surface.post(conn, f"{run_id}:head", Place(place.id), head)
        thread_row = (await desk.surface.open_thread(conn, f"{run_id}:thread", row, name)).opened_by
    elif ticket.members:
        await desk.surface.post(conn, f"{run_id}:head", Place(place.id), head)
    new = NewRun(
        id=run_id,
        cog=COG,
        workflow=ticket.kind,
        # Of what was asked, not of what is kept of it: secrets are taken out of that.
        args={"ticket": ticket.stored(), "digest": ticket.digest},
        title=one_line(ticket.text),
        principal=Principal(place.guild_id or 0, place.id, member_id, ticket.token),
        thread_id=place.id if thread_row is None else None,
        priority=1,
    )
    fresh = await runs_table.insert(conn, new, status_row=None, thread_row=thread_row, ahead=desk.ahead())
    if fresh:
        await desk.ring(conn, run_id)
    return fresh


def _who(asked: Ticket) -> Who:
    if asked.members or asked.roles:
        return Who(roles=asked.roles, members=asked.members)
    return Who(managers=True)
