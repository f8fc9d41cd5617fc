"""How a run shows a text while it is written, and calls back whoever asked when it took long."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.clock import Clock
from bot.storage.database import Database
from bot.work.engine import Engine
from bot.work.run import Run
from tests.bot.work.test_engine import ADA, FAST, Bench, services_of

WORDS = [f"word{number} " for number in range(30)]


async def written() -> AsyncGenerator[str]:
    for word in WORDS:
        await asyncio.sleep(0)
        yield word


async def test_a_text_is_shown_while_it_is_written_and_ends_whole(database: Database) -> None:
    bench = Bench(database)
    texts: list[str] = []

    @bench.cog.workflow
    async def write(run: Run) -> None:
        texts.append(await run.stream(written()))
        await run.post("after it")

    services = replace(services_of(database), pace=0.0)
    flows = {("lab", name): flow for name, flow in bench.cog.workflows.items()}
    row = await bench.finish(await bench.start(write), Engine(services, flows, FAST))
    assert row.state == "done"
    assert texts == ["".join(WORDS)]
    posts, edits = await bench.said(), await bench.said("edit")
    assert posts[1:] == ["word0  …", "after it"]
    # nobody has seen any, so that of all edits only the newest is left
    assert [one for one in edits if one.startswith("word")] == ["".join(WORDS)]


async def test_a_slow_reader_is_shown_few_edits(database: Database) -> None:
    bench = Bench(database)

    @bench.cog.workflow
    async def write(run: Run) -> None:
        await run.stream(written())

    services = replace(services_of(database), pace=3_600.0)
    flows = {("lab", name): flow for name, flow in bench.cog.workflows.items()}
    await bench.finish(await bench.start(write), Engine(services, flows, FAST))
    async with database.connection() as conn:
        cursor = await conn.execute(
            "SELECT count(*) FROM outbox WHERE kind = 'edit' AND key LIKE '%%:post:1:%%'"
        )
        assert await cursor.fetchone() == (1,)


@pytest.mark.parametrize("shown_before", [0, 5])
async def test_a_text_that_a_crash_cut_off_begins_anew_in_the_same_message(
    database: Database, shown_before: int
) -> None:
    bench = Bench(database)
    attempts: list[int] = []
    reached = asyncio.Event()

    async def cut_off() -> AsyncGenerator[str]:
        attempts.append(1)
        for number, word in enumerate(WORDS):
            if len(attempts) == 1 and number == shown_before:
                reached.set()
                await asyncio.Event().wait()
            yield word

    @bench.cog.workflow
    async def write(run: Run) -> None:
        await run.stream(cut_off())

    run_id = await bench.start(write)
    first = asyncio.create_task(bench.engine().advance(run_id))
    await reached.wait()
    first.cancel()
    await asyncio.wait({first})
    row = await bench.finish(run_id)
    assert row.state == "done"
    assert len(await bench.said()) == 2
    assert "".join(WORDS) in await bench.said("edit")


@pytest.mark.parametrize(("after", "called"), [(60.0, True), (3_600.0, False), (0.0, False)])
async def test_whoever_asked_is_mentioned_once_when_it_took_long(
    database: Database, after: float, *, called: bool
) -> None:
    bench = Bench(database)

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.post("the answer")

    later = Clock(now=lambda: Clock().now() + timedelta(minutes=5))
    services = replace(services_of(database), mention_after=after, clock=later)
    flows = {("lab", name): flow for name, flow in bench.cog.workflows.items()}
    await bench.finish(await bench.start(work), Engine(services, flows, FAST))
    said = await bench.said()
    assert said[1:] == ["the answer", *([f"<@{ADA.member_id}> This is done."] if called else [])]
    async with database.connection() as conn:
        cursor = await conn.execute(
            "SELECT payload -> 'allowed_mentions' -> 'users' FROM outbox WHERE payload ->> 'content' LIKE '<@%%'"
        )
        assert await cursor.fetchall() == ([([str(ADA.member_id)],)] if called else [])
