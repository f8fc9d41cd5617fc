"""How long a member waits until `/research` is acknowledged, as a ratio to a message's way there and back.

``python tests/bench/acknowledged.py [RUNS]`` starts the demo's processes; the control runs in turn with it.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bot.demo.parts import demo
from bot.demo.settings import Wishes
from bot.local_discord.client.member import Member, join


async def _acknowledged(member: Member, channel: str, number: int) -> float:
    started = time.perf_counter()
    outcome = await member.slash(channel, "research", topic=f"How do trees cool a city? {number}")
    assert outcome.ok
    return time.perf_counter() - started


async def _heard(member: Member, channel: str, number: int) -> float:
    text = f"control {number}"
    started = time.perf_counter()
    await member.say(channel, text)
    await member.message_where(lambda message: message["content"] == text)
    return time.perf_counter() - started


async def measure(runs: int) -> None:
    """Print both medians and the ratio, pair by pair."""
    with tempfile.TemporaryDirectory(prefix="cogswarm-bench-") as folder:
        wishes = Wishes(live_feeds=False)
        async with (
            demo(Path(folder), wishes, os.environ, lambda _: None, port=8860) as parts,
            join(parts.discord["base_url"], parts.discord["key"]) as member,
        ):
            guild = next(iter(member.guilds.values()))
            channel = next(str(one["id"]) for one in guild["channels"] if one["name"] == "research")
            await _acknowledged(member, channel, 0)
            pairs = [
                (await _acknowledged(member, channel, number), await _heard(member, channel, number))
                for number in range(1, runs + 1)
            ]
    acknowledged, heard = zip(*pairs, strict=True)
    ratios = [a / h for a, h in pairs]
    print(f"/research acknowledged: median {statistics.median(acknowledged) * 1000:.0f} ms")
    print(f"a message there and back: median {statistics.median(heard) * 1000:.0f} ms")
    print(
        f"ratio pair by pair: {min(ratios):.1f} / {statistics.median(ratios):.1f} / {max(ratios):.1f} (min/median/max)"
    )


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
