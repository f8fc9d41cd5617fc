"""Agents of a bus at work: a queue gives them tasks, late answers are refused, and what they bid can win an auction."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from cogs.auction import auction
from cogs.mumega_bridge import mumega_bridge
from cogs.tasks import tasks
from cogswarm.testing import BotWith, LocalDiscord, Members, Person, ScriptedModel
from tests.bot.bus.servers import TOKEN, Bus, Kind, serving
from tests.owned_clock import Times
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

_HEAD = re.compile(r"\[request_id:([0-9a-f-]{36})\] (.*?)\n<!--", re.DOTALL)
LONG = 10


def house(
    queue: Person, url: str, *agents: str, strategy: str = "first_come", **rules: Any
) -> dict[str, Any]:
    """A bot for whom a channel is a queue, in which an agent of the bus may work."""
    rules = {"queue": True, "strategy": strategy, "agents": agents, **rules}
    worker = {"channels": [int(queue.channel_id)], "capabilities": ["gulls"], "concurrency": 2}
    return {
        "bridge": {"url": url, "bus_token": TOKEN, "workers": {"kasra": worker, "echo": worker}},
        "servers": {"channels": [{"id": int(queue.channel_id), "cogs": {"tasks": rules}}]},
        **({"cogs": {"auction": {"minutes": LONG}}} if strategy == "auction" else {}),
    }


@asynccontextmanager
async def served(bot_with: BotWith, bus: Bus) -> AsyncGenerator[dict[Kind, str]]:
    """The bus; the bot ends before it does."""
    async with serving(bus) as urls:
        try:
            yield urls
        finally:
            await bot_with.stop()


async def question(bus: Bus, number: int) -> tuple[str, str]:
    """The id and the text of the so-many-th message that the bus was sent."""

    async def there() -> bool:
        return len(bus.sent) >= number

    await eventually(there)
    found = _HEAD.search(bus.sent[number - 1].text)
    assert found is not None, bus.sent[number - 1].text
    return found[1], found[2]


async def test_a_queue_gives_its_tasks_to_an_agent_of_the_bus(bot_with: BotWith, members: Members) -> None:
    ada, bo = await members("ada"), await members()
    bus = Bus()
    async with served(bot_with, bus) as urls:
        config = house(bo, urls["sos"], "bus:kasra", "bus:loom", attempts=1)
        await bot_with(tasks, mumega_bridge, config=config)

        # it says that it begins, how far it is, and then what came of it
        asked = await bo.say("Count the gulls")
        thread = await bo.in_thread_of(asked)
        assert "kasra was the first" in (await thread.hears("has it")).text
        request, text = await question(bus, 1)
        assert bus.sent[0].to == "kasra"
        assert "Task #1: Count the gulls" in text
        assert "You have 30 minutes" in text
        bus.put("kasra", f"{{ack_for: {request}}} on it")
        bus.put("kasra", f"{{ack_for: {request}}} progress: ten, says @everyone")
        part = await thread.hears("ten, says")
        assert part.author == "kasra"
        assert part.raw["mention_everyone"] is False
        bus.put("kasra", f"{{ack_for: {request}, ok: true}} There are forty gulls.")
        assert (await thread.hears("forty gulls")).author == "kasra"
        await thread.hears("✅ Done by kasra")
        shown = (await (await bo.slash("tasks show", task="1")).answer()).text
        assert "**Result** (kasra): There are forty gulls." in shown
        assert "on it" not in " ".join(one.text for one in await thread.history())

        agents = (await (await bo.slash("bus agents")).answer()).text
        assert "have tasks and bid: `bus:echo`, `bus:kasra`" in agents

        # somebody else ends it: what comes after that does not count, and is kept
        asked = await bo.say("Count the boats")
        thread = await bo.in_thread_of(asked)
        request, _ = await question(bus, 2)
        await thread.hears("has it")
        await ada.react(asked, "🚫")  # she may manage the server
        await thread.hears("🚫")
        bus.put("kasra", f"{{ack_for: {request}, ok: true}} Seven boats.")
        late = await thread.hears("came too late")
        assert "Seven boats." in late.text
        assert "A result of kasra" in late.text

        # what it cannot do, it gives back, and so does whoever the bus cannot reach
        asked = await bo.say("Count the stars")
        thread = await bo.in_thread_of(asked)
        request, _ = await question(bus, 3)
        bus.put("kasra", f"{{ack_for: {request}, ok: false}} It is cloudy.")
        await thread.hears("It is cloudy.")
        assert "it cannot do it" in (await thread.hears("Given up")).text
        bus.sent_answer = "error: SOS-4001 unknown agent kasra"
        thread = await bo.in_thread_of(await bo.say("Count the fish"))
        assert "it did not reach kasra: " in (await thread.hears("Given up")).text
    assert len(bus.sent) == 3


async def test_a_task_outlives_a_restart_and_ends_with_its_time(
    bot_with: BotWith, members: Members, database_url: str, local_discord: LocalDiscord
) -> None:
    bo = await members()
    bus = Bus()
    async with served(bot_with, bus) as urls:
        config = house(bo, urls["mupot"], "bus:kasra", attempts=1)
        await bot_with(tasks, mumega_bridge, config=config)
        thread = await bo.in_thread_of(await bo.say("Count for ever"))
        request, _ = await question(bus, 1)
        # its time is up now, and not before the question was there
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as owner:
            await owner.execute("UPDATE run SET deadline_at = now() WHERE workflow = 'work_on'")
        await thread.hears("Given up")
        bus.put("kasra", f"{{ack_for: {request}, ok: true}} Infinity.")
        assert "Infinity." in (await thread.hears("came too late")).text

        await bot_with.stop()
        config = house(bo, urls["mupot"], "bus:kasra", needs=["gulls"])
        await bot_with(tasks, mumega_bridge, config=config)
        thread = await bo.in_thread_of(await bo.say("Count the waves"))
        request, _ = await question(bus, 2)
        await bot_with.stop()
        bus.put("kasra", "A hundred.", request)
        # The letter and the run are there again before Discord has told of the server.
        local_discord.fault("GET", "*/gateway", delay=1.5)
        await bot_with.restart()
        await thread.hears("A hundred.")
        await thread.hears("✅ Done by kasra")
    assert len(bus.sent) == 2


async def test_an_auction_that_an_agent_of_the_bus_wins(
    bot_with: BotWith,
    members: Members,
    scripted_model: ScriptedModel,
    database_url: str,
    fake_clock: Any,
) -> None:
    times = Times(database_url, fake_clock, "auction_now")
    bo = await members()
    bus = Bus()
    async with served(bot_with, bus) as urls:
        config = house(bo, urls["mupot"], "agent", "bus:kasra", "bus:echo", strategy="auction")
        await bot_with(tasks, auction, mumega_bridge, config=config, model=scripted_model)
        asked = await bo.say("Count the gulls")
        thread = await bo.in_thread_of(asked)
        call = await thread.hears("Auction 1")
        await thread.sees(call, "**1** so far")  # the bot's own agent, reckoned
        await question(bus, 2)
        asks = {one.to: await question(bus, number) for number, one in enumerate(bus.sent, 1)}
        assert set(asks) == {"kasra", "echo"}
        request, text = asks["kasra"]
        assert "CALL FOR BIDS: auction 1." in text
        bus.put("echo", f"{{ack_for: {asks['echo'][0]}}} {text}")
        assert (
            "**echo** answered the call with something that is no bid" in (await thread.hears("no bid")).text
        )
        bus.put("kasra", f'{{"ack_for": "{request}", "ok": true, "minutes": 0.1, "confidence": 0.5}}')
        await thread.sees(call, "**2** so far")
        await times.pass_by(LONG + 1)
        opened = await thread.hears("**2 bids**, opened now")
        assert "**kasra** — 0.20 min: 0.20 of work" in opened.text
        assert "**kasra** gets it: the lowest of 2 bids" in (await thread.hears("🏆")).text
        bus.put("echo", f"{{ack_for: {asks['echo'][0]}}} 1 second")
        assert "was not taken: This auction closed" in (await thread.hears("A bid of **echo**")).text

        won, text = await question(bus, 3)
        assert bus.sent[2].to == "kasra"
        assert "Task #1: Count the gulls" in text
        bus.put("kasra", f"{{ack_for: {won}, ok: true}} Forty.")
        await thread.hears("Forty.")
        await thread.hears("✅ Done by kasra")

        async def measured() -> bool:
            # A job that is under way while time passes is due again only when more has.
            await times.pass_by(0.2)
            return any("Said: 0.20 min. Taken: " in one.text for one in await thread.history())

        await eventually(measured)
        again = await (await bo.slash("auctions replay", auction="1")).answer()
        assert "gives the same: kasra." in again.text
    assert len(bus.sent) == 3


async def test_on_the_bus_inside_the_bot(
    bot_with: BotWith, members: Members, database_url: str, fake_clock: Any
) -> None:
    times = Times(database_url, fake_clock, "auction_now")
    bo = await members()
    config = house(bo, "in-process:", "bus:echo", strategy="auction")
    await bot_with(tasks, auction, mumega_bridge, config=config)
    thread = await bo.in_thread_of(await bo.say("Say it"))
    call = await thread.hears("Auction 1")
    await thread.sees(call, "**1** so far")
    await times.pass_by(LONG + 1)
    assert "**echo** gets it: the only bid" in (await thread.hears("🏆")).text
    assert (await thread.hears("You said")).text == "You said: Task #1: Say it"
    await thread.hears("✅ Done by echo")
