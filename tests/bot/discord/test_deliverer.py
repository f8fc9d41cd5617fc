"""Delivery over real sockets: once, in order, through failures before and after the effect, and kills."""

import asyncio
from typing import Any
from uuid import uuid4

import aiohttp
import nextcord
import pytest

from bot.discord import refused_table
from bot.discord.deliverer import DelivererSettings
from bot.work import runs_table
from bot.work.principal import Principal
from bot.work.runs_table import NewRun
from bot.work.surface import Button, Place, Say, Speaker
from tests.bot.discord.conftest import Harbour
from tests.waiting import eventually

RESEARCHER = Speaker("Researcher")
POSTS = "/channels/*/messages"


async def test_posts_arrive_in_order_and_mention_nobody(harbour: Harbour) -> None:
    text = "@everyone @here <@&1> <@1> https://example.org"
    for number in range(10):
        await harbour.post(f"k{number}", f"{number} {text}")
    async with harbour.delivering():
        await harbour.settled()
    messages = await harbour.messages()
    assert [message["content"][0] for message in messages] == [str(number) for number in range(10)]
    assert not any(message["mentions"] or message["mention_everyone"] for message in messages)
    for request in await harbour.requests("POST", POSTS):
        assert request["body"]["allowed_mentions"]["parse"] == []
        assert request["body"]["enforce_nonce"] is True


async def test_a_wake_up_delivers_at_once(harbour: Harbour, patient: DelivererSettings) -> None:
    async with harbour.delivering(patient):
        await harbour.post("first", "first")
        await harbour.settled()
        await harbour.post("second", "second")
        await harbour.settled()
    assert await harbour.texts() == ["first", "second"]


async def test_the_same_key_is_said_once(harbour: Harbour) -> None:
    rows = {await harbour.post("same", "hello") for _ in range(3)}
    async with harbour.delivering():
        await harbour.settled()
    assert len(rows) == 1
    assert await harbour.texts() == ["hello"]


@pytest.mark.parametrize("speaker", [None, RESEARCHER])
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 502, "when": "after", "times": 2},
        {"status": 500, "when": "before", "times": 2},
        {"hang": True, "when": "after", "times": 1},
        {
            "status": 429,
            "times": 1,
            "headers": {"Via": "1.1", "Retry-After": "0.05"},
            "body": {"retry_after": 0.05},
        },
    ],
)
async def test_a_lost_answer_is_found_and_nothing_is_said_twice(
    harbour: Harbour, speaker: Speaker | None, fault: dict[str, Any]
) -> None:
    await harbour.post("zero", "zero", speaker=speaker)
    async with harbour.delivering():
        await harbour.settled()
        path = "*/webhooks/*" if speaker else "*" + POSTS
        await harbour.fault(method="POST", path=path, **fault)
        for number in range(4):
            # The same text each time: what is lost is told by its place, not by what it says.
            await harbour.post(f"k{number}", "again", speaker=speaker)
        await harbour.settled()
    assert await harbour.texts() == ["zero"] + ["again"] * 4


async def test_control_plain_nextcord_says_it_twice(harbour: Harbour) -> None:
    await harbour.fault(method="POST", path="*" + POSTS, status=502, when="after", times=1)
    client = nextcord.Client(intents=nextcord.Intents.none())
    try:
        await client.login(harbour.local.bot_token)
        channel = await client.fetch_channel(harbour.channel)
        assert isinstance(channel, nextcord.TextChannel)
        await channel.send("once?")
    finally:
        await client.close()
    assert await harbour.texts() == ["once?", "once?"]


