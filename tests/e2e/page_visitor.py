"""A person at the page, as a test sees them: what they read, press and type."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, Protocol
from urllib.parse import urlsplit

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

DEADLINE_MS = 10_000.0
WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SMALL_PHONE: ViewportSize = {"width": 360, "height": 740}
PEOPLE = {"ada": "Ada Okafor", "ben": "Ben Lindqvist", "chiyo": "Chiyo Tanaka"}

type Scheme = Literal["light", "dark"]

expect.set_options(timeout=DEADLINE_MS)


class Visit(Protocol):
    """Opens the page at a channel."""

    async def __call__(
        self,
        channel: str = "",
        *,
        base_url: str = "",
        viewport: ViewportSize = WIDE,
        scheme: Scheme = "light",
        touch: bool = False,
        still: bool = False,
    ) -> "Visitor": ...


@dataclass(slots=True)
class Visitor:
    """One open page. ``problems`` fills with whatever the page must never do."""

    page: Page
    base_url: str
    problems: list[str] = field(default_factory=list[str])

    @property
    def main(self) -> Locator:
        """The open channel."""
        return self.page.locator("main.pane-channel")

    @property
    def side(self) -> Locator:
        """The open thread."""
        return self.page.locator("aside.pane-thread")

    @property
    def box(self) -> Locator:
        """Where a message to the channel is written."""
        return self.main.locator("textarea.composer-text")

    def message(self, text: str) -> Locator:
        """Messages that hold a text, in whatever is open."""
        return self.page.locator("li.message-item", has_text=text)

    async def sees(self, text: str, *, times: int = 1) -> Locator:
        """Wait until that many messages hold a text."""
        await expect(self.message(text)).to_have_count(times)
        return self.message(text)

    async def say(self, text: str) -> None:
        """Write a message and send it."""
        await self.box.fill(text)
        await self.box.press("Enter")

    async def go(self, channel: str) -> None:
        """Open another channel, or a thread as ``channel/thread``."""
        await self.page.evaluate("address => { location.hash = '/' + address }", channel)
        await expect(
            self.page.locator(f'[data-place="{channel.rpartition("/")[2]}"][aria-current]')
        ).to_be_attached()

    async def become(self, person: str) -> None:
        """Be somebody else."""
        await self.page.locator("button.me").click()
        await self.page.get_by_role("menuitemradio", name=PEOPLE[person]).click()
        await expect(self.page.locator(".me .me-name")).to_contain_text(PEOPLE[person])
        await self.ready()

    async def ready(self) -> None:
        """Wait until the page is live and the channel has been read."""
        await expect(self.page.locator('#app[data-line="ready"]')).to_be_attached(timeout=DEADLINE_MS)
        await expect(self.main.locator(".log-status")).to_be_empty(timeout=DEADLINE_MS)

    async def announced(self) -> list[str]:
        """What a screen reader has been told, in order, since the page was opened."""
        return await self.page.evaluate("() => window.__announced")


WATCH_ANNOUNCER = """
window.__announced = [];
document.addEventListener('DOMContentLoaded', () => {
  new MutationObserver((records) => {
    for (const record of records) for (const node of record.addedNodes) window.__announced.push(node.textContent);
  }).observe(document.getElementById('announcer'), { childList: true, subtree: true, characterData: true });
});
"""


@asynccontextmanager
async def visitor(
    browser: Browser,
    base_url: str,
    key: str,
    channel: str = "",
    *,
    viewport: ViewportSize = WIDE,
    scheme: Scheme = "light",
    touch: bool = False,
    still: bool = False,
) -> AsyncGenerator[Visitor]:
    """Open the page; afterwards fail where it asked another host, broke, or complained on its console."""
    context = await browser.new_context(
        viewport=viewport,
        color_scheme=scheme,
        locale="en-GB",
        has_touch=touch,
        is_mobile=touch,
        reduced_motion="reduce" if still else "no-preference",
    )
    context.set_default_timeout(DEADLINE_MS)
    try:
        page = await context.new_page()
        await page.add_init_script(WATCH_ANNOUNCER)
        guest = Visitor(page, base_url)
        host = urlsplit(base_url).netloc

        def asked(url: str) -> None:
            if urlsplit(url).netloc != host:
                guest.problems.append(f"asked {url}")

        def complained(text: str) -> None:
            # the browser itself reports refused requests and lost connections; tests cause those on purpose
            if not re.search(r"Failed to load resource|WebSocket connection to", text):
                guest.problems.append(text)

        page.on("request", lambda request: asked(request.url))
        page.on("websocket", lambda socket: asked(socket.url))
        page.on("pageerror", lambda error: guest.problems.append(str(error)))
        page.on("console", lambda said: complained(said.text) if said.type in {"error", "warning"} else None)
        await page.goto(f"{base_url}/?key={key}" + (f"#/{channel}" if channel else ""))
        await guest.ready()
        yield guest
        assert not guest.problems, guest.problems
    finally:
        await context.close()
