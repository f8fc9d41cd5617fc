"""Many events at a given rate: as many as asked for, in order, in time, and without holding up anybody else."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.clock import Clock
from bot.local_discord.events import Event
from bot.local_discord.load import AT_ONCE, FASTEST, Load, LoadOrder
from bot.local_discord.members.permissions import VIEW_CHANNEL
from bot.local_discord.model import CATEGORY, Channel, Overwrite
from bot.local_discord.server import Config, LocalDiscord, running
from tests.bot.local_discord.asking import Api, as_person, channel, client, person
from tests.bot.local_discord.line import CONTENT, GUILDS, MESSAGES, on_line
from tests.waiting import eventually

type Json = dict[str, Any]
REACTIONS, TYPING = 1 << 10, 1 << 11


@pytest.fixture
def key(local: LocalDiscord) -> dict[str, str]:
    return {"X-Local-Key": local.key}


async def start(api: Api, key: dict[str, str], **order: Any) -> Json:
    response = await api.http.post("/local/load", json=order, headers=key)
    assert response.status_code == 201, response.text
    return response.json()


async def ended(api: Api, key: dict[str, str]) -> Json:
    found: Json = {}

    async def over() -> bool:
        found.update((await api.http.get("/local/load", headers=key)).json())
        return found["ended"] is not None

    await eventually(over)
    return found


async def test_every_message_arrives_once_in_order_and_stays(
    local: LocalDiscord, bot_api: Api, key: dict[str, str], research: Channel
) -> None:
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, GUILDS | MESSAGES | CONTENT)
        await start(bot_api, key, rate=FASTEST, count=250, channels=[str(research.id)])
        heard = [(await line.until("MESSAGE_CREATE"))["d"] for _ in range(250)]
    assert [message["content"] for message in heard] == [f"Message {n}" for n in range(1, 251)]
    assert {message["author"]["username"] for message in heard} == {"ada", "bo", "chen", "dara"}
    found = await ended(bot_api, key)
    assert (found["done"], found["ended"], found["behind"]) == (250, "done", 0)
    kept = await bot_api.ok("GET", f"/channels/{research.id}/messages?limit=3")
    assert [message["content"] for message in kept] == ["Message 250", "Message 249", "Message 248"]


async def test_by_default_all_channels_have_their_turn(
    local: LocalDiscord, bot_api: Api, key: dict[str, str]
) -> None:
    world = local.stage.world
    before = {c.id: world.message_count(c.id) for c in world.channels.values()}
    count = len(before) + 1
    await start(bot_api, key, rate=FASTEST, count=count)
    await ended(bot_api, key)
    gained = sorted(world.message_count(channel) - had for channel, had in before.items())
    assert gained == [*([1] * (count - 2)), 2]


async def test_reactions_lie_under_the_message_and_are_taken_back(
    local: LocalDiscord, bot_api: Api, bo_api: Api, key: dict[str, str], research: Channel
) -> None:
    path = f"/channels/{research.id}/messages"
    message = await bo_api.ok("POST", path, {"content": "well?"})
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, GUILDS | REACTIONS)
        await start(bot_api, key, rate=FASTEST, count=25, kind="reactions", channels=[str(research.id)])
        names = [(await line.next())["t"] for _ in range(1 + 25)][1:]
    # five emojis and four people: all twenty pairs once, then the first five again
    assert names == ["MESSAGE_REACTION_ADD"] * 20 + ["MESSAGE_REACTION_REMOVE"] * 5
    found = await bot_api.ok("GET", f"{path}/{message['id']}")
    assert sorted(reaction["count"] for reaction in found["reactions"]) == [3, 3, 3, 3, 3]


async def test_typing(local: LocalDiscord, bot_api: Api, key: dict[str, str], research: Channel) -> None:
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, GUILDS | TYPING)
        await start(bot_api, key, rate=FASTEST, count=4, kind="typing", channels=[str(research.id)])
        who = {(await line.until("TYPING_START"))["d"]["member"]["user"]["username"] for _ in range(4)}
    assert who == {"ada", "bo", "chen", "dara"}


async def test_a_load_can_be_stopped_and_only_one_is_under_way(
    bot_api: Api, key: dict[str, str], local: LocalDiscord, research: Channel
) -> None:
    assert (await bot_api.http.get("/local/load", headers=key)).json() is None
    order = {"rate": 0.001, "count": 5, "channels": [str(research.id)]}
    begun = await start(bot_api, key, **order)
    assert (begun["done"], begun["ended"], begun["achieved"]) == (1, None, None)
    second = await bot_api.http.post("/local/load", json=order, headers=key)
    assert second.status_code == 409
    stopped = (await bot_api.http.delete("/local/load", headers=key)).json()
    assert (stopped["done"], stopped["ended"]) == (1, "stopped")
    assert (await bot_api.http.delete("/local/load", headers=key)).json() == stopped
    await start(bot_api, key, **order)
    assert local.stage.world.message_count(research.id) == 2


async def test_others_are_answered_meanwhile(bot_api: Api, key: dict[str, str]) -> None:
    await start(bot_api, key, rate=FASTEST, count=5000)
    await bot_api.ok("GET", "/users/@me")
    meanwhile = (await bot_api.http.get("/local/load", headers=key)).json()
    assert meanwhile["ended"] is None
    assert meanwhile["done"] < 5000
    stopped = (await bot_api.http.delete("/local/load", headers=key)).json()
    assert stopped["done"] >= meanwhile["done"]


async def test_only_who_may_does(
    local: LocalDiscord, bot_api: Api, key: dict[str, str], research: Channel, guild_id: int
) -> None:
    hidden = replace(research, overwrites=(Overwrite(guild_id, 0, 0, VIEW_CHANNEL),))
    local.stage.world.put_channel(hidden)
    await start(bot_api, key, rate=FASTEST, count=8, channels=[str(research.id)])
    await ended(bot_api, key)
    authors = {message.author_id for message in local.stage.world.messages(research.id)}
    assert authors == {person(local, "ada")}


@pytest.mark.parametrize("kind", ["messages", "reactions", "typing"])
async def test_where_nobody_may_nothing_happens(
    local: LocalDiscord, bot_api: Api, key: dict[str, str], research: Channel, kind: str
) -> None:
    local.stage.world.put_channel(replace(research, kind=CATEGORY))
    order = {"rate": 10, "count": 5, "kind": kind, "channels": [str(research.id)]}
    response = await bot_api.http.post("/local/load", json=order, headers=key)
    assert response.status_code == 400
    assert response.json()["message"] == "Nobody may do this in any of the channels."


async def test_a_channel_that_goes_is_left_out(local: LocalDiscord, research: Channel) -> None:
    general = channel(local, "general")
    order = LoadOrder("messages", FASTEST, 2 * AT_ONCE, channels=(research.id, general.id))
    load, time = on_a_clock(local)
    load.start(order)
    local.stage.world.drop_channel(research.id)
    time.run()
    assert local.stage.world.message_count(general.id) == 2 * AT_ONCE - 1
    load.start(replace(order, channels=(general.id,)))
    local.stage.world.drop_channel(general.id)
    time.run()
    found = load.as_json()
    assert found is not None
    assert (found["ended"], found["done"]) == ("nobody may go on", 1)


WRONG_NUMBERS: list[object] = [0, -1, "many", True, [], {}, 1e300]
WRONG: list[tuple[object, int]] = [
    ({}, 50035),
    ({"rate": 5}, 50035),
    ({"count": 5}, 50035),
    ({"rate": 5, "count": 5, "seconds": 5}, 50035),
    *(({"rate": wrong, "count": 5}, 50035) for wrong in (*WRONG_NUMBERS, 100_001)),
    *(({"rate": 5, "count": wrong}, 50035) for wrong in (*WRONG_NUMBERS, 1.5, 10**30)),
    *(({"rate": 5, "seconds": wrong}, 50035) for wrong in WRONG_NUMBERS),
    ({"rate": 100_000, "seconds": 86_400}, 50035),
    ({"rate": 5, "count": 5, "kind": "bans"}, 50035),
    ({"rate": 5, "count": 5, "kind": ["messages"]}, 50035),
    ({"rate": 5, "count": 5, "speed": 1}, 50035),
    *(({"rate": 5, "count": 5, "channels": c}, 50035) for c in ([], "x", ["x"], [-1], ["1"] * 1001)),
    ({"rate": 5, "count": 5, "channels": ["1"]}, 10003),
    ([], 50109),
    ("load", 50109),
]


@pytest.mark.parametrize(("order", "code"), WRONG)
async def test_a_wrong_order_is_refused(bot_api: Api, key: dict[str, str], order: object, code: int) -> None:
    response = await bot_api.http.post("/local/load", json=order, headers=key)
    assert response.is_client_error
    assert response.json()["code"] == code
    assert (await bot_api.http.get("/local/load", headers=key)).json() is None


@pytest.mark.parametrize("body", [b'{"rate": NaN, "count": 1}', b'{"rate": Infinity, "count": 1}', b"\xff"])
async def test_what_is_no_number_and_no_json_is_refused(
    bot_api: Api, key: dict[str, str], body: bytes
) -> None:
    headers = {**key, "Content-Type": "application/json"}
    assert (await bot_api.http.post("/local/load", content=body, headers=headers)).is_client_error


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_it_needs_the_key(local: LocalDiscord, method: str) -> None:
    async with client(local, {"Authorization": f"Bot {local.bot_token}"}) as http:
        assert (await http.request(method, "/local/load")).status_code == 401


async def test_a_server_may_end_under_load() -> None:
    async with running(Config()) as local, as_person(local, person(local, "bo")) as http:
        await start(Api(http), {}, rate=50, seconds=600)


# pace, on a clock that the test sets


@dataclass(slots=True)
class Time:
    """Time that passes when something waits, by ``late`` too much, and when something happens, by ``cost``."""

    late: float = 0.0
    cost: float = 0.0
    now: float = 100.0
    events: list[float] = field(default_factory=list[float])
    waiting: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def emit(self, event: Event) -> None:
        if event.name == "MESSAGE_CREATE":
            self.now += self.cost
            self.events.append(self.now - 100.0)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        self.now += seconds + self.late
        self.waiting.append(action)

    def run(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


def on_a_clock(local: LocalDiscord, *, late: float = 0.0, cost: float = 0.0) -> tuple[Load, Time]:
    time = Time(late, cost)
    base = datetime(2026, 1, 1, tzinfo=UTC)
    clock = Clock(now=lambda: base + timedelta(seconds=time.now), monotonic=lambda: time.now)
    return Load(replace(local.stage, clock=clock, emit=time.emit, later=time.later)), time


async def test_delays_do_not_add_up(local: LocalDiscord) -> None:
    load, time = on_a_clock(local, late=0.004)
    load.start(LoadOrder("messages", rate=100.0, count=200))
    time.run()
    assert len(time.events) == 200
    lateness = [at - number / 100 for number, at in enumerate(time.events)]
    assert all(-1e-5 <= late < 0.0041 for late in lateness)
    found = load.as_json()
    assert found is not None
    assert found["achieved"] == pytest.approx(100, rel=0.003)


async def test_what_is_achieved_is_said_honestly(local: LocalDiscord) -> None:
    load, time = on_a_clock(local, cost=0.02)
    load.start(LoadOrder("messages", rate=1000.0, count=200))
    begun = load.as_json()
    time.run()
    over = load.as_json()
    assert begun is not None
    assert over is not None
    assert begun["behind"] > 0
    assert (over["done"], over["behind"]) == (200, 0)
    assert over["achieved"] == pytest.approx(50, rel=0.02)


async def test_time_ends_a_load_that_cannot_keep_up(local: LocalDiscord) -> None:
    load, time = on_a_clock(local, cost=0.02)
    load.start(LoadOrder("messages", rate=1000.0, count=1000, seconds=1.0))
    time.run()
    found = load.as_json()
    assert found is not None
    assert found["ended"] == "time is over"
    assert 50 <= found["done"] <= 50 + AT_ONCE


async def test_a_mistake_ends_it_and_is_not_hidden(local: LocalDiscord) -> None:
    load, time = on_a_clock(local)

    def broken(_event: Event) -> None:
        raise RuntimeError("a builder's mistake")

    load.start(LoadOrder("messages", rate=1.0, count=5))
    load.stage = replace(load.stage, emit=broken)
    with pytest.raises(RuntimeError):
        time.run()
    found = load.as_json()
    assert found is not None
    assert found["ended"] == "it broke"
