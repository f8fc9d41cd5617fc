"""Shows in Discord what stands in the tables: a mark, a thread's name, what happened, and boards."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.work.surface import Connection, File, Place, Say, Surface
from bot.work.tasks import event_table, queue_table, task_table
from bot.work.tasks.queue_table import QueueRow
from bot.work.tasks.task import QueueView, Task, TaskEvent, rules_of


@dataclass(frozen=True, slots=True)
class Look:
    """How a task should look: ``mark`` is the one reaction under its message, ``name`` its thread's (None: as it is)."""

    mark: str
    name: str | None = None


type Tell = Callable[[TaskEvent, Task], tuple[Say | None, Look]]
"""What is said of an event, and how the task looks now."""


def place_of(task: Task) -> Place:
    """A task's thread, also while that is still being opened."""
    return Place(channel_id=task.thread_id) if task.thread_id else Place(opened_by=task.thread_row)


async def tell(conn: Connection, surface: Surface, cog: str, guild_id: int, tell_of: Tell) -> int | None:
    """Say the first thing that nobody was told yet, and show how its task stands; the queue, None when all is told.

    One at a time: a transaction that locked several tasks could wait for one that moves them, and that for it.
    """
    event = await event_table.first_untold(conn, guild_id)
    if event is None:
        return None
    task = await task_table.locked(conn, guild_id, event.task_id)
    await event_table.told(conn, event.id)
    if task is None:
        return 0
    say, look = tell_of(event, task)
    if say is not None:
        await surface.post(conn, f"{cog}:task:{task.id}:event:{event.id}", place_of(task), say)
    await show(conn, surface, cog, task, look, anew=False)
    return task.queue_id


async def show(conn: Connection, surface: Surface, cog: str, task: Task, look: Look, *, anew: bool) -> None:
    """Let the mark and the name say what they should; ``anew`` sends them though they were sent before.

    The caller has locked the task's row.
    """
    change = task.shown_changes + 1
    key = f"{cog}:task:{task.id}:shown:{change}"
    if task.shown_mark != look.mark or anew:
        if task.shown_mark not in {None, look.mark}:
            await _mark(conn, surface, f"{key}:off", task, str(task.shown_mark), on=False)
        await _mark(conn, surface, f"{key}:on", task, look.mark, on=True)
    # Discord renames twice in ten minutes: only what differs from what the thread was called is sent.
    if look.name is not None and (anew or look.name != (task.shown_name or task.title)):
        await surface.change_thread(conn, f"{key}:name", place_of(task), name=look.name)
    await task_table.change(
        conn,
        task,
        {
            "shown_mark": look.mark,
            "shown_name": task.shown_name if look.name is None else look.name,
            "shown_changes": change,
        },
    )


async def board(
    conn: Connection, surface: Surface, cog: str, channel_id: int, text: str, *, anew: bool
) -> None:
    """Let a queue's board say ``text``."""
    queue = await queue_table.get(conn, channel_id, locked=True)
    if queue is None:
        return
    key = f"{cog}:board:{channel_id}:{queue.board_edits + 1}"
    if queue.board_row is None or anew:
        if queue.board_row is not None:
            await surface.delete(conn, f"{key}:old", queue.board_row)
        (row, *_) = await surface.post(conn, key, Place(channel_id=channel_id), Say(text, urgency="progress"))
        await queue_table.board(conn, channel_id, row, text)
    elif queue.board_text != text:
        await surface.edit(conn, key, queue.board_row, Say(text, urgency="progress"))
        await queue_table.board(conn, channel_id, queue.board_row, text)


async def picture(
    conn: Connection, surface: Surface, cog: str, channel_id: int, text: str, shown: str, file: File
) -> None:
    """Put a picture on a queue's board; ``shown`` is what tells it from the one before."""
    queue = await queue_table.get(conn, channel_id, locked=True)
    if queue is None or queue.board_row is None or queue.pictured == shown:
        return
    key = f"{cog}:board:{channel_id}:{queue.board_edits + 1}"
    await surface.edit(conn, key, queue.board_row, Say(text, urgency="progress", files=(file,)))
    await queue_table.board(conn, channel_id, queue.board_row, text)
    await queue_table.pictured(conn, channel_id, shown)


async def view(conn: Connection, queue: QueueRow) -> QueueView:
    """A queue with what is in it."""
    return QueueView(
        queue.channel_id,
        rules_of(queue.rules),
        await task_table.counted(conn, queue.channel_id),
        await task_table.oldest(conn, queue.channel_id),
        await task_table.stuck(conn, queue.channel_id),
        queue.alarm_since,
    )


async def _mark(conn: Connection, surface: Surface, key: str, task: Task, emoji: str, *, on: bool) -> None:
    if task.message_id is not None:
        do = surface.react if on else surface.unreact
        await do(conn, key, task.message_in, task.message_id, emoji)
    elif task.message_row is not None:
        await surface.mark(conn, key, task.message_row, emoji, on=on)
