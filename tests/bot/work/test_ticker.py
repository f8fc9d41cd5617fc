"""What is being done right now: shown at a pace, with the time it has taken, and gone when it is over."""

import asyncio

from bot.clock import Clock
from bot.errors import OutsideError
from bot.work.ticker import Ticker


class _Time:
    """Time that passes as fast as it is slept, as long as anybody else has nothing to do."""

    def __init__(self) -> None:
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        target = self.now + seconds
        await asyncio.sleep(0.001 * seconds)
        self.now = max(self.now, target)

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now, sleep=self.sleep)


async def test_long_work_gives_a_sign_of_life_and_no_more() -> None:
    shown: list[str] = []
    long = asyncio.Event()

    async def show(text: str) -> None:
        shown.append(text)
        if "(1 min" in text:
            long.set()
        if len(shown) == 2:
            raise OutsideError("Discord is away.")

    ticker = Ticker(show, _Time().clock, pace=2.0)
    async with ticker.showing() as say:
        say("Writer: Thinking")
        await long.wait()
    assert shown[0] == "Writer: Thinking"
    assert len(shown) <= 6
    assert all("Writer: Thinking (" in text for text in shown[1:])


async def test_of_many_words_at_once_the_last_is_shown() -> None:
    shown: list[str] = []
    both = asyncio.Event()

    async def show(text: str) -> None:
        shown.append(text)
        if len(shown) == 2:
            both.set()

    async with Ticker(show, _Time().clock, pace=2.0).showing() as say:
        say("a")
        await asyncio.sleep(0)
        for number in range(100):
            say(f"b{number}")
        await both.wait()
    assert shown == ["a", "b99"] or shown[0] == "b99"
