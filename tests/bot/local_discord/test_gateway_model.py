"""Several bots, shards and people connect, are cut off and resume while things are said: each hears all that it should.

The model keeps a list for every session of what it must have been told since READY. Sequence numbers have no gap, nothing
comes twice, and nothing of another's.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.local_discord.events import Event
from bot.local_discord.gateway.faults import GatewayFault
from bot.local_discord.gateway.trouble import Trouble
from bot.local_discord.model import DM, Channel
from bot.local_discord.server import Config, LocalDiscord, running
from tests.bot.local_discord.asking import QUICK, person
from tests.bot.local_discord.line import GUILDS, Line, on_line

TYPING, DIRECT_TYPING = 1 << 11, 1 << 14
SCENE = """
people: {ada: {}, bo: {}}
bots:
  one: {token: one}
  two: {token: two}
guilds:
  - {name: First, id: 4194304, owner: ada, channels: [{name: first}], members: {ada: [], bo: []}, bots: {one: [], two: []}}
  - {name: Second, id: 8388608, owner: ada, channels: [{name: second}], members: {ada: []}, bots: {one: []}}
"""
CHANNELS = ("first", "second", "direct")


@dataclass(slots=True)
class Client:
    """One client: who it is, what it wants, what it was told, and what it must have been told."""

    who: str
    intents: int
    shard: tuple[int, int] | None
    line: Line
    stack: AsyncExitStack
    session_id: str
    seq: int
    due: list[int] = field(default_factory=list[int])
    got: list[int] = field(default_factory=list[int])
    connected: bool = True

    def hears(self, channel: str) -> bool:
        """Whether something in a channel is for it, by what Discord documents."""
        members = {"first": {"ada", "bo", "one", "two"}, "second": {"ada", "one"}, "direct": {"bo", "one"}}
        if self.who not in members[channel]:
            return False
        if self.who in ("ada", "bo"):
            return True
        shard, count = self.shard or (0, 1)
        home = {"first": 1 % count, "second": 2 % count, "direct": 0}[channel]
        return shard == home and bool(self.intents & (DIRECT_TYPING if channel == "direct" else TYPING))


class Listening(RuleBasedStateMachine):
    """What clients, networks and people may do in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.clients: list[Client] = []
        self.told = 0
        self.local = self.do(self.start)

    def do[T](self, what: Callable[[], Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(what(), 20))

    async def start(self) -> LocalDiscord:
        with TemporaryDirectory() as folder:
            scene = Path(folder) / "scene.yaml"
            scene.write_text(SCENE)
            started = await self.stack.enter_async_context(
                running(Config(scene=scene, settings=replace(QUICK, replay_events=1000)))
            )
        world = started.stage.world
        one = next(a.id for a in world.applications.values() if a.name == "one")
        stage = started.stage
        direct = Channel(stage.ids.take(), DM, recipients=(person(started, "bo"), one))
        world.put_channel(direct)
        self.channels = {c.name or "direct": c for c in world.channels.values()}
        return started

    def teardown(self) -> None:
        async def end() -> None:
            self.local.hub.disturb("heal")
            for client in self.clients:
                await client.stack.aclose()
            await self.stack.aclose()

        self.do(end)
        self.loop.close()

    def token(self, who: str) -> str:
        return who if who in ("one", "two") else f"local:{self.local.key}:{person(self.local, who)}"

    @initialize()
    def some_are_there(self) -> None:
        """Two shards of one bot, a bot that is in one guild only, and a person."""
        for shard in ((0, 2), (1, 2)):
            self.connect("one", GUILDS | TYPING | DIRECT_TYPING, shard, packed=False)
        self.connect("two", TYPING, None, packed=True)
        self.connect("bo", 0, None, packed=False)

    @precondition(lambda self: len(self.clients) < 6)
    @rule(
        who=st.sampled_from(["one", "two", "ada", "bo"]),
        intents=st.sampled_from([GUILDS, GUILDS | TYPING, TYPING, TYPING | DIRECT_TYPING]),
        shard=st.sampled_from([None, (0, 1), (0, 2), (1, 2)]),
        packed=st.booleans(),
    )
    def connect(self, who: str, intents: int, shard: tuple[int, int] | None, *, packed: bool) -> None:
        async def identify() -> None:
            stack = AsyncExitStack()
            query = "?v=10&encoding=json" + ("&compress=zlib-stream" if packed else "")
            line = await stack.enter_async_context(on_line(self.local.base_url, query))
            more = {} if shard is None or who in ("ada", "bo") else {"shard": list(shard)}
            ready = await line.identify(self.token(who), intents, **more)
            assert ready["s"] == 1
            client = Client(who, intents, shard if more else None, line, stack, ready["d"]["session_id"], 1)
            self.clients.append(client)

        self.do(identify)

    @rule(channel=st.sampled_from(CHANNELS), times=st.integers(1, 4))
    def something_happens(self, channel: str, times: int) -> None:
        async def tell() -> None:
            place = self.channels[channel]
            for _ in range(times):
                self.told += 1
                data = {"channel_id": str(place.id), "user_id": "1", "timestamp": self.told}
                if place.guild_id is not None:
                    data["guild_id"] = str(place.guild_id)
                self.local.stage.emit(Event("TYPING_START", data, guild_id=place.guild_id, channel=place))
                for client in self.clients:
                    if client.hears(channel):
                        client.due.append(self.told)

        self.do(tell)

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), how=st.sampled_from(["4000", "cut", "close", "half_open"]))
    def lose(self, data: st.DataObject, how: str) -> None:
        self.cut_off(data.draw(st.sampled_from(self.clients)), how)

    def cut_off(self, client: Client, how: str) -> None:
        async def cut() -> None:
            if not client.connected:
                return
            await self.hear(client)
            if how == "4000":
                await client.line.socket.close(4000)
            else:
                assert self.local.hub.cause(Trouble(how, session_id=client.session_id)) == 1
            if how != "half_open":
                await client.stack.aclose()
            client.connected = False

        self.do(cut)

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), back=st.integers(0, 5))
    def resume(self, data: st.DataObject, back: int) -> None:
        self.come_back(data.draw(st.sampled_from(self.clients)), back)

    @precondition(lambda self: self.clients)
    @rule(
        data=st.data(),
        channel=st.sampled_from(CHANNELS),
        how=st.sampled_from(["4000", "cut", "close", "half_open"]),
        times=st.integers(1, 4),
    )
    def miss_something(self, data: st.DataObject, channel: str, how: str, times: int) -> None:
        client = data.draw(st.sampled_from(self.clients))
        self.cut_off(client, how)
        self.something_happens(channel, times)
        self.come_back(client, 0)

    def come_back(self, client: Client, back: int) -> None:
        """Resume, perhaps with an older number than the last that was heard: then it is told again what it knows."""

        async def resuming() -> None:
            if client.connected:
                await self.hear(client)
            stack = AsyncExitStack()
            line = await stack.enter_async_context(on_line(self.local.base_url))
            seq = max(0, client.seq - back)
            known = client.seq
            body = {"token": self.token(client.who), "session_id": client.session_id, "seq": seq}
            await line.send(6, body)
            old, client.line, client.stack, client.connected = client.stack, line, stack, True
            client.seq = seq
            await self.hear(client, known=known, until="RESUMED")
            await old.aclose()

        self.do(resuming)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.clients))

        async def leaving() -> None:
            if not client.connected:
                return
            await self.hear(client)
            await client.line.socket.close(1000)
            await client.stack.aclose()
            async with on_line(self.local.base_url) as line:
                body = {"token": self.token(client.who), "session_id": client.session_id, "seq": client.seq}
                await line.send(6, body)
                assert (await line.next())["op"] == 9, "who said goodbye cannot resume"
            self.clients.remove(client)

        self.do(leaving)

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), channel=st.sampled_from(CHANNELS))
    def lose_one_event(self, data: st.DataObject, channel: str) -> None:
        """A dropped event has used its number; who then resumes is told of it."""
        client = data.draw(st.sampled_from(self.clients))
        if not client.connected or not client.hears(channel):
            return

        async def hear() -> None:
            await self.hear(client)

        self.do(hear)
        session = self.local.hub.sessions[client.session_id]
        user_id, before = session.user_id, session.seq
        only = [c for c in self.clients if c.who == client.who and c.connected and c.hears(channel)]
        if only != [client]:
            return
        self.local.hub.faults.add(GatewayFault(0, "drop", "TYPING_START", user_id=user_id))
        self.something_happens(channel, 1)
        assert session.seq == before + 1
        self.do(client.line.events)
        self.resume_at(client, before)

    def resume_at(self, client: Client, seq: int) -> None:
        async def resuming() -> None:
            old, stack = client.stack, AsyncExitStack()
            line = await stack.enter_async_context(on_line(self.local.base_url))
            body = {"token": self.token(client.who), "session_id": client.session_id, "seq": seq}
            await line.send(6, body)
            client.line, client.stack, client.seq = line, stack, seq
            await self.hear(client, known=seq, until="RESUMED")
            await old.aclose()

        self.do(resuming)

    async def hear(self, client: Client, *, known: int | None = None, until: str | None = None) -> None:
        """Take in what has been sent: numbers go up by one, and what is new is remembered."""
        known = client.seq if known is None else known
        frames: list[dict[str, Any]] = []
        if until is not None:
            while True:
                frames.append(await client.line.next())
                assert frames[-1]["op"] == 0, frames[-1]
                if frames[-1]["t"] == until and frames[-1]["s"] > known:
                    break
        frames += await client.line.events()
        for frame in frames:
            assert frame["s"] == client.seq + 1, (frame["t"], frame["s"], client.seq)
            client.seq = frame["s"]
            if frame["t"] == "TYPING_START" and frame["s"] > known:
                client.got.append(frame["d"]["timestamp"])

    @invariant()
    def everybody_has_heard_all_that_is_theirs(self) -> None:
        async def check() -> None:
            for client in self.clients:
                if client.connected:
                    await self.hear(client)
                    assert client.got == client.due, client.who
                else:
                    assert client.got == client.due[: len(client.got)], client.who

        self.do(check)


Listening.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestListening = pytest.mark.slow(Listening.TestCase)
