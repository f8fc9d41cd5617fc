"""Two deliverers at once, one killed at any await: nothing is lost, doubled or out of order."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

import pytest

from bot.clock import Clock
from bot.discord.api import open_api
from bot.discord.deliverer import Deliverer, DelivererSettings
from bot.discord.delivery import Delivery
from bot.discord.identities import Identities
from bot.discord.lost import Lost
from bot.discord.transport import over_http
from bot.work.surface import Place, Say, Speaker
from tests.bot.discord.conftest import QUICK, Harbour
from tests.bot.discord.fate import Fate, FatedDatabase, fated
from tests.sizes import size
from tests.waiting import eventually

KILLS = size("AC-P6 kills", small=10, stated=150)
SETTINGS = replace(QUICK, renew=0.1, poll=0.1)
EVERY_POINT = {
    "begin",
    "statement",
    "query",
    "commit",
    "committed",
    "connect",
    "disconnected",
    "request",
    "answer",
}
SPEAKER = Speaker("Researcher")


@asynccontextmanager
async def doomed(
    harbour: Harbour, fate: Fate, settings: DelivererSettings
) -> AsyncGenerator[asyncio.Task[None]]:
    """A deliverer, as another process would be, that meets its fate."""
    async with over_http() as http:
        # it logs in before its fate counts
        api_fate = Fate()
        async with open_api(
            harbour.local.bot_token, request_seconds=1.0, transport=fated(http, api_fate)
        ) as api:
            api_fate.points, api_fate.at = fate.points, fate.at
            fate = api_fate
            database = cast("Any", FatedDatabase(harbour.database, fate))
            identities = Identities(api, database)
            delivery, lost = Delivery(api, identities), Lost(api, identities.homes)
            deliverer = Deliverer(database, delivery, lost, Clock(), settings)
            task = asyncio.create_task(deliverer.run_forever())
            try:
                yield task
            finally:
                fate.dead = True
                task.cancel()
                await asyncio.wait({task})
                if not task.cancelled():
                    task.exception()


async def say_a_lot(harbour: Harbour, turn: int) -> int:
    """Things of many kinds, in an order that matters; the answer is the row that opens the private thread."""
    surface, channel = harbour.surface, Place(channel_id=harbour.channel)
    async with harbour.database.transaction() as conn:
        (first, *_) = await surface.post(conn, f"{turn}:a", channel, Say(f"{turn}:a"))
        # the same words twice: what is lost is told by its place, not by what it says
        await surface.post(conn, f"{turn}:b1", channel, Say(f"{turn}:b", SPEAKER))
        await surface.post(conn, f"{turn}:b2", channel, Say(f"{turn}:b", SPEAKER))
        await surface.edit(conn, f"{turn}:e", first, Say(f"{turn}:a, changed"))
        thread = await surface.open_thread(conn, f"{turn}:t", first, f"thread {turn}")
        await surface.post(conn, f"{turn}:in", thread, Say(f"{turn}:inside"))
        private = await surface.open_private_thread(conn, f"{turn}:p", harbour.channel, f"private {turn}")
        await surface.post(conn, f"{turn}:hush", private, Say(f"{turn}:hush", SPEAKER))
        await surface.post(conn, f"{turn}:c", channel, Say(f"{turn}:c"))
    return private.opened_by or 0


async def one_turn(harbour: Harbour, turn: int, at: int | None) -> list[str]:
    """Say a lot with one deliverer dying at point ``at``; the answer is the points that it met."""
    fate = Fate(at)
    async with doomed(harbour, fate, SETTINGS) as first:
        opener = await say_a_lot(harbour, turn)

        async def is_over() -> bool:
            return first.done() or await harbour.count("state IN ('pending', 'sending')") == 0

        await eventually(is_over)
    async with harbour.database.connection() as conn:
        # the dead one's leases run out
        await conn.execute("UPDATE outbox_lease SET until = now()")
    async with harbour.delivering(SETTINGS):
        await harbour.settled()
    await is_as_it_should_be(harbour, turn, opener)
    return fate.points


async def is_as_it_should_be(harbour: Harbour, turn: int, opener: int) -> None:
    mine = [text for text in await harbour.texts() if text.startswith(f"{turn}:")]
    assert mine == [f"{turn}:a, changed", f"{turn}:b", f"{turn}:b", f"{turn}:c"]
    threads = [one for one in harbour.local.stage.world.channels.values() if one.thread]
    inside = {
        name: [await harbour.texts(one.id) for one in threads if one.name == name]
        for name in (f"thread {turn}", f"private {turn}")
    }
    assert [text for text in inside[f"thread {turn}"][0] if text] == [f"{turn}:inside"]
    assert inside[f"private {turn}"] == [[f"{turn}:hush"]]
    assert await harbour.count(f"id = {opener} AND state = 'sent'") == 1
    assert await harbour.count("state = 'failed'") == 0


async def test_nothing_is_lost_or_doubled_wherever_a_deliverer_dies(harbour: Harbour) -> None:
    points = await one_turn(harbour, 0, None)
    assert set(points) == EVERY_POINT
    number = min(KILLS, len(points))
    for turn in range(1, number + 1):
        await one_turn(harbour, turn, max(1, turn * len(points) // number))


@pytest.mark.parametrize("deliverers", [2])
async def test_a_process_that_dies_leaves_its_work_to_one_that_was_there_all_along(
    harbour: Harbour, deliverers: int
) -> None:
    settings = replace(SETTINGS, request=0.5, lease=0.8, patience=0.1)
    async with doomed(harbour, Fate(60), settings) as first, harbour.delivering(settings):
        turns = 0
        # who holds which partition is chance: there is work until the one that is to die has had enough of it
        while turns < deliverers or not first.done():
            await say_a_lot(harbour, turns)
            turns += 1
            await harbour.settled()
    for turn in range(turns):
        mine = [text for text in await harbour.texts() if text.startswith(f"{turn}:")]
        assert mine == [f"{turn}:a, changed", f"{turn}:b", f"{turn}:b", f"{turn}:c"]
