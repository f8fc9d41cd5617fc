"""What comes from the bus and cannot be placed is one server's alone: that of the review channel."""

from pathlib import Path

import pytest

from bot.bus.desk import ELSEWHERE
from cogs.mumega_bridge import messages, mumega_bridge
from cogswarm.testing import BotWith, LocalDiscordConfig, Members
from tests.bot.bus.servers import TOKEN, Bus, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SCENE = """
people: {ada: {name: Ada}, bo: {name: Bo}}
bots: {cogswarm: {privileged: [message_content]}}
guilds:
  - {name: Harbour, owner: ada, channels: [{name: harbour}], members: {ada: []}, bots: {cogswarm: [administrator]}}
  - {name: Dunes, owner: bo, channels: [{name: dunes}], members: {bo: []}, bots: {cogswarm: [administrator]}}
me: ada
welcome: harbour
"""


@pytest.fixture
def local_discord_config(tmp_path: Path) -> LocalDiscordConfig:
    scene = tmp_path / "scene.yaml"
    scene.write_text(SCENE, "utf-8")
    return LocalDiscordConfig(scene=scene)


async def test_only_the_server_of_the_review_channel_sees_and_decides(
    bot_with: BotWith, members: Members
) -> None:
    ada, bo = await members("ada", channel="harbour"), await members("bo", channel="dunes")
    bus = Bus()
    async with serving(bus) as urls:
        section = {
            "url": urls["mupot"],
            "bus_token": TOKEN,
            "channels": {bo.channel_id: "kasra"},
            "review_channel": int(ada.channel_id),
        }
        await bot_with(mumega_bridge, config={"bridge": section, "servers": {"direct_messages": True}})
        try:
            bus.put("kasra", "a secret of the harbour")
            review = await ada.hears("cannot place")
            assert "a secret of the harbour" in review.text
            # bo may do everything on the other server
            assert (await (await bo.slash("bus waiting")).answer()).text == ELSEWHERE
            assert "secret" in (await (await ada.slash("bus waiting")).answer()).text
            # what was asked elsewhere is no place for it
            await bo.say("and what about the dunes?")
            nothing = await ada.answer_to(await ada.click(review, "Assign…"))
            assert nothing.text == messages.NOTHING_TO_ASSIGN
            direct = await (await (await ada.with_bot()).slash("bus waiting")).answer()
            assert "secret" not in direct.text
            done = await ada.answer_to(await ada.click(review, "Discard"))
            assert done.text == messages.DISCARDED
            assert "Nothing waits" in (await (await ada.slash("bus waiting")).answer()).text
            assert not [one for one in await bo.history() if "secret" in one.text]
        finally:
            await bot_with.stop()
