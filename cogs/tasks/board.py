"""The board of a queue as text: how many are in each state, since when the oldest waits, and what nobody can do."""

from collections.abc import Collection

from cogs.tasks import messages
from cogswarm import STATES, QueueView, Tasks, plain


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


async def refresh(tasks: Tasks, queues: Collection[int] | None = None) -> None:
    """Bring the boards of some queues (of all) up to date; one that says the same already is left as it is."""
    shown = set(await tasks.boards())
    for queue in await tasks.queues() if shown else ():
        if queue.channel_id in shown and (queues is None or queue.channel_id in queues):
            await tasks.show_board(queue.channel_id, text_of(queue))
