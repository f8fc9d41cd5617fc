"""`cogswarm worker`: the same work without a gateway, taken over from a bot that is killed, and handed over at its end."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.chaos.clock_library import TOPIC, clock_library
from tests.e2e.asking import asker
from tests.e2e.gate_feed import gate_feed
from tests.e2e.house import house, killed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def test_a_worker_finishes_and_delivers_what_a_killed_bot_was_at(
    database_url: str, tmp_path: Path
) -> None:
    async with house(tmp_path) as home, clock_library() as library, gate_feed() as gate:
        feeds = {**library.feeds, "The gate": gate.address}
        config = home.write(home.settings(feeds, database={"url": database_url}, embeddings="none"))
        hold = gate.hold("clock")
        async with home.bot(config, fresh=True) as bot, asker(home) as ben:
            status = await ben.begin(TOPIC)
            await hold.asked.wait()
            async with home.bot(config, "worker", fresh=True) as worker:
                await killed(bot)
                hold.release()
                found = await ben.ended(status)
                assert found.ending == "✓ Done"
                assert found.answer
                assert len(found.texts) == len(set(found.texts)) == 2
                worker.process.send_signal(signal.SIGTERM)
                async with asyncio.timeout(20):
                    assert await worker.process.wait() == 0
        assert await home.mentions_allowed() == []