@pytest.mark.parametrize("speaker", [None, RESEARCHER])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_killed_deliverer_leaves_nothing_lost_or_doubled(
    harbour: Harbour, speaker: Speaker | None, when: str
) -> None:
    await harbour.post("zero", "zero", speaker=speaker)
    async with harbour.delivering():
        await harbour.settled()
    path = "*/webhooks/*" if speaker else "*" + POSTS
    await harbour.fault(method="POST", path=path, hang=True, when=when, times=1)
    for number in range(10):
        await harbour.post(f"k{number}", f"part {number}", speaker=speaker)
    async with harbour.delivering() as deliverer:

        async def is_sending() -> bool:
            return await harbour.count("state = 'sending'") > 0

        await eventually(is_sending)
        deliverer.cancel()
        await asyncio.wait({deliverer})
    await harbour.no_faults()
    async with harbour.delivering():
        await harbour.settled()
    assert await harbour.texts() == ["zero", *(f"part {number}" for number in range(10))]


async def test_two_deliverers_share_without_doubling(harbour: Harbour) -> None:
    silent = ("welcome", "general")
    channels = [one.id for one in harbour.local.stage.world.channels.values() if one.name in silent]
    for number in range(8):
        for channel in channels:
            await harbour.post(f"{channel}:{number}", str(number), place=Place(channel_id=channel))
    async with harbour.delivering(), harbour.delivering():
        await harbour.settled()
    for channel in channels:
        assert await harbour.texts(channel) == [str(number) for number in range(8)]


async def test_a_thread_opens_under_a_message_and_what_waits_for_it_goes_there(harbour: Harbour) -> None:
    async with harbour.database.transaction() as conn:
        (starter, *_) = await harbour.surface.post(conn, "s", Place(channel_id=harbour.channel), Say("start"))
        place = await harbour.surface.open_thread(conn, "t", starter, "A **title** that is long " * 9)
        await harbour.surface.post(conn, "p", place, Say("inside", RESEARCHER))
    # Answered twice: the second attempt is told that the thread exists, which is what was wanted.
    await harbour.fault(method="POST", path="*/threads", status=502, when="after", times=1)
    async with harbour.delivering():
        await harbour.settled()
    starter_message = (await harbour.messages())[0]
    inside = [one for one in await harbour.messages(int(starter_message["id"])) if one["type"] == 0]
    assert [(one["content"], one["author"]["username"]) for one in inside] == [("inside", "Researcher")]
    assert len(starter_message["thread"]["name"]) <= 100


async def test_a_row_waits_for_the_row_it_comes_after_even_in_another_channel(harbour: Harbour) -> None:
    others = [one.id for one in harbour.local.stage.world.channels.values() if one.id != harbour.channel]
    row = await harbour.post("status", "working")
    last = await harbour.post("answer", "the answer", place=Place(channel_id=others[0]))
    async with harbour.database.transaction() as conn:
        await harbour.surface.edit(conn, "close", row, Say("done"), after=last)
    await harbour.fault(method="POST", path=f"*/channels/{others[0]}/messages", status=500, times=3)
    async with harbour.delivering():
        await harbour.settled()
    answered = (await harbour.messages(others[0]))[0]
    closed = (await harbour.messages())[0]
    assert closed["content"] == "done"
    assert closed["edited_timestamp"] >= answered["timestamp"]


async def test_of_edits_that_nobody_has_seen_only_the_newest_is_sent(harbour: Harbour) -> None:
    row = await harbour.post("s", "0")
    for number in range(1, 6):
        async with harbour.database.transaction() as conn:
            await harbour.surface.edit(conn, f"e{number}", row, Say(str(number)))
    async with harbour.delivering():
        await harbour.settled()
    assert await harbour.texts() == ["5"]
    assert len(await harbour.requests("PATCH", "*/messages/*")) == 1


async def test_where_webhooks_are_refused_the_agent_speaks_through_the_bot(harbour: Harbour) -> None:
    refusal = {"message": "Missing Permissions", "code": 50013}
    await harbour.fault(path="*/webhooks", status=403, body=refusal, times=None)
    await harbour.post("k", "hello", speaker=RESEARCHER)
    async with harbour.delivering():
        await harbour.settled()
    assert await harbour.texts() == ["**Researcher** · hello"]


