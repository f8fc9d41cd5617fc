"""Webhooks that come twice, late and in the wrong order, and a GitHub that is in trouble while a pull request is read."""

from typing import Any

import pytest

from bot.local_github.application import Fault
from bot.local_github.world import Pull
from bot.review import delivery_table
from bot.review.looking import KEEP_HOURS
from cogs.code_review import messages
from cogswarm.testing import Heard, Person
from tests.cogs.code_review.conftest import House
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def rows(house: House, query: Any, *values: object) -> list[tuple[Any, ...]]:
    async with house.running.database.connection() as conn:
        return await (await conn.execute(query, values)).fetchall()


async def heard_all(house: House) -> None:
    """Wait until the cogs have heard of everything, and all work on it is done or waits."""

    async def quiet() -> bool:
        ((left,),) = await rows(
            house,
            "SELECT (SELECT count(*) FROM code_delivery WHERE heard_at IS NULL)"
            " + (SELECT count(*) FROM run WHERE state IN ('ready', 'running'))"
            " + (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending'))",
        )
        return int(left) == 0

    await eventually(quiet)


async def thread_of(house: House, pull: Pull) -> Person:
    return await house.ada.in_thread_of(await house.ada.hears(f"octo-org/shop#{pull.number} {pull.title}"))


async def texts(thread: Person) -> list[str]:
    return [one.text for one in await thread.history(100)]


async def test_webhooks_in_any_order_and_again_after_the_horizon_say_nothing_twice(house: House) -> None:
    await house.start()
    changes = {"a.py": "import os\n", ".github/cogswarm.toml": 'ignore = ["*"]\n'}
    pull = house.host.world.open(house.repo, "Coupons", changes)
    house.host.world.push(house.repo, pull, {"a.py": "import os\nimport sys\n"})
    house.host.world.rename(house.repo, pull, "Coupons for all")
    opened, pushed, renamed = house.hooks.waiting
    house.hooks.waiting[:] = [pushed, pushed]  # the push before the opening, and twice
    await house.tell()
    thread = await thread_of(house, pull)
    # It changes by what it is reviewed, and is told that what the default branch has holds until it is merged.
    await thread.hears("It also changes `.github/cogswarm.toml`")
    await thread.hears("post this review of")
    house.hooks.waiting[:] = [renamed, opened, opened, pushed, renamed]
    await house.tell()
    await heard_all(house)
    said = await texts(thread)
    assert [text for text in said if text.startswith("2 new")] == [
        text for text in said if "F401" in text and "What would be posted" not in text
    ]
    assert len(await rows(house, "SELECT 1 FROM code_delivery WHERE event = 'pull_request'")) == 3

    # What was heard longer ago than the horizon is forgotten. Told again it is heard again, and changes nothing.
    async with house.running.database.connection() as conn:
        await conn.execute(
            "UPDATE code_delivery SET received_at = now() - make_interval(secs => %s)",
            (KEEP_HOURS * 3600 - 60,),
        )
        assert await delivery_table.forget(conn, KEEP_HOURS) == 0
        await conn.execute("UPDATE code_delivery SET received_at = received_at - interval '2 minutes'")
        assert await delivery_table.forget(conn, KEEP_HOURS) == 3
    house.hooks.waiting[:] = [pushed, opened]
    await house.tell()
    await heard_all(house)
    assert await texts(thread) == said
    assert await rows(house, "SELECT count(*) FROM code_review") == [(1,)]


async def test_github_in_trouble_while_a_pull_request_is_read(house: House) -> None:
    await house.start()
    # Busy, then out of order for longer than the client asks again by itself: the look is put off, and goes on.
    house.host.faults += [
        Fault("busy", "GET", "/check-runs$", seconds=1),
        Fault("error", "GET", "/git/blobs/", times=3),
        Fault("nonsense", "GET", "/pulls/1/files$"),
    ]
    pull = await house.open("Coupons", {"a.py": "import os\n"})
    thread = await thread_of(house, pull)

    async def over() -> bool:
        return not house.host.faults

    await eventually(over)
    await thread.hears("post this review of")
    assert [text for text in await texts(thread) if "went wrong" in text or "broke" in text] == []

    # The repository vanishes: what is asked for is refused in a sentence, with a button to try it again.
    gone = house.host.world.repos.pop("octo-org/shop")
    failed = await _retried(thread, "I cannot see octo-org/shop")
    house.host.world.repos["octo-org/shop"] = gone
    await thread.click(failed, "Retry")
    await thread.hears("post this review of")

    # It vanishes when people have decided: they hear of it, and nothing is lost.
    asked = [one for one in await thread.history(100) if "post this review of" in one.text][-1]
    del house.host.world.repos["octo-org/shop"]
    await thread.click(asked, "Comment")
    await thread.hears("GitHub did not take the review: I cannot see")
    again = await thread.hears("What now?")
    house.host.world.repos["octo-org/shop"] = gone
    await thread.click(again, messages.TRY_AGAIN)
    await thread.hears("decided: **comment**")
    assert len(pull.reviews) == 1


async def _retried(thread: Person, why: str) -> Heard:
    await thread.slash("reviews full")
    failed = await thread.hears(why)
    assert failed.buttons == ["Retry"]
    return failed
