"""A local Discord in a process of its own, a scripted bot in it, and a browser that opens its page."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ViewportSize, async_playwright

from tests.e2e.page_visitor import WIDE, Scheme, Visit, Visitor, visitor
from tests.e2e.scripted_bot import Json, ScriptedBot, logged_in

START_TIMEOUT = 30.0
STOP_TIMEOUT = 10.0
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


async def _stopped(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_TIMEOUT)
        except TimeoutError:
            process.kill()
            await process.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Local]:
    scene = tmp_path_factory.mktemp("scene") / "scene.yaml"
    scene.write_text(SCENE, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.local_discord", "--scene", str(scene), "--stdin-eof", "--interaction-timeout", "5",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT)
        ready = cast("Json", json.loads(line))
        yield Local(ready["base_url"], ready["key"], ready["bot_token"], ready["welcome_channel"])
    finally:
        await _stopped(process)


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
