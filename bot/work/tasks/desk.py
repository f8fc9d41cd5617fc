"""A server's tasks as cogs use them: `Context.tasks` for people's wishes, `Run.tasks` for an agent's work."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from bot.mirror import channel_table
from bot.work import runs_table
from bot.work.circles.desk import CircleParts, Circles
from bot.work.principal import Principal
from bot.work.surface import Connection, File, Say, Tag
from bot.work.tasks import (
    alarming,
    event_table,
    flow_table,
    giving,
    holding,
    making,
    moving,
    need_table,
    queue_table,
    resource_table,
    result_table,
    showing,
    sweeping,
    task_table,
    tasks_list,
)
from bot.work.tasks.flow_table import Hour
from bot.work.tasks.giving import Given, TaskServices
from bot.work.tasks.leading import PlanParts, Plans
from bot.work.tasks.moving import TaskLost, Wish
from bot.work.tasks.resource_table import InUse
from bot.work.tasks.showing import Board, Look, Tell
from bot.work.tasks.states import OVER, Move
from bot.work.tasks.task import (
    Hold,
    NewTask,
    QueueRules,
    QueueView,
    Task,
    TaskEvent,
    TaskResult,
    Worker,
    rules_of,
)
from bot.work.tasks.tasks_list import Filter

MOST = 50
"""What is looked at in one transaction."""


class Tasks:
    """The tasks of one server. Whatever changes one is a transaction that checks who holds it."""

    def __init__(
        self,
        services: TaskServices,
        guild_id: int,
        cog: str,
        still_on: Callable[[Connection], Awaitable[None]] | None = None,
    ) -> None:
        self._services = services
        self._guild_id = guild_id
        self._cog = cog
        self._still_on = still_on

    @property
    def plans(self) -> Plans:
        """How tasks are split into parts, and the parts."""
        parts = PlanParts(
            self._services.database, self._services.surface, self._services.ring, self._services.new_id
        )
        return Plans(parts, self._guild_id, self._cog, self._still_on)

    @property
    def circles(self) -> Circles:
        """Work on this server that waits for itself, through however much other."""
        services = self._services
        parts = CircleParts(services.database, services.surface, services.ring, services.new_id)
        return Circles(parts, self._guild_id, self._cog)

    # queues

    async def open_queue(self, channel_id: int, rules: QueueRules) -> None:
        """Make a channel a queue with these rules, or give it these rules."""
        async with self._services.database.transaction() as conn:
            await queue_table.put(conn, self._guild_id, channel_id, rules)

    async def is_here(self, channel_id: int) -> bool:
        """Whether Discord has told of a channel of this id on this server."""
        async with self._services.database.connection() as conn:
            return any(one.guild_id == self._guild_id for one in await channel_table.find(conn, [channel_id]))

    async def channels_are_known(self) -> bool:
        """Whether Discord has told of this server's channels; just after a start that may still be to come."""
        async with self._services.database.connection() as conn:
            cursor = await conn.execute(
                "SELECT 1 FROM mirror_guild WHERE guild_id = %s AND epoch IS NOT NULL", (self._guild_id,)
            )
            return await cursor.fetchone() is not None

    async def is_forum(self, channel_id: int) -> bool:
        """Whether a channel is a forum: what is asked for there is a post, and shows how it stands by a tag."""
        async with self._services.database.connection() as conn:
            return await showing.is_forum(conn, channel_id)

    async def close_queue(self, channel_id: int) -> None:
        """Take in and hand out nothing more there; what is under way goes on."""
        async with self._services.database.transaction() as conn:
            await queue_table.close(conn, channel_id)

    async def queues(self) -> list[QueueView]:
        """The queues of this server that are open, with what is in them."""
        async with self._services.database.connection() as conn:
            rows = await queue_table.of_guild(conn, self._guild_id)
            return [await showing.view(conn, row) for row in rows if row.is_open]

    async def board_shown_in(self, message_id: int) -> int | None:
        """The queue whose board a message is."""
        async with self._services.database.connection() as conn:
            return await queue_table.with_board(conn, self._guild_id, message_id)

    async def show_board(self, channel_id: int, board: Board, *, anew: bool = False) -> None:
        """Keep the board of a queue current: one message, changed only where it says something else.

        A first one is posted, with ``anew`` also where there is one; changes that nobody has seen yet become one. In a
        forum it is a post, pinned unless another is, and ``anew`` makes another only where it is gone.
        """
        async with self._services.database.transaction() as conn:
            await showing.board(conn, self._services.surface, self._cog, channel_id, board, anew=anew)

    async def flow(self, channel_id: int, hours: int = 24) -> list[Hour]:
        """How tasks went through a queue, hour by hour, the current one last."""
        async with self._services.database.connection() as conn:
            return await flow_table.hours(conn, channel_id, hours)

    async def pictured(self, channel_id: int) -> str | None:
        """What the picture on a queue's board shows, as `show_picture` was told; None where there is none."""
        async with self._services.database.connection() as conn:
            queue = await queue_table.get(conn, channel_id)
        return None if queue is None else queue.pictured

    async def show_picture(self, channel_id: int, text: str, shown: str, file: File) -> None:
        """Put a picture on the board of a queue, beside its text; ``shown`` is what tells it from another."""
        async with self._services.database.transaction() as conn:
            await showing.picture(conn, self._services.surface, self._cog, channel_id, text, shown, file)

    async def sound_alarm(self, channel_id: int, say: Say, *, name: str) -> bool:
        """Say in a queue that it needs help, in a forum as a post called ``name``; False where that stands there already."""
        async with self._services.database.transaction() as conn:
            return await alarming.sound(conn, self._services.surface, self._cog, channel_id, name, say)

    async def end_alarm(self, channel_id: int, text: str) -> bool:
        """Say, under what was said, that it is over; False where there was no alarm."""
        async with self._services.database.transaction() as conn:
            return await alarming.end(conn, self._services.surface, self._cog, channel_id, text)

    async def drop_board(self, channel_id: int) -> None:
        """Keep no board there any more."""
        async with self._services.database.transaction() as conn:
            await queue_table.board(conn, channel_id, None, None)

    async def boards(self) -> list[int]:
        """The queues that have a board."""
        async with self._services.database.connection() as conn:
            rows = await queue_table.of_guild(conn, self._guild_id)
        return [row.channel_id for row in rows if row.board_row is not None]

    # one task

    async def create(self, new: NewTask, principal: Principal, *, announcement: str = "") -> Task | None:
        """Make a task, with its thread; None where its message (or event) has one already.

        Without a message the bot says the ``announcement`` in the queue. Raises `UserError` for a channel that is no
        queue, and for needs that go round in a circle.
        """
        services = self._services
        async with services.database.transaction() as conn:
            if self._still_on is not None:
                await self._still_on(conn)
            if new.event_id and not await runs_table.handle_once(conn, f"{self._cog}:task", new.event_id):
                return None
            return await making.made(
                conn, services.surface, services.new_id(), self._cog, new, principal, announcement
            )

    async def get(self, task_id: UUID) -> Task | None:
        """One task."""
        async with self._services.database.connection() as conn:
            return await task_table.get(conn, self._guild_id, task_id)

    async def find(
        self, *, number: int | None = None, thread_id: int | None = None, message_id: int | None = None
    ) -> Task | None:
        """The task of a number, a thread, or the message that shows its state."""
        async with self._services.database.connection() as conn:
            if number is not None:
                return await task_table.of_number(conn, self._guild_id, number)
            found = None
            if message_id is not None:
                found = await task_table.of_message(conn, self._guild_id, message_id)
            if found is None and thread_id is not None:
                found = await task_table.of_thread(conn, self._guild_id, thread_id)
            return found

    async def listed(self, wanted: Filter | None = None, *, limit: int = 25) -> list[Task]:
        """Tasks of this server, what is not over first, then the newest."""
        async with self._services.database.connection() as conn:
            return await tasks_list.listed(conn, self._guild_id, wanted or Filter(), limit)

    async def results(self, task_id: UUID) -> list[TaskResult]:
        """Everything that came of a task, refused results included, oldest first."""
        async with self._services.database.connection() as conn:
            return await result_table.of_task(conn, task_id)

    async def history(self, task_id: UUID, limit: int = MOST) -> list[TaskEvent]:
        """The last of what happened to a task, oldest first."""
        async with self._services.database.connection() as conn:
            return await event_table.of_task(conn, task_id, limit)

    async def waits_for(self, task_id: UUID) -> list[int]:
        """The numbers of the tasks that have to be done before this one."""
        async with self._services.database.connection() as conn:
            return await need_table.open_ones(conn, task_id)

    async def needed(self, task_id: UUID) -> list[Task]:
        """The tasks that had, or have, to be done before this one."""
        async with self._services.database.connection() as conn:
            return await task_table.needed_by(conn, task_id)

    async def need(self, task_id: UUID, needs: UUID) -> None:
        """Let a task wait until another is done. Raises `UserError`, also where they would wait for each other."""
        async with self._services.database.transaction() as conn:
            await moving.need(conn, self._guild_id, task_id, needs)

    # moves

    async def move(
        self,
        task_id: UUID,
        *moves: Move,
        by: Worker,
        fence: int | None = None,
        to: Worker | None = None,
        body: str = "",
    ) -> Task:
        """Make moves, all or none; answers with the task as it is then.

        With ``fence`` only as long as that is the task's. Raises `TaskLost` where it is not, and `UserError` with the
        reason where the task's state or the rules do not allow it.
        """
        async with self._services.database.transaction() as conn:
            task: Task | None = None
            for one in moves:
                task = await moving.make(
                    conn, self._guild_id, task_id, Wish(one, by, fence=fence, to=to, body=body)
                )
        assert task is not None  # noqa: S101 - there is at least one move
        if task.state in OVER:
            await self.plans.follow()
        return task

    async def claim_next(self, queue_id: int, by: Worker) -> Task | None:
        """Claim whatever is next in a queue; however many do at once, each gets another task. None: nothing is left."""
        async with self._services.database.transaction() as conn:
            return await moving.claim_next(conn, self._guild_id, queue_id, by)

    async def finish(self, hold: Hold, by: Worker, result: str) -> bool:
        """Finish a task with its result; False where it went to somebody else: the result is kept for reading then."""
        async with self._services.database.transaction() as conn:
            counts = await moving.hand_in(conn, self._guild_id, hold, by, result)
        await self.plans.follow()
        return counts

    async def keep_checkpoint(self, hold: Hold, by: Worker, body: str) -> None:
        """Keep what is known so far for whoever has the task next."""
        async with self._services.database.transaction() as conn:
            await result_table.keep(conn, hold.task_id, hold.fence, by, "checkpoint", body)

    async def give(self, given: Given) -> Task:
        """Give an agent a task that is available, and start its work on behalf of whoever asked for the task.

        Both or neither: a task has no holder that was never begun. Raises `UserError` as `move` does.
        """
        services = self._services
        async with services.database.transaction() as conn:
            if self._still_on is not None:
                await self._still_on(conn)
            return await giving.give(conn, services, self._guild_id, self._cog, given)

    async def say_unrunnable(self, task: Task, reason: str) -> None:
        """Note why nobody can do a task that waits; people are told when the reason is a new one."""
        async with self._services.database.transaction() as conn:
            await sweeping.unrunnable(conn, self._guild_id, task, reason)

    async def work[T](self, hold: Hold, body: Awaitable[T]) -> T:
        """Do a task's work while showing signs of life. Raises `TaskLost`, the work cancelled, when it is lost."""
        return await holding.held(self._services.database, self._services.clock, self._guild_id, hold, body)

    async def renew(self, hold: Hold) -> bool:
        """Show a sign of life; False where the task was lost."""
        async with self._services.database.connection() as conn:
            return await holding.renewed(conn, self._guild_id, hold) is not None

    # what is handed out, and what ends by itself

    async def available(self, queue_id: int, limit: int = MOST) -> list[Task]:
        """What could be handed out in a queue."""
        async with self._services.database.connection() as conn:
            return await task_table.available(conn, queue_id, limit)

    async def room(self, queue_id: int) -> bool:
        """Whether one more task may be under way in a queue."""
        async with self._services.database.connection() as conn:
            queue = await queue_table.get(conn, queue_id)
            limit = 0 if queue is None else rules_of(queue.rules).limit
            return not limit or await task_table.under_way(conn, queue_id) < limit

    async def in_hand(self, workers: Sequence[Worker]) -> dict[str, int]:
        """How many tasks each of some workers has, by their keys."""
        async with self._services.database.connection() as conn:
            return await task_table.in_hand(conn, self._guild_id, [one.key for one in workers])

    async def sweep(self) -> int:
        """Take tasks from holders who fell silent or whose work has ended without a result; how many there were.

        What a crash left undone of an end (parts that go with their whole, runs that wait for it) is done here.
        """
        taken = await sweeping.sweep(self._services.database, self._guild_id, MOST)
        await self.plans.follow()
        return taken

    # resources

    async def take_resource(self, hold: Hold, name: str, seconds: float) -> int | None:
        """Take something that one task at a time may use (a repository, a file), or keep it for longer: None.

        Else the number of the task that has it. It is free again after ``seconds``, and when the task is let go of.
        Raises `TaskLost`.
        """
        async with self._services.database.transaction() as conn:
            task = await task_table.locked(conn, self._guild_id, hold.task_id)
            if task is None or task.fence != hold.fence or task.worker is None:
                raise TaskLost(moving.OTHERS_TURN.format(number=0 if task is None else task.number))
            other = await resource_table.take(conn, self._guild_id, name, hold.task_id, hold.fence, seconds)
            if other is not None:
                await resource_table.wait(conn, self._guild_id, name, hold.task_id)
            return other

    async def in_use(self) -> list[InUse]:
        """What tasks have at this moment that only one at a time may use."""
        async with self._services.database.connection() as conn:
            return await resource_table.in_use(conn, self._guild_id)

    async def give_back_resource(self, hold: Hold, name: str) -> None:
        """Let others use it."""
        async with self._services.database.transaction() as conn:
            task = await task_table.locked(conn, self._guild_id, hold.task_id)
            if task is not None and task.fence == hold.fence:
                await resource_table.let_go(conn, hold.task_id, name)

    # showing

    async def tell(self, tell: Tell) -> set[int]:
        """Show people what happened and nobody has shown yet, each once; the queues in which something did.

        ``tell`` says for an event what is said in the task's thread (None: nothing). The mark under the task's message
        and its thread's name follow its state. What a crash leaves untold is told by the next call.
        """
        queues: set[int] = set()
        while True:
            async with self._services.database.transaction() as conn:
                queue = await showing.tell(conn, self._services.surface, self._cog, self._guild_id, tell)
            if queue is None:
                return queues - {0}
            queues.add(queue)

    async def show(self, task: Task, look: Look, *, anew: bool) -> None:
        """Let the mark and the thread's name say what they should; ``anew`` where somebody has changed them."""
        async with self._services.database.transaction() as conn:
            found = await task_table.locked(conn, self._guild_id, task.id)
            if found is not None:
                await showing.show(conn, self._services.surface, self._cog, found, look, anew=anew)

    async def tag(self, task: Task, tag: Tag) -> None:
        """Put the tag of a task's post in a forum right, where somebody has changed it."""
        async with self._services.database.transaction() as conn:
            found = await task_table.locked(conn, self._guild_id, task.id)
            if found is not None:
                await showing.tag(conn, self._services.surface, self._cog, found, tag)

    async def was_said(self, task: Task, key: str) -> bool:
        """Whether `say` was called with this key for the task."""
        async with self._services.database.connection() as conn:
            return await self._services.surface.is_posted(conn, f"{self._cog}:task:{task.id}:{key}")

    async def say(self, task: Task, key: str, say: Say) -> None:
        """Say something in a task's thread, once for each ``key``."""
        async with self._services.database.transaction() as conn:
            await self._services.surface.post(
                conn, f"{self._cog}:task:{task.id}:{key}", showing.place_of(task), say
            )
