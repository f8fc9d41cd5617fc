"""What each kind of effect does when a process dies in the middle of it."""

import asyncio
from uuid import UUID

import pytest

from bot.errors import ConfigError, DatabaseAway, NotDone, OutsideError, UserError
from bot.storage.database import Database
from bot.work import waiting, waits_table
from bot.work.run import Run
from bot.work.waits_table import WaitRow
from tests.bot.work.test_engine import ADA, Bench
from tests.waiting import eventually


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


class Door:
    """Something outside: it has its effect, and then whoever asked for it dies, as often as it is told to."""

    def __init__(self, deaths: int = 1) -> None:
        self.effects: list[str] = []
        self.deaths = deaths
        self.had_effect = asyncio.Event()

    async def open(self, key: str = "") -> str:
        self.effects.append(key)
        if len(self.effects) <= self.deaths:
            self.had_effect.set()
            await asyncio.Event().wait()
        return f"opened {len(self.effects)}"


async def die_in(bench: Bench, run_id: UUID, door: Door) -> None:
    """Have a process work on the run and die after the effect, before it is recorded."""
    dying = asyncio.create_task(bench.dying_engine().advance(run_id))
    await door.had_effect.wait()
    dying.cancel()
    await asyncio.wait({dying})


async def question(bench: Bench, run_id: UUID) -> WaitRow:
    """What people are asked, once they are."""
    found: list[WaitRow] = []

    async def asked() -> bool:
        async with bench.database.connection() as conn:
            found[:] = await waits_table.open_questions(conn, run_id)
        return bool(found) and (await bench.row(run_id)).state == "waiting"

    async with bench.working():
        await eventually(asked)
    return found[0]


async def decide(bench: Bench, wait_id: UUID, value: str, by: int = ADA.member_id) -> waiting.Decision:
    async with bench.database.transaction() as conn:
        return await waiting.answer(conn, wait_id, value, by)


async def test_a_keyed_effect_is_repeated_under_the_same_key(bench: Bench) -> None:
    door = Door()

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.post(await run.keyed("open", door.open))

    run_id = await bench.start(work)
    await die_in(bench, run_id, door)
    assert (await bench.finish(run_id)).state == "done"
    assert len(door.effects) == 2
    assert len(set(door.effects)) == 1
    assert UUID(door.effects[0])
    assert (await bench.said())[1:] == ["opened 2"]


@pytest.mark.parametrize("had_effect", [True, False])
async def test_a_reconciled_effect_is_looked_up_before_it_is_repeated(
    bench: Bench, *, had_effect: bool
) -> None:
    door, looked = Door(), list[int]()

    async def find() -> str | None:
        looked.append(len(door.effects))
        return "found open" if had_effect else None

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.post(await run.reconciled("open", find, door.open))

    run_id = await bench.start(work)
    await die_in(bench, run_id, door)
    assert (await bench.finish(run_id)).state == "done"
    assert looked == [1]  # never before the first time
    assert (await bench.said())[1:] == (["found open"] if had_effect else ["opened 2"])


async def test_an_effect_that_happens_once_is_not_asked_about_where_nothing_went_wrong(bench: Bench) -> None:
    door = Door(deaths=0)

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.post(await run.once("open the door", door.open) or "nothing")

    assert (await bench.finish(await bench.start(work))).state == "done"
    assert (await bench.said())[1:] == ["opened 1"]


async def test_people_say_whether_an_interrupted_effect_happened(bench: Bench) -> None:
    door = Door(deaths=2)

    @bench.cog.workflow
    async def work(run: Run) -> None:
        result = await run.once("open the door", door.open)
        await run.post(f"result: {result}")

    run_id = await bench.start(work)
    await die_in(bench, run_id, door)
    asked = await question(bench, run_id)
    assert asked.question is not None
    assert "**open the door** may have happened" in asked.question
    assert asked.options == {"retry": "Retry", "done": "Done"}
    assert len(door.effects) == 1  # not repeated by itself

    # Many press at once: one of them decides, and the others are told what was decided.
    decisions = await asyncio.gather(
        *(decide(bench, asked.id, "retry" if by % 2 else "done", by) for by in range(1, 9))
    )
    (winner,) = [one for one in decisions if one.counts]
    assert winner.standing is not None
    assert {one.standing for one in decisions} == {winner.standing}
    late = await decide(bench, asked.id, "done" if winner.standing.value == "retry" else "retry", 99)
    assert (late.counts, late.standing) == (False, winner.standing)

    if winner.standing.value == "retry":
        door.had_effect.clear()
        await die_in(bench, run_id, door)
        again = await question(bench, run_id)
        assert again.id != asked.id
        assert len(door.effects) == 2
        assert (await decide(bench, again.id, "done")).counts
    effects = len(door.effects)
    assert (await bench.finish(run_id)).state == "done"
    assert (await bench.said())[-1] == "result: None"
    assert len(door.effects) == effects


