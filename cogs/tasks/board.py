"""The board of a queue as text: how many are in each state, since when the oldest waits, and what nobody can do."""

import asyncio
from collections.abc import Collection
from hashlib import sha256
from zoneinfo import ZoneInfo

from cogs.tasks import messages
from cogs.tasks.board_picture import picture_of
from cogswarm import STATES, Board, QueueView, Tasks, plain


def board_of(queue: QueueView) -> Board:
    """The board of a queue."""
    return Board(text_of(queue), messages.BOARD_NAME)


def text_of(queue: QueueView) -> str:
    """What the board says; it stays true while time passes, so that only what happens changes it."""
    marks = queue.rules.marks
    counts = [
        messages.BOARD_COUNTS.format(
            mark=marks[state], count=queue.counts[state], state=messages.STATES[state]
        )
        for state in STATES
        if queue.counts.get(state)
    ]
    lines = [messages.BOARD_HEAD.format(queue=queue.channel_id), " · ".join(counts) or messages.BOARD_EMPTY]
    if queue.oldest is not None:
        lines.append(messages.BOARD_OLDEST.format(when=f"<t:{int(queue.oldest.timestamp())}:R>"))
    if queue.rules.limit:
        lines.append(messages.BOARD_LIMIT.format(limit=queue.rules.limit))
    lines += [
        messages.BOARD_STUCK.format(count=count, why=plain(why)) for why, count in queue.unrunnable.items()
    ]
    return "\n".join(lines)


async def draw(tasks: Tasks, zone: ZoneInfo) -> None:
    """Bring the pictures on the boards up to date; where nothing can be drawn, the words stand alone."""
    shown = set(await tasks.boards())
    for queue in await tasks.queues() if shown else ():
        if queue.channel_id not in shown:
            continue
        hours = await tasks.flow(queue.channel_id)
        what = sha256(
            repr([(one.created, one.done, one.waiting, one.running) for one in hours]).encode()
        ).hexdigest()
        if await tasks.pictured(queue.channel_id) == what:
            continue
        # Drawing takes a good part of a second, in which others would wait.
        picture = await asyncio.to_thread(picture_of, hours, zone)
        if picture is None:
            return
        await tasks.show_picture(queue.channel_id, text_of(queue), what, picture)


async def refresh(tasks: Tasks, queues: Collection[int] | None = None) -> None:
    """Bring the boards of some queues (of all) up to date; one that says the same already is left as it is."""
    shown = set(await tasks.boards())
    for queue in await tasks.queues() if shown else ():
        if queue.channel_id in shown and (queues is None or queue.channel_id in queues):
            await tasks.show_board(queue.channel_id, board_of(queue))
