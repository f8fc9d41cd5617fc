"""A local Discord, a scripted bot in it, and a browser that opens its page."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ViewportSize, async_playwright

from bot.local_discord.server import Config, running
from bot.local_discord.settings import Settings
from tests.e2e.page_visitor import WIDE, Scheme, Visit, Visitor, visitor
from tests.e2e.scripted_bot import ScriptedBot, logged_in

BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCENE = """
people:
  ada: {name: Ada Okafor}
  ben: {name: Ben Lindqvist}
  chiyo: {name: Chiyo Tanaka}
bots:
  cogswarm: {token: page-test-token, privileged: [message_content, members]}
guilds:
  - name: Harbour Lab
    owner: ada
    roles:
      admin: {name: Admin, permissions: [administrator]}
      reviewer: {name: Reviewer, mentionable: true}
    channels:
      - {name: welcome, topic: Start here}
      - name: rules
        permissions: {everyone: {deny: [send_messages]}}
    members: {ada: [admin], ben: [reviewer], chiyo: []}
    bots: {cogswarm: [administrator]}
me: ben
welcome: welcome
"""


@dataclass(frozen=True, slots=True)
class Local:
    """Where the running local Discord is and what opens it."""

    base_url: str
    key: str
    bot_token: str
    welcome_channel: str

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.base_url.rpartition(":")[2])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Local]:
    scene = tmp_path_factory.mktemp("scene") / "scene.yaml"
    scene.write_text(SCENE, encoding="utf-8")
    patient = Settings(
        interaction_timeout=5.0
    )  # a test answers more slowly than a bot while the machine is busy
    async with running(Config(scene=scene, settings=patient)) as started:
        welcome = str(started.stage.world.welcome_channel)
        yield Local(started.base_url, started.key, started.bot_token, welcome)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(local: Local) -> AsyncGenerator[ScriptedBot]:
    async with logged_in(local.base_url, local.bot_token) as scripted:
        yield scripted


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium_executable: Path) -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=chromium_executable, args=BROWSER_ARGUMENTS
        )
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(local: Local, browser: Browser) -> AsyncGenerator[Visit]:
    """Opens the page in a browser context of its own; at the end it must have been free of errors."""
    async with AsyncExitStack() as stack:

        async def open_page(
            channel: str = "",
            *,
            base_url: str = "",
            viewport: ViewportSize = WIDE,
            scheme: Scheme = "light",
            touch: bool = False,
            still: bool = False,
        ) -> Visitor:
            at = base_url or local.base_url
            opened = visitor(
                browser, at, local.key, channel, viewport=viewport, scheme=scheme, touch=touch, still=still
            )
            return await stack.enter_async_context(opened)

        yield open_page
