"""The pytest plugin ``cogswarm``: fixtures for testing cogs against a real bot in a local Discord.

``bot_with`` starts a bot with your cogs, ``member`` is a person in its #general channel (``members`` gives more
people), ``local_discord`` is the server they meet on. Async tests need pytest-asyncio.

pytest imports this module in every project that has the bot installed, so the bot, its local Discord and its database are
imported where a test first wants them: over a second of computing that most runs of pytest do not need.
"""

# ruff: noqa: PLC0415 - as the docstring says

import warnings
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from bot.testing.fake_clock import FakeClock
from bot.testing.journal import Journal, journal_kept
from bot.testing.plugin_check import AssertPluginOk, PluginCheck
from bot.testing.scripted_model import ScriptedModel
from bot.testing.storage import (
    database,
    database_server,
    database_url,
    empty_database_url,
    pytest_unconfigure,
)

if TYPE_CHECKING:
    from bot.local_discord.client.member import Member
    from bot.local_discord.server import Config, LocalDiscord
    from bot.testing.bots import BotWith
    from bot.testing.members import Members
    from bot.testing.person import Person

__all__ = [
    "assert_plugin_ok",
    "bot_with",
    "database",
    "database_server",
    "database_url",
    "empty_database_url",
    "fake_clock",
    "local_discord",
    "local_discord_config",
    "member",
    "members",
    "pytest_collection",
    "pytest_runtest_call",
    "pytest_runtest_setup",
    "pytest_unconfigure",
    "scripted_model",
]

CHANNEL = "general"
_MODEL = pytest.StashKey[ScriptedModel]()
_OF_NEXTCORD = (
    "'audioop' is deprecated",
    "parameter 'timeout' of type 'float' is deprecated",
)


@pytest.fixture
def local_discord_config(request: pytest.FixtureRequest) -> "Config":
    """How the local Discord runs: its scene, settings and clock; override it to change them.

    By default its own small scene, in memory, on the fake clock in tests that use that fixture.
    """
    from bot.local_discord.server import Config

    clock = _fake_clock(request)
    return Config() if clock is None else Config(clock=clock.clock)


@pytest_asyncio.fixture
async def local_discord(local_discord_config: "Config") -> AsyncGenerator["LocalDiscord"]:
    """A running local Discord; see ``local_discord_config`` for its scene and settings.

    ``local_discord.sent("POST", "/channels/*/messages")`` is what bots asked of it, ``local_discord.fault(…)`` lets it
    fail.
    """
    from bot.discord.api import pointed_at
    from bot.local_discord.server import running

    async with running(local_discord_config) as local:
        with pointed_at(local.api_url):
            yield local


@pytest_asyncio.fixture
async def bot_with(
    local_discord: "LocalDiscord",
    database_url: str,
    tmp_path: Path,
    scripted_model: ScriptedModel,
    _journal: Journal,
    request: pytest.FixtureRequest,
) -> AsyncGenerator["BotWith"]:
    """Start a bot with the cogs it is called with; it ends with the test.

    ``await bot_with(cog, …, config={…}, model=scripted_model)``: ``config`` is merged into its configuration.
    Calling it again replaces the bot; ``bot_with.stop()`` and ``bot_with.restart()`` keep its database.
    """
    from bot.testing.bots import BotWith, bot_starter

    starter = BotWith(
        local_discord,
        database_url,
        tmp_path,
        journal=_journal,
        model=scripted_model,
        clock=_fake_clock(request),
    )
    async with bot_starter(starter):
        yield starter


@pytest_asyncio.fixture
async def members(
    local_discord: "LocalDiscord", scripted_model: ScriptedModel, _journal: Journal
) -> AsyncGenerator["Members"]:
    """Give people of the scene by their names, such as ``ada``, in #general or another channel.

    ``ada = await members("ada")``, ``chen = await members("chen", channel="research")``.
    """
    from bot.local_discord.client.member import join
    from bot.testing.person import Person
    from bot.testing.witness import Witness

    witness = Witness(local_discord, _journal, scripted_model.trouble)
    async with AsyncExitStack() as stack:

        async def named(name: str = "", *, channel: str = "") -> "Person":
            client = await stack.enter_async_context(
                join(local_discord.base_url, local_discord.key, name or None)
            )
            place = await client.channel(channel) if channel else _usual_channel(client)
            return Person(client, place, witness)

        yield named


@pytest_asyncio.fixture
async def member(members: "Members") -> "Person":
    """The scene's default person (``me``), in #general."""
    return await members()


@pytest.fixture
def scripted_model(request: pytest.FixtureRequest) -> ScriptedModel:
    """A model that answers from a script: ``scripted_model.will_say("…")``, then ``bot_with(cog, model=scripted_model)``.

    Or name it in a configuration, as ``models: {main: {backend: scripted}}``. A call that nothing was queued for fails
    the test.
    """
    model = ScriptedModel()
    node: pytest.Item = request.node
    node.stash[_MODEL] = model
    return model


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that only ``await fake_clock.advance(timedelta(…))`` moves, for the bot and the local Discord."""
    return FakeClock()


@pytest.fixture
def assert_plugin_ok(database_url: str, tmp_path: Path) -> AssertPluginOk:
    """Check all that makes a plugin good: ``assert_plugin_ok("standup")`` (an entry point or a module); no await."""
    return PluginCheck(database_url, tmp_path)


@pytest.fixture
def _journal() -> Generator[Journal]:
    """What the bot logs, for explanations."""
    with journal_kept() as journal:
        yield journal


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave out the warnings that nextcord causes, also where a project makes warnings errors: its tests import it."""
    _leave_out_nextcords_warnings()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None]:
    """Leave out the warnings that nextcord causes here too: it may be imported only now."""
    _leave_out_nextcords_warnings()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test whose model was asked what it has no reply for."""
    model = item.stash.get(_MODEL, None)
    try:
        result = yield
    except BaseException as error:
        trouble = None if model is None else model.trouble()
        if trouble is not None and trouble not in str(error):
            error.add_note(trouble)
        raise
    trouble = None if model is None else model.trouble_at_the_end()
    if trouble is not None:
        pytest.fail(trouble, pytrace=False)
    return result


def _leave_out_nextcords_warnings() -> None:
    for message in _OF_NEXTCORD:
        warnings.filterwarnings("ignore", message=message, category=DeprecationWarning)


def _fake_clock(request: pytest.FixtureRequest) -> FakeClock | None:
    if "fake_clock" not in request.fixturenames:
        return None
    found: FakeClock = request.getfixturevalue("fake_clock")
    return found


def _usual_channel(client: "Member") -> str:
    """#general, or where a scene has none its first channel for messages."""
    from bot.local_discord.model import MESSAGE_CHANNEL_TYPES

    there = [
        one
        for guild in client.guilds.values()
        for one in guild["channels"]
        if one["type"] in MESSAGE_CHANNEL_TYPES
    ]
    usual = next((one for one in there if one["name"] == CHANNEL), there[0] if there else None)
    if usual is None:
        pytest.fail("The scene has no channel in which this person could write; add one.", pytrace=False)
    return str(usual["id"])
