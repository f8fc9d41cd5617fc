"""Many messages, a fifth of whose answers are lost after they took effect: each is there once, in order."""

import random

import pytest

from bot.discord.api import pointed_at
from bot.local_discord.faults.faults import Fault
from bot.local_discord.server import Config, running
from bot.local_discord.settings import Settings
from bot.work.surface import Speaker
from tests.bot.discord.conftest import Harbour
from tests.sizes import size

SENDS = size("AC-P1 sends", small=40, stated=1_000)
LOST = 0.2


@pytest.mark.parametrize("speaker", [None, Speaker("Researcher")])
@pytest.mark.parametrize("nonce_window", [300.0, 0.0])
async def test_each_message_is_there_once_also_where_discord_does_not_tell_doubles(
    harbour: Harbour, speaker: Speaker | None, nonce_window: float
) -> None:
    chance = random.Random(1)  # noqa: S311 - the same each time
    path = "/webhooks/{webhook_id}/{token}" if speaker else "/channels/{channel_id}/messages"
    async with running(Config(settings=Settings(nonce_window=nonce_window, traffic=50_000))) as local:
        with pointed_at(local.api_url):
            async with harbour.moved_to(local) as here:
                world = local.stage.world
                channels = [one.id for one in world.channels.values() if not world.message_count(one.id)]
                for number in range(SENDS):
                    channel = channels[number % len(channels)]
                    await here.post(f"k{number}", f"{number:05}", channel=channel, speaker=speaker)
                for number in range(2 * SENDS):
                    if chance.random() < LOST:
                        local.desk.faults.add(
                            Fault(0, method="POST", path=path, skip=number, status=502, after=True)
                        )
                async with here.delivering():
                    await here.settled(600)
                for position, channel in enumerate(channels):
                    said = [one.content for one in local.stage.world.messages(channel)]
                    assert said == [f"{number:05}" for number in range(position, SENDS, len(channels))]
                failed = [one for one in await here.requests("POST", "*") if one["status"] == 502]
    assert len(failed) > SENDS * LOST / 2
