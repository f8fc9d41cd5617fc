"""kill -9 wherever something is recorded, then start again: the thread is finished, and nothing in it is doubled."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.chaos.breakpoints import BOTH, Moment, Point
from tests.chaos.clock_library import TOPIC
from tests.chaos.stage import Stage
from tests.e2e.asking import Research, asker
from tests.sizes import size
from tests.waiting import eventually

ALL = 40
KILLS = size("AC-R2 kills of one thread", small=3, stated=ALL)
MODEL_CALLS = 2
ASKED_AGAIN = ("step plan", "step post:1")
"""Killed before one of these is recorded, the model is asked again."""
TELLING = (Point("sent status", "before"), Point("sending post:1", "after"), Point("sent post:2", "before"))
"""The bot's message was answered and not recorded; the agent's was begun and never sent, and then as the first."""
QUESTION = "What took the place of the water in cold winters?"

pytestmark = pytest.mark.timeout(90 + 15 * KILLS)


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a run is when nobody kills anything: its texts, its steps in order, and its deliveries in order."""

    texts: list[str]
    steps: list[str]
    deliveries: list[str]


async def _undisturbed(stage: Stage) -> Undisturbed:
    """The same question in another server, which recalls nothing for this one."""
    async with stage.house.bot(stage.config), asker(stage.house, "dock") as elsewhere:
        found = await elsewhere.ask(TOPIC)
        await eventually(stage.settled)
    steps = await stage.points.rows("SELECT key FROM run_step ORDER BY done_at, key")
    sent = await stage.points.rows(
        "SELECT regexp_replace(key, '^[0-9a-f-]{36}:', '') FROM outbox WHERE state = 'sent' ORDER BY id"
    )
    stage.library.server.requests.clear()
    return Undisturbed(found.texts, [key for (key,) in steps], [key for (key,) in sent])


async def _all_is_there_once(stage: Stage, found: Research, expected: Undisturbed) -> None:
    assert found.ending == "✓ Done"
    assert found.texts == expected.texts
    said = await stage.ben.member.messages(stage.ben.channel)
    assert [one["id"] for one in said if "Asked by" in one["content"]] == [found.status["id"]]
    assert await stage.threads() == [found.status["id"]]
    thread = int(found.status["id"])
    steps = "SELECT key FROM run_step JOIN run ON run.id = run_id WHERE thread_id = %s ORDER BY done_at, key"
    assert [key for (key,) in await stage.points.rows(steps, thread)] == expected.steps
    remembered = "SELECT count(*) FROM memory JOIN run ON run.id = run_id WHERE run.thread_id = %s"
    assert await stage.points.rows(remembered, thread) == [(1,)]
    await stage.nothing_is_left()


def _spread[T](points: Sequence[T]) -> list[T]:
    """As many as this run takes, from all over the sequence."""
    count = min(KILLS, len(points))
    return [points[round(index * (len(points) - 1) / max(1, count - 1))] for index in range(count)]


# One run may be interrupted fifty times; so all points make two sequences.
@pytest.mark.parametrize("moments", [BOTH] if KILLS < ALL else [("before",), ("after",)], ids="+".join)
async def test_killed_at_steps_it_goes_on_and_repeats_none(stage: Stage, moments: tuple[Moment, ...]) -> None:
    expected = await _undisturbed(stage)
    # What was streamed is recorded with the post that shows it, in one transaction.
    steps = [f"step {key}" for key in expected.steps if not key.startswith("streamed:")]
    events = ["run running", *steps, "run done"]
    points = _spread([Point(event, moment) for event in events for moment in moments])
    assert await stage.missed(points, stage.ask) == []
    await _all_is_there_once(stage, await stage.finished(), expected)
    # A step that was recorded is never done again; one that was not is.
    unrecorded = {point.event for point in points if point.moment == "before"}
    ((calls,),) = await stage.points.rows(
        "SELECT model_calls FROM run WHERE channel_id = %s", int(stage.ben.channel)
    )
    assert calls == MODEL_CALLS + len(unrecorded.intersection(ASKED_AGAIN))
    assert set(stage.library.fetched.values()) == {2 if "step read" in unrecorded else 1}


async def test_killed_at_deliveries_nothing_is_lost_or_said_twice(stage: Stage) -> None:
    expected = await _undisturbed(stage)
    # A stage's edit may be replaced by the next one's before it is sent; the last edit, "close", is certain.
    points = _deliveries([key for key in expected.deliveries if not key.startswith("line:")])
    points = points if KILLS == ALL else list(TELLING)
    assert await stage.missed(points, stage.ask) == []
    await _all_is_there_once(stage, await stage.finished(), expected)


async def test_killed_while_a_question_in_the_thread_is_answered(stage: Stage) -> None:
    async with stage.house.bot(stage.config):
        status = await stage.ben.begin(TOPIC)
        await stage.ben.ended(status)
        await eventually(stage.settled)
    steps = [f"step {key}" for key in ("react:1", "read the thread", "post:1")]
    points = [Point(event, moment) for event in steps for moment in BOTH] + _deliveries(
        ["post:1", "unreact:1"]
    )
    points = points if KILLS == ALL else [Point("sent post:1", "before")]

    async def ask_in_thread() -> None:
        await stage.ben.member.say(status["id"], QUESTION)

    assert await stage.missed(points, ask_in_thread) == []
    found = await stage.finished()
    await stage.nothing_is_left()
    assert len(found.messages) == 4
    *_, question, reply = found.messages
    assert "mercury" in reply["content"]
    assert Research(status, [reply]).cited
    assert not question.get("reactions")


def _deliveries(keys: Sequence[str]) -> list[Point]:
    """Before and after each delivery is begun, and before and after it is recorded."""
    return [
        Point(f"{state} {key}", moment) for key in keys for state in ("sending", "sent") for moment in BOTH
    ]
