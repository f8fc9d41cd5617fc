"""Faults of events and of connections, as clients experience them: by hand and with an unmodified nextcord."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import nextcord
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from bot.discord.api import pointed_at
from bot.local_discord.form import Form, Problems
from bot.local_discord.gateway.faults import WHAT_HAPPENS, GatewayFault, GatewayFaults, read_gateway_fault
from bot.local_discord.gateway.trouble import ACTIONS, Trouble, read_trouble
from bot.local_discord.model import Channel
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.settings import Settings
from tests.bot.local_discord.asking import QUICK, Api, Json, as_person, person
from tests.bot.local_discord.line import CONTENT, GUILDS, MESSAGES, Line, on_line
from tests.waiting import eventually

WAIT = 20.0
type Listen = Callable[[], AbstractAsyncContextManager[Line]]


@pytest.fixture
def listen(local: LocalDiscord) -> Listen:
    @asynccontextmanager
    async def listening() -> AsyncGenerator[Line]:
        async with on_line(local.base_url) as line:
            await line.identify(local.bot_token, GUILDS | MESSAGES | CONTENT)
            await line.until("GUILD_CREATE")
            yield line

    return listening


@pytest.fixture
async def control(local: LocalDiscord) -> AsyncGenerator[Callable[..., Any]]:
    async with as_person(local, person(local, "bo")) as http:

        async def asked(method: str, path: str, body: Json | None = None, status: int = 200) -> Any:
            response = await http.request(method, f"/local/gateway{path}", json=body)
            assert response.status_code == status, response.text
            return response.json() if response.content else None

        yield asked


async def say(api: Api, channel: Channel, *texts: str) -> None:
    for text in texts:
        await api.ok("POST", f"/channels/{channel.id}/messages", {"content": text})


def heard(events: list[Json]) -> list[tuple[int, str]]:
    return [(event["s"], event["d"]["content"]) for event in events if event["t"] == "MESSAGE_CREATE"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"action": "drop"}, [(4, "b"), (5, "c")]),
        ({"action": "drop", "skip": 1}, [(3, "a"), (5, "c")]),
        ({"action": "drop", "times": None}, []),
        ({"action": "duplicate", "times": 2}, [(3, "a"), (3, "a"), (4, "b"), (4, "b"), (5, "c")]),
        ({"action": "reorder"}, [(4, "b"), (3, "a"), (5, "c")]),
        ({"action": "reorder", "times": 2}, [(5, "c"), (3, "a"), (4, "b")]),
        ({"action": "delay", "seconds": 0.05}, [(3, "a"), (4, "b"), (5, "c")]),
        ({"action": "drop", "event": "TYPING_*"}, [(3, "a"), (4, "b"), (5, "c")]),
        ({"action": "drop", "application_id": "1"}, [(3, "a"), (4, "b"), (5, "c")]),
        ({"action": "drop", "user_id": "1"}, [(3, "a"), (4, "b"), (5, "c")]),
    ],
)
async def test_faults_of_events(
    listen: Listen, bo_api: Api, research: Channel, control: Any, fault: Json, expected: Any
) -> None:
    async with listen() as line:
        await control("POST", "/faults", {"event": "MESSAGE_*", **fault}, 201)
        await say(bo_api, research, "a", "b", "c")
        assert heard(await line.events()) == expected


async def test_what_was_dropped_can_be_had_by_resuming(
    listen: Listen, local: LocalDiscord, bo_api: Api, research: Channel
) -> None:
    async with listen() as line:
        session = next(iter(local.hub.sessions))
        local.hub.faults.add(GatewayFault(0, "drop", "MESSAGE_CREATE"))
        await say(bo_api, research, "lost", "heard")
        assert heard(await line.events()) == [(4, "heard")]
        await line.socket.close(4000)
    local.hub.faults.add(GatewayFault(0, "drop", "MESSAGE_CREATE", times=None))
    async with on_line(local.base_url) as line:
        await line.send(6, {"token": local.bot_token, "session_id": session, "seq": 2})
        assert heard([await line.next(), await line.next()]) == [(3, "lost"), (4, "heard")]
        assert (await line.next())["t"] == "RESUMED"


async def test_a_broken_frame_is_no_json_and_is_recorded_as_it_was(
    listen: Listen, local: LocalDiscord, bo_api: Api, research: Channel
) -> None:
    async with listen() as line:
        local.hub.faults.add(GatewayFault(0, "corrupt", "MESSAGE_CREATE"))
        await say(bo_api, research, "broken")
        raw = await asyncio.wait_for(line.socket.recv(), 5)
        assert isinstance(raw, str)
        with pytest.raises(ValueError, match=r"char \d+"):
            json.loads(raw)
        last = list(local.desk.traffic.frames())[-1]
        assert last.text == raw
        assert json.loads(last.as_line())["d"] == raw


async def test_the_answer_to_a_heartbeat_can_be_lost(listen: Listen, local: LocalDiscord) -> None:
    async with listen() as line:
        local.hub.faults.add(GatewayFault(0, "drop", "*"))
        local.hub.faults.add(GatewayFault(0, "drop", "HEARTBEAT_ACK"))
        await line.send(1)
        # only the second fault means it
        assert await line.events() == []
        assert [fault.number for fault in local.hub.faults.all()] == [1]


def test_two_bots_and_people_are_told_apart() -> None:
    faults = GatewayFaults()
    for_bot = faults.add(GatewayFault(0, "drop", application_id=5, times=2, skip=1))
    assert [faults.take("X", None, 7), faults.take("X", 5, 5)] == [None, None]
    assert faults.take("X", 5, 5) == replace(for_bot, skip=0)
    assert faults.all() == [replace(for_bot, skip=0, times=1)]
    assert faults.take("X", 6, 6) is None
    assert faults.take("X", 5, 5) is not None
    assert faults.all() == []
    faults.add(GatewayFault(0, "drop"))
    faults.remove(99)
    faults.remove(2)
    assert faults.all() == []


async def test_faults_are_listed_and_taken_back(control: Any) -> None:
    first = await control("POST", "/faults", {"action": "drop", "event": "MESSAGE_CREATE"}, 201)
    assert first == {
        "number": 1,
        "action": "drop",
        "event": "MESSAGE_CREATE",
        "application_id": None,
        "user_id": None,
        "times": 1,
        "skip": 0,
        "seconds": 0.0,
    }
    await control("POST", "/faults", {"action": "delay", "seconds": 1}, 201)
    await control("DELETE", "/faults/1", None, 204)
    assert [fault["number"] for fault in await control("GET", "/faults")] == [2]
    await control("DELETE", "/faults", None, 204)
    assert await control("GET", "/faults") == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "explode"},
        {"action": "drop", "times": 0},
        {"action": "drop", "skip": -1},
        {"action": "drop", "seconds": 601},
        {"action": "drop", "seconds": "1"},
        {"action": "drop", "event": "X" * 101},
        {"action": "drop", "application_id": "bot"},
        {"action": "drop", "colour": "red"},
    ],
)
async def test_wrong_faults_are_refused(control: Any, body: Json) -> None:
    assert (await control("POST", "/faults", body, 400))["code"] == 50035


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "explode"},
        {"action": "close", "code": 99},
        {"action": "slow", "bytes_per_second": 0},
        {"action": "stall", "seconds": -1},
        {"action": "invalidate", "resumable": "maybe"},
        {"action": "close", "who": "all"},
    ],
)
async def test_wrong_trouble_is_refused(control: Any, body: Json) -> None:
    assert (await control("POST", "", body, 400))["code"] == 50035


def test_every_action_can_be_read() -> None:
    for action in ACTIONS:
        form = Form({"action": action, "seconds": 2, "application_id": "5"}, Problems())
        assert read_trouble(form) == Trouble(action, application_id=5, seconds=2.0)
        form.problems.raise_any()
    for action in WHAT_HAPPENS:
        form = Form({"action": action, "times": None, "user_id": "7"}, Problems())
        assert read_gateway_fault(form) == GatewayFault(0, action, user_id=7, times=None)


async def test_trouble_for_one_session_only(listen: Listen, control: Any) -> None:
    async with listen() as first, listen() as second:
        sessions = await control("GET", "")
        assert [session["connected"] for session in sessions] == [True, True]
        body = {"action": "close", "session_id": sessions[0]["session_id"], "code": 4000}
        assert await control("POST", "", body) == {"sessions": 1}
        assert await first.closed_with() == 4000
        assert await second.events() == []
        assert await control("POST", "", {"action": "close", "user_id": "1"}) == {"sessions": 0}


async def test_a_half_open_link_carries_nothing_until_it_is_healed(
    listen: Listen, control: Any, bo_api: Api, research: Channel, local: LocalDiscord
) -> None:
    async with listen() as line:
        assert await control("POST", "", {"action": "half_open"}) == {"sessions": 1}
        await say(bo_api, research, "while away")
        await line.send(1)
        pong = asyncio.ensure_future(await line.socket.ping())
        (session,) = await control("GET", "")
        assert (session["half_open"], session["connected"], session["waiting"] <= 1) == (True, True, True)
        assert local.hub.sessions[session["session_id"]].seq == 3
        recorded = len(list(local.desk.traffic.frames()))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await line.socket.recv()
        assert not pong.done(), "nobody reads, so nobody answers a ping"
        assert len(list(local.desk.traffic.frames())) == recorded, "nothing passed, nothing is recorded"
        await control("POST", "", {"action": "heal"})
        assert {(await line.next())["op"], (await line.next())["op"]} == {0, 11}
        await asyncio.wait_for(pong, 5)


async def test_who_resumes_elsewhere_leaves_a_half_open_link_behind(
    listen: Listen, control: Any, bo_api: Api, research: Channel, local: LocalDiscord
) -> None:
    async with listen() as dead:
        (session,) = await control("GET", "")
        await control("POST", "", {"action": "half_open"})
        await say(bo_api, research, "missed")
        async with on_line(local.base_url) as line:
            resume = {"token": local.bot_token, "session_id": session["session_id"], "seq": 2}
            await line.send(6, resume)
            assert heard([await line.next()]) == [(3, "missed")]
            assert (await line.next())["t"] == "RESUMED"
            assert len(await control("GET", "")) == 1
            with pytest.raises(ConnectionClosed) as caught:
                await dead.next()
            assert caught.value.rcvd is None, "no close frame came over the dead link"
            assert await line.events() == []


async def test_a_server_ends_though_a_link_is_half_open() -> None:
    async with running(Config(settings=QUICK)) as local:
        socket = await connect(local.base_url.replace("http", "ws") + "/gateway?v=10", proxy=None)
        line = Line(socket)
        await line.identify(local.bot_token)
        await line.until("GUILD_CREATE")
        local.hub.disturb("half_open")
        await line.send(1)
    with pytest.raises(ConnectionClosed):
        await line.next()
    await socket.close()


async def test_a_stall_passes_by_itself(listen: Listen, control: Any, bo_api: Api, research: Channel) -> None:
    async with listen() as line:
        await control("POST", "", {"action": "stall", "seconds": 0.05})
        await say(bo_api, research, "late")
        assert heard([await line.next()]) == [(3, "late")]


async def test_silence_of_a_half_open_link_is_not_the_clients_fault() -> None:
    async with (
        running(Config(settings=Settings(heartbeat_interval=0.1))) as local,
        on_line(local.base_url) as line,
    ):
        await line.identify(local.bot_token)
        await line.until("GUILD_CREATE")
        local.hub.disturb("half_open")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await line.socket.recv()
        local.hub.disturb("heal")
        assert await line.events() == []
        # and from now on it is again
        assert await line.closed_with() == 4009


async def test_a_slow_link_carries_all_in_order(
    listen: Listen, control: Any, bo_api: Api, research: Channel
) -> None:
    async with listen() as line:
        await control("POST", "", {"action": "slow", "bytes_per_second": 100})
        await say(bo_api, research, "one", "two", "three")
        (session,) = await control("GET", "")
        assert (session["bytes_per_second"], session["waiting"]) == (100, 2)
        await control("POST", "", {"action": "slow", "bytes_per_second": 1_000_000})
        assert [text for _, text in heard(await line.events())] == ["one", "two", "three"]


async def test_a_cut_link_ends_without_a_close_frame_and_can_be_resumed(
    listen: Listen, control: Any, local: LocalDiscord
) -> None:
    async with listen() as line:
        (session,) = await control("GET", "")
        await control("POST", "", {"action": "cut"})
        with pytest.raises(ConnectionClosed) as caught:
            await line.next()
        assert caught.value.rcvd is None
    async with on_line(local.base_url) as line:
        await line.send(6, {"token": local.bot_token, "session_id": session["session_id"], "seq": 2})
        assert (await line.next())["t"] == "RESUMED"


async def test_a_reader_that_is_too_slow_is_cut_off_and_can_catch_up() -> None:
    async with running(Config(settings=replace(QUICK, gateway_capacity=5))) as local:
        async with on_line(local.base_url) as line:
            ready = await line.identify(local.bot_token)
            created = await line.until("GUILD_CREATE")
            local.hub.disturb("stall")  # its queue fills
            session = local.hub.sessions[ready["d"]["session_id"]]
            for _ in range(10):
                session.dispatch("RESUMED", {"_trace": []})
            with pytest.raises(ConnectionClosed):
                await line.until("nothing")
        async with on_line(local.base_url) as line:
            resume = {"token": local.bot_token, "session_id": session.id, "seq": created["s"]}
            await line.send(6, resume)
            # what is replayed is more than the queue holds, too
            with pytest.raises(ConnectionClosed):
                await line.until("nothing")


async def beaten(local: LocalDiscord, times: int) -> bool:
    """Whether the client has sent so many heartbeats."""
    frames = [frame for frame in local.desk.traffic.frames() if not frame.outward]
    return sum(json.loads(frame.text)["op"] == 1 for frame in frames) >= times


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["half_open", "cut", "stall", "HEARTBEAT_ACK", "reconnect"])
async def test_nextcord_comes_back_and_hears_what_it_missed(trouble: str) -> None:
    """An unmodified client notices by itself that nothing comes back, and resumes."""
    settings = replace(QUICK, heartbeat_interval=0.2)
    async with running(Config(settings=settings)) as local:
        with pointed_at(local.api_url):
            client = nextcord.Client(
                intents=nextcord.Intents(guilds=True, guild_messages=True, message_content=True),
                guild_ready_timeout=0.05,
                # much longer than a busy machine keeps an answer waiting: it must not take that for the trouble
                heartbeat_timeout=1.0,
            )
            messages: asyncio.Queue[str] = asyncio.Queue()
            resumed = asyncio.Event()

            async def on_message(message: nextcord.Message) -> None:
                await messages.put(message.content)

            async def on_resumed() -> None:
                resumed.set()

            client.event(on_message)
            client.event(on_resumed)
            task = asyncio.create_task(client.start(local.bot_token))
            try:
                await asyncio.wait_for(client.wait_until_ready(), WAIT)
                await eventually(lambda: beaten(local, 3))
                assert not resumed.is_set(), "as long as nothing is wrong it stays"
                sessions = set(local.hub.sessions)
                if trouble == "HEARTBEAT_ACK":
                    local.hub.faults.add(GatewayFault(0, "drop", "HEARTBEAT_ACK", times=None))
                else:
                    local.hub.cause(Trouble(trouble, seconds=60.0))
                channel = next(c for c in local.stage.world.channels.values() if c.name == "research")
                async with as_person(local, person(local, "bo")) as http:
                    await say(Api(http), channel, "missed")
                    await asyncio.wait_for(resumed.wait(), WAIT)
                    local.hub.faults.remove()
                    assert await asyncio.wait_for(messages.get(), WAIT) == "missed"
                    await say(Api(http), channel, "after")
                    assert await asyncio.wait_for(messages.get(), WAIT) == "after"
                assert set(local.hub.sessions) == sessions, "it has resumed, not begun anew"
                assert messages.empty()
            finally:
                await client.close()
                await asyncio.gather(task, return_exceptions=True)
