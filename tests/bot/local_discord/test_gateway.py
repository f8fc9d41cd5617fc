"""The gateway, spoken to by hand: order of frames, resume, close codes, intents, compression."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from websockets.asyncio.client import connect

from bot.local_discord.client.member import Member
from bot.local_discord.model import Channel
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.settings import Settings
from tests.bot.local_discord.asking import Api, person
from tests.bot.local_discord.line import CONTENT, GUILDS, MEMBERS, MESSAGES, Line, on_line

type Dial = Callable[..., AbstractAsyncContextManager[Line]]


@pytest.fixture
def dial(local: LocalDiscord) -> Dial:
    def dialled(query: str = "?v=10&encoding=json") -> AbstractAsyncContextManager[Line]:
        return on_line(local.base_url, query)

    return dialled


async def test_hello_identify_ready_guilds(dial: Dial, local: LocalDiscord) -> None:
    async with dial() as line:
        await line.send(1)
        assert (await line.next())["op"] == 11
        ready = await line.identify(local.bot_token)
        assert ready["s"] == 1
        assert ready["d"]["application"]["id"] == str(local.application_id)
        assert ready["d"]["guilds"][0]["unavailable"] is True
        created = await line.next()
        assert (created["t"], created["s"]) == ("GUILD_CREATE", 2)
        told = {channel["id"] for channel in created["d"]["channels"]}
        assert told == {str(channel.id) for channel in local.stage.world.channels_of(int(created["d"]["id"]))}
        assert [member["user"]["id"] for member in created["d"]["members"]] == [str(local.application_id)]


@pytest.mark.parametrize(
    "query", ["?v=10&encoding=json&compress=zlib-stream", "/?encoding=json&v=10&compress=zlib-stream"]
)
async def test_compressed_as_one_stream(dial: Dial, local: LocalDiscord, query: str) -> None:
    async with dial(query) as line:
        await line.identify(local.bot_token)
        assert (await line.next())["t"] == "GUILD_CREATE"


async def test_resume_replays_what_was_missed(
    dial: Dial, local: LocalDiscord, bo_api: Api, research: Channel
) -> None:
    async with dial() as line:
        ready = await line.identify(local.bot_token, GUILDS | MESSAGES | CONTENT)
        await line.until("GUILD_CREATE")
        await bo_api.ok("POST", f"/channels/{research.id}/messages", {"content": "heard"})
        last = (await line.until("MESSAGE_CREATE"))["s"]
        await line.socket.close(4000)
    await bo_api.ok("POST", f"/channels/{research.id}/messages", {"content": "missed"})
    assert ready["d"]["resume_gateway_url"].startswith("ws://127.0.0.1")
    async with dial() as line:
        resume = {"token": local.bot_token, "session_id": ready["d"]["session_id"], "seq": last}
        await line.send(6, resume)
        missed = await line.next()
        assert (missed["t"], missed["s"], missed["d"]["content"]) == ("MESSAGE_CREATE", last + 1, "missed")
        assert (await line.next())["t"] == "RESUMED"


async def test_what_cannot_be_resumed_is_said(dial: Dial, local: LocalDiscord) -> None:
    async with dial() as line:
        await line.send(6, {"token": local.bot_token, "session_id": "gone", "seq": 1})
        frame = await line.next()
        assert (frame["op"], frame["d"]) == (9, False)
        assert (await line.identify(local.bot_token))["s"] == 1
    async with dial() as line:
        ready = await line.identify(local.bot_token)
        await line.socket.close(1000)
    async with dial() as line:
        await line.send(6, {"token": local.bot_token, "session_id": ready["d"]["session_id"], "seq": 1})
        assert (await line.next())["op"] == 9


async def test_only_its_own_session_can_be_resumed(dial: Dial, local: LocalDiscord) -> None:
    async with dial() as line:
        ready = await line.identify(local.bot_token)
        async with dial() as thief:
            token = f"local:{local.key}:{person(local, 'bo')}"
            await thief.send(6, {"token": token, "session_id": ready["d"]["session_id"], "seq": 1})
            assert (await thief.next())["op"] == 9


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"op":2,"d":{"token":"wrong","intents":0}}', 4004),
        ('{"op":2,"d":{"token":"local:wrong:1","intents":0}}', 4004),
        ('{"op":2,"d":{"token":TOKEN,"intents":-1}}', 4013),
        ('{"op":2,"d":{"token":TOKEN,"intents":1073741824}}', 4013),
        ('{"op":2,"d":{"token":TOKEN}}', 4013),
        ('{"op":2,"d":{"token":TOKEN,"intents":256}}', 4014),
        ('{"op":2,"d":{"token":TOKEN,"intents":0,"shard":[2,1]}}', 4010),
        ('{"op":6,"d":{"token":TOKEN,"session_id":"x","seq":"y"}}', 4007),
        ('{"op":3,"d":{}}', 4003),
        ("rubbish", 4002),
        ("[1]", 4002),
        ("[" * 4000, 4002),
        ("x" * 5000, 4002),
    ],
)
async def test_close_codes(dial: Dial, local: LocalDiscord, frame: str, code: int) -> None:
    async with dial() as line:
        await line.socket.send(frame.replace("TOKEN", json.dumps(local.bot_token)))
        assert await line.closed_with() == code


async def test_close_codes_after_identify(dial: Dial, local: LocalDiscord) -> None:
    async with dial() as line:
        await line.identify(local.bot_token)
        await line.send(99)
        assert await line.closed_with() == 4001
    async with dial() as line:
        await line.identify(local.bot_token)
        await line.send(2, {"token": local.bot_token, "intents": 0})
        assert await line.closed_with() == 4005


async def test_who_sends_too_much_is_cut_off(dial: Dial, local: LocalDiscord) -> None:
    async with dial() as line:
        await line.identify(local.bot_token)
        for _ in range(local.stage.settings.gateway_sends):
            await line.send(1)
        assert await line.closed_with() == 4008


async def test_silence_is_cut_off() -> None:
    async with running(Config(settings=Settings(heartbeat_interval=0.05))) as local:
        url = local.base_url.replace("http", "ws") + "/gateway?v=10&encoding=json"
        async with connect(url, proxy=None) as socket:
            assert await Line(socket).closed_with() == 4009


async def test_intents_filter_events(dial: Dial, local: LocalDiscord, bo_api: Api, research: Channel) -> None:
    async with dial() as deaf, dial() as blind, dial() as seeing:
        await deaf.identify(local.bot_token, GUILDS)
        await blind.identify(local.bot_token, GUILDS | MESSAGES)
        await seeing.identify(local.bot_token, GUILDS | MESSAGES | CONTENT)
        path = f"/channels/{research.id}/messages"
        await bo_api.ok("POST", path, {"content": "secret"})
        await bo_api.ok("POST", path, {"content": f"for <@{local.application_id}>"})
        await bo_api.ok("POST", f"/channels/{research.id}/threads", {"name": "T", "type": 11})
        assert (await deaf.until("GUILD_CREATE"))["s"] == 2
        assert (await deaf.next())["t"] == "THREAD_CREATE"
        assert (await blind.until("MESSAGE_CREATE"))["d"]["content"] == ""
        assert (await blind.until("MESSAGE_CREATE"))["d"]["content"].startswith("for")
        assert (await seeing.until("MESSAGE_CREATE"))["d"]["content"] == "secret"


async def test_own_messages_and_replies_are_readable(
    dial: Dial, local: LocalDiscord, bot_api: Api, bo_api: Api, research: Channel
) -> None:
    async with dial() as line:
        await line.identify(local.bot_token, GUILDS | MESSAGES)
        path = f"/channels/{research.id}/messages"
        own = await bot_api.ok("POST", path, {"content": "mine"})
        assert (await line.until("MESSAGE_CREATE"))["d"]["content"] == "mine"
        reply: dict[str, Any] = {
            "content": "quiet",
            "message_reference": {"message_id": own["id"]},
            "allowed_mentions": {"parse": []},
        }
        await bo_api.ok("POST", path, reply)
        heard = (await line.until("MESSAGE_CREATE"))["d"]
        assert heard["content"] == ""
        assert heard["referenced_message"]["content"] == "mine"
        await bo_api.ok("POST", path, {"content": "loud", "message_reference": {"message_id": own["id"]}})
        assert (await line.until("MESSAGE_CREATE"))["d"]["content"] == "loud"
        webhook = await bot_api.ok("POST", f"/channels/{research.id}/webhooks", {"name": "Scout"})
        said = await bot_api.ok(
            "POST", f"/webhooks/{webhook['id']}/{webhook['token']}?wait=true", {"content": "as scout"}
        )
        assert (await line.until("MESSAGE_CREATE"))["d"]["content"] == ""
        await bo_api.ok(
            "POST", path, {"content": "to scout", "message_reference": {"message_id": said["id"]}}
        )
        assert (await line.until("MESSAGE_CREATE"))["d"]["content"] == ""


async def test_direct_messages_are_readable(dial: Dial, local: LocalDiscord, bo_api: Api) -> None:
    async with dial() as line:
        await line.identify(local.bot_token, GUILDS | 1 << 12)
        channel = await bo_api.ok("POST", "/users/@me/channels", {"recipient_id": str(local.application_id)})
        again = await bo_api.ok("POST", "/users/@me/channels", {"recipient_id": str(local.application_id)})
        assert channel["id"] == again["id"]
        await bo_api.ok("POST", f"/channels/{channel['id']}/messages", {"content": "between us"})
        heard = (await line.until("MESSAGE_CREATE"))["d"]
        assert heard["content"] == "between us"
        assert "guild_id" not in heard


async def test_members_are_sent_when_asked_for(dial: Dial, local: LocalDiscord, guild_id: int) -> None:
    async with dial() as line:
        await line.identify(local.bot_token, GUILDS | MEMBERS)
        await line.until("GUILD_CREATE")
        await line.send(8, {"guild_id": str(guild_id), "query": "", "limit": 0, "nonce": "n"})
        chunk = (await line.until("GUILD_MEMBERS_CHUNK"))["d"]
        assert (len(chunk["members"]), chunk["chunk_count"], chunk["nonce"]) == (5, 1, "n")
        await line.send(
            8, {"guild_id": str(guild_id), "user_ids": ["1", str(person(local, "bo"))], "limit": 0}
        )
        chunk = (await line.until("GUILD_MEMBERS_CHUNK"))["d"]
        assert ([m["user"]["username"] for m in chunk["members"]], chunk["not_found"]) == (["bo"], ["1"])


async def test_shards_share_the_guilds(dial: Dial, local: LocalDiscord, guild_id: int) -> None:
    async with dial() as zero, dial() as one:
        shards = [await line.identify(local.bot_token, shard=[n, 2]) for n, line in enumerate((zero, one))]
        held = [len(ready["d"]["guilds"]) for ready in shards]
        assert held == ([1, 0] if (guild_id >> 22) % 2 == 0 else [0, 1])


async def test_reconnect_and_invalid_session_on_request(
    dial: Dial, local: LocalDiscord, bot_api: Api
) -> None:
    headers = {"X-Local-Key": local.key}
    for action, op in (("reconnect", 7), ("invalidate", 9)):
        async with dial() as line:
            await line.identify(local.bot_token)
            await line.until("GUILD_CREATE")
            response = await bot_api.http.post("/local/gateway", json={"action": action}, headers=headers)
            assert response.json()["sessions"] == 1
            assert (await line.next())["op"] == op


async def test_a_person_hears_only_what_they_may_see(
    ada_api: Api, guild_id: int, bo: Member, joined: Any
) -> None:
    secret = await ada_api.ok(
        "POST",
        f"/guilds/{guild_id}/channels",
        {
            "name": "board",
            "permission_overwrites": [{"id": str(guild_id), "type": 0, "deny": str(1 << 10), "allow": "0"}],
        },
    )
    await ada_api.ok("POST", f"/channels/{secret['id']}/messages", {"content": "hidden"})
    channel = next(c for c in bo.guilds[str(guild_id)]["channels"] if c["name"] == "general")
    await ada_api.ok("POST", f"/channels/{channel['id']}/messages", {"content": "open"})
    heard = await bo.wait_for(lambda event: event.name in ("MESSAGE_CREATE", "CHANNEL_CREATE"))
    assert heard.data["content"] == "open"
    async with joined("ada") as ada, joined("chen") as chen:
        assert "board" in [c["name"] for c in ada.guilds[str(guild_id)]["channels"]]
        assert "board" not in [c["name"] for c in chen.guilds[str(guild_id)]["channels"]]
