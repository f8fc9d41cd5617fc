"""Tasks that wait for others, never in a circle; things that one task at a time may use; what is told once."""

import asyncio

import pytest

from bot.errors import UserError
from bot.storage.database import Database
from bot.work.surface import Say
from bot.work.tasks.moving import TaskLost
from bot.work.tasks.showing import Look
from bot.work.tasks.task import QueueRules, Task, TaskEvent
from tests.bot.work.tasks.bench import TaskBench, agent, member


@pytest.fixture
async def bench(database: Database) -> TaskBench:
    made = TaskBench(database)
    await made.open()
    return made


async def test_a_task_begins_when_all_it_needs_is_done_and_a_circle_is_refused(bench: TaskBench) -> None:
    dig, lay, plant = [await bench.add(name) for name in ("Dig", "Lay pipes", "Plant")]
    await bench.tasks.need(plant.id, dig.id)
    await bench.tasks.need(plant.id, lay.id)
    assert (await bench.now(plant)).state == "blocked"
    assert await bench.tasks.waits_for(plant.id) == [1, 2]
    with pytest.raises(UserError, match="#3 waits for #1, #2"):
        await bench.tasks.move(plant.id, "unblock", by=member(1))
    with pytest.raises(UserError, match="in a circle: #1 → #3 → #1"):
        await bench.tasks.need(dig.id, plant.id)
    with pytest.raises(UserError, match="in a circle: #1 → #1"):
        await bench.tasks.need(dig.id, dig.id)

    await bench.tasks.move(dig.id, "claim", "finish", by=member(1))
    assert (await bench.now(plant)).state == "blocked"
    await bench.tasks.move(lay.id, "claim", "finish", by=member(1))
    assert (await bench.now(plant)).state == "available"

    later = await bench.add("Water", needs=(dig.id,))
    assert later.state == "available"  # what it needs is done already
    await bench.tasks.move(plant.id, "claim", by=member(1))
    with pytest.raises(UserError, match="#3 is claimed now"):
        await bench.tasks.need(plant.id, later.id)

    # what was done while it was being said to be needed is found by the sweep
    late = await bench.add("Late")
    async with bench.database.connection() as conn:
        await conn.execute("UPDATE task SET state = 'blocked' WHERE id = %s", (late.id,))
    await bench.tasks.sweep()
    assert (await bench.now(late)).state == "available"


async def test_two_that_would_close_a_circle_together_cannot(bench: TaskBench) -> None:
    for _ in range(8):
        one, two = await bench.add("One"), await bench.add("Two")
        ends = await asyncio.gather(
            bench.tasks.need(one.id, two.id), bench.tasks.need(two.id, one.id), return_exceptions=True
        )
        assert sorted(type(end).__name__ for end in ends) == ["NoneType", "UserError"]


async def test_what_somebody_blocked_does_not_begin_by_itself(bench: TaskBench) -> None:
    first, then = await bench.add("First"), await bench.add("Then")
    await bench.tasks.move(then.id, "block", by=member(1))
    await bench.tasks.need(then.id, first.id)
    await bench.tasks.move(first.id, "claim", "finish", by=member(1))
    assert (await bench.now(then)).state == "blocked"
    await bench.tasks.move(then.id, "unblock", by=member(2))
    assert (await bench.now(then)).state == "available"


async def test_a_resource_is_one_tasks_until_it_expires_or_the_task_is_let_go_of(bench: TaskBench) -> None:
    one, two = await bench.add("One"), await bench.add("Two")
    holds = [(await bench.tasks.move(task.id, "claim", by=agent("scribe"))).hold for task in (one, two)]
    tasks = bench.tasks
    taken = await asyncio.gather(*(tasks.take_resource(hold, "repo", 60) for hold in holds))
    assert sorted(taken, key=lambda number: number or 0) in ([None, 1], [None, 2])
    mine, other = (holds[0], holds[1]) if taken[0] is None else (holds[1], holds[0])
    assert await tasks.take_resource(mine, "repo", 60) is None  # for longer
    assert await tasks.take_resource(other, "another", 60) is None
    await tasks.take_resource(mine, "repo", 0)
    assert await tasks.take_resource(other, "repo", 60) is None  # its time was over
    await tasks.give_back_resource(other, "repo")
    assert await tasks.take_resource(mine, "repo", 60) is None
    await tasks.move(mine.task_id, "release", by=agent("scribe"))
    assert await tasks.take_resource(other, "repo", 60) is None
    with pytest.raises(TaskLost):
        await tasks.take_resource(mine, "repo", 60)


