"""AC-B3: two bridges that face each other do not talk for ever, mention nobody, and let no part of a token into a log."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import LiteralString

import pytest
import structlog

from bot.bus.bridge import Bridge
from bot.bus.desk import AskBus, BusDesk
from bot.bus.in_process import InProcessBus
from bot.clock import Clock
from bot.config.bridge import BridgeSection
from bot.discord.surface import DiscordSurface
from bot.storage.database import Database
from bot.storage.opening import open_database
from tests.bot.bus.bench import QUICK, everywhere
from tests.bot.bus.servers import TOKEN, Bus, serving
from tests.sizes import size
from tests.waiting import eventually

MESSAGES = size("AC-B3 messages between two bridges", small=20, stated=1_000)
WEST, EAST = 100 << 22, 200 << 22
EVIL = "@everyone @here <@5> <@&6> https://discord.gg/abc [x](https://discord.com/invite/abc)"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + MESSAGES)]


def bridge(database: Database, bus: InProcessBus, name: str, other: str, channel: int) -> Bridge:
    section = BridgeSection.model_validate(
        {"url": "in-process:", "name": name, "channels": {str(channel): other}, "default_agent": other}
    )
    surface = DiscordSurface(None, Clock())  # pyright: ignore[reportArgumentType] - writing needs no API
    return Bridge(section, database, surface, Clock(), everywhere, settings=QUICK, inside=bus)


async def counted(databases: Sequence[Database], query: LiteralString) -> int:
    """What a query counts, in both bridges' databases together."""
    found = 0
    for database in databases:
        async with database.connection() as conn:
            row = await (await conn.execute(query)).fetchone()
        found += 0 if row is None else int(row[0])
    return found


async def test_no_echo_goes_back_and_forth(
    database: Database, empty_database_url: str, tmp_path: Path
) -> None:
    bus = InProcessBus(Clock(), {}, {"west": [], "east": []})
    async with open_database(empty_database_url, tmp_path) as other:
        both = (database, other)
        west = bridge(database, bus, "west", "east", WEST)
        east = bridge(other, bus, "east", "west", EAST)
        working = [asyncio.create_task(one.run_forever()) for one in (west, east)]

        async def all_there() -> bool:
            return await counted(both, "SELECT count(*) FROM bus_letter") >= MESSAGES

        try:
            for number in range(1, MESSAGES + 1):
                sender, channel = (west, WEST) if number % 2 else (east, EAST)
                agent, text = sender.section.default_agent, f"{EVIL} {number}"
                asked = AskBus(agent, channel, number, 5, "Ada @everyone", text)
                assert await BusDesk(sender, 1, 5, ()).ask(asked) is not None
            await eventually(all_there, 30 + MESSAGES)
            for one in (west, east):
                assert not one.stopped
        finally:
            for one in working:
                one.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        assert len(bus.sent) == MESSAGES
        assert not any(bus.inboxes.values())
        reviewed = "SELECT count(*) FROM bus_letter WHERE state = 'review'"
        assert await counted(both, reviewed) == MESSAGES
        assert await counted(both, "SELECT count(*) FROM bus_letter") == MESSAGES
        assert await counted(both, "SELECT count(*) FROM outbox WHERE kind = 'post'") == MESSAGES
        async with database.connection() as conn:
            query = "SELECT payload FROM outbox WHERE kind = 'post'"
            said = await (await conn.execute(query)).fetchall()
        for (payload,) in said:
            assert not payload["allowed_mentions"].get("users")
            assert not payload["allowed_mentions"].get("parse")
            assert not re.search(r"@(everyone|here)|<@|discord\.gg/|/invite/", payload["content"])


async def test_nothing_of_a_token_is_logged_whatever_goes_wrong(database: Database) -> None:
    bus = Bus()
    with structlog.testing.capture_logs() as logged:
        async with serving(bus) as urls:
            for kind, url in urls.items():
                for trouble in ("wrong token", "away", "nonsense"):
                    bus.away = trouble == "away"
                    bus.refuse_with = 418 if trouble == "nonsense" else 0
                    token = f"x{TOKEN}" if trouble == "wrong token" else TOKEN
                    with_token = f"{url}?token={TOKEN}" if kind != "sos-http" else url
                    section = BridgeSection.model_validate({"url": with_token, "bus_token": token})
                    surface = DiscordSurface(None, Clock())  # pyright: ignore[reportArgumentType] - as above
                    one = Bridge(section, database, surface, Clock(), everywhere, settings=QUICK)
                    working = asyncio.create_task(one.run_forever())
                    before = len(logged)

                    async def told(before: int = before) -> bool:
                        return any(
                            line["event"] in {"bus_failed", "bridge_stopped"} for line in logged[before:]
                        )

                    await eventually(told)
                    working.cancel()
                    await asyncio.gather(working, return_exceptions=True)
    text = "\n".join(str(line) for line in logged)
    assert len(text) > 500
    found = [TOKEN[start : start + 6] for start in range(len(TOKEN) - 5) if TOKEN[start : start + 6] in text]
    assert not found
