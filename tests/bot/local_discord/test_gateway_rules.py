"""What Discord demands of clients of the gateway: payloads, packing, starts, shards, and what becomes of sessions."""

import asyncio
import json
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from websockets.asyncio.client import connect

from bot.clock import Clock
from bot.local_discord.gateway.codes import REASONS
from bot.local_discord.gateway.incoming import Pace
from bot.local_discord.gateway.starts import Starts
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.settings import SessionStarts, Settings
from tests.bot.local_discord.asking import QUICK, Api, client
from tests.bot.local_discord.line import GUILDS, MESSAGES, Line, on_line

type Dial = Callable[..., AbstractAsyncContextManager[Line]]
PRESENCE: dict[str, Any] = {"since": None, "activities": [], "status": "online", "afk": False}


@asynccontextmanager
async def discord(**settings: Any) -> AsyncGenerator[LocalDiscord]:
    async with running(Config(settings=replace(QUICK, **settings))) as started:
        yield started


@pytest.fixture
def dial(local: LocalDiscord) -> Dial:
    def dialled(query: str = "?v=10&encoding=json") -> AbstractAsyncContextManager[Line]:
        return on_line(local.base_url, query)

    return dialled


async def refused(local: LocalDiscord, query: str) -> tuple[int, str]:
    async with connect(local.base_url.replace("http", "ws") + "/gateway" + query, proxy=None) as socket:
        await socket.wait_closed()
        assert socket.close_code is not None
        return socket.close_code, socket.close_reason or ""


async def test_what_cannot_be_spoken_is_refused_with_a_reason(local: LocalDiscord) -> None:
    assert await refused(local, "?v=3") == (4012, "Invalid API version.")
    assert await refused(local, "?v=10&encoding=etf") == (4012, "Only encoding=json is offered here.")
    assert (await refused(local, "?v=10&encoding=json&compress=brotli"))[0] == 4012


def singly(raw: bytes) -> str:
    return zlib.decompress(raw).decode()


async def test_payloads_are_compressed_one_by_one_for_who_asks_in_identify(
    dial: Dial, local: LocalDiscord
) -> None:
    async with dial() as line:
        line.unpack = singly
        await line.send(2, {"token": local.bot_token, "intents": GUILDS, "properties": {}, "compress": True})
        raw = await asyncio.wait_for(line.socket.recv(), 5)
        assert isinstance(raw, bytes)
        assert json.loads(zlib.decompress(raw))["t"] == "READY"
        assert (await line.next())["t"] == "GUILD_CREATE"
        await line.send(1)
        short = await asyncio.wait_for(line.socket.recv(), 5)
        assert isinstance(short, str)
    # "Payload compression will be disabled if you use transport compression"
    async with dial("?v=10&encoding=json&compress=zlib-stream") as line:
        await line.identify(local.bot_token, compress=True)


def stored(stream: bytes, *, first: bool) -> str:
    """The text in zstd blocks that are stored; written from the format's description, for no library here reads it."""
    if first:
        assert stream[:4] == bytes.fromhex("28b52ffd"), "the magic number"
        assert stream[4] == 0, "no checksum, no size, no dictionary"
        assert 1 << (10 + (stream[5] >> 3)) == 128 * 1024, "the window"
        stream = stream[6:]
    text = b""
    while stream:
        header = int.from_bytes(stream[:3], "little")
        assert header & 1 == 0, "not the last block"
        assert header >> 1 & 3 == 0, "a stored block"
        size = header >> 3
        assert size <= 128 * 1024
        text, stream = text + stream[3 : 3 + size], stream[3 + size :]
    return text.decode()


async def test_zstd_stream(local: LocalDiscord) -> None:
    url = local.base_url.replace("http", "ws") + "/gateway?v=10&encoding=json&compress=zstd-stream"
    async with connect(url, proxy=None) as socket:
        hello = await asyncio.wait_for(socket.recv(), 5)
        assert isinstance(hello, bytes)
        assert json.loads(stored(hello, first=True))["op"] == 10
        await socket.send('{"op":1,"d":null}')
        answer = await asyncio.wait_for(socket.recv(), 5)
        assert isinstance(answer, bytes)
        assert json.loads(stored(answer, first=False))["op"] == 11


