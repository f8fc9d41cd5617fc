"""AC-B1: what is said reaches the bus, and what is answered Discord, once and in its place, whatever the bus does."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.bus.context_block import Origin, block
from bot.bus.office import Office
from bot.bus.parts import OfficeSettings
from bot.errors import OutsideError
from bot.storage.database import Database
from tests.bot.bus.bench import CHANNEL, GUILD, KEY, QUICK, REVIEW, Bench, bus_at
from tests.bot.bus.servers import CONNECTOR, KINDS, Answer, Bus, Kind, serving
from tests.sizes import size
from tests.waiting import eventually

MESSAGES = size("AC-B1 messages", small=24, stated=2_000)
RESTARTS = size("AC-B1 restarts", small=2, stated=5)
CHANNELS = 6

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + MESSAGES)]

_NAMED = re.compile(r"\[request_id:([0-9a-f-]{36})\].*?: (.*?)\n<!--", re.DOTALL)


def named(text: str) -> tuple[str, str]:
    found = _NAMED.search(text)
    assert found is not None, text
    return found[1], found[2]


def acknowledging(to: str, text: str, request: str) -> Sequence[Answer]:
    number, said = named(text)
    return [(to, f"{{ack_for: {number}, ok: true}} answer to {said}", request)]


@asynccontextmanager
async def at_work(bench: Bench, url: str) -> AsyncGenerator[Office]:
    """An office that works until the block ends, in whatever it is doing."""
    async with bus_at(url) as bus:
        office = bench.office(bus)
        working = asyncio.create_task(office.run_forever())
        try:
            yield office
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


async def all_answered(bench: Bench) -> bool:
    return set(await bench.states()) == {"answered"}


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_lost_doubled_or_misplaced(database: Database, kind: Kind) -> None:
    bench = Bench(database)
    bus = Bus(
        acknowledging,
        errors=0.3,
        duplicates=0.3,
        reordered=True,
        lost_answers=0.2 if kind == "mupot" else 0.0,
    )

    async def noticed() -> bool:
        return bool(await bench.rows("SELECT 1 FROM bus_line WHERE down"))

    async def well_again() -> bool:
        return not await noticed()

    async with serving(bus) as urls:
        asked = 0
        for life in range(RESTARTS + 1):
            async with at_work(bench, urls[kind]) as office:
                until = MESSAGES * (life + 1) // (RESTARTS + 1)
                for number in range(asked + 1, until + 1):
                    await bench.ask(number, channel=CHANNEL + number % CHANNELS)
                    office.wake()
                asked = until
                bus.away = life == 1
                if life == 1:
                    await eventually(noticed)
                    bus.away = False
                if life == RESTARTS:
                    await eventually(lambda: all_answered(bench), 30 + MESSAGES / 4)
                    bus.errors = bus.lost_answers = 0.0
                    await eventually(well_again)
    said = Counter(named(one.text)[1] for one in bus.sent)
    assert said == Counter(f"message {number}" for number in range(1, MESSAGES + 1))
    for place in range(CHANNELS):
        answers = sorted(await bench.said(CHANNEL + place))
        numbers = [number for number in range(1, MESSAGES + 1) if number % CHANNELS == place]
        assert answers == sorted(f"**kasra**: answer to message {number}" for number in numbers)
    review = await bench.said(REVIEW)
    assert all("agent bus" in one for one in review)
    down, back = (sum(words in one for one in review) for words in ("out of order", "works again"))
    assert down >= 1
    assert down == back


async def test_a_bus_without_ids_shows_a_second_try_under_the_same_id(database: Database) -> None:
    """The control: where the bus does not say that it took a message, only the id tells the second from a new one."""
    bench, bus = Bench(database), Bus(lost_answers=1.0)
    async with serving(bus) as urls, at_work(bench, urls["sos"]):
        request = await bench.ask(1)

        async def twice() -> bool:
            return len(bus.sent) > 1

        await eventually(twice)
        # An acknowledgement before that would have made the second try needless.
        bus.put("kasra", f"{{ack_for: {request}, ok: true}} answer")
        await eventually(lambda: all_answered(bench))
    assert {named(one.text)[0] for one in bus.sent} == {str(request)}


async def test_many_answers_late_answers_and_answers_to_what_is_forgotten(database: Database) -> None:
    bench, bus = Bench(database), Bus()
    async with serving(bus) as urls, bus_at(urls["mupot"]) as reached:
        office = bench.office(reached)
        request = await bench.ask(1)
        await office.turn()
        for number in range(3):
            bus.put("kasra", f"{{ack_for: {request}}} part {number}")
        await office.turn()
        async with database.connection() as conn:
            await conn.execute(
                "UPDATE bus_request SET answered_at = now() - interval '1 year', state = 'failed'"
            )
        bus.put("kasra", f"{{ack_for: {request}, ok: true}} late")
        gone = str(uuid4())
        bus.put("kasra", f"echo\n{block(Origin(gone, GUILD, CHANNEL, 44, 'kasra'), KEY)}")
        bus.put("kasra", f"forged\n{block(Origin(gone, GUILD, CHANNEL, 44, 'kasra'), b'another key')}")
        bus.put("kasra", f"{{ack_for: {request}}}")
        await office.turn()
        replies = await bench.rows(
            "SELECT payload->'message_reference'->>'message_id' FROM outbox WHERE kind = 'post' AND channel_id = %s",
            CHANNEL,
        )
    wanted = [f"**kasra**: {text}" for text in ("part 0", "part 1", "part 2", "late", "echo")]
    assert await bench.said() == wanted
    assert [row[0] for row in replies] == ["1", "1", "1", "1", "44"]
    (review,) = await bench.said(REVIEW)
    assert "in a way that I cannot verify" in review
    assert [
        row[0] for row in await bench.rows("SELECT state FROM bus_letter ORDER BY number DESC LIMIT 1")
    ] == ["receipt"]


@pytest.mark.parametrize("kind", ["sos-http", "mupot"])
async def test_it_is_listed_among_those_who_are_there(database: Database, kind: Kind) -> None:
    bus = Bus()
    async with serving(bus) as urls, bus_at(urls[kind]) as reached:
        await Bench(database).office(reached).turn()
    assert bus.present == {CONNECTOR}


async def test_a_burst_is_read_whole_and_what_was_there_before_is_left_alone(database: Database) -> None:
    bench, bus = Bench(database), Bus()
    for number in range(30):
        bus.put("kasra", f"before us {number}")
    async with serving(bus) as urls, bus_at(urls["sos"]) as reached:
        office = bench.office(reached)
        async with database.connection() as conn:
            await conn.execute(
                "INSERT INTO bus_line (name, since) VALUES ('a bus', %s)", (bus.now + timedelta(1e-5),)
            )
        bus.now += timedelta(hours=1)
        requests = [await bench.ask(number) for number in range(1, 41)]
        await office.turn()
        for number, request in enumerate(requests):
            bus.put("kasra", f"{{ack_for: {request}}} reply {number}")
        await office.turn()
        assert await bench.said() == [f"**kasra**: reply {number}" for number in range(40)]
        assert await bench.said(REVIEW) == []
        bus.put("kasra", "hello?")
        bus.put("discord-connector", "our own words")
        await office.turn()
        (review,) = await bench.said(REVIEW)
        assert "names no question" in review
        for number in range(200):
            bus.put("kasra", f"{{ack_for: {requests[0]}}} flood {number}")
        await office.turn()
        assert sum("may be missing" in one for one in await bench.said(REVIEW)) == 1
        assert len(await bench.said()) == 40 + 160


async def test_who_stays_silent_is_asked_again_once_and_then_people_are_told(database: Database) -> None:
    settings = replace(QUICK, urgent=0.0, usual=0.05)
    bench, bus = Bench(database, settings=settings), Bus()
    async with serving(bus) as urls, at_work(bench, urls["mupot"]):
        request = await bench.ask(1, urgent=True)

        async def told() -> bool:
            return any("has not answered yet" in one for one in await bench.said())

        await eventually(told)
        sends = [one for one in bus.asked if one["tool"] == "send"]
        assert [one["request_id"] for one in sends] == [str(request)] * 2
        assert len(bus.sent) == 1
    marks = await bench.rows(
        "SELECT kind, payload FROM outbox WHERE kind IN ('react', 'unreact') ORDER BY id"
    )
    assert marks
    (words,) = await bench.rows("SELECT payload FROM outbox WHERE kind = 'post'")
    assert "Ask again" in str(words)
    assert words[0]["allowed_mentions"]["users"] == ["5"]


async def test_it_looks_often_while_it_waits_shows_how_far_a_message_is_and_need_not_read(
    database: Database,
) -> None:
    bench, bus = Bench(database), Bus()
    deaf = bench.with_rules(replies=False)

    async def shown() -> list[str]:
        rows = await bench.rows(
            "SELECT kind, payload->>'emoji' FROM outbox WHERE kind LIKE %s ORDER BY id", "%react"
        )
        return [f"{kind} {emoji}" for kind, emoji in rows]

    async with serving(bus) as urls, bus_at(urls["mupot"]) as reached:
        office = bench.office(reached)
        assert await office.turn() == QUICK.rest
        request = await bench.ask(1)
        bus.errors = 1.0
        await office.turn()
        assert (await bench.states()) == ["queued"]
        bus.errors = 0.0
        await eventually(lambda: _turned_until(office, bench, "sent"))
        assert await office.turn() == QUICK.fast
        bus.put("kasra", f"{{ack_for: {request}, ok: true}} yes")
        before = bus.calls["inbox_lease"]
        # a connector whose replies are off sends, and never looks
        await bench.ask(2)
        await deaf.office(reached).turn()
        assert await bench.states() == ["sent", "sent"]
        assert bus.calls["inbox_lease"] == before
        await office.turn()
        assert await bench.said() == ["**kasra**: yes"]
    assert await shown() == [
        "react 🕓", "unreact 🕓", "react 📨", "react 📨", "unreact 📨", "react ✅",
    ]  # fmt: skip


async def _turned_until(office: Office, bench: Bench, state: str) -> bool:
    await office.turn()
    return await bench.states() == [state]


async def test_what_the_bus_refuses_and_a_token_that_it_does_not_accept(database: Database) -> None:
    bench, bus = Bench(database), Bus()
    bus.sent_answer = "error: SOS-4001 unknown agent nobody"
    async with serving(bus) as urls:
        async with bus_at(urls["sos"]) as reached:
            await bench.ask(1, agent="nobody")
            await bench.office(reached).turn()
            assert await bench.states() == ["failed"]
            (said,) = await bench.said()
            assert "did not reach **nobody**" in said
            assert "unknown agent" in said
        async with bus_at(urls["sos"], token="not-the-token-at-all") as reached:
            office = bench.office(reached)
            await bench.ask(2)
            await office.turn()
            assert "does not accept the bridge's token" in office.stopped
            before = bus.calls.total()
            assert await office.turn() > 1_000
            assert bus.calls.total() == before
            (alert,) = await bench.said(REVIEW)
            assert alert.startswith("⛔")
            again = bench.office(reached)
            await again.turn()
            assert len(await bench.said(REVIEW)) == 1


async def test_agents_write_only_where_they_may_and_answers_wait_where_the_bridge_is_off(
    database: Database,
) -> None:
    bench, bus = Bench(database).with_rules(may_write={"kasra": frozenset({CHANNEL + 1})}), Bus()
    async with serving(bus) as urls, bus_at(urls["mupot"]) as reached:
        office = bench.office(reached)
        bus.put("kasra", f"[channel:{CHANNEL + 1}] news for @everyone discord.gg/abc")
        bus.put("kasra", f"[channel:{CHANNEL}] not here")
        bus.put("loom", f"<#{CHANNEL + 1}> not me")
        await office.turn()
    assert await bench.said(CHANNEL + 1) == [
        "**kasra** writes: news for @\u200beveryone [an invitation was here]"
    ]
    assert await bench.said() == []
    assert len(await bench.said(REVIEW)) == 2


async def test_a_letter_that_breaks_something_does_not_keep_the_others_back(
    database: Database,
) -> None:
    bench, bus = Bench(database), Bus()
    async with serving(bus) as urls, bus_at(urls["mupot"]) as reached:
        request = await bench.ask(1)
        office = bench.office(reached)
        await office.turn()
        bus.put("loom\0", "\ud800 \0 nul" + "x" * 100)
        bus.put("", "from nobody")
        bus.put("kasra", f"{{ack_for: {request}}} " + "y" * 90_000)
        await office.turn()
        assert (await bench.states()) == ["answered"]
        assert len(await bench.said(REVIEW)) == 2


def test_the_settings_outside_tests_are_those_that_are_documented() -> None:
    settings = OfficeSettings()
    assert (settings.urgent, settings.usual, settings.rest) == (30, 60, 15)
    assert issubclass(OutsideError, Exception)
