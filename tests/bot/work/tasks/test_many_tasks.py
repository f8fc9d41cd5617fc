"""What is asked of the tables of tasks at every turn must not grow with what lies finished."""

from typing import Any, cast
from uuid import UUID

import psycopg
import pytest

from bot.storage.database import Database
from bot.work import runs_queue, runs_table, steps_table
from bot.work.tasks import event_table, need_table, queue_table, result_table, showing, task_table, tasks_list
from bot.work.tasks.states import STATES, State
from bot.work.tasks.task import QueueRules, Task
from bot.work.tasks.tasks_list import Filter
from tests.bot.work.explaining import Explaining, as_autovacuum_does
from tests.bot.work.tasks.bench import TaskBench, agent, member
from tests.sizes import size

ROWS = size("tasks and runs that lie finished", small=20_000, stated=100_000)
FULL = ("task", "task_event", "task_result", "run", "run_step")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def _finished(database: Database, bench: TaskBench) -> None:
    """Years of work: a run, a result and two events for each task that is over."""
    async with database.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO run (id, cog, workflow, args, title, guild_id, channel_id, member_id, member_name, state,
                             created_at, finished_at, due_at)
            SELECT gen_random_uuid(), 'lab', 'work', '{}', 'Old', %(guild)s, %(queue)s, 5, 'Ada', 'done',
                   now() - interval '99 days', now() - interval '80 days', now() - interval '99 days'
            FROM generate_series(1, %(rows)s)
            """,
            {"guild": bench.guild_id, "queue": bench.queue_id, "rows": ROWS},
        )
        await conn.execute(
            "INSERT INTO run_step (run_id, key, effect, state, result, fence, done_at)"
            " SELECT id, 'begin', 'repeatable', 'done', '1', 1, finished_at FROM run"
        )
        await conn.execute(
            """
            INSERT INTO task (id, guild_id, queue_id, number, title, body, member_id, member_name, message_in, state,
                              most_attempts, created_at, ended_at, message_id)
            SELECT gen_random_uuid(), %(guild)s, %(queue)s, 100000 + n, 'Old ' || n, 'Old', 5, 'Ada', %(queue)s,
                   CASE WHEN n %% 20 = 0 THEN 'failed' ELSE 'done' END, 3, now() - interval '99 days',
                   now() - interval '90 days', n
            FROM generate_series(1, %(rows)s) AS n
            """,
            {"guild": bench.guild_id, "queue": bench.queue_id, "rows": ROWS},
        )
        await conn.execute(
            """
            INSERT INTO task_event (task_id, guild_id, kind, state, fence, by, by_name, told)
            SELECT task.id, guild_id, kind, state, fence, 'bot:', '', true
            FROM task, (VALUES ('created'), ('finish')) AS kinds (kind)
            """
        )
        await conn.execute(
            "INSERT INTO task_result (task_id, fence, worker, worker_name, kind, body)"
            " SELECT id, 1, 'member:5', 'Ada', 'result', 'Done' FROM task"
        )


async def _under_way(bench: TaskBench) -> list[Task]:
    """A few of everything that is not over."""
    made = [await bench.add(f"Task {number}") for number in range(60)]
    for task in made[:20]:
        await bench.tasks.move(task.id, "claim", by=agent(f"agent{task.number % 4}"))
    for task, other in zip(made[20:30], made[30:40], strict=True):
        await bench.tasks.need(task.id, other.id)
    return made


async def test_the_hot_queries_read_indexes_however_many_tasks_are_over(
    database: Database, database_url: str
) -> None:
    bench = TaskBench(database)
    await bench.open(QueueRules(limit=50))
    await _finished(database, bench)
    made = await _under_way(bench)
    held = await bench.now(made[0])
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as owner:
        await as_autovacuum_does(owner, *FULL, "task_need")
    async with database.transaction() as real:
        seen = Explaining(real)
        conn = cast("Any", seen)
        guild, queue = bench.guild_id, bench.queue_id
        row = await queue_table.get(conn, queue, locked=True)
        assert row is not None
        view = await showing.view(conn, row)
        assert (view.counts["available"], view.counts.get("done", 0)) == (30, 0)
        await task_table.next_available(conn, queue)
        await task_table.available(conn, queue, 50)
        await task_table.under_way(conn, queue)
        await task_table.in_hand(conn, guild, [agent(f"agent{number}").key for number in range(4)])
        await task_table.overdue(conn, guild, 50)
        await task_table.out_of_step(conn, guild)
        await task_table.locked(conn, guild, held.id)
        await task_table.of_number(conn, guild, held.number)
        await task_table.of_message(conn, guild, 17)
        await task_table.of_thread(conn, guild, 17)
        await task_table.renew(conn, held.id, held.fence, 60)
        await need_table.waiting_for(conn, made[30].id)
        await need_table.open_ones(conn, made[20].id)
        await need_table.done_meanwhile(conn, guild)
        await need_table.circle(conn, made[20].id, made[30].id)
        await event_table.first_untold(conn, guild)
        await event_table.of_task(conn, held.id, 50)
        await result_table.standing(conn, held.id, 1)
        await result_table.of_task(conn, held.id)
        await _runs(conn)
        before = len(seen.plans)
        await _lists(conn, guild, queue)
        lists = seen.plans[before:]
        await _words(conn, guild)
    # A bitmap is read whole and sorted: what is listed comes from an index in its order, and no more than is shown.
    assert not [plan for plan in lists if "Bitmap Heap Scan" in plan], "\n\n".join(lists)
    grown = [plan for plan in seen.plans if any(f"Seq Scan on {table} " in plan for table in FULL)]
    assert not grown, "\n\n".join(grown)
    assert len(seen.plans) > 25


async def _lists(conn: Any, guild: int, queue: int) -> None:
    """What `/tasks list` shows."""
    over: tuple[State, ...] = ("done", "failed")
    still: tuple[State, ...] = tuple(state for state in STATES if state not in over)

    async def numbers(wanted: Filter, limit: int = 16) -> list[int]:
        return [one.number for one in await tasks_list.listed(conn, guild, wanted, limit)]

    everything = await numbers(Filter(), 70)
    assert everything[:60] == list(range(60, 0, -1)), "what is not over comes first, then the newest"
    assert everything[60:] == [100_000 + ROWS - number for number in range(10)]
    assert await numbers(Filter(states=still)) == list(range(60, 44, -1))
    assert await numbers(Filter(states=still, queue_id=queue), 3) == [60, 59, 58]
    assert await numbers(Filter(states=("failed",), worker="member:5", member_id=5), 1) == [100_000 + ROWS]
    assert await numbers(Filter(states=("claimed",), worker="agent:agent1", member_id=7), 2) == [17, 13]
    assert await numbers(Filter(states=still, worker="member:5", member_id=5, queue_id=queue), 2) == [60, 59]
    assert await numbers(Filter(states=("done",), queue_id=1)) == []


async def _words(conn: Any, guild: int) -> None:
    """What is suggested while somebody types: among the newest, and an old one by its number."""

    async def numbers(words: str) -> list[int]:
        return [one.number for one in await tasks_list.listed(conn, guild, Filter(words=words), 16)]

    newest = 100_000 + ROWS
    assert (await numbers(f"OLD {ROWS}"))[0] == newest
    assert await numbers("no such title") == []
    assert await numbers("#100001") == [100_001]


async def _runs(conn: Any) -> None:
    """What every process asks of runs all the time, beside whose turn it is."""
    somebody = UUID(int=1)
    await runs_queue.make_ready(conn, 50)
    await runs_queue.turns(conn, 20, 10)
    await runs_queue.claim(conn, somebody, somebody, [3.0], 10)
    await runs_queue.is_late(conn, somebody)
    await runs_table.renew(conn, somebody, 1, 3.0)
    await runs_table.holds(conn, somebody, 1)
    await runs_table.get(conn, somebody)
    await runs_table.ask_to_stop(conn, somebody, member(1).manages)
    await runs_table.finish(conn, somebody, 1, "done")
    await steps_table.of_run(conn, somebody)