async def test_4096_bytes_are_counted_as_bytes(dial: Dial) -> None:
    fits = json.dumps({"op": 1, "d": None, "x": ""})
    async with dial() as line:
        await line.socket.send(fits.replace('""', '"' + "x" * (4096 - len(fits)) + '"'))
        assert (await line.next())["op"] == 11
        await line.socket.send('{"op":1,"d":"' + "ä" * 2045 + '"}')
        assert await line.closed_with() == 4002


@pytest.mark.parametrize(
    ("op", "data"),
    [
        (True, None),
        ("1", None),
        (0, {}),
        (5, {}),
        (7, {}),
        (3, None),
        (3, {"status": "online"}),
        (3, {**PRESENCE, "status": "sleepy"}),
        (3, {**PRESENCE, "afk": 1}),
        (3, {**PRESENCE, "since": "now"}),
        (3, {**PRESENCE, "activities": {}}),
        (3, {**PRESENCE, "activities": [{"name": "x", "type": 9}]}),
        (3, {**PRESENCE, "activities": [{"type": 0}]}),
        (3, {**PRESENCE, "activities": [{"name": "x", "type": 0, "url": 1}]}),
        (4, {"guild_id": "x", "channel_id": None, "self_mute": False, "self_deaf": False}),
        (4, {"guild_id": "1", "channel_id": "x", "self_mute": False, "self_deaf": False}),
        (4, {"guild_id": "1", "channel_id": None, "self_mute": 1, "self_deaf": False}),
        (8, []),
        (8, {"guild_id": "x", "query": "", "limit": 0}),
        (8, {"guild_id": ["1", "2"], "query": "", "limit": 0}),
        (8, {"guild_id": "1", "limit": 0}),
        (8, {"guild_id": "1", "query": ""}),
        (8, {"guild_id": "1", "query": "", "limit": -1}),
        (8, {"guild_id": "1", "query": "", "limit": 0, "presences": "yes"}),
        (31, {"guild_ids": "1"}),
        (31, {"guild_ids": ["x"]}),
        (43, {"guild_id": "1", "fields": ["colour"]}),
        (43, {"guild_id": "1", "fields": [1]}),
    ],
)
async def test_a_payload_that_is_not_right_ends_the_session(
    dial: Dial, local: LocalDiscord, op: object, data: object
) -> None:
    async with dial() as line:
        ready = await line.identify(local.bot_token)
        await line.socket.send(json.dumps({"op": op, "d": data}))
        assert await line.closed_with() == 4001
        assert line.socket.close_reason == REASONS[4001]
    async with dial() as line:
        await line.send(6, {"token": local.bot_token, "session_id": ready["d"]["session_id"], "seq": 1})
        assert (await line.next())["op"] == 9


async def test_shards_are_two_numbers(dial: Dial, local: LocalDiscord) -> None:
    for shard in ([], [0], [0, 0], [1, 1], [-1, 2], [0, 1, 2], ["0", "1"], [False, True], "0", 5, {"0": 1}):
        async with dial() as line:
            await line.send(2, {"token": local.bot_token, "intents": 0, "shard": shard})
            assert await line.closed_with() == 4010, shard
    async with dial() as line:
        assert (await line.identify(local.bot_token, shard=[0, 1]))["d"]["shard"] == [0, 1]
    async with dial() as line:
        assert "shard" not in (await line.identify(local.bot_token))["d"]


async def test_too_many_guilds_need_shards() -> None:
    async with discord(guilds_per_shard=0) as local, on_line(local.base_url) as line:
        await line.send(2, {"token": local.bot_token, "intents": 0})
        assert await line.closed_with() == 4011


