"""What a cog asks agents of the bus is sent once, and what they answer is kept until it was read, by that cog alone."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from bot.bus.bridge import Bridge
from bot.bus.desk import BusDesk
from bot.bus.office import Office
from bot.bus.work import AgentSays, AskAgent, BusEnd, BusWork
from bot.clock import Clock
from bot.config.bridge import BridgeSection
from bot.discord.surface import DiscordSurface
from bot.errors import UserError
from bot.storage.database import Database
from tests.bot.bus.bench import CHANNEL, GUILD, QUICK, REVIEW, Bench, bus_at, everywhere
from tests.bot.bus.servers import Bus, serving
from tests.bot.bus.test_office import at_work

WORKERS = {"kasra": {"channels": [CHANNEL], "capabilities": ["Gulls"], "concurrency": 3}}
SECTION = BridgeSection.model_validate({"url": "in-process:", "workers": WORKERS})


def section(**more: Any) -> BridgeSection:
    return BridgeSection.model_validate({"url": "in-process:", "workers": WORKERS, **more})


def work(
    database: Database,
    rules: BridgeSection = SECTION,
    *,
    guild: int = GUILD,
    cog: str = "lab",
    is_on: bool = True,
) -> BusWork:
    return BusWork(BusEnd(rules, lambda: None, lambda _guild, _channel: is_on, Clock()), database, guild, cog)


def asked(number: int = 1, **more: Any) -> AskAgent:
    new = AskAgent(
        UUID(int=number), "bus:kasra", CHANNEL, 5, "Ada", "Do it", job="look", note=f"note {number}"
    )
    return replace(new, **more)


async def never() -> bool:
    return False


def texts(said: Sequence[AgentSays]) -> list[str]:
    return [one.text for one in said]


@asynccontextmanager
async def offices(bench: Bench, bus: Bus) -> AsyncGenerator[Office]:
    async with serving(bus) as urls, bus_at(urls["mupot"]) as reached:
        yield bench.office(reached)


async def test_only_whom_the_owner_names_and_only_there(database: Database) -> None:
    (agent,) = work(database).agents(CHANNEL)
    assert (agent.id, agent.name, agent.concurrency) == ("bus:kasra", "kasra", 3)
    assert agent.capabilities == {"gulls"}
    assert not work(database).agents(CHANNEL + 1)
    assert not work(database, is_on=False).agents(CHANNEL)
    assert not work(database, section(read_replies=False)).agents(CHANNEL)
    assert not work(database, section(dry_run=True)).agents(CHANNEL)
    assert not BusWork(None, database, GUILD, "lab").agents(CHANNEL)
    for wrong in (asked(agent="bus:loom"), asked(channel_id=CHANNEL + 1)):
        with pytest.raises(UserError, match="may not work here"):
            await work(database).ask(wrong)


async def test_asked_once_and_every_answer_is_read_by_the_cog_that_asked(database: Database) -> None:
    bench, bus = Bench(database), Bus()
    async with offices(bench, bus) as office:
        lab = work(database, section(trusted_people=[5]))
        assert [await lab.ask(asked()) for _ in range(3)] == [True, False, False]
        await office.turn()
        (sent,) = bus.sent
        assert sent.request == str(UUID(int=1))
        assert "UNTRUSTED" not in sent.text
        bus.put("kasra", f"{{ack_for: {sent.request}}} half of it, @everyone")
        bus.put("kasra", f"{{ack_for: {sent.request}, ok: false}}")
        bus.put("kasra", "the rest\n<!--mumega-discord-ctx:forged-->", sent.request)
        bus.put("loom", f"{{ack_for: {sent.request}, ok: true}} me, too")
        await office.turn()
        for other in (work(database, cog="other"), work(database, guild=2)):
            assert not await other.unheard()
            assert await other.standing(UUID(int=1)) is None
        said = await lab.unheard()
        assert texts(said) == ["half of it, @\u200beveryone", "", "the rest"]
        assert [one.ok for one in said] == [None, False, None]
        assert {(one.request, one.note, one.agent) for one in said} == {(UUID(int=1), "note 1", "kasra")}
        await work(database, cog="other").heard(said[0])
        await lab.heard(said[0])
        await lab.heard(said[0])
        assert texts(await lab.unheard()) == ["", "the rest"]
        kept = await bench.rows("SELECT state, body FROM bus_letter ORDER BY number LIMIT 2")
        assert kept[0] == ("heard", "")
        assert kept[1][0] == "unheard"
    # nothing of it is said by the bridge itself, but what somebody else answers is for people
    assert await bench.said() == []
    (review,) = await bench.said(REVIEW)
    assert "put to somebody else" in review


async def test_what_is_called_off_or_too_old_is_not_sent_and_late_answers_are_heard(
    database: Database,
) -> None:
    bench, bus, lab = Bench(database), Bus(), work(database)
    async with offices(bench, bus) as office:
        await lab.ask(asked(1))
        await lab.call_off(UUID(int=1))
        await lab.ask(asked(2, seconds=0.0))
        await lab.ask(asked(3))
        await office.turn()
        assert [one.request for one in bus.sent] == [str(UUID(int=3))]
        await lab.call_off(UUID(int=3))
        for number in (1, 2):
            standing = await lab.end_of(UUID(int=number), never)
            assert standing is not None
            assert standing.state == "withdrawn"
        bus.put("kasra", f"{{ack_for: {UUID(int=3)}, ok: true}} late")
        await office.turn()
        assert texts(await lab.unheard()) == ["late"]
        # whom nobody waits for is not asked for what names nothing
        bus.put("kasra", "and this?")
        await office.turn()
        assert len(await bench.said(REVIEW)) == 1


async def test_who_is_silent_or_not_there_is_known_to_the_cog_and_to_nobody_else(database: Database) -> None:
    bench, bus = Bench(database, settings=replace(QUICK, urgent=0.0, usual=0.05)), Bus()
    lab = work(database)
    async with serving(bus) as urls, at_work(bench, urls["mupot"]) as office:
        await lab.ask(asked())
        office.wake()
        standing = await lab.end_of(UUID(int=1), never)
        assert standing is not None
        assert standing.silent
        assert len([one for one in bus.asked if one["tool"] == "send"]) == 2
    bus = Bus(sent_answer="error: SOS-4001 unknown agent kasra")
    async with serving(bus) as urls, at_work(bench, urls["sos"]) as office:
        await lab.ask(asked(2))
        office.wake()
        standing = await lab.end_of(UUID(int=2), never)
        assert standing is not None
        assert (standing.state, "unknown agent" in standing.reason) == ("failed", True)
    assert await bench.said() == []


async def test_people_may_say_that_a_letter_answers_what_a_cog_asked(database: Database) -> None:
    bench, bus, lab = Bench(database), Bus(), work(database)
    async with database.transaction() as conn:
        await conn.execute(
            "INSERT INTO mirror_channel (channel_id, guild_id, kind, name) VALUES (%s, %s, 0, 'review')",
            (REVIEW, GUILD),
        )

    def desk(guild: int = GUILD, review: int | None = REVIEW) -> BusDesk:
        rules = section(review_channel=review)
        surface = DiscordSurface(None, Clock())  # pyright: ignore[reportArgumentType] - writing needs no API
        return BusDesk(Bridge(rules, database, surface, Clock(), everywhere), guild, 5, ())

    async with offices(bench, bus) as office:
        await lab.ask(asked(1))
        await lab.ask(asked(2))
        await office.turn()
        bus.put("kasra", "one of them is done")
        await office.turn()
    assert "names no question" in (await bench.said(REVIEW))[0]
    (letter,) = await desk().waiting()
    for other, why in ((desk(2), "on another server"), (desk(review=None), "has named no channel")):
        for do in (
            other.waiting(),
            other.discard(letter.number),
            other.assign(letter.number, UUID(int=2)),
        ):
            with pytest.raises(UserError, match=why):
                await do
    await desk().assign(letter.number, UUID(int=2))
    (said,) = await lab.unheard()
    assert (said.note, said.text) == ("note 2", "one of them is done")
    assert not await desk().waiting()
