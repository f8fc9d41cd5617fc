"""kill -9 of workers before and after every commit of every transition of tasks: each happens once, and is told once."""

import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.work.tasks.states import MOVES
from bot.work.tasks.task import Task
from cogs.tasks import board
from tests.bot.llm.http_script import Received, Reply, http_script, sse
from tests.chaos.errand import Office, tasks_on
from tests.chaos.errand_script import PATIENT, REPLY, ROUNDS, SCRIPTS, STRICT, happened
from tests.chaos.workplace import SERVERS, Workplace, matrix, points_of, server_of, workplace
from tests.sizes import size

STATED = 1_000
KILLS = size("kill -9 matrix of tasks", small=2, stated=STATED)
COMMITS = {"commit", "committed"}
"""Where a death leaves something else behind than at the point before: between these, everything is undone."""
EVERY_POINT = {"begin", "statement", "query", "commit", "committed"}
UUID_IN_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 15 * KILLS)]


@dataclass(slots=True)
class Model:
    """A model on loopback that asks for a tool twice and then answers; it notes when it was asked what, for which task."""

    asked: list[tuple[str, int, datetime]] = field(default_factory=list[tuple[str, int, datetime]])

    def answer(self, received: Received) -> Reply:
        turns: list[dict[str, Any]] = received.json["messages"]
        said = next(str(turn["content"]) for turn in turns if turn["role"] == "user")
        found = UUID_IN_TEXT.search(said)
        assert found is not None
        task = found[0]
        number = sum(turn["role"] == "assistant" for turn in turns)
        self.asked.append((task, number, datetime.now(UTC)))
        if number == ROUNDS:
            return Reply(sse(_chunk(content=REPLY.format(depth=number)), _chunk("stop"), "[DONE]"))
        arguments = json.dumps({"task": task, "round": number})
        call = {
            "index": 0, "id": f"call_{number}", "type": "function",
            "function": {"name": "well__draw", "arguments": arguments},
        }  # fmt: skip
        return Reply(sse(_chunk(tool_calls=[call]), _chunk("tool_calls"), "[DONE]"))


def _chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


async def _nothing_is_left_and_nothing_is_double(
    place: Workplace, model: Model, database: Database, subjects: Sequence[UUID]
) -> None:
    office = Office(place.job("test"), database, database)
    for subject in subjects:
        family = await office.family(subject)
        assert set(family) == set(SCRIPTS)
        for name, task in family.items():
            events = await office.tasks.history(task.id)
            assert happened(events) == [deed.kind for deed in SCRIPTS[name].deeds]
            kinds = Counter(one.kind for one in await office.tasks.results(task.id))
            assert kinds == {"tools": {"result": 1}, "asks": {"result": 1}, "silence": {"late": 1}}.get(
                name, {}
            )
            await _was_shown(place, task)
        await _agent_did_its_work_once(place, model, family["tools"])
    states = await place.rows("SELECT state, error FROM run")
    assert Counter(states) == {("done", None): 2 * len(subjects)}
    assert await place.rows("SELECT 1 FROM run_wait WHERE answered_at IS NULL") == []
    assert await place.rows("SELECT 1 FROM task_event WHERE NOT told") == []


async def _was_shown(place: Workplace, task: Task) -> None:
    """Each thing that happened was said once in its thread, in order; the mark is that of the last."""
    told = await place.rows(
        "SELECT split_part(key, ':', 5)::bigint FROM outbox WHERE kind = 'post' AND key LIKE %s ORDER BY id",
        f"tasks:task:{task.id}:event:%",
    )
    events = await place.rows(
        "SELECT id FROM task_event WHERE task_id = %s AND kind <> 'start' ORDER BY id",
        task.id,
    )
    assert told == events
    assert task.shown_mark == {"done": "✅", "failed": "❌"}[task.state]


