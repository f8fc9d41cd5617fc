"""The server's time of day, stepped forward and back."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import Clock
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from bot.local_discord.snowflake import Snowflakes, moment
from bot.local_discord.stepped_clock import EARLIEST, LATEST, SteppedClock
from tests.bot.local_discord.asking import Api, Join
from tests.waiting import eventually

HOUR = 3600.0


@pytest.fixture
def key(local: LocalDiscord) -> dict[str, str]:
    return {"X-Local-Key": local.key}


async def has_been_asked(local: LocalDiscord) -> bool:
    return bool(local.stage.world.interactions)


async def step(api: Api, key: dict[str, str], seconds: float) -> None:
    (await api.http.post("/local/clock", json={"step": seconds}, headers=key)).raise_for_status()


async def test_everything_that_has_a_time_follows(
    bot_api: Api, research: Channel, key: dict[str, str]
) -> None:
    path = f"/channels/{research.id}/messages"
    before = await bot_api.ok("POST", path, {"content": "before"})
    await step(bot_api, key, HOUR)
    response = await bot_api.call("POST", path, json={"content": "after"})
    after = response.json()
    ahead = datetime.now(UTC) + timedelta(hours=1)
    close = timedelta(seconds=30)
    assert abs(datetime.fromisoformat(after["timestamp"]) - ahead) < close
    assert abs(moment(int(after["id"])) - ahead) < close
    assert abs(parsedate_to_datetime(response.headers["date"]) - ahead) < close
    assert len(response.headers.get_list("date")) == 1
    assert abs(moment(int(after["id"])) - moment(int(before["id"])) - timedelta(hours=1)) < close
    assert (await bot_api.http.get("/local/clock", headers=key)).json()["offset"] == HOUR


async def test_after_a_step_back_ids_go_on_growing_and_times_do_not(
    bot_api: Api, research: Channel, key: dict[str, str]
) -> None:
    path = f"/channels/{research.id}/messages"
    first = await bot_api.ok("POST", path, {"content": "first"})
    await step(bot_api, key, -HOUR)
    second = await bot_api.ok("POST", path, {"content": "second"})
    assert int(second["id"]) > int(first["id"])
    assert datetime.fromisoformat(second["timestamp"]) < datetime.fromisoformat(first["timestamp"])
    assert [each["content"] for each in await bot_api.ok("GET", path)] == ["second", "first"]
    back = (await bot_api.http.delete("/local/clock", headers=key)).json()
    assert back["offset"] == 0


async def test_an_interaction_is_too_old_after_a_step(
    bot_api: Api, joined: Join, research: Channel, key: dict[str, str], local: LocalDiscord
) -> None:
    body = {"name": "hello", "description": "says hello", "type": 1}
    guild_id = next(iter(local.stage.world.guilds))
    await bot_api.ok("POST", f"/applications/{local.application_id}/guilds/{guild_id}/commands", body)
    async with joined("bo") as bo:
        running = asyncio.create_task(bo.slash(research.id, "hello"))
        await eventually(lambda: has_been_asked(local))
        interaction = next(iter(local.stage.world.interactions.values()))
        callback = f"/interactions/{interaction.id}/{interaction.token}/callback"
        await bot_api.ok("POST", callback, {"type": 5}, status=204)
        await running
        path = f"/webhooks/{local.application_id}/{interaction.token}"
        await bot_api.ok("POST", path, {"content": "in time"})
        await step(bot_api, key, 16 * 60)
        code, _ = await bot_api.refused("POST", path, {"content": "too late"})
        assert code in (10015, 50027)


@pytest.mark.parametrize("body", [{}, {"step": "x"}, {"step": 1e12}, {"step": -1e12}, {"step": 1, "stop": 2}])
async def test_a_wrong_step_is_refused(bot_api: Api, key: dict[str, str], body: dict[str, object]) -> None:
    response = await bot_api.http.post("/local/clock", json=body, headers=key)
    assert response.json()["code"] == 50035
    assert (await bot_api.http.get("/local/clock", headers=key)).json()["offset"] == 0


async def test_a_step_out_of_time_is_refused_with_a_reason(bot_api: Api, key: dict[str, str]) -> None:
    response = await bot_api.http.post("/local/clock", json={"step": -20 * 366 * 86_400}, headers=key)
    assert "2015 to 2100" in response.text


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-1e9, 1e9)), max_size=40))
def test_ids_are_unique_and_grow_whatever_the_clock_does(moves: list[tuple[int, float]]) -> None:
    started = datetime(2026, 1, 1, tzinfo=UTC)
    stepped = SteppedClock(Clock(now=lambda: started))
    ids, taken = Snowflakes(stepped.clock), [0]
    for count, seconds in moves:
        taken += [ids.take() for _ in range(count)]
        if stepped.allows(seconds):
            stepped.step(seconds)
        else:
            with pytest.raises(ValueError, match="2015 to 2100"):
                stepped.step(seconds)
        assert EARLIEST <= stepped.now() <= LATEST
    assert taken == sorted(set(taken))