async def test_what_is_sent_before_identify_or_after_an_invalid_session_is_refused(
    dial: Dial, local: LocalDiscord
) -> None:
    async with dial() as line:
        await line.send(3, PRESENCE)
        assert await line.closed_with() == 4003
    async with dial() as line:
        await line.identify(local.bot_token)
        local.hub.disturb("invalidate")
        assert (await line.until("GUILD_CREATE"))["s"] == 2
        assert (await line.next())["d"] is False
        await line.send(1)
        assert (await line.next())["op"] == 11
        # the connection may be used again
        assert (await line.identify(local.bot_token))["s"] == 1
        local.hub.disturb("invalidate")
        await line.until("GUILD_CREATE")
        assert (await line.next())["op"] == 9
        await line.send(3, PRESENCE)
        assert await line.closed_with() == 4003


async def test_a_resumable_invalid_session_can_be_resumed(
    dial: Dial, local: LocalDiscord, bot_api: Api
) -> None:
    headers = {"X-Local-Key": local.key}
    async with dial() as line:
        ready = await line.identify(local.bot_token)
        created = await line.next()
        body = {"action": "invalidate", "resumable": True}
        await bot_api.http.post("/local/gateway", json=body, headers=headers)
        assert (await line.next())["d"] is True
        await line.socket.close(4000)
    async with dial() as line:
        resume = {"token": local.bot_token, "session_id": ready["d"]["session_id"], "seq": created["s"]}
        await line.send(6, resume)
        assert (await line.next())["t"] == "RESUMED"


async def test_the_server_asks_for_a_heartbeat_and_for_coming_back() -> None:
    async with discord(reconnect_grace=0.05) as local, on_line(local.base_url) as line:
        await line.identify(local.bot_token)
        await line.until("GUILD_CREATE")
        local.hub.disturb("heartbeat")
        assert await line.next() == {"op": 1, "d": None, "s": None, "t": None}
        local.hub.disturb("reconnect")
        assert (await line.next())["op"] == 7
        # who does not come back is sent away
        assert await line.closed_with() == 4000


async def test_resuming_elsewhere_takes_the_session_along(dial: Dial, local: LocalDiscord) -> None:
    async with dial() as first, dial() as second:
        ready = await first.identify(local.bot_token)
        resume = {"token": local.bot_token, "session_id": ready["d"]["session_id"], "seq": 1}
        await second.send(6, resume)
        assert (await second.next())["s"] == 2
        assert (await second.next())["t"] == "RESUMED"
        assert await first.closed_with() == 4000
        # the end of the old connection is not the end of the session
        assert [event["t"] for event in await second.events()] == []
        await second.send(6, resume)
        assert await second.closed_with() == 4005


@pytest.mark.parametrize("seq", [-1, 99])
async def test_a_number_that_was_never_sent_is_invalid(dial: Dial, local: LocalDiscord, seq: int) -> None:
    async with dial() as line:
        ready = await line.identify(local.bot_token)
        await line.socket.close(4000)
    resume = {"token": local.bot_token, "session_id": ready["d"]["session_id"], "seq": seq}
    async with dial() as line:
        await line.send(6, resume)
        assert await line.closed_with() == 4007


async def test_what_was_missed_too_long_ago_is_not_replayed() -> None:
    async with discord(replay_events=2) as local, on_line(local.base_url) as line:
        ready = await line.identify(local.bot_token, GUILDS | MESSAGES)
        await line.until("GUILD_CREATE")
        local.hub.sessions[ready["d"]["session_id"]].dispatch("RESUMED", {"_trace": []})
        await line.socket.close(4000)
        async with on_line(local.base_url) as again:
            resume = {"token": local.bot_token, "session_id": ready["d"]["session_id"], "seq": 0}
            await again.send(6, resume)
            assert (await again.next())["op"] == 9


async def test_a_session_that_was_away_too_long_is_gone() -> None:
    now = 1000.0
    clock = Clock(monotonic=lambda: now)
    async with running(Config(settings=QUICK, clock=clock)) as local, on_line(local.base_url) as line:
        ready = await line.identify(local.bot_token)
        await line.socket.close(4000)
        async with on_line(local.base_url) as again:
            now += QUICK.session_life + 1
            resume = {"token": local.bot_token, "session_id": ready["d"]["session_id"], "seq": 1}
            await again.send(6, resume)
            assert (await again.next())["op"] == 9


