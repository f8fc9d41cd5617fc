"""Sleeping for so long, or until something happens; nothing is left behind either way."""

import asyncio

import pytest

from bot.clock import Clock


@pytest.mark.parametrize("first", ["event", "time", "end"])
async def test_sleeps_until_the_time_or_the_event_whichever_is_first(first: str) -> None:
    event, over, asked = asyncio.Event(), asyncio.Event(), list[float]()
    begun, before = asyncio.Event(), asyncio.all_tasks()

    async def sleep(seconds: float) -> None:
        asked.append(seconds)
        begun.set()
        await over.wait()

    sleeping = asyncio.create_task(Clock(sleep=sleep).sleep_unless(event, 30.0))
    await begun.wait()
    assert not sleeping.done()
    if first == "end":
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
    else:
        (event if first == "event" else over).set()
        await sleeping
    assert asked == [30.0]
    assert asyncio.all_tasks() == before
