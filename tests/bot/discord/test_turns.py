"""The bot's requests against a server whose limits it does not know: none too early, the urgent ones first."""

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

import nextcord
import pytest

from bot.discord.api import DiscordApi, pointed_at
from bot.discord.failures import DiscordUnavailable
from bot.discord.limits import Limits, LimitSettings, Urgency
from bot.discord.transport import Answer, Request
from bot.discord.turns import Turns
from bot.local_discord.server import Config, running
from bot.local_discord.settings import RateLimits, Settings
from tests.bot.discord.conftest import Harbour
from tests.bot.discord.virtual_time import VirtualTime
from tests.sizes import size

REQUESTS = size("AC-P4 requests", small=250, stated=5_000)
CHANNELS = 12
GLOBAL = 50
MESSAGES = "/channels/{channel_id}/messages"


@dataclass(slots=True)
class Server:
    """Buckets of hidden sizes, a global limit, and refusals out of nowhere; keeps what came when it was told not to."""

    time: VirtualTime
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - the same each time
    refusals: float = 0.0
    ban_at: int = -1
    sent: list[float] = field(default_factory=list[float])
    early: int = 0
    limited: int = 0
    counted: int = 0
    _told: dict[str, float] = field(default_factory=dict[str, float])
    _told_all: float = 0.0
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict[str, tuple[float, int]])
    _limits: dict[str, tuple[int, float]] = field(default_factory=dict[str, tuple[int, float]])

    async def __call__(self, request: Request) -> Answer:
        self.sent.append(self.time.at)
        self.early += self.time.at < max(self._told.get(request.url, 0.0), self._told_all)
        await self.time.sleep(self.chance.uniform(0.01, 0.3))
        status, headers = self._counted(request.url)
        await self.time.sleep(self.chance.uniform(0.01, 0.3))
        self._tell(request.url, status, headers)
        return Answer(status, headers, b"{}")

    def _counted(self, url: str) -> tuple[int, dict[str, str]]:
        self.counted += 1
        if self.counted == self.ban_at:
            return 429, {"Retry-After": "5"}
        now = self.time.at
        if self.chance.random() < self.refusals:
            scope = self.chance.choice(["user", "shared"])
            return 429, {"Via": "1.1", "Retry-After": "7.5", "X-RateLimit-Scope": scope}
        limit, window = self._limits.setdefault(url, (self.chance.randint(1, 6), self.chance.uniform(0.5, 5)))
        starts, used = self._windows.get(url, (now, 0))
        if now >= starts + window:
            starts, used = now, 0
        self._windows[url] = starts, used + 1
        self.limited += used >= limit
        return 429 if used >= limit else 200, {
            "Via": "1.1",
            "Retry-After": f"{starts + window - now:.3f}",
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - used - 1)),
            "X-RateLimit-Reset-After": f"{starts + window - now:.3f}",
            "X-RateLimit-Reset": f"{starts + window:.3f}",
            "X-RateLimit-Bucket": "messages",
        }

    def _tell(self, url: str, status: int, headers: dict[str, str]) -> None:
        """From now on the bot knows, and what it sends before that time it sends in spite of it."""
        if status == 429 and "Via" not in headers:
            self._told_all = self.time.at + 60
        elif status == 429:
            self._told[url] = max(self._told.get(url, 0), self.time.at + float(headers["Retry-After"]))
        elif headers["X-RateLimit-Remaining"] == "0":
            after = self.time.at + float(headers["X-RateLimit-Reset-After"])
            # the answer took its time, so that the window ends this much earlier by the server's clock
            self._told[url] = max(self._told.get(url, 0), after - 0.3)


def opened(server: Server, settings: LimitSettings | None = None) -> DiscordApi:
    clock = server.time.clock
    turns = Turns(Limits(clock.monotonic, settings or LimitSettings()), clock)
    return DiscordApi(server, turns, "token", {}, base_url="https://discord.test/api")


async def spread(api: DiscordApi, number: int, side_by_side: int = 200) -> None:
    """Send as much as possible at once and repeat what was refused, as the deliverer does."""
    waiting = list(range(number))

    async def work() -> None:
        while waiting:
            channel = waiting.pop() % CHANNELS
            try:
                await api.request("POST", MESSAGES, channel_id=channel, patience=100_000)
            except DiscordUnavailable:
                waiting.append(channel)

    await asyncio.gather(*(work() for _ in range(side_by_side)))


@pytest.mark.parametrize("refusals", [0.0, 0.05])
async def test_nothing_is_sent_before_its_time_whatever_the_limits(refusals: float) -> None:
    time = VirtualTime()
    server = Server(time, refusals=refusals)
    await time.run(spread(opened(server), REQUESTS))
    assert len(server.sent) >= REQUESTS
    assert server.early == 0
    assert server.limited == 0
    busiest = max(sum(at <= other < at + 1.0 for other in server.sent) for at in server.sent[:500])
    assert busiest <= GLOBAL


async def test_a_refusal_that_is_not_discords_own_stops_everything_for_a_minute() -> None:
    time = VirtualTime()
    server = Server(time, ban_at=20)
    await time.run(spread(opened(server), 60))
    assert server.early == 0
    pauses = [later - earlier for earlier, later in zip(server.sent, server.sent[1:], strict=False)]
    assert max(pauses) >= 59.5


