"""A running local Discord, its bot and its people; every answer it gives is held against Discord's description."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any, cast

import httpx
import pytest

from bot.local_discord.client.member import Member, join
from bot.local_discord.model import Channel
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.settings import Settings
from bot.testing.fake_clock import FakeClock
from tests.description import description
from tests.frames import frame_problems

type Json = dict[str, Any]
type Join = Callable[..., AbstractAsyncContextManager[Member]]

QUICK = Settings(interaction_timeout=0.3, save_interval=0.01)


@dataclass(frozen=True, slots=True)
class Api:
    """REST requests as somebody; ``refused`` expects Discord's code."""

    http: httpx.AsyncClient

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.http.request(method, f"/api/v10{path}", **more)

    async def ok(self, method: str, path: str, body: object = None, *, status: int | None = None) -> Any:
        response = (
            await self.call(method, path, json=body) if body is not None else await self.call(method, path)
        )
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        assert status in (None, response.status_code)
        return response.json() if response.content else None

    async def refused(self, method: str, path: str, body: object = None) -> tuple[int, Json]:
        response = (
            await self.call(method, path, json=body) if body is not None else await self.call(method, path)
        )
        assert response.is_client_error, f"{method} {path}: {response.status_code} {response.text}"
        answer = cast("Json", response.json())
        return answer["code"], answer


def client(local: LocalDiscord, headers: dict[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=local.base_url, headers=headers, trust_env=False, timeout=10)


def as_person(local: LocalDiscord, user_id: int) -> httpx.AsyncClient:
    return client(local, {"X-Local-Key": local.key, "X-Local-Member": str(user_id)})


def person(local: LocalDiscord, name: str) -> int:
    return next(user.id for user in local.stage.world.users.values() if user.username == name)


def channel(local: LocalDiscord, name: str) -> Channel:
    return next(each for each in local.stage.world.channels.values() if each.name == name)


def wrong_frames(local: LocalDiscord) -> list[str]:
    """What is wrong with the gateway's frames that were sent, each thing once."""
    held = description()
    return list(
        dict.fromkeys(p for frame in local.desk.traffic.frames() for p in frame_problems(held, frame))
    )


@pytest.fixture
def settings() -> Settings:
    return QUICK


@pytest.fixture
async def local(settings: Settings) -> AsyncGenerator[LocalDiscord]:
    async with running(Config(settings=settings)) as started:
        yield started
        assert wrong_frames(started) == []
        assert [
            entry.path for entry in started.desk.traffic.find() if entry.status == 500 and not entry.fault
        ] == []


@pytest.fixture
async def bot_api(local: LocalDiscord) -> AsyncGenerator[Api]:
    async with client(local, {"Authorization": f"Bot {local.bot_token}"}) as http:
        yield Api(http)


@pytest.fixture
async def ada_api(local: LocalDiscord) -> AsyncGenerator[Api]:
    async with as_person(local, person(local, "ada")) as http:
        yield Api(http)


@pytest.fixture
async def bo_api(local: LocalDiscord) -> AsyncGenerator[Api]:
    async with as_person(local, person(local, "bo")) as http:
        yield Api(http)


@pytest.fixture
def joined(local: LocalDiscord) -> Join:
    def as_member(who: str | None = None) -> AbstractAsyncContextManager[Member]:
        return join(local.base_url, local.key, who)

    return as_member


@pytest.fixture
async def bo(joined: Join) -> AsyncGenerator[Member]:
    async with joined("bo") as member:
        yield member


@pytest.fixture
def research(local: LocalDiscord) -> Channel:
    return channel(local, "research")


@pytest.fixture
def guild_id(local: LocalDiscord) -> int:
    return next(iter(local.stage.world.guilds))


@pytest.fixture
def fake() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def clock_discord(fake: FakeClock, settings: Settings) -> AsyncGenerator[LocalDiscord]:
    """A local Discord whose time passes only when the test lets it; nothing in it wakes up often."""
    calm = replace(settings, save_interval=1e9, interaction_timeout=3.0)
    async with running(Config(settings=calm, clock=fake.clock)) as started:
        yield started
