"""However many claim at once, a task has one winner; whoever only puts up a reaction is often not alone."""

import asyncio
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest

from bot.errors import UserError
from bot.storage.database import Database
from bot.work.principal import Principal
from bot.work.tasks.task import NewTask, QueueRules
from cogswarm.testing import Heard, Members, Person
from tests.bot.work.tasks.bench import TaskBench, member
from tests.sizes import size

TASKS = size("tasks claimed by many at once", small=40, stated=1_000)
CLAIMERS = size("claimers of each of them", small=5, stated=50)
MESSAGES = 4

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + TASKS * CLAIMERS // 50)]


async def claimed_by_reaction(person: Person, message: Heard) -> bool:
    """The usual way: who sees no 👀 puts one up and begins to work."""
    if await person.client.reacted(message.raw, "👀"):
        return False
    await person.react(message, "👀")
    return True


async def test_each_task_has_one_winner_and_a_bare_reaction_has_several(
    database: Database, members: Members, measured: Callable[[str], None]
) -> None:
    bench = TaskBench(database)
    await bench.open()
    made = [await bench.add(f"Task {number}") for number in range(TASKS)]
    won = Counter[UUID]()

    async def claim(number: int) -> None:
        for task in made:
            try:
                await bench.tasks.move(task.id, "claim", by=member(number))
            except UserError:
                continue
            won[task.id] += 1

    await asyncio.gather(*(claim(number) for number in range(CLAIMERS)))
    assert won == Counter(task.id for task in made)
    held = await asyncio.gather(*(bench.now(task) for task in made[:20]))
    assert all(task.fence == 1 and task.state == "claimed" for task in held)

    people = [await members(name) for name in ("", "chen", "ada")]
    collisions = 0
    for number in range(MESSAGES):
        message = await people[0].say(f"Task {number}")
        winners = await asyncio.gather(*(claimed_by_reaction(person, message) for person in people))
        collisions += sum(winners) - 1
    measured(f"{TASKS} tasks, {CLAIMERS} claimers: 1 winner each; bare reactions: {collisions} more")
    assert collisions > 0


async def test_whoever_takes_what_is_next_gets_something_else_each(database: Database) -> None:
    bench = TaskBench(database)
    await bench.open()
    made = [await bench.add() for _ in range(TASKS)]
    taken: list[UUID] = []

    async def take(number: int) -> None:
        while (task := await bench.tasks.claim_next(bench.queue_id, member(number))) is not None:
            taken.append(task.id)

    await asyncio.gather(*(take(number) for number in range(CLAIMERS)))
    left = 0
    while (task := await bench.tasks.claim_next(bench.queue_id, member(99))) is not None:
        taken.append(task.id)
        left += 1
    assert sorted(taken) == sorted(task.id for task in made)
    assert left <= CLAIMERS  # what others were just taking is skipped, not waited for


async def test_no_more_are_under_way_than_the_queue_allows(database: Database) -> None:
    bench = TaskBench(database)
    await bench.open(QueueRules(limit=3))
    made = [await bench.add() for _ in range(8)]

    async def claim(number: int) -> str:
        try:
            await bench.tasks.move(made[number].id, "claim", by=member(number))
        except UserError as refused:
            return str(refused)
        return ""

    said = await asyncio.gather(*(claim(number) for number in range(8)))
    assert said.count("") == 3
    assert all("at most 3 at a time" in one for one in said if one)
    first = made[said.index("")]
    await bench.tasks.move(first.id, "finish", by=member(said.index("")))
    assert await bench.tasks.room(bench.queue_id)


async def test_an_event_makes_one_task(database: Database) -> None:
    bench = TaskBench(database)
    await bench.open()
    new = NewTask(bench.queue_id, "Once", "Once", message_id=9 << 22)
    principal = Principal(bench.guild_id, bench.queue_id, 5, "Ada")
    made = await asyncio.gather(*(bench.tasks.create(new, principal) for _ in range(5)))
    assert sum(task is not None for task in made) == 1
