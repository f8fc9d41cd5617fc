"""What comes from the bus and cannot be placed is one server's alone: that of the review channel."""

from pathlib import Path

import httpx
import pytest

from bot.bus.desk import ELSEWHERE
from cogs.mumega_bridge import messages, mumega_bridge
from cogswarm.testing import BotWith, LocalDiscord, LocalDiscordConfig, Members, Person
from tests.bot.bus.servers import TOKEN, Bus, serving
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SCENE = """
people: {ada: {name: Ada}, bo: {name: Bo}}
bots: {cogswarm: {privileged: [message_content]}, helper: {}}
guilds:
  - {name: Harbour, owner: ada, channels: [{name: harbour}], members: {ada: []}, bots: {cogswarm: [administrator]}}
  - {name: Dunes, owner: bo, channels: [{name: dunes}], members: {bo: []}, bots: {cogswarm: [administrator], helper: [administrator]}}
me: ada
welcome: harbour
"""


@pytest.fixture
def local_discord_config(tmp_path: Path) -> LocalDiscordConfig:
    scene = tmp_path / "scene.yaml"
    scene.write_text(SCENE, "utf-8")
    return LocalDiscordConfig(scene=scene)


def _helper(local_discord: LocalDiscord) -> int:
    return next(one.id for one in local_discord.stage.world.users.values() if one.username == "helper")


async def _bot_says(local_discord: LocalDiscord, person: Person, text: str) -> None:
    headers = {"Authorization": f"Bot {local_discord.bot_tokens['helper']}"}
    async with httpx.AsyncClient(base_url=local_discord.api_url, headers=headers) as http:
        answer = await http.post(f"/channels/{person.channel_id}/messages", json={"content": text})
        assert answer.is_success


async def test_only_the_server_of_the_review_channel_sees_and_decides(
    bot_with: BotWith, members: Members, local_discord: LocalDiscord
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
        servers = {"direct_messages": True, "trusted_bots": [_helper(local_discord)]}
        await bot_with(mumega_bridge, config={"bridge": section, "servers": servers})
        try:
            bus.put("kasra", "a secret of the harbour")
            review = await ada.hears("cannot place")
            assert "a secret of the harbour" in review.text
            # bo may do everything on the other server
            assert (await (await bo.slash("bus waiting")).answer()).text == ELSEWHERE
            assert "secret" in (await (await ada.slash("bus waiting")).answer()).text
            # what was asked elsewhere is no place for it
            await bo.say("and what about the dunes?")
            await _bot_says(local_discord, bo, "bots are not heard, whoever trusts them")
            nothing = await ada.answer_to(await ada.click(review, "Assign…"))
            assert nothing.text == messages.NOTHING_TO_ASSIGN
            direct = await (await (await ada.with_bot()).slash("bus waiting")).answer()
            assert "secret" not in direct.text
            done = await ada.answer_to(await ada.click(review, "Discard"))
            assert done.text == messages.DISCARDED
            assert "Nothing waits" in (await (await ada.slash("bus waiting")).answer()).text
            assert not [one for one in await bo.history() if "secret" in one.text]
            await bo.say("the last word")

            async def sent() -> bool:
                return len(bus.sent) > 1

            await eventually(sent)
            assert not [one for one in bus.sent if "bots are not heard" in one.text]
        finally:
            await bot_with.stop()
