"""The client for a person: what it hears is kept, what goes wrong is said."""

import asyncio

import pytest

from bot.errors import OutsideError, TimedOut, UserError
from bot.local_discord.client.member import DiscordRefused, Member, join
from bot.local_discord.model import Channel
from bot.local_discord.server import Config, LocalDiscord, running
from tests.bot.local_discord.asking import Api, Join, channel


async def test_events_wait_until_somebody_asks(bo: Member, bot_api: Api, research: Channel) -> None:
    for number in range(3):
        await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": str(number)})
    for wanted in ("2", "0", "1"):
        event = await bo.wait_for(lambda e, w=wanted: e.name == "MESSAGE_CREATE" and e.data["content"] == w)
        assert event.data["author"]["bot"] is True
    with pytest.raises(TimedOut):
        await bo.wait_for(lambda e: e.name == "MESSAGE_CREATE", timeout=0.01)
    await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": "last"})
    await bo.message_where(lambda message: message["content"] == "last")
    bo.drop_events()
    with pytest.raises(TimedOut):
        await bo.wait_for(lambda _: True, timeout=0.01)


async def test_two_who_wait_both_get_theirs(bo: Member, bot_api: Api, research: Channel) -> None:
    waiting = [
        asyncio.create_task(bo.message_where(lambda m, w=word: m["content"] == w))
        for word in ("first", "second")
    ]
    for word in ("second", "first"):
        await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": word})
    assert [message["content"] for message in await asyncio.gather(*waiting)] == ["first", "second"]


async def test_what_a_person_does(bo: Member, joined: Join, research: Channel) -> None:
    async with joined("CHEN") as chen:
        said = await bo.say(research.id, "tea?")
        heard = await chen.message_where(lambda message: message["id"] == said["id"])
        await chen.react(heard, "🍵")
        added = await bo.wait_for(lambda e: e.name == "MESSAGE_REACTION_ADD")
        assert added.data["member"]["user"]["username"] == "chen"
        await chen.unreact(heard, "🍵")
        await bo.wait_for(lambda e: e.name == "MESSAGE_REACTION_REMOVE")
        answer = await chen.say(research.id, "yes", reply_to=heard)
        assert answer["referenced_message"]["id"] == said["id"]
        assert [message["content"] for message in await bo.messages(research.id)] == ["tea?", "yes"]


async def test_what_is_refused_carries_discords_code(bo: Member, research: Channel) -> None:
    with pytest.raises(DiscordRefused) as refused:
        await bo.say(research.id, "")
    assert (refused.value.status, refused.value.code) == (400, 50006)
    with pytest.raises(UserError, match="no command /nothing"):
        await bo.slash(research.id, "nothing")


async def test_who_cannot_come_in(local: LocalDiscord) -> None:
    with pytest.raises(UserError, match="Nobody"):
        async with join(local.base_url, local.key, "zoe"):
            pytest.fail("zoe does not exist")
    with pytest.raises(OutsideError):
        async with join(local.base_url, "wrong"):
            pytest.fail("the key is wrong")
    with pytest.raises(OutsideError):
        async with join("http://127.0.0.1:9", local.key, timeout=1):
            pytest.fail("nobody is there")


async def test_the_end_of_the_server_is_told_to_who_waits() -> None:
    async with running(Config()) as local:
        bo = join(local.base_url, local.key, "bo")
        member = await bo.__aenter__()
        waiting = asyncio.create_task(member.wait_for(lambda e: e.name == "NEVER", timeout=10))
        assert channel(local, "general")
    with pytest.raises(OutsideError, match="ended"):
        await waiting
    await bo.__aexit__(None, None, None)


async def test_an_error_of_the_caller_stays_what_it_is(local: LocalDiscord) -> None:
    with pytest.raises(TimeoutError, match="mine"):
        async with join(local.base_url, local.key, "bo"):
            raise TimeoutError("mine")
