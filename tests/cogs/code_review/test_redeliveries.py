"""AC-C1: the same webhooks again and again, in any order, over restarts, while agents are slow: one thread, one review."""

import math
import time
from collections import Counter
from random import Random

import httpx
import pytest

from bot.local_github.application import Fault
from tests.cogs.code_review.conftest import House
from tests.sizes import chosen, size
from tests.waiting import eventually

REDELIVERIES = size("AC-C1 redeliveries to a whole review", small=40, stated=1_000)
RESTARTS = size("AC-C1 restarts of a whole review", small=1, stated=3)
PUSHES = 3
MOST_SECONDS = 1.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + REDELIVERIES)]


async def test_redeliveries_while_agents_are_slow_make_one_thread_and_one_review(house: House) -> None:
    await house.start()
    # Whoever reads the changed files waits; GitHub is answered all the same.
    slow = Fault("hang", "GET", "/pulls/1/files$", times=10**6)
    house.host.faults.append(slow)
    pull = house.host.world.open(house.repo, "Coupons", {"shop/coupons.py": "x = eval('1')\n"})
    for number in range(PUSHES):
        house.host.world.push(house.repo, pull, {"shop/coupons.py": f"x = eval('{number}')\n"})
    house.host.world.rename(house.repo, pull, "Coupons for all")
    deliveries = [*house.hooks.waiting]
    again = deliveries * math.ceil(REDELIVERIES / len(deliveries))
    Random(11).shuffle(again)  # noqa: S311 - an order
    stops = {(one + 1) * len(again) // (RESTARTS + 1) for one in range(RESTARTS)}
    seconds: list[float] = []
    async with httpx.AsyncClient(trust_env=False) as client:
        for position, (event, body, delivery) in enumerate(again):
            if position in stops:
                await house.restart()
            headers, began = house.hooks.headers(event, body, delivery), time.monotonic()
            answer = await client.post(f"{house.address}/github/webhook", content=body, headers=headers)
            seconds.append(time.monotonic() - began)
            assert answer.status_code == 202
    assert house.host.faults, "agents were quick"
    if chosen() == "stated":
        late = sorted(seconds)[len(seconds) * 99 // 100]
        assert late < MOST_SECONDS, f"99 of 100 answers came within {late:.2f} s"
    house.host.faults.clear()
    house.host.hung.set()

    thread = await house.ada.in_thread_of(await house.ada.hears("octo-org/shop#1 Coupons"))
    asked = await thread.hears(f"post this review of {pull.head.sha[:7]}")
    await thread.click(asked, "Comment")
    await thread.hears("stands on GitHub")
    house.hooks.waiting += deliveries
    await house.tell()

    async def heard() -> bool:
        async with house.running.database.connection() as conn:
            cursor = await conn.execute(
                "SELECT (SELECT count(*) FROM code_delivery WHERE heard_at IS NULL)"
                " + (SELECT count(*) FROM run WHERE state IN ('ready', 'running'))"
            )
            return await cursor.fetchone() == (0,)

    await eventually(heard)
    begun = [one for one in await house.ada.history(100) if "Asked by" in one.text]
    assert len(begun) == 1
    assert len(house.posted()) == len(pull.reviews) == 1
    said = Counter(
        one.text for one in await thread.history(100) if one.author in {"Lint", "Security", "Tests"}
    )
    assert max(said.values()) == 1
    assert sum("B307" in text for text in said) == 1
