"""Shows in Discord what stands in the tables: a mark, a thread's name, what happened, and boards."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.mirror import channel_table
from bot.mirror.picture import FORUMS
from bot.work.surface import Connection, File, Place, Say, Surface, Tag
from bot.work.tasks import event_table, queue_table, task_table
from bot.work.tasks.queue_table import QueueRow
from bot.work.tasks.task import QueueView, Task, TaskEvent, rules_of


@dataclass(frozen=True, slots=True)
class Look:
    """How a task should look: ``mark`` is the one reaction under its message, ``name`` its thread's (None: as it is).

    In a forum its post has the ``tag`` and keeps its name.
    """

    mark: str
    name: str | None = None
    tag: Tag | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """What a queue's board says; ``name`` is that of its post, where the queue is a forum."""

    text: str
    name: str


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
    tagged = look.tag is not None and await is_forum(conn, task.queue_id)
    if tagged:
        if task.shown_mark != look.mark or anew:
            await surface.change_thread(conn, f"{key}:tag", place_of(task), tag=look.tag)
    # Discord renames twice in ten minutes: only what differs from what the thread was called is sent.
    elif look.name is not None and (anew or look.name != (task.shown_name or task.title)):
        await surface.change_thread(conn, f"{key}:name", place_of(task), name=look.name)
    await task_table.change(
        conn,
        task,
        {
            "shown_mark": look.mark,
            "shown_name": task.shown_name if look.name is None or tagged else look.name,
            "shown_changes": change,
        },
    )


async def tag(conn: Connection, surface: Surface, cog: str, task: Task, tag: Tag) -> None:
    """Put the tag of a forum's post right that somebody has changed. The caller has locked the task's row."""
    change = task.shown_changes + 1
    key = f"{cog}:task:{task.id}:shown:{change}:tag"
    await surface.change_thread(conn, key, place_of(task), tag=tag)
    await task_table.change(conn, task, {"shown_changes": change})


async def board(
    conn: Connection, surface: Surface, cog: str, channel_id: int, board: Board, *, anew: bool
) -> None:
    """Let a queue's board say its text; in a forum it is a post, which stays where it is as long as it is there."""
    queue = await queue_table.get(conn, channel_id, locked=True)
    if queue is None:
        return
    say, row = Say(board.text, urgency="progress"), queue.board_row
    key = f"{cog}:board:{channel_id}:{queue.board_edits + 1}"
    if row is not None and anew:
        forum = await is_forum(conn, channel_id)
        if not forum:
            await surface.delete(conn, f"{key}:old", row)
        if not forum or await queue_table.board_is_lost(conn, row):
            row = None
    if row is None:
        row = await say_in(conn, surface, key, channel_id, board.name, say, pinned=True)
    elif queue.board_text != board.text or anew:
        await surface.edit(conn, key, row, say)
    else:
        return
    await queue_table.board(conn, channel_id, row, board.text)


async def say_in(
    conn: Connection,
    surface: Surface,
    key: str,
    channel_id: int,
    name: str,
    say: Say,
    *,
    pinned: bool = False,
) -> int:
    """Say something in a queue: as a message, or as a post of that name where it is a forum; the message's row."""
    if not await is_forum(conn, channel_id):
        (row, *_) = await surface.post(conn, key, Place(channel_id=channel_id), say)
        return row
    place = await surface.open_forum_post(conn, key, channel_id, name, say)
    assert place.opened_by is not None  # noqa: S101 - a post is opened by its row
    if pinned:
        await surface.change_thread(conn, f"{key}:pin", place, pinned=True)
    return place.opened_by


async def is_forum(conn: Connection, channel_id: int) -> bool:
    """Whether a channel is a forum, as far as Discord has told."""
    return any(one.kind in FORUMS for one in await channel_table.find(conn, [channel_id]))


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
