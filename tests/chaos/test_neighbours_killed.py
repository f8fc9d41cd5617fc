"""kill -9 of what the bot depends on, in the middle of its work: it goes on, or says what it could not do."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.clock_library import TOPIC, ClockLibrary, clock_library
from tests.e2e.asking import Asker, Research, asker
from tests.e2e.gate_feed import GateFeed, gate_feed
from tests.e2e.house import House, house, killed, wrapped_feeds_command
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(120)

WEBHOOKS = "*/webhooks/*/*"
POSTS = "*/channels/*/messages"
LATE = 0.7
"""Seconds by which a request comes late, within the second that the bot allows it."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A house, a library, a feed that can be held, and the configuration of a bot with a database of its own."""

    house: House
    library: ClockLibrary
    gate: GateFeed
    config: Path
    feeds_pid: Path

    @property
    def feeds_server(self) -> int:
        """The pid of the feeds server."""
        return int(self.feeds_pid.read_text("utf-8"))

    @property
    def postmaster(self) -> int:
        """The pid of the database server."""
        pid_file = self.house.data_dir / "postgres" / "data" / "postmaster.pid"
        return int(pid_file.read_text("utf-8").splitlines()[0])


@pytest.fixture
async def stack() -> AsyncGenerator[AsyncExitStack]:
    """What a test opens here is closed at its end, last first."""
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def discord(tmp_path: Path) -> AsyncGenerator[House]:
    async with house(tmp_path) as home:
        yield home


@pytest.fixture
async def bench(discord: House, tmp_path: Path) -> AsyncGenerator[Bench]:
    async with clock_library() as library, gate_feed() as gate:
        pid_file = tmp_path / "feeds.pid"
        settings = discord.settings({**library.feeds, "The gate": gate.address}, embeddings="none")
        # A command of one's own is nobody's bundled server, whose tools are known to change nothing.
        settings["tools"]["feeds"] |= {"command": wrapped_feeds_command(pid_file), "read_only": "all"}
        yield Bench(discord, library, gate, discord.write(settings), pid_file)


def _is_whole(found: Research) -> bool:
    """One answer with its sources, each said once."""
    return (
        found.ending == "✓ Done"
        and bool(found.cited)
        and found.cited == {number: one.url for number, one in found.sources.items()}
        and len(set(found.texts)) == len(found.texts) == 2
    )


async def test_the_database_is_killed_in_the_middle(bench: Bench) -> None:
    hold = bench.gate.hold("clock")
    async with bench.house.bot(bench.config), asker(bench.house) as ben:
        status = await ben.begin(TOPIC)
        await hold.asked.wait()
        first = bench.postmaster
        os.kill(first, signal.SIGKILL)
        hold.release()
        assert _is_whole(await ben.ended(status))
        assert bench.postmaster != first


async def test_the_feeds_server_is_killed_in_the_middle(bench: Bench) -> None:
    hold = bench.gate.hold("clock")
    async with bench.house.bot(bench.config), asker(bench.house) as ben:
        status = await ben.begin(TOPIC)
        await hold.asked.wait()
        os.kill(bench.feeds_server, signal.SIGKILL)
        hold.release()
        # It is started again by itself, and so is what it was asked for.
        assert _is_whole(await ben.ended(status))


async def test_discord_is_killed_and_comes_back(bench: Bench, stack: AsyncExitStack, tmp_path: Path) -> None:
    hold = bench.gate.hold("clock")
    await stack.enter_async_context(bench.house.bot(bench.config))
    async with asker(bench.house) as ben:
        status = await ben.begin(TOPIC)
        await ben.status_where(status["id"], lambda one: "Looking for sources" in one["content"])
        await hold.asked.wait()
        await bench.house.save()
        await killed(bench.house.discord)
    hold.release()
    port = int(bench.house.discord.ready["base_url"].rpartition(":")[2])
    again = await stack.enter_async_context(house(tmp_path, port=port))
    async with asker(again) as ben:
        found = await _ended_by_history(ben, status["id"])
        assert _is_whole(found)
        # It is connected again: a new question reaches it.
        async with asyncio.timeout(60):
            while not (outcome := await ben.slash(TOPIC)).ok:
                continue
        later = await ben.ended(await ben.status_after(outcome.interaction_id))
        assert later.answer


async def _ended_by_history(ben: Asker, status_id: str) -> Research:
    """The thread's end, read from the channel: what happened before somebody joined is no event for them."""

    async def is_over() -> bool:
        return "✓ Done" in (await ben.member.messages(ben.channel))[0]["content"]

    await eventually(is_over, 60)
    (status,) = await ben.member.messages(ben.channel)
    assert status["id"] == status_id
    return Research(status, await ben.inside(status_id))


async def test_a_request_that_arrives_after_its_sender_was_killed_is_not_sent_again(bench: Bench) -> None:
    async def is_on_its_way() -> bool:
        return not await bench.house.faults()

    async with asker(bench.house) as ben:
        for path in (POSTS, WEBHOOKS):
            await bench.house.fault(method="POST", path=path, delay=LATE, times=1)
            async with bench.house.bot(bench.config) as bot:
                if path == POSTS:
                    assert (await ben.slash(TOPIC)).ok
                await eventually(is_on_its_way)
                await killed(bot)
        async with bench.house.bot(bench.config):
            found = await ben.ended(await ben.status_after(0))
        assert _is_whole(found)
        assert len(await ben.member.messages(ben.channel)) == 1
