"""Connections that the database cuts off in the middle, and transactions that are in each other's way."""

import pytest

from tests.chaos.breakpoints import Point
from tests.chaos.stage import REACH_SECONDS, Stage
from tests.waiting import eventually

CUTS = (
    Point("step plan", "before"),
    Point("step streamed:1", "after"),
    Point("sent post:1", "before"),
    Point("run done", "after"),
)

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize("point", CUTS, ids=lambda point: f"{point.moment} {point.event}")
async def test_a_connection_is_cut_in_the_middle_of_a_commit(stage: Stage, point: Point) -> None:
    await stage.points.arm(point)
    async with stage.house.bot(stage.config) as bot:
        await stage.ask()
        await eventually(stage.points.reached, REACH_SECONDS)
        await stage.points.cut_off()
        await stage.points.release()
        found = await stage.ben.ended(await stage.ben.status_after(0))
        await eventually(stage.settled, REACH_SECONDS)
        assert bot.process.returncode is None
    assert found.ending == "✓ Done"
    assert len(found.texts) == len(set(found.texts)) == 2
    await stage.nothing_is_left()


async def test_a_thread_is_recorded_while_its_run_speaks(stage: Stage) -> None:
    """The delivery that opens the thread and the run that posts in it touch the same two rows."""
    await stage.points.arm(Point("sent thread", "before"))
    async with stage.house.bot(stage.config) as bot:
        await stage.ask()
        await eventually(stage.points.reached, REACH_SECONDS)
        await eventually(stage.points.somebody_waits_for_a_row, REACH_SECONDS)
        await stage.points.release()
        found = await stage.ben.ended(await stage.ben.status_after(0))
        assert bot.process.returncode is None
    assert found.ending == "✓ Done"
    assert found.cited
