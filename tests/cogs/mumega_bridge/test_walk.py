"""The bridge as people use it, in a real bot between a local Discord and a bus on loopback."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cogs.chat.commands import chat
from cogs.mumega_bridge import messages, mumega_bridge
from cogswarm.testing import BotWith, LocalDiscord, Members, Person, ScriptedModel
from tests.bot.bus.servers import TOKEN, Bus, Kind, serving
from tests.cogs.mumega_bridge.answering import NAMED, answering
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@asynccontextmanager
async def bridged(
    bot_with: BotWith, bus: Bus, kind: Kind, person: Person, review: str = "", **more: Any
) -> AsyncGenerator[None]:
    """A bot on a bus; everything that is said in the person's channel is for kasra."""
    async with serving(bus) as urls:
        section = {
            "url": urls[kind],
            "bus_token": TOKEN,
            "channels": {person.channel_id: "kasra"},
            "default_agent": "loom",
            **({"review_channel": int(review)} if review else {}),
            **more,
        }
        await bot_with(mumega_bridge, config={"bridge": section, "servers": {"direct_messages": True}})
        try:
            yield
        finally:
            await bot_with.stop()


async def test_whatever_triggers_it_is_answered_where_it_was_said(
    bot_with: BotWith, members: Members, local_discord: LocalDiscord
) -> None:
    member, ada = await members(channel="research"), await members("ada")
    bus = Bus(answering)
    async with bridged(bot_with, bus, "mupot", member, ada.channel_id, trusted_people=[int(member.user_id)]):
        said = await member.say("how deep is the harbour?")
        heard = await member.hears("how deep is the harbour?” @")
        assert heard.text.startswith(f"**kasra**: I heard “{said.author}: how deep")
        assert heard.raw["message_reference"]["message_id"] == said.id
        assert heard.raw["mention_everyone"] is False
        await member.sees_reaction(said, "✅")

        elsewhere = await ada.say(f"<@{local_discord.application_id}> and here?")
        mentioned = await ada.hears("and here?”")
        assert mentioned.text.startswith("**loom**: ")
        assert mentioned.raw["message_reference"]["message_id"] == elsewhere.id
        await ada.say("nobody is meant")

        direct = await member.with_bot()
        await direct.say("in private")
        assert (await direct.hears("in private”")).text.startswith("**loom**: ")

        bus.put("kasra", "who is this for?")
        review = await ada.hears("cannot place")
        assert review.buttons == ["Assign…", "Discard"]
        picked = await ada.answer_to(await ada.click(review, "Assign…"))
        await ada.select(picked, messages.PICK, "kasra: how deep is the harbour?")
        assert (await member.hears("who is this for?")).text == "**kasra**: who is this for?"

        status = await (await member.slash("bus status")).answer()
        assert "agent bus (mupot)" in status.text
        assert "3 answered" in status.text
        agents = await (await member.slash("bus agents")).answer()
        assert "**loom**, **kasra**" in agents.text
        assert "kasra, loom" in agents.text
    assert [one.to for one in bus.sent] == ["kasra", "loom", "loom"]
    assert "[UNTRUSTED-INGRESS] Ada:" in bus.sent[1].text
    assert "UNTRUSTED" not in bus.sent[0].text
    assert "[channel] #research" in bus.sent[0].text


async def test_what_failed_is_tried_again_by_a_button_and_a_restart_loses_nothing(
    bot_with: BotWith, members: Members
) -> None:
    member, ada = await members(), await members("ada", channel="research")
    bus = Bus(answering)
    bus.sent_answer = "error: SOS-4001 unknown agent kasra"
    async with bridged(bot_with, bus, "sos", member, ada.channel_id):
        said = await member.say("anybody?")
        failed = await member.hears("did not reach **kasra**")
        await member.sees_reaction(said, "⚠️")
        bus.sent_answer = ""
        again = await member.answer_to(await member.click(failed, "Try again"))
        assert again.text == "Sent to **kasra** once more."
        await member.hears("I heard “")
        bus.says = lambda _to, _text, _request: ()
        await member.say("and this?")

        async def sent() -> bool:
            return len(bus.sent) == 2

        await eventually(sent)
        await bot_with.stop()
        found = NAMED.search(bus.sent[1].text)
        assert found is not None
        bus.put("kasra", f"{{ack_for: {found[1]}}} while you were away")
        await bot_with.restart()
        assert (await member.hears("while you were away")).text == "**kasra**: while you were away"
    assert len(bus.sent) == 2


async def test_whoever_the_owner_has_not_named_is_not_heard_and_threads_are_answered_in_place(
    bot_with: BotWith, members: Members
) -> None:
    member, ada = await members(), await members("ada")
    bus = Bus(answering)
    async with bridged(bot_with, bus, "sos-http", member, people=[int(ada.user_id)]):
        await member.say("let me in")
        assert "not named you" in (await member.hears("did not go")).text
        await ada.say("hello")
        await member.hears("hello”")
        # what is said in a thread is answered there
        thread = await ada.open_thread("the depths")
        said = await thread.say("how deep is it here?")
        heard = await thread.hears("how deep is it here?”")
        assert heard.raw["message_reference"]["message_id"] == said.id
        assert "[thread] in #general" in bus.sent[1].text
    assert len(bus.sent) == 2


async def test_beside_the_bots_own_agents(
    bot_with: BotWith, members: Members, local_discord: LocalDiscord, scripted_model: ScriptedModel
) -> None:
    member, ada = await members(channel="research"), await members("ada")
    bus = Bus(answering)
    async with serving(bus) as urls:
        section = {"url": urls["mupot"], "bus_token": TOKEN, "channels": {member.channel_id: "kasra"}}
        await bot_with(chat, mumega_bridge, config={"bridge": section}, model=scripted_model)
        assert await ada.suggestions("chat", "agent", "kas") == ["kasra"]
        sent = await (await ada.slash("chat", text="which way?", agent="kasra")).answer()
        assert sent.text == "Sent to **kasra**; the answer will stand here."
        assert (await ada.hears("asks **kasra**")).text.endswith("which way?")
        await ada.hears("which way?” @")
        scripted_model.will_say("I am the bot's own.")
        mention = f"<@{local_discord.application_id}> who is there?"
        thread = await ada.in_thread_of(await ada.say(mention))
        await thread.hears("the bot's own")
        await member.say(mention)
        await member.hears("who is there?” @")
    assert [one.to for one in bus.sent] == ["kasra", "kasra"]