async def test_a_webhook_that_is_gone_is_made_again(harbour: Harbour) -> None:
    await harbour.post("k1", "one", speaker=RESEARCHER)
    async with harbour.delivering():
        await harbour.settled()
        hooks = await harbour.api.request(
            "GET", "/channels/{channel_id}/webhooks", channel_id=harbour.channel
        )
        await harbour.api.request("DELETE", "/webhooks/{webhook_id}", webhook_id=int(hooks[0]["id"]))
        await harbour.post("k2", "two", speaker=RESEARCHER)
        await harbour.settled()
    assert await harbour.texts() == ["one", "two"]


async def test_what_discord_refuses_is_given_up_and_the_rest_goes_on(harbour: Harbour) -> None:
    refusal = {"message": "Invalid Form Body", "code": 50035}
    await harbour.fault(method="POST", path="*" + POSTS, status=400, body=refusal, times=1)
    await harbour.post("k1", "refused")
    await harbour.post("k2", "taken")
    async with harbour.delivering():
        await harbour.settled()
    assert await harbour.texts() == ["taken"]
    assert await harbour.count("state = 'failed' AND error LIKE '%Invalid Form Body%'") == 1


@pytest.mark.parametrize("code", [50001, 50013])
async def test_a_channel_the_bot_is_not_let_into_is_set_aside_until_permissions_change(
    harbour: Harbour, code: int
) -> None:
    refusal = {"message": "Missing Something", "code": code}
    path = f"*/channels/{harbour.channel}/messages"
    await harbour.fault(method="POST", path=path, status=403, body=refusal, times=None)
    await harbour.post("k1", "one")
    await harbour.post("k2", "two")
    other = next(one.id for one in harbour.local.stage.world.channels.values() if one.id != harbour.channel)
    await harbour.post("k3", "elsewhere", place=Place(channel_id=other))
    async with harbour.delivering():

        async def is_set_aside() -> bool:
            return await harbour.count("state = 'sent'") == 1 and len(await harbour.refused()) == 1

        await eventually(is_set_aside)
        (refused,) = await harbour.refused()
        assert (refused.what, refused.code, refused.times) == ("post", code, 1)
        assert "Missing Something" in refused.reason
        assert len(await harbour.requests("POST", path)) == 1
        await harbour.no_faults()
        async with harbour.database.transaction() as conn:
            await refused_table.permissions_changed(conn, harbour.guild)
        await harbour.settled()
    assert await harbour.texts() == ["one", "two"]
    assert await harbour.texts(other) == ["elsewhere"]
    assert await harbour.refused() == []


async def test_what_may_not_be_done_in_a_channel_is_asked_once_and_holds_nothing_up(harbour: Harbour) -> None:
    await harbour.post("k1", "one")
    async with harbour.delivering():
        await harbour.settled()
        refusal = {"message": "Missing Permissions", "code": 50013}
        await harbour.fault(method="PUT", path="*/reactions/*", status=403, body=refusal, times=None)
        message = int((await harbour.messages())[0]["id"])
        for emoji in ("👍", "👀", "✅"):
            async with harbour.database.transaction() as conn:
                await harbour.surface.react(conn, f"r{emoji}", harbour.channel, message, emoji)
        await harbour.post("k2", "two")
        await harbour.settled()
    assert await harbour.texts() == ["one", "two"]
    assert len(await harbour.requests("PUT", "*/reactions/*")) == 1
    assert await harbour.count("state = 'failed'") == 3


async def test_where_history_cannot_be_read_an_unconfirmed_message_is_held_and_people_are_told(
    harbour: Harbour,
) -> None:
    await harbour.fault(method="POST", path="*" + POSTS, status=502, when="after", times=1)
    refusal = {"message": "Missing Access", "code": 50001}
    await harbour.fault(method="GET", path="*" + POSTS, status=403, body=refusal, times=None)
    await harbour.post("k1", "said or not")
    async with harbour.delivering():

        async def is_held() -> bool:
            return [one.what for one in await harbour.refused()] == ["history"]

        await eventually(is_held)
        assert await harbour.count("state = 'sending'") == 1
        await harbour.no_faults()
        async with harbour.database.transaction() as conn:
            await refused_table.permissions_changed(conn, harbour.guild)
        await harbour.settled()
    assert await harbour.texts() == ["said or not"]