async def _agent_did_its_work_once(place: Workplace, model: Model, task: Task) -> None:
    """No model was asked, and no tool used, for what was recorded; what came of it was said once."""
    ((run_id,),) = await place.rows("SELECT id FROM run WHERE args->>'task' = %s", str(task.id))
    steps: dict[str, datetime] = dict(
        await place.rows("SELECT key, done_at FROM run_step WHERE run_id = %s AND state = 'done'", run_id)
    )  # pyright: ignore[reportAssignmentType] - as selected
    was_lost = run_id in place.lost()
    for number in range(ROUNDS + 1):
        asked = [at for whose, round_of, at in model.asked if (whose, round_of) == (task.title, number)]
        assert 1 <= len(asked) <= 2 or was_lost, "asked once, and once more if that is what a kill cut off"
        assert was_lost or max(asked) <= steps[f"talk:1:{number + 1}:model"]
    for number in range(ROUNDS):
        drawn = await place.rows(
            "SELECT at FROM effect WHERE run_id = %s AND name = %s", UUID(task.title), f"draw {number}"
        )
        assert 1 <= len(drawn) <= 2 or was_lost
        assert was_lost or max(at for (at,) in drawn) <= steps[f"talk:1:{number + 1}:tool:1"]
    said = await place.rows(
        "SELECT 1 FROM outbox WHERE run_id = %s AND payload->>'content' = %s",
        run_id,
        REPLY.format(depth=ROUNDS),
    )
    assert len(said) == 1


async def _boards_are_current(place: Workplace, database: Database) -> None:
    """What was cut off between a change and the board is on it after the next look."""
    await board.refresh(tasks_on(database))
    for queue_id, wanted in ((PATIENT, "done"), (STRICT, "failed")):
        ((text,),) = await place.rows("SELECT board_text FROM task_queue WHERE channel_id = %s", queue_id)
        ((count,),) = await place.rows("SELECT count(*) FROM task WHERE queue_id = %s", queue_id)
        assert f"{count} {wanted}" in text
        assert "available" not in text


@asynccontextmanager
async def _errands(
    url: str, folder: Path, measured: Callable[[str], None]
) -> AsyncGenerator[tuple[Workplace, Model, Database]]:
    model = Model()
    async with (
        http_script(model.answer) as script,
        workplace("tests.chaos.errand", url, folder, f"{script.url}/v1", measured) as place,
        open_database(url, folder) as database,
    ):
        yield place, model, database


async def _matrix(place: Workplace, model: Model, database: Database) -> None:
    first = uuid4()
    await Office(place.job("test"), database, database).open()
    points = await points_of(place, first)
    assert set(points) >= EVERY_POINT

    async def over(subject: UUID) -> bool:
        office = Office(place.job("test"), database, database)
        family = await office.family(subject)
        if len(family) < len(SCRIPTS):
            await office.begin(subject)  # whoever asked and saw nothing come of it asks again
            return False
        states = Counter(one.state for one in family.values())
        return states == {"done": 3, "failed": 1} and not await place.rows(
            "SELECT 1 FROM run WHERE finished_at IS NULL UNION ALL SELECT 1 FROM task_event WHERE NOT told LIMIT 1"
        )

    subjects = [first, *await matrix(place, points, KILLS, over, COMMITS)]
    await _nothing_is_left_and_nothing_is_double(place, model, database, subjects)
    await _boards_are_current(place, database)


@pytest.mark.parametrize("server", SERVERS)
async def test_killed_around_any_commit(
    server: str, database_url: str, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    async with (
        server_of(server, database_url, tmp_path) as url,
        _errands(url, tmp_path, measured) as (place, model, database),
    ):
        await _matrix(place, model, database)


def test_every_transition_is_among_them() -> None:
    made = {deed.kind for script in SCRIPTS.values() for deed in script.deeds}
    # A plan that is given up takes its parts with it: leaders are killed in tests of their own.
    assert made >= set(MOVES) - {"cancel"}