async def test_retry_does_it_again_even_if_the_process_dies_between_the_decision_and_the_doing(
    bench: Bench,
) -> None:
    door = Door(deaths=1)

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.post(await run.once("open the door", door.open) or "nothing")

    run_id = await bench.start(work)
    await die_in(bench, run_id, door)
    asked = await question(bench, run_id)
    await decide(bench, asked.id, "retry")
    assert (await bench.finish(run_id)).state == "done"
    assert len(door.effects) == 2
    assert (await bench.said())[-1] == "opened 2"


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (NotDone("refused at the door"), False),
        (UserError("not that door"), False),
        (ConfigError("no door"), False),
        (OutsideError("no answer"), True),
    ],
)
async def test_only_an_unknown_outcome_is_asked_about(bench: Bench, error: Exception, *, asked: bool) -> None:
    tries: list[int] = []

    async def fails_first() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise error
        return "in"

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.post(await run.once("go in", fails_first) or "nothing")

    run_id = await bench.start(work)
    if asked:
        found = await question(bench, run_id)
        assert len(tries) == 1
        await decide(bench, found.id, "retry")
    row = await bench.finish(run_id)
    expected = "done" if asked or isinstance(error, NotDone) else "failed"
    assert row.state == expected
    assert len(tries) == (2 if expected == "done" else 1)


async def test_a_run_that_is_stopped_in_the_middle_says_what_may_have_happened(bench: Bench) -> None:
    door = Door()

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.once("open the door", door.open)

    run_id = await bench.start(work)
    async with bench.working():
        await door.had_effect.wait()
        await bench.stop(run_id)

        async def is_over() -> bool:
            return (await bench.row(run_id)).is_over

        await eventually(is_over)
    row = await bench.row(run_id)
    assert row.state == "stopped"
    assert row.error is not None
    assert "May have happened before that: open the door" in row.error


async def test_what_cannot_be_repeated_may_end_before_a_process_that_is_told_to_does(bench: Bench) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slowly() -> str:
        begun.set()
        await may_end.wait()
        return "sent"

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.post(await run.once("send it", slowly) or "nothing")

    run_id = await bench.start(work)
    ending = asyncio.create_task(bench.engine().advance(run_id))
    await begun.wait()
    ending.cancel()
    may_end.set()
    await asyncio.wait({ending})
    row = await bench.row(run_id)
    assert (row.state, row.attempts) == ("ready", 0)  # handed over, and no interruption
    assert (await bench.finish(run_id)).state == "done"
    assert (await bench.said())[1:] == ["sent"]


async def test_a_step_of_every_kind_is_done_once_while_the_database_comes_and_goes(bench: Bench) -> None:
    calls: list[str] = []
    away = {"after plain", "after keyed", "after found"}

    async def act(*args: str) -> str:
        calls.append(args[-1])
        return args[-1]

    async def find() -> str | None:
        return None

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.step("plain", act, "plain")
        _go_away(away, "after plain")
        await run.keyed("keyed", act, "keyed")
        _go_away(away, "after keyed")
        await run.reconciled("found", find, act, "found")
        _go_away(away, "after found")
        await run.once("once", act, "once")

    assert (await bench.finish(await bench.start(work))).state == "done"
    assert calls == ["plain", "keyed", "found", "once"]


def _go_away(away: set[str], name: str) -> None:
    if name in away:
        away.discard(name)
        raise DatabaseAway(name)