async def test_behind_a_proxy_only_what_an_answer_asks_for_is_waited() -> None:
    time = VirtualTime()
    server = Server(time)
    await time.run(spread(opened(server, LimitSettings(behind_proxy=True)), 200))
    assert sum(at == server.sent[0] for at in server.sent) == 200


async def test_urgent_requests_go_before_others_that_wait() -> None:
    time = VirtualTime()
    order: list[str] = []

    async def answer(request: Request) -> Answer:
        order.append(str(request.body))
        await time.sleep(0.1)
        exhausted = {"Limit": "1", "Remaining": "0", "Reset-After": "1", "Bucket": "b"}
        return Answer(200, {f"X-RateLimit-{name}": value for name, value in exhausted.items()})

    clock = time.clock
    api = DiscordApi(answer, Turns(Limits(clock.monotonic), clock), "t", {}, base_url="https://discord.test")

    async def ask(urgency: Urgency) -> None:
        await api.request("POST", MESSAGES, body=urgency.name, urgency=urgency, channel_id=1)

    async def all_at_once() -> None:
        first = asyncio.create_task(ask(Urgency.PROGRESS))
        await time.sleep(0.05)
        wishes = [Urgency.PROGRESS, Urgency.RESULT, Urgency.QUESTION, Urgency.ANSWER]
        await asyncio.gather(first, *map(ask, wishes))

    await time.run(all_at_once())
    assert order == ["PROGRESS", "ANSWER", "QUESTION", "RESULT", "PROGRESS"]


async def test_who_is_not_patient_enough_is_told_at_once_and_sends_nothing() -> None:
    time = VirtualTime()
    sent: list[Any] = []

    async def answer(request: Request) -> Answer:
        sent.append(request)
        exhausted = {"Limit": "1", "Remaining": "0", "Reset-After": "30", "Bucket": "b"}
        return Answer(200, {f"X-RateLimit-{name}": value for name, value in exhausted.items()})

    clock = time.clock
    api = DiscordApi(answer, Turns(Limits(clock.monotonic), clock), "t", {}, base_url="https://discord.test")

    async def twice() -> None:
        await api.request("POST", MESSAGES, channel_id=1)
        with pytest.raises(DiscordUnavailable, match="used up") as refused:
            await api.request("POST", MESSAGES, channel_id=1, patience=5)
        assert not refused.value.sent
        assert refused.value.retry_after == pytest.approx(30)

    await time.run(twice())
    assert len(sent) == 1


async def test_somebody_who_gives_up_waiting_leaves_the_turn_to_the_next() -> None:
    time = VirtualTime()
    answered = asyncio.Event()

    async def answer(request: Request) -> Answer:
        await answered.wait()
        return Answer(200, {}, json.dumps(request.body).encode())

    clock = time.clock
    api = DiscordApi(answer, Turns(Limits(clock.monotonic), clock), "t", {}, base_url="https://discord.test")
    asked = [
        asyncio.create_task(api.request("POST", MESSAGES, body=number, channel_id=1)) for number in range(3)
    ]
    await asyncio.sleep(0)
    asked[1].cancel()
    await asyncio.sleep(0)
    answered.set()
    assert await asyncio.gather(asked[0], asked[2]) == [0, 2]


async def test_the_local_discord_never_has_to_refuse(harbour: Harbour) -> None:
    limits = RateLimits(route_requests=3, route_window=0.3, global_requests=20, global_window=1.0)
    limiter_of = Config(settings=Settings(rate_limits=limits))
    async with running(limiter_of) as strict:
        with pointed_at(strict.api_url):
            async with harbour.moved_to(strict) as elsewhere:
                channels = [one.id for one in strict.stage.world.channels.values()][:2]
                for number in range(8):
                    for channel in channels:
                        await elsewhere.post(f"{channel}:{number}", str(number), channel=channel)
                async with elsewhere.delivering():
                    await elsewhere.settled()
                for channel in channels:
                    assert await elsewhere.texts(channel) == [str(number) for number in range(8)]
                refused = [one for one in await elsewhere.requests("", "*") if one["status"] == 429]
    assert refused == []


async def test_control_plain_nextcord_asks_again_at_once_when_told_to_wait(harbour: Harbour) -> None:
    told = {"Via": "1.1", "Retry-After": "60"}
    await harbour.fault(
        method="POST", path="*/messages", status=429, headers=told, body={"retry_after": 60}, times=None
    )
    client = nextcord.Client(intents=nextcord.Intents.none())
    try:
        await client.login(harbour.local.bot_token)
        channel = await client.fetch_channel(harbour.channel)
        assert isinstance(channel, nextcord.TextChannel)
        async with asyncio.timeout(30):
            with pytest.raises(nextcord.HTTPException):
                await channel.send("hello")
    finally:
        await client.close()
    plain = len(await harbour.requests("POST", "*/messages"))
    assert plain > 1
    for _ in range(3):
        with pytest.raises(DiscordUnavailable):
            await harbour.api.request(
                "POST", MESSAGES, body={"content": "x"}, channel_id=harbour.channel, patience=5
            )
    assert len(await harbour.requests("POST", "*/messages")) == plain + 1
