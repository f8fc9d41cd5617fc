"""WCAG 2.2 AA: what axe-core can see in every state of the page, and what it cannot."""

from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ViewportSize, expect

from tests.e2e import page_states
from tests.e2e.axe import findings, load
from tests.e2e.cut_proxy import cut_proxy
from tests.e2e.page_states import STATES, Harbour
from tests.e2e.page_visitor import SMALL_PHONE, WIDE, visitor
from tests.e2e.reach import CUT, MOVING, SIDEWAYS, SMALL, SPACED, focus_stops, gives_focus_back, listed

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def harbour() -> AsyncGenerator[Harbour]:
    async with page_states.harbour() as started:
        yield started


@pytest.mark.parametrize("viewport", [WIDE, SMALL_PHONE], ids=["wide", "phone"])
async def test_no_rule_of_axe_is_broken_in_any_state_light_or_dark(
    harbour: Harbour, browser: Browser, node_modules: Path, viewport: ViewportSize
) -> None:
    local = harbour.local
    wrong: dict[str, list[str]] = {}
    async with (
        cut_proxy(urlsplit(local.base_url).port or 0) as line,
        visitor(browser, line.address, local.key, viewport=viewport, still=True) as guest,
    ):
        page = guest.page
        await load(page, node_modules)

        async def check(name: str) -> None:
            light = [*await findings(page), *await listed(page, SMALL), *await listed(page, MOVING)]
            await page.emulate_media(color_scheme="dark")
            dark = await findings(page, colours_only=True)  # the rest is the same in the dark
            await page.emulate_media(color_scheme="light")
            if light or dark:
                wrong[name] = light + [f"dark: {each}" for each in dark]

        for state in STATES:
            await state(guest, harbour)
            await check(state.__name__)
        line.cut()
        await expect(page.get_by_text("The server does not answer")).to_be_visible()
        await check("offline")
        line.mend()
        await page.goto(f"{line.address}/?key=wrong")
        await expect(page.get_by_role("heading", name="This address is no longer good")).to_be_visible()
        await load(page, node_modules)
        await check("wrong key")
    assert not wrong


async def test_it_can_be_read_at_any_size_and_spacing(harbour: Harbour, browser: Browser) -> None:
    local = harbour.local
    wrong: dict[str, list[str]] = {}
    narrow: ViewportSize = {"width": 320, "height": 640}
    async with visitor(browser, local.base_url, local.key, viewport=narrow) as guest:
        for state in STATES:
            await state(guest, harbour)
            if found := await listed(guest.page, SIDEWAYS):
                wrong[state.__name__] = found
        await guest.page.set_viewport_size({"width": 320, "height": 256})  # what 400 % leaves of 1280 by 1024
        await guest.go(harbour.full)
        for seen in (
            guest.box,
            guest.main.get_by_role("log"),
            guest.main.get_by_role("heading", name="everything"),
        ):
            await expect(seen).to_be_in_viewport()
        await guest.page.set_viewport_size(WIDE)
        await guest.page.evaluate(SPACED)
        for state in STATES:
            await state(guest, harbour)
            if found := [*await listed(guest.page, CUT), *await listed(guest.page, SIDEWAYS)]:
                wrong[f"spaced {state.__name__}"] = found
    assert not wrong


async def test_the_focus_is_seen_everywhere_is_never_caught_and_comes_back(
    harbour: Harbour, browser: Browser
) -> None:
    local = harbour.local
    async with visitor(browser, local.base_url, local.key, f"{harbour.releases}/{harbour.thread}") as guest:
        page = guest.page
        assert await page.locator("html").get_attribute("lang") == "en"
        await expect(page.locator('[tabindex]:not([tabindex="0"], [tabindex="-1"])')).to_have_count(0)
        assert await page.title() == "Release 1.4 · Harbour Lab"
        await harbour.bot.post(harbour.full, "@everyone look", allowed_mentions={"parse": ["everyone"]})
        await expect(page).to_have_title("(1) Release 1.4 · Harbour Lab")
        for colours in ("none", "active"):
            await page.emulate_media(forced_colors=colours)
            stops, wrong = await focus_stops(page)
            assert not wrong
            assert len(stops) > 25
        await page.emulate_media(forced_colors="none")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the message box")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(guest.side.locator("textarea")).to_be_focused()
        dialog, menu = page.get_by_role("dialog"), page.get_by_role("menu")
        main, side = guest.main, guest.side
        for opener, opened in (
            (main.get_by_role("button", name="Pinned messages", exact=True), dialog),
            (main.get_by_role("button", name="Threads", exact=True), dialog),
            (main.get_by_role("button", name="Ada Okafor").first, menu),
            (side.get_by_role("button", name="Thread actions"), menu),
            (page.locator("button.me"), menu),
            (
                page.get_by_role("button", name="Traffic", exact=True),
                page.get_by_role("region", name="Traffic"),
            ),
        ):
            await gives_focus_back(page, opener, opened)
        message = guest.main.locator("li.message-item", has_text="Morning!").locator("article")
        for name, opened in (("Add a reaction", dialog), ("More", menu)):
            await message.focus()
            await gives_focus_back(page, main.get_by_role("button", name=name, exact=True), opened)


async def test_what_is_chosen_pressed_or_unread_is_told_without_the_pages_own_colours(
    harbour: Harbour, browser: Browser
) -> None:
    local = harbour.local
    async with visitor(browser, local.base_url, local.key, harbour.releases) as guest:
        page = guest.page
        await page.emulate_media(forced_colors="active")
        outlined = "e => getComputedStyle(e).outlineStyle"
        pills = guest.main.locator(".reaction")
        assert await pills.and_(page.locator('[aria-pressed="true"]')).first.evaluate(outlined) == "solid"
        assert await pills.and_(page.locator('[aria-pressed="false"]')).first.evaluate(outlined) == "none"
        assert await page.locator(".place[aria-current]").evaluate(outlined) == "solid"
        await guest.box.press_sequentially("/")
        chosen = guest.main.get_by_role("option", selected=True)
        assert await chosen.evaluate(outlined) == "solid"
        await harbour.bot.post(harbour.full, "something new")
        dot = page.locator(f'[data-place="{harbour.full}"]').locator(".dot, .badge")
        drawn = "e => getComputedStyle(e).forcedColorAdjust === 'none' || getComputedStyle(e).borderStyle === 'solid'"
        assert await dot.evaluate(drawn)