async def test_what_was_on_its_way_into_a_channel_that_is_gone_by_then_is_given_up(harbour: Harbour) -> None:
    await harbour.fault(method="POST", path="*" + POSTS, status=502, when="after", times=1)
    gone = {"message": "Unknown Channel", "code": 10003}
    await harbour.fault(method="GET", path="*" + POSTS, status=404, body=gone, times=None)
    await harbour.post("k1", "said or not")
    async with harbour.delivering():
        await harbour.settled()
    assert await harbour.count("state = 'failed'") == 1
    assert await harbour.refused() == []


async def test_no_thread_is_no_reason_to_keep_the_answer_back(harbour: Harbour) -> None:
    refusal = {"message": "Missing Permissions", "code": 50013}
    await harbour.fault(method="POST", path="*/threads", status=403, body=refusal, times=None)
    async with harbour.database.transaction() as conn:
        (starter, *_) = await harbour.surface.post(conn, "s", Place(channel_id=harbour.channel), Say("start"))
        place = await harbour.surface.open_thread(conn, "t", starter, "title")
        await harbour.surface.post(conn, "p", place, Say("the answer"))
    async with harbour.delivering():
        await harbour.settled()
        async with harbour.database.transaction() as conn:
            await harbour.surface.post(conn, "late", place, Say("added later"))
        await harbour.settled()
    assert await harbour.texts() == ["start", "the answer", "added later"]


async def test_a_long_text_becomes_messages_in_order_with_the_buttons_under_the_last(
    harbour: Harbour,
) -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 120 for number in range(12))
    button = Button("Stop", "v1:runs:stop:x", "danger")
    async with harbour.database.transaction() as conn:
        await harbour.surface.post(
            conn, "long", Place(channel_id=harbour.channel), Say(text, buttons=(button,))
        )
    async with harbour.delivering():
        await harbour.settled()
    messages = await harbour.messages()
    assert len(messages) > 3
    assert [bool(message["components"]) for message in messages] == [False] * (len(messages) - 1) + [True]
    assert " ".join(" ".join(one["content"] for one in messages).split()) == " ".join(text.split())


async def test_history_is_read_oldest_first_over_pages(harbour: Harbour) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {harbour.local.bot_token}"}) as session:
        for number in range(120):
            url = f"{harbour.local.api_url}/channels/{harbour.channel}/messages"
            async with session.post(url, json={"content": str(number)}) as answer:
                answer.raise_for_status()
    said = await harbour.surface.history(harbour.channel, limit=110)
    assert [one.text for one in said] == [str(number) for number in range(10, 120)]


async def test_what_is_delivered_names_the_cog_it_is_of(harbour: Harbour) -> None:
    run_id = uuid4()
    async with harbour.database.transaction() as conn:
        principal = Principal(1, harbour.channel, 2, "Bo")
        new = NewRun(id=run_id, cog="research", workflow="w", args={}, title="t", principal=principal)
        await runs_table.insert(conn, new, status_row=None, thread_row=None)
    keys = {
        f"{run_id}:1": "research",
        "lab:5:hello": "lab",
        "no-colon": "",
        f"{uuid4()}:gone": "",
        "Odd One:1": "",
    }
    keys["-------8-----------------------8---:"] = ""
    for key in keys:
        await harbour.post(key, f"key {key}")
    async with harbour.delivering():
        await harbour.settled()
    found = {request["body"]["content"]: request["cog"] for request in await harbour.requests("POST", POSTS)}
    assert found == {f"key {key}": cog for key, cog in keys.items()}
