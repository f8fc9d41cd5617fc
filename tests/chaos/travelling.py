"""Journeys of runs as a test watches them: somebody answers what they ask, and in the end everything happened once."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from bot.storage.opening import open_database
from bot.work import waiting, waits_table
from tests.chaos.journey import POSTS
from tests.chaos.workplace import Workplace, workplace


async def _answer_forever(url: str, folder: Path) -> None:
    """Answer like a person: look whether what may have happened did, and agree to everything else."""
    async with open_database(url, folder) as database:
        while True:
            await asyncio.sleep(0.05)
            try:
                async with database.connection() as conn:
                    cursor = await conn.execute(
                        "SELECT id FROM run_wait WHERE kind = 'answer' AND answered_at IS NULL"
                    )
                    waits = [row[0] for row in await cursor.fetchall()]
                for wait_id in waits:
                    async with database.transaction() as conn:
                        wait = await waits_table.get(conn, wait_id)
                        assert wait is not None
                        cursor = await conn.execute(
                            "SELECT 1 FROM effect WHERE run_id = %s AND name = 'once'", (wait.run_id,)
                        )
                        happened = await cursor.fetchone() is not None
                        value = "yes" if "yes" in wait.options else "done" if happened else "retry"
                        await waiting.answer(conn, wait_id, value, 5)
            except Exception:  # noqa: BLE001, S112 - the database comes and goes, and people press again
                continue


@asynccontextmanager
async def answered_workplace(
    url: str, folder: Path, measured: Callable[[str], None] = lambda _: None
) -> AsyncGenerator[Workplace]:
    """Processes that work on runs, and somebody who answers what these ask."""
    answering = asyncio.create_task(_answer_forever(url, folder))
    try:
        async with workplace("tests.chaos.journey", url, folder, measured=measured) as place:
            yield place
    finally:
        answering.cancel()
        await asyncio.wait({answering})


async def is_whole(place: Workplace, runs: Sequence[UUID]) -> None:
    """Everything happened once and was said once, and nothing is left waiting."""
    wanted = list(runs)
    states = await place.rows(
        "SELECT state, error FROM run WHERE id = ANY(%s) OR parent_id = ANY(%s)", wanted, wanted
    )
    assert Counter(states) == {("done", None): 2 * len(runs)}
    effects = await place.rows(
        "SELECT run_id, name, count(*) FROM effect WHERE run_id = ANY(%s) AND name IN ('keyed', 'found', 'once')"
        " GROUP BY 1, 2",
        wanted,
    )
    lost = place.lost()
    assert [count for run_id, _, count in effects if count > 1 and run_id not in lost] == []
    assert len(effects) == 3 * len(runs)
    # A step is never begun again after it was recorded, by whichever process.
    repeated = await place.rows(
        "SELECT effect.run_id FROM effect JOIN run_step ON run_step.run_id = effect.run_id AND run_step.key = 'plain'"
        " WHERE effect.name IN ('plain', 'part') AND effect.at > run_step.done_at"
    )
    assert {run_id for (run_id,) in repeated} <= lost
    for run_id in runs:
        said = await place.rows(
            "SELECT payload->>'content' FROM outbox WHERE run_id IN"
            " (SELECT id FROM run WHERE id = %s OR parent_id = %s) AND kind = 'post' ORDER BY id",
            run_id,
            run_id,
        )
        texts = [text for (text,) in said if not text.startswith(("**", "Agree?", "status"))]
        assert texts == POSTS
    assert await place.rows("SELECT 1 FROM run_wait WHERE answered_at IS NULL") == []