async def test_what_happened_is_told_once_however_many_tell(bench: TaskBench) -> None:
    tasks = [await bench.add(f"Task {number}") for number in range(6)]
    for task in tasks:
        await bench.tasks.move(task.id, "claim", by=member(1))
    told: list[int] = []

    def tell(event: TaskEvent, task: Task) -> tuple[Say | None, Look]:
        told.append(event.id)
        return Say(f"{event.kind} {task.number}"), Look("👀", f"👀 {task.title}")

    await asyncio.gather(*(bench.tasks.tell(tell) for _ in range(4)))
    assert len(told) == len(set(told)) == 2 * len(tasks)
    assert await bench.tasks.tell(tell) == set()
    async with bench.database.connection() as conn:
        cursor = await conn.execute(
            "SELECT count(*) FROM outbox WHERE kind = 'post' AND key LIKE '%:event:%'"
        )
        assert (await cursor.fetchone()) == (2 * len(tasks),)
        cursor = await conn.execute("SELECT count(*) FROM outbox WHERE kind = 'thread_edit'")
        assert (await cursor.fetchone()) == (len(tasks),)  # renamed once, though told twice


async def test_what_a_closed_queue_holds_is_not_handed_out(bench: TaskBench) -> None:
    task = await bench.add()
    await bench.tasks.close_queue(bench.queue_id)
    assert await bench.tasks.claim_next(bench.queue_id, member(1)) is None
    with pytest.raises(UserError, match="no queue any longer"):
        await bench.tasks.move(task.id, "claim", by=member(1))
    with pytest.raises(UserError, match="is no queue"):
        await bench.add()
    await bench.open(QueueRules(limit=1))
    assert await bench.tasks.claim_next(bench.queue_id, member(1)) is not None
    elsewhere = TaskBench(bench.database, guild_id=2, queue_id=bench.queue_id)
    assert await elsewhere.tasks.get(task.id) is None
    assert await elsewhere.tasks.claim_next(bench.queue_id, member(1)) is None


async def test_of_what_was_known_the_newest_stays_for_each_attempt(bench: TaskBench) -> None:
    task = await bench.add()
    me = agent("scribe")
    for attempt in ("first", "second"):
        hold = (await bench.tasks.move(task.id, "claim", by=me)).hold
        for known in ("a little", "more"):
            await bench.tasks.keep_checkpoint(hold, me, f"{attempt}: {known}")
        await bench.tasks.move(task.id, "release", by=me, fence=hold.fence)
    assert [one.body for one in await bench.tasks.results(task.id)] == ["first: more", "second: more"]


async def test_who_has_handed_in_goes_on_and_whom_it_was_taken_from_does_not(bench: TaskBench) -> None:
    """A process may die between handing in and telling people; whoever goes on then still has to tell them."""
    me = agent("scribe")
    done, taken = [await bench.add(name) for name in ("Done", "Taken")]
    holds = [(await bench.tasks.move(task.id, "claim", by=me)).hold for task in (done, taken)]
    await bench.tasks.finish(holds[0], me, "the result")
    await bench.tasks.move(taken.id, "finish", by=member(9, manages=True))

    async def told() -> str:
        await asyncio.sleep(0.2)  # several signs of life are due meanwhile
        return "told"

    assert await bench.tasks.work(holds[0], told()) == "told"
    with pytest.raises(TaskLost):
        await bench.tasks.work(holds[1], asyncio.Event().wait())
    assert await bench.tasks.finish(holds[0], me, "the result")
