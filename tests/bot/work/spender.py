"""A process that spends a run's budget until it is refused (``spend``), or makes one call that never ends (``hold``)."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from bot.importing import importing

with importing():
    from bot.agents.meter import BudgetUsedUp, Wish
    from bot.clock import Clock
    from bot.config.agents import BudgetSection
    from bot.llm.protocol import Usage
    from bot.storage.opening import open_database
    from bot.work.budget import RunMeter
    from bot.work.principal import Principal


async def main(url: str, run_id: UUID, mode: str) -> None:
    async with open_database(url, Path("unused")) as database:
        limit = BudgetSection(tokens=60_000, calls=10_000, reserve=0)
        meter = RunMeter(database, Clock(), run_id, Principal(1, 2, 3, "Ada"), limit)
        wish = Wish("writer", "gpt", 100, 400)
        booked = 0
        if mode == "hold":
            await meter.reserve(wish)
            print("holding", flush=True)  # noqa: T201 - the test reads it
            await asyncio.Event().wait()
        while True:
            try:
                hold = await meter.reserve(wish)
            except BudgetUsedUp:
                print(booked, flush=True)  # noqa: T201 - as above
                return
            await meter.book(hold, Usage(100, 200))
            booked += 300


asyncio.run(main(sys.argv[1], UUID(sys.argv[2]), sys.argv[3]))
