"""A process that works on one run: people have approved something, and it does that in a world of its own.

Killed where a test wants it: at ``before`` the decision is known and nothing was done yet, at ``amid`` it was done and
is not recorded yet.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from bot.importing import importing

with importing():
    import psycopg

    from bot.plugins.cog import Cog
    from bot.storage.opening import open_database
    from bot.work.engine import Engine
    from bot.work.run import Run
    from bot.work.settings import EngineSettings
    from tests.bot.asks.ward import PAYLOAD
    from tests.bot.work.test_engine import services_of


async def work(url: str, folder: str, run_id: str, stop_at: str) -> None:
    """Take the run up, say on standard output where it stands, and stand still at ``stop_at``."""
    lab = Cog("lab", summary="Pays")

    async def reached(place: str) -> None:
        sys.stdout.write(f"{place}\n")
        sys.stdout.flush()
        if place == stop_at:
            await asyncio.Event().wait()

    async def pay(payload: Mapping[str, Any]) -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as world:
            await world.execute(
                "INSERT INTO paid (run_id, amount) VALUES (%s, %s)", (run_id, payload["amount"])
            )
        await reached("amid")

    @lab.workflow
    async def careful(run: Run) -> None:
        approval = await run.approve("pay", "Pay", PAYLOAD)
        await reached("before")
        await run.once("the payment", pay, approval.payload)

    @lab.workflow
    async def ordinary(run: Run) -> None:
        approval = await run.approve("pay", "Pay", PAYLOAD)
        await reached("before")
        await pay(approval.payload)

    assert careful
    assert ordinary
    async with open_database(url, Path(folder)) as database:
        flows = {("lab", name): flow for name, flow in lab.workflows.items()}
        settings = EngineSettings(lease=0.5, heartbeat=0.1, grace=0.0)
        await Engine(services_of(database), flows, settings).advance(UUID(run_id))
    await reached("over")


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:5]))
