"""Leaders and workers: a plan is put up, agreed to and carried out as tasks; parts end with their whole.

Every change is one transaction, and what follows from an end (parts that go with it, runs that wait for it) is found by
looking at the tables: a crash between the two leaves it to whoever looks next.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
from psycopg.errors import LockNotAvailable

from bot.errors import UserError
from bot.storage.database import Database
from bot.work import runs_table, waits_table
from bot.work.principal import Principal
from bot.work.services import Ring
from bot.work.surface import Connection, Say, Surface
from bot.work.tasks import making, moving, need_table, plan_table, showing, task_table
from bot.work.tasks.moving import OTHERS_TURN, TaskLost, Wish
from bot.work.tasks.plan import Part, in_order
from bot.work.tasks.plan_table import Plan
from bot.work.tasks.task import BOT, Hold, NewTask, Task
from bot.work.waiting import Opened

log = structlog.get_logger(__name__)

MOST = 50
NOT_THE_PLAN = "That plan was changed or begun meanwhile; look at the newest one."
WITH_THE_WHOLE = "it was a part of #{number}, which is over"

type Made = Callable[[int, Part], NewTask]
"""The task for a part, given its number; its parent, its needs and its plan are filled in."""


@dataclass(frozen=True, slots=True)
class PlanParts:
    """What plans work with."""

    database: Database
    surface: Surface
    ring: Ring
    new_id: Callable[[], UUID]


class Plans:
    """How the tasks of one server are split into parts."""

    def __init__(
        self,
        parts: PlanParts,
        guild_id: int,
        cog: str,
        still_on: Callable[[Connection], Awaitable[None]] | None = None,
    ) -> None:
        self._parts = parts
        self._guild_id = guild_id
        self._cog = cog
        self._still_on = still_on

    async def propose(self, hold: Hold, plan: Plan) -> None:
        """Put up a version, in place of those before; again it is the same. Raises `TaskLost`."""
        async with self._parts.database.transaction() as conn:
            await self._held(conn, hold)
            await plan_table.propose(conn, self._guild_id, plan)

    async def standing(self, task_id: UUID) -> Plan | None:
        """The newest plan of a task that is not over."""
        async with self._parts.database.connection() as conn:
            return await plan_table.standing(conn, task_id)

    async def versions(self, task_id: UUID) -> int:
        """How many versions of plans a task has had."""
        async with self._parts.database.connection() as conn:
            return await plan_table.latest(conn, task_id)

    async def about(self, wait_id: UUID) -> Plan:
        """The version about which a run waits to hear. Raises `UserError` where that is not the newest any more."""
        async with self._parts.database.connection() as conn:
            plan = await plan_table.of_wait(conn, self._guild_id, wait_id)
        if plan is None or plan.state != "proposed":
            raise UserError(NOT_THE_PLAN)
        return plan

    async def show(self, task_id: UUID, key: str, say: Say) -> None:
        """Let the one message in the task's thread that shows its plan say this; each ``key`` does so once."""
        async with self._parts.database.transaction() as conn:
            await self.shown(task_id, key, say)(conn)

    def shown(self, task_id: UUID, key: str, say: Say) -> Opened:
        """The same as a part of whatever transaction it is called in; for `Run.wait_answer`.

        That transaction has locked the leader's run: nobody may lock that run while holding the task.
        """

        async def show(conn: Connection) -> None:
            task = await task_table.locked(conn, self._guild_id, task_id)
            if task is None:
                return
            surface, full_key = self._parts.surface, f"{self._cog}:task:{task.id}:plan:{key}"
            row = task.plan_row
            if row is None:
                (row, *_) = await surface.post(conn, full_key, showing.place_of(task), say)
            else:
                await surface.edit(conn, full_key, row, say)
            await task_table.change(conn, task, {"plan_row": row})

        return show

    async def begin(
        self, hold: Hold, version: int, made: Made, announcement: Callable[[int, Part], str]
    ) -> list[Task]:
        """Make the tasks of a version, all or none; those that are there already are the answer.

        Raises `TaskLost`, and `UserError` where another version stands by now.
        """
        async with self._parts.database.transaction() as conn:
            if self._still_on is not None:
                await self._still_on(conn)
            whole = await self._held(conn, hold)
            if not await plan_table.start(conn, whole.id, version):
                there = [one for one in await task_table.parts_of(conn, whole.id) if one.plan == version]
                if not there:
                    raise UserError(NOT_THE_PLAN)
                return there
            plan = await plan_table.standing(conn, whole.id)
            assert plan is not None  # noqa: S101 - it was started just now
            return await self._made(conn, whole, plan, made, announcement)

    async def parts(self, task: Task | UUID, version: int | None = None) -> list[Task]:
        """What a task was split into, by number; of all its plans, or of one."""
        task_id = task.id if isinstance(task, Task) else task
        async with self._parts.database.connection() as conn:
            found = await task_table.parts_of(conn, task_id)
        return [one for one in found if version is None or one.plan == version]

    async def forgo(self, task_id: UUID) -> None:
        """Let nothing wait for a task any more: what needed it goes on without."""
        async with self._parts.database.transaction() as conn:
            await need_table.in_turn(conn, self._guild_id)
            task = await task_table.locked(conn, self._guild_id, task_id)
            if task is None:
                return
            waiting = await need_table.waiting_for(conn, task_id)
            await need_table.forgo(conn, task_id)
            for other in waiting:
                await moving.free(conn, self._guild_id, other, f"#{task.number}")

    async def follow(self) -> None:
        """Do what follows from ends: parts end with their whole, the last first, and runs that wait for tasks wake."""
        ended: set[UUID] = set()
        while fresh := await self._next_orphans(ended):
            for task_id, number in fresh:
                ended.add(task_id)
                await self._end(task_id, number)
        try:
            async with self._parts.database.transaction() as conn:
                for run_id in await waits_table.wake_where_tasks_ended(conn, self._guild_id):
                    await self._parts.ring(conn, run_id)
        except LockNotAvailable:
            log.warning("ends_told_later", guild=self._guild_id)  # whoever looks next tells them

    async def _next_orphans(self, ended: set[UUID]) -> list[tuple[UUID, int]]:
        async with self._parts.database.connection() as conn:
            found = await task_table.orphans(conn, self._guild_id, MOST)
        return [one for one in found if one[0] not in ended]

    async def _end(self, task_id: UUID, number: int) -> None:
        """End a part, and stop the work on it."""
        async with self._parts.database.transaction() as conn:
            before = await task_table.locked(conn, self._guild_id, task_id)
            if before is None or before.ended_at is not None:
                return
            why = WITH_THE_WHOLE.format(number=number)
            await moving.make(conn, self._guild_id, task_id, Wish("cancel", BOT, body=why))
            if before.run_id is not None:
                await runs_table.ask_to_stop(conn, before.run_id, 0, f"The task is over: {why}.")
                await self._parts.ring(conn, before.run_id)

    async def _held(self, conn: Connection, hold: Hold) -> Task:
        task = await task_table.locked(conn, self._guild_id, hold.task_id)
        if task is None or task.fence != hold.fence or task.worker is None:
            raise TaskLost(OTHERS_TURN.format(number=0 if task is None else task.number))
        return task

    async def _made(
        self,
        conn: Connection,
        whole: Task,
        plan: Plan,
        made: Made,
        announcement: Callable[[int, Part], str],
    ) -> list[Task]:
        principal = Principal(whole.guild_id, whole.queue_id, whole.member_id, whole.member_name)
        ids: dict[int, UUID] = {}
        tasks: dict[int, Task] = {}
        for number in in_order(plan.parts):
            part, ids[number] = plan.parts[number - 1], self._parts.new_id()
            needs = tuple(ids[other] for other in part.after)
            new = making.as_part(made(number, part), whole, plan.version, needs)
            task = await making.made(
                conn, self._parts.surface, ids[number], self._cog, new, principal, announcement(number, part)
            )
            assert task is not None  # noqa: S101 - it has no message that could have a task
            tasks[number] = task
        return [tasks[number] for number in sorted(tasks)]
