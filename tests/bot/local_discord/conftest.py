"""A running local Discord, its bot and its people; every answer it gives is held against Discord's description."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest

from bot.local_discord.client.member import Member, join
from bot.local_discord.model import Channel
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.settings import Settings
from bot.testing.fake_clock import FakeClock
from tests.bot.local_discord.answers import Answers, answering
from tests.bot.local_discord.asking import QUICK, Api, Join, as_person, channel, client, person
from tests.description import description
from tests.frames import frame_problems


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
async def answers(local: LocalDiscord) -> AsyncGenerator[Answers]:
    """The application's side of interactions, by hand."""
    async with answering(local) as found:
        yield found


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
