"""Makes a task out of a message, a command or another task, with the thread in which it is worked on."""

from dataclasses import replace
from uuid import UUID

from bot.errors import UserError
from bot.work.principal import Principal
from bot.work.surface import Connection, Place, Say, Surface
from bot.work.tasks import event_table, moving, need_table, queue_table, showing, task_table
from bot.work.tasks.task import NewTask, Task, Worker, rules_of

NO_QUEUE = "<#{channel}> is no queue. Somebody who manages this server can make it one with `/cogs config`."


async def made(
    conn: Connection,
    surface: Surface,
    task_id: UUID,
    cog: str,
    new: NewTask,
    principal: Principal,
    announcement: str,
) -> Task | None:
    """Make a task; None where its message has one already. Raises `UserError` where it cannot be."""
    queue = await queue_table.get(conn, new.queue_id)
    if queue is None or not queue.is_open or queue.guild_id != principal.guild_id:
        raise UserError(NO_QUEUE.format(channel=new.queue_id))
    if (
        new.message_id is not None
        and await task_table.of_message(conn, principal.guild_id, new.message_id) is not None
    ):
        return None
    number = await task_table.next_number(conn, principal.guild_id)
    rows = await _thread(conn, surface, f"{cog}:task:{task_id}", new, announcement.format(number=number))
    task = await task_table.insert(
        conn,
        task_id,
        principal,
        new,
        number=number,
        state="blocked" if new.needs else "available",
        most_attempts=rules_of(queue.rules).most_attempts,
        rows=rows,
    )
    if task is None:
        return None
    for other in new.needs:
        await moving.need(conn, principal.guild_id, task_id, other)
    awaited = await need_table.open_ones(conn, task_id) if new.needs else []
    if new.needs and not awaited:
        task = await task_table.change(conn, task, {"state": "available"})
    asker = Worker("member", str(principal.member_id), principal.name)
    await event_table.add(conn, task, "created", asker, ", ".join(f"#{one}" for one in awaited))
    return task


async def _thread(
    conn: Connection, surface: Surface, key: str, new: NewTask, announcement: str
) -> tuple[int | None, int | None]:
    """The outbox rows of the task's message, where the bot says it, and of its thread, where there is none yet."""
    if new.in_thread:
        return None, None
    if new.message_id is not None:
        place = await surface.open_thread_on(
            conn, f"{key}:thread", new.message_in or new.queue_id, new.message_id, new.title
        )
        return None, place.opened_by
    if await showing.is_forum(conn, new.queue_id):
        post = await surface.open_forum_post(
            conn, f"{key}:said", new.queue_id, new.title, Say(announcement), tag=new.tag
        )
        return post.opened_by, post.opened_by
    (row, *_) = await surface.post(conn, f"{key}:said", Place(channel_id=new.queue_id), Say(announcement))
    place = await surface.open_thread(conn, f"{key}:thread", row, new.title)
    return row, place.opened_by


def as_part(new: NewTask, whole: Task, plan: int, needs: tuple[UUID, ...]) -> NewTask:
    """A task as a part of another, by a version of its plan."""
    return replace(new, parent_id=whole.id, plan=plan, needs=needs, priority=whole.priority)
