"""How a queue went, hour by hour, from what happened to its tasks."""

from bot.storage.database import Database
from bot.work.tasks.task import Task
from tests.bot.work.tasks.bench import TaskBench, member


async def long_ago(database: Database, task: Task, **hours: float) -> None:
    """Let what happened to a task have happened so many hours before this one's middle."""
    async with database.connection() as conn:
        for kind, ago in hours.items():
            await conn.execute(
                """
                UPDATE task_event SET at = date_trunc('hour', now()) + interval '1 second'
                    - make_interval(secs => %s * 3600) WHERE task_id = %s AND kind = %s
                """,
                (ago, task.id, kind),
            )


async def test_each_hour_has_what_came_and_was_done_and_what_waited_at_its_end(database: Database) -> None:
    bench = TaskBench(database)
    await bench.open()
    old, slow, fresh = [await bench.add() for _ in range(3)]
    for task in (old, slow):
        held = await bench.tasks.move(task.id, "claim", by=member(1))
        if task is old:
            await bench.tasks.finish(held.hold, member(1), "done")
    await long_ago(database, old, created=5, claim=4, finish=2)
    await long_ago(database, slow, created=3, claim=1)
    hours = await bench.tasks.flow(bench.queue_id, 6)
    assert [one.created for one in hours] == [1, 0, 1, 0, 0, 1]
    assert [one.done for one in hours] == [0, 0, 0, 1, 0, 0]
    assert [one.waiting for one in hours] == [1, 0, 1, 1, 0, 1]
    assert [one.running for one in hours] == [0, 1, 1, 0, 1, 1]
    assert fresh.state == "available"
    assert [one.ends for one in hours] == sorted(one.ends for one in hours)