async def test_who_identifies_too_fast_is_told_to_wait() -> None:
    now = 1000.0
    clock = Clock(monotonic=lambda: now)
    settings = replace(QUICK, session_starts=SessionStarts(enforced=True, total=4))
    async with running(Config(settings=settings, clock=clock)) as local:
        async with on_line(local.base_url) as first, on_line(local.base_url) as second:
            await first.identify(local.bot_token, shard=[0, 2])
            # one shard in five seconds, whichever it is
            await second.send(2, {"token": local.bot_token, "intents": 0, "shard": [1, 2]})
            assert (await second.next())["op"] == 9
            now += 5.0
            await second.identify(local.bot_token, shard=[1, 2])
        headers = {"Authorization": f"Bot {local.bot_token}"}
        async with client(local, headers) as http:
            answer = (await http.get("/api/v10/gateway/bot")).json()
        limit = answer["session_start_limit"]
        assert (limit["total"], limit["remaining"], limit["max_concurrency"]) == (4, 2, 1)
        assert limit["reset_after"] == (24 * 3600 - 5) * 1000
        assert answer["shards"] == 1


async def test_the_start_too_many_resets_the_token() -> None:
    starts = SessionStarts(enforced=True, total=1, concurrency_window=0.0)
    async with discord(session_starts=starts) as local:
        token = local.bot_token
        async with on_line(local.base_url) as first, on_line(local.base_url) as second:
            await first.identify(token)
            await second.send(2, {"token": token, "intents": 0})
            assert await second.closed_with() == 4004
            assert await first.closed_with() == 4004
        assert local.bot_token != token
        async with on_line(local.base_url) as line:
            await line.send(2, {"token": token, "intents": 0})
            assert await line.closed_with() == 4004


def test_starts_are_counted_by_day_and_remainder() -> None:
    now = 0.0
    starts = Starts(SessionStarts(enforced=True, total=3, max_concurrency=2), lambda: now)
    assert [starts.take(1, shard) for shard in (0, 1, 2)] == ["fine", "fine", "too fast"]
    assert starts.take(2, 0) == "fine"
    now = 5.0
    assert [starts.take(1, 2), starts.take(1, 3)] == ["fine", "used up"]
    now = 86_400.0
    assert starts.as_json(1) == {
        "total": 3,
        "remaining": 3,
        "reset_after": 86_400_000,
        "max_concurrency": 2,
    }
    assert starts.take(1, 0) == "fine"


def test_a_pace_allows_so_many_in_a_window() -> None:
    pace = Pace(2, 10.0)
    assert [pace.allows(at) for at in (0.0, 1.0, 2.0, 9.9, 10.0, 30.0)] == [
        True,
        True,
        False,
        False,
        False,
        True,
    ]
    flood = Pace(2, 10.0)
    assert not any([flood.allows(0.0) for _ in range(10_000)][2:])


async def test_soundboards_and_what_channels_say(dial: Dial, local: LocalDiscord, guild_id: int) -> None:
    async with dial() as line:
        await line.identify(local.bot_token)
        await line.until("GUILD_CREATE")
        await line.send(31, {"guild_ids": [str(guild_id), "1"]})
        await line.send(43, {"guild_id": str(guild_id), "fields": ["status", "voice_start_time"]})
        await line.send(43, {"guild_id": "1", "fields": ["status"]})
        told = [(event["t"], event["d"]) for event in await line.events()]
        assert told == [
            ("SOUNDBOARD_SOUNDS", {"guild_id": str(guild_id), "soundboard_sounds": []}),
            ("CHANNEL_INFO", {"guild_id": str(guild_id), "channels": []}),
        ]


async def test_who_never_identifies_is_sent_away() -> None:
    settings = Settings(identify_timeout=0.05)
    async with running(Config(settings=settings)) as local, on_line(local.base_url) as line:
        assert await line.closed_with() == 4009
