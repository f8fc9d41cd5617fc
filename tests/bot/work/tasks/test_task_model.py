"""Tasks under any sequence of claims, ends, silence, late results and reopening are what a model of a few lines says."""

from dataclasses import dataclass, field
from itertools import count
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import UserError
from bot.storage.database import Database
from bot.work.tasks.states import HELD, MOVES, STATES, Move, leads, towards
from bot.work.tasks.task import Hold, QueueRules, Task, Worker
from tests.bot.work.tasks.bench import TaskBench, agent, member
from tests.sizes import size

EXAMPLES = size("sequences of what befalls a task", small=40, stated=1_000)
MOST = 2
WORKERS = (member(1), member(2), agent("scribe"), member(9, manages=True))
_GUILDS = count(100)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + EXAMPLES)]

people_do: tuple[Move, ...] = (
    "claim", "start", "wait", "review", "finish", "fail", "release", "block", "unblock", "reopen",
)  # fmt: skip
deeds = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(people_do), st.integers(0, len(WORKERS) - 1)),
        st.tuples(st.just("claim"), st.integers(0, len(WORKERS) - 1)),
        st.tuples(st.just("silence"), st.just(0)),
        st.tuples(st.just("result"), st.integers(0, 9)),
    ),
    min_size=3,
    max_size=14,
)


@dataclass
class Model:
    """What a task should be."""

    state: str = "available"
    holder: Worker | None = None
    attempts: int = 0
    held: int = 0
    """How many have had it, the one who has it included."""
    accepted: set[int] = field(default_factory=set[int])

    def allowed(self, move: Move, by: Worker) -> bool:
        if leads(move, self.state) is None:  # pyright: ignore[reportArgumentType] - one of the states
            return False
        if move in {"claim", "reopen", "unblock"} or (move == "block" and self.holder is None):
            return True
        looked_at = self.state == "review" and move in {"finish", "start"} and by.kind == "member"
        return by.manages or looked_at or (self.holder is not None and self.holder.key == by.key)

    def after(self, move: Move | Literal["silence"], by: Worker) -> None:
        tired = self.holder is not None and self.holder.kind == "agent" and self.attempts >= MOST
        if move == "claim":
            self.holder, self.held = by, self.held + 1
            self.attempts += by.kind == "agent"
        elif move == "silence" or (move == "release" and by.kind == "agent"):
            self.state, self.holder = ("failed" if tired else "available"), None
            return
        self.state = MOVES[move].after
        if self.state not in HELD:
            self.holder = None
        if move == "reopen":
            self.attempts = 0


async def befall(
    bench: TaskBench, task: Task, model: Model, holds: list[tuple[Hold, Worker]], deed: str, number: int
) -> None:
    if deed == "silence":
        before = await bench.now(task)
        await bench.run_out(task)
        if await bench.tasks.sweep():
            assert before.lease_until is not None
            model.after("silence", WORKERS[0])
        else:
            assert before.lease_until is None
        return
    if deed == "result":
        if not holds:
            return
        at = number % len(holds)
        hold, by = holds[at]
        current = at == len(holds) - 1 and model.holder is not None and model.holder.key == by.key
        counts = await bench.tasks.finish(hold, by, f"result {at}")
        assert counts == (current or at in model.accepted)
        if current:
            model.accepted.add(at)
            model.state, model.holder = "done", None
        return
    move: Move = deed  # pyright: ignore[reportAssignmentType] - one of the moves
    by = WORKERS[number]
    try:
        after = await bench.tasks.move(task.id, move, by=by)
    except UserError:
        assert not model.allowed(move, by)
        return
    assert model.allowed(move, by)
    model.after(move, by)
    if move == "claim":
        holds.append((after.hold, by))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=deeds)
async def test_a_task_is_what_the_model_says(database: Database, deeds: list[tuple[str, int]]) -> None:
    guild = next(_GUILDS)
    bench = TaskBench(database, guild, guild << 22)
    await bench.open(QueueRules(most_attempts=MOST))
    task = await bench.add()
    model, holds, fence = Model(), list[tuple[Hold, Worker]](), 0
    for deed, number in deeds:
        await befall(bench, task, model, holds, deed, number)
        now = await bench.now(task)
        assert (now.state, now.worker) == (model.state, model.holder.key if model.holder else None)
        assert now.fence >= fence
        assert (now.lease_until is not None) == (now.state in {"claimed", "working"})
        assert (now.ended_at is not None) == (now.state in {"done", "failed"})
        fence = now.fence
    assert len({hold.fence for hold, _ in holds}) == len(holds)
    kept = await bench.tasks.results(task.id)
    assert sum(one.kind == "result" for one in kept) == len(model.accepted)


@given(wanted=st.sampled_from(STATES), state=st.sampled_from(STATES), held=st.booleans())
def test_a_mark_leads_to_its_state_or_nowhere(wanted: str, state: str, *, held: bool) -> None:
    moves = towards(wanted, state, held=held)  # pyright: ignore[reportArgumentType] - states both
    there = state
    for move in moves:
        after = leads(move, there)  # pyright: ignore[reportArgumentType] - as above
        if after is None:
            return  # such a move is refused with a reason
        there = after
    assert there == wanted
