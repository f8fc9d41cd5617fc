"""Circles that arise through waiting are found in the tables, told once, broken by those concerned, and said to be over."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from bot.errors import UserError
from bot.storage.database import Database
from bot.work import runs_table, waits_table
from bot.work.circles.link import Link
from bot.work.principal import Principal
from bot.work.runs_table import NewRun
from bot.work.surface import Say
from bot.work.tasks.task import Hold, Task
from bot.work.waits_table import NewWait
from tests.bot.work.tasks.bench import TaskBench, agent, member

OVER = "over"


def told(_circle: UUID, links: Sequence[Link]) -> Say:
    return Say(" ".join(f"{one.thing.label} {one.why} {one.awaited.label}{one.what}" for one in links))


async def said(database: Database) -> list[str]:
    async with database.connection() as conn:
        cursor = await conn.execute(
            "SELECT payload ->> 'content' FROM outbox WHERE key LIKE 'lab:circle:%' ORDER BY id"
        )
        return [str(row[0]) for row in await cursor.fetchall()]


async def waiting_run(
    bench: TaskBench,
    title: str,
    *,
    for_run: UUID | None = None,
    for_tasks: list[UUID] | None = None,
    people: bool = False,
) -> UUID:
    """A run that does nothing but wait."""
    run_id = uuid4()
    who = Principal(bench.guild_id, bench.queue_id, 6, "Bo")
    async with bench.database.transaction() as conn:
        new = NewRun(run_id, "lab", "work", {}, title, who, thread_id=9)
        await runs_table.insert(conn, new, status_row=None, thread_row=None)
        if for_run or for_tasks:
            kind = "run" if for_run else "tasks"
            await waits_table.open_(
                conn, NewWait(uuid4(), run_id, "x", kind, for_run=for_run, for_tasks=for_tasks)
            )
        if people:
            await waits_table.open_(conn, NewWait(uuid4(), run_id, "y", "answer"))
        await conn.execute("UPDATE run SET state = 'waiting', due_at = NULL WHERE id = %s", (run_id,))
    return run_id


async def held_by(bench: TaskBench, task: Task, run_id: UUID) -> Task:
    """The task in the hands of an agent whose run that is."""
    taken = await bench.tasks.move(task.id, "claim", by=agent("worker"))
    async with bench.database.transaction() as conn:
        await conn.execute("UPDATE task SET run_id = %s WHERE id = %s", (run_id, task.id))
    return taken


async def test_a_task_that_waits_for_a_run_that_waits_for_it(database: Database) -> None:
    bench = TaskBench(database)
    await bench.open()
    first, second = await bench.add("First"), await bench.add("Second")
    await bench.tasks.need(second.id, first.id)
    run = await waiting_run(bench, "A survey", for_tasks=[second.id])
    assert await bench.tasks.circles.look(told, OVER) == 0
    await held_by(bench, first, run)
    for _ in range(2):
        assert await bench.tasks.circles.look(told, OVER) == 1
    texts = await said(database)
    assert len(texts) == 1, "it is told once"
    for part in ("#2 needs #1", "#1 worked on by A survey", "A survey waits for task #2"):
        assert part in texts[0]
    (circle, links) = (await bench.tasks.circles.open_ones())[0]
    number = next(at for at, one in enumerate(links) if one.breaks == "need")
    with pytest.raises(UserError, match="Only those whose work"):
        await bench.tasks.circles.break_(circle, number, member(77))
    await bench.tasks.circles.break_(circle, number, member(5))  # whoever asked for the task
    assert (await bench.now(second)).state == "available"
    assert await bench.tasks.circles.look(told, OVER) == 0
    assert (await said(database))[-1].endswith(OVER)
    with pytest.raises(UserError, match="broken already"):
        await bench.tasks.circles.break_(circle, number, member(5))


async def test_what_two_tasks_have_and_each_would_use(database: Database) -> None:
    bench = TaskBench(database)
    await bench.open()
    one, two = [
        await bench.tasks.move((await bench.add()).id, "claim", by=member(number)) for number in (1, 2)
    ]
    assert await bench.tasks.take_resource(one.hold, "mill", 60) is None
    assert await bench.tasks.take_resource(two.hold, "barn", 60) is None
    assert await bench.tasks.take_resource(one.hold, "barn", 60) == two.number
    assert await bench.tasks.circles.look(told, OVER) == 0
    assert await bench.tasks.take_resource(two.hold, "mill", 60) == one.number
    assert await bench.tasks.circles.look(told, OVER) == 1
    (circle, links) = (await bench.tasks.circles.open_ones())[0]
    await bench.tasks.circles.break_(circle, 0, member(9, manages=True))
    assert await bench.tasks.circles.look(told, OVER) == 0
    free = {one.awaited.id: one.what for one in links[:1]}
    assert {use.name for use in await bench.tasks.in_use()} == {"mill", "barn"} - set(free.values())


async def test_runs_and_turns_and_agents_that_are_busy(database: Database) -> None:
    bench = TaskBench(database)
    await bench.open()
    before = await waiting_run(bench, "The first")
    async with database.transaction() as conn:
        behind = uuid4()
        who = Principal(bench.guild_id, bench.queue_id, 6, "Bo")
        await conn.execute("UPDATE run SET lane = 'chat' WHERE id = %s", (before,))
        new = NewRun(behind, "lab", "work", {}, "The next", who, thread_id=9, lane="chat")
        await runs_table.insert(conn, new, status_row=None, thread_row=None)
        await waits_table.open_(conn, NewWait(uuid4(), before, "x", "run", for_run=behind))
    assert await bench.tasks.circles.look(told, OVER) == 1
    assert "The next turn The first" in (await said(database))[0]
    (circle, links) = (await bench.tasks.circles.open_ones())[0]
    number = next(at for at, one in enumerate(links) if one.thing.id == before)
    await bench.tasks.circles.break_(circle, number, member(6))
    assert await bench.tasks.circles.look(told, OVER) == 0, "a run that is being stopped waits for nothing"

    task, part = await bench.add("Whole"), await bench.add("Part")
    run = await waiting_run(bench, "Survey", for_tasks=[part.id])
    await held_by(bench, task, run)
    busy = {part.id: [task.id]}
    assert await bench.tasks.circles.look(told, OVER) == 0
    assert await bench.tasks.circles.look(told, OVER, busy=busy) == 1
    idle = await bench.tasks.move((await bench.add("Other")).id, "claim", by=agent("worker"))
    assert await bench.tasks.circles.look(told, OVER, busy={part.id: [task.id, idle.id]}) == 0, (
        "one is enough"
    )


async def test_who_waits_for_people_too_is_in_no_circle(database: Database) -> None:
    bench = TaskBench(database)
    await bench.open()
    task = await bench.add()
    run = await waiting_run(bench, "Asks", for_tasks=[task.id], people=True)
    taken = await held_by(bench, task, run)
    assert await bench.tasks.circles.look(told, OVER) == 0
    assert await bench.tasks.take_resource(Hold(taken.id, taken.fence), "x", 1) is None
