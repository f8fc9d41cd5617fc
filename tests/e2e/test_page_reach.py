"""Everybody can use the page: by keyboard, by ear, on a phone, in the dark, without motion."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.page_visitor import PHONE, Visit
from tests.e2e.scripted_bot import ScriptedBot
from tests.e2e.test_page import COMMAND, DEFERRED, RESEARCH

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAIRS = (
    [
        (ink, ground)
        for ink in ("text", "text-soft", "text-faint", "accent", "link", "danger", "warm")
        for ground in (
            "ground",
            "ground-side",
            "ground-raised",
            "ground-hover",
            "ground-sunk",
            "accent-soft",
            "warm-soft",
        )
        if (ink in {"text", "text-soft"} or not ground.endswith("-soft") or ground.startswith(ink))
    ]
    + [("accent-ink", "accent"), ("accent-ink", "accent-strong")]
    + [
        (f"code-{kind}", "ground-sunk")
        for kind in ("attribute", "comment", "function", "keyword", "number", "string", "tag", "type")
    ]
)


async def test_each_new_message_is_announced_once_and_edits_and_history_are_not(
    visit: Visit, bot: ScriptedBot
) -> None:
    await bot.commands(RESEARCH)
    channel = await bot.channel("spoken")
    await bot.post(channel, "history")
    guest = await visit(channel)
    await expect(guest.main.get_by_role("log")).to_have_attribute("aria-live", "off")
    new = await bot.post(channel, "**news** for <@1>", embeds=[{"title": "A card"}])
    await guest.sees("news")
    await bot.edit(new, content="changed")
    await guest.sees("changed")
    await guest.say("my own words")
    await guest.sees("my own words")
    await guest.box.fill("/research topic: x")
    await guest.main.get_by_label("topic, required").press("Enter")
    used = await bot.next(COMMAND, channel)
    await bot.answer(used, DEFERRED)
    await guest.sees("is thinking")
    await bot.follow_up(used, content="the answer")
    await guest.sees("the answer")
    assert await guest.announced() == [
        "cogswarm: news for @unknown user\nA card",
        "cogswarm: is thinking",
        "cogswarm: the answer",
    ]


async def test_landmarks_and_names_are_there(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("marks")
    starter = await bot.post(channel, "start")
    thread = await bot.thread_on(starter, "Deep dive")
    guest = await visit(f"{channel}/{thread}")
    page = guest.page
    await expect(page.get_by_role("navigation", name="Channels")).to_be_visible()
    await expect(page.get_by_role("main", name="Channel marks")).to_be_visible()
    await expect(page.get_by_role("complementary", name="Thread Deep dive")).to_be_visible()
    await expect(page.get_by_role("log", name="Messages in marks")).to_be_visible()
    await expect(guest.main.get_by_role("article", name="cogswarm")).to_be_visible()
    await expect(page.locator('[aria-current="page"]')).to_have_count(1)
    assert re.search(r"Deep dive · Harbour Lab", await page.title())


async def test_every_text_colour_can_be_read_on_every_ground(visit: Visit) -> None:
    page = (await visit()).page
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        colours = await _colours(page)
        low = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in PAIRS}
        assert not {pair: ratio for pair, ratio in low.items() if ratio < 4.5}


async def _colours(page: Page) -> dict[str, str]:
    return await page.evaluate(
        """() => {
          const style = getComputedStyle(document.documentElement);
          const names = new Set([...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
            .flatMap((rule) => [...(rule.style ?? [])]).filter((name) => name.startsWith('--')));
          return Object.fromEntries([...names].map((name) => [name.slice(2), style.getPropertyValue(name).trim()]));
        }"""
    )


def contrast(ink: str, ground: str) -> float:
    """The contrast ratio of WCAG 2 between two ``#rrggbb`` colours."""
    light, dark = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


async def test_a_phone_shows_one_thing_at_a_time(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("pocket")
    starter = await bot.post(channel, "a long unbroken " + "word" * 60)
    thread = await bot.thread_on(starter, "On the go")
    await bot.post(thread, "inside")
    guest = await visit(channel, viewport=PHONE, touch=True)
    page = guest.page
    nav = page.get_by_role("navigation", name="Channels")
    await expect(nav).to_be_hidden()
    await page.get_by_role("button", name="Channels").tap()
    await expect(nav).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(nav).to_be_hidden()
    await page.get_by_role("button", name="Channels").tap()
    await nav.get_by_role("link", name="On the go").tap()
    await expect(nav).to_be_hidden()
    await expect(guest.side.get_by_text("inside")).to_be_visible()
    await expect(guest.main).to_be_hidden()
    await page.get_by_role("link", name="Back to the channel").tap()
    await expect(guest.main).to_be_visible()
    assert await page.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"]


async def test_without_motion_nothing_moves(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("still")
    guest = await visit(channel, still=True)
    await bot.call("POST", f"/channels/{channel}/typing")
    await expect(guest.main.locator(".typing")).to_contain_text("is typing")
    assert await guest.page.evaluate("() => document.getAnimations().length") == 0
