"""How a run shows a text while it is written, and calls back whoever asked when it took long."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.clock import Clock
from bot.discord.limits import Urgency
from bot.discord.rendering import SUPPRESS_EMBEDS
from bot.observe.known_secrets import Secrets
from bot.storage.database import Database
from bot.work.engine import Engine
from bot.work.run import Run
from tests.bot.work.test_engine import ADA, FAST, Bench, services_of

WORDS = [f"word{number} " for number in range(30)]


async def written() -> AsyncGenerator[str]:
    for word in WORDS:
        await asyncio.sleep(0.002)
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
    assert posts[1:] == ["word0 …", "after it"]
    # nobody has seen any, so that of all edits only the newest is left
    assert [one for one in edits if one.startswith("word")] == ["".join(WORDS)]


async def test_no_part_of_a_secret_is_shown_while_it_is_written(database: Database) -> None:
    """The database has every edit that was to be shown; none is dropped for a newer one while it is looked at."""
    bench, secret = Bench(database), "Tr0ub4dor-and-3-more"
    told = f"It is {secret}, they say."
    shown: list[str] = []

    async def letters() -> AsyncGenerator[str]:
        for letter in told:
            await asyncio.sleep(0.002)
            yield letter
            shown.extend(await bench.said("edit") + await bench.said())

    @bench.cog.workflow
    async def write(run: Run) -> None:
        assert await run.stream(letters()) == told

    services = replace(services_of(database), pace=0.0, secrets=Secrets([secret]))
    flows = {("lab", name): flow for name, flow in bench.cog.workflows.items()}
    row = await bench.finish(await bench.start(write), Engine(services, flows, FAST))
    assert row.state == "done"
    assert any(text.startswith("It is [redacted], th") for text in shown)
    assert any(text == "It is …" for text in shown)
    assert not [text for text in shown if "Tr" in text]


async def test_what_is_written_quicker_than_people_look_is_said_once_and_aloud(database: Database) -> None:
    bench = Bench(database)

    @bench.cog.workflow
    async def write(run: Run) -> None:
        await run.stream(written())

    services = replace(services_of(database), pace=3_600.0)
    flows = {("lab", name): flow for name, flow in bench.cog.workflows.items()}
    await bench.finish(await bench.start(write), Engine(services, flows, FAST))
    assert (await bench.said())[1:] == ["".join(WORDS)]
    async with database.connection() as conn:
        cursor = await conn.execute(
            "SELECT payload -> 'flags', urgency FROM outbox WHERE key LIKE '%%:post:1%%'"
        )
        assert await cursor.fetchall() == [(SUPPRESS_EMBEDS, Urgency.RESULT)]


async def test_only_what_is_meant_to_be_seen_of_a_text_is_ever_shown(database: Database) -> None:
    bench = Bench(database)
    texts: list[str] = []

    def even_words(text: str, *, done: bool) -> str:
        shown = " ".join(word for word in text.split() if int(word.removeprefix("word")) % 2 == 0)
        return f"{shown}." if done else shown

    @bench.cog.workflow
    async def write(run: Run) -> None:
        texts.append(await run.stream(written(), show=even_words))

    services = replace(services_of(database), pace=0.0)
    flows = {("lab", name): flow for name, flow in bench.cog.workflows.items()}
    await bench.finish(await bench.start(write), Engine(services, flows, FAST))
    assert texts == ["".join(WORDS)]
    async with database.connection() as conn:
        cursor = await conn.execute(
            "SELECT payload ->> 'content' FROM outbox WHERE payload ->> 'content' LIKE '%%word%%' ORDER BY id"
        )
        said = [str(row[0]) for row in await cursor.fetchall()]
    assert 1 < len(said) == len(set(said)), "what shows nothing new is no edit"
    assert not any(f"word{number} " in text for text in said for number in range(1, 30, 2))
    assert said[-1] == " ".join(f"word{number}" for number in range(0, 30, 2)) + "."


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


@pytest.mark.parametrize(
    ("after", "me", "called"),
    [(60.0, 0, True), (3_600.0, 0, False), (0.0, 0, False), (60.0, ADA.member_id, False)],
)
async def test_whoever_asked_is_mentioned_once_when_it_took_long(
    database: Database, after: float, me: int, *, called: bool
) -> None:
    bench = Bench(database)

    @bench.cog.workflow
    async def work(run: Run) -> None:
        await run.post("the answer")

    later = Clock(now=lambda: Clock().now() + timedelta(minutes=5))
    services = replace(services_of(database), mention_after=after, me=me, clock=later)
    flows = {("lab", name): flow for name, flow in bench.cog.workflows.items()}
    await bench.finish(await bench.start(work), Engine(services, flows, FAST))
    said = await bench.said()
    assert said[1:] == ["the answer", *([f"<@{ADA.member_id}> This is done."] if called else [])]
    async with database.connection() as conn:
        cursor = await conn.execute(
            "SELECT payload -> 'allowed_mentions' -> 'users' FROM outbox WHERE payload ->> 'content' LIKE '<@%%'"
        )
        assert await cursor.fetchall() == ([([str(ADA.member_id)],)] if called else [])
