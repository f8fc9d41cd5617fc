"""The page's panel: traffic as it flows, what belongs together in it, and trouble on purpose."""

import asyncio
import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bot.local_discord.gateway.session import frame
from bot.local_discord.server import Config, running
from bot.local_discord.traffic.traffic import Passed
from tests.e2e.conftest import Local
from tests.e2e.cut_proxy import cut_proxy
from tests.e2e.page_visitor import Visit, Visitor, visitor
from tests.e2e.scripted_bot import ScriptedBot, logged_in
from tests.e2e.test_page import COMMAND, DEFERRED, RESEARCH
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

COG = "X-Cogswarm-Cog"
HOSTILE = "<img src=x onerror=alert(1)>"


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Traffic")


def rows(page: Page, text: str = "") -> Locator:
    return panel(page).locator(".panel-rows").get_by_role("row").filter(has_text=text)


async def opened(page: Page) -> None:
    await page.get_by_role("button", name="Traffic", exact=True).click()
    await expect(panel(page)).to_be_visible()


async def test_traffic_is_seen_filtered_opened_and_disturbed(visit: Visit, bot: ScriptedBot) -> None:
    await bot.commands(RESEARCH)
    channel = await bot.channel("watched")
    guest = await visit(channel)
    await expect(panel(guest.page)).to_be_hidden()
    await opened(guest.page)
    await panel(guest.page).get_by_role("button", name="Clear", exact=True).click()
    await expect(panel(guest.page)).to_contain_text("Nothing yet")
    await _a_command_names_its_cog(guest, bot, channel)
    await _filters_leave_the_rest_out(guest.page)
    await _an_interaction_is_seen_whole(guest.page, bot, channel)
    await _trouble_happens_to_bots_until_all_clear(guest, bot, channel)
    await _a_pause_loses_nothing(guest.page, bot, channel)
    await _its_size_changes_without_dragging(guest.page)
    assert all("INTERACTION" not in text for text in await guest.announced()), "rows are not read out"
    await guest.page.reload()
    await guest.ready()
    await expect(rows(guest.page, "meanwhile")).to_have_count(2)
    await panel(guest.page).get_by_role("button", name="Close the traffic panel").click()
    await expect(panel(guest.page)).to_be_hidden()


async def _a_command_names_its_cog(guest: Visitor, bot: ScriptedBot, channel: str) -> None:
    page = guest.page
    bot.http.headers[COG] = "research"
    await guest.box.fill("/research topic: wind")
    await guest.main.get_by_label("topic, required").press("Enter")
    used = await bot.next(COMMAND, channel)
    await bot.answer(used, DEFERRED)
    await bot.follow_up(used, content=HOSTILE)
    bot.http.headers[COG] = "review"
    await bot.post(channel, "from the review")
    del bot.http.headers[COG]
    assert not (await bot.http.get("/api/v10/channels/1")).is_success
    asked = rows(page, "INTERACTION_CREATE")
    await expect(asked).to_contain_text("Ben Lindqvist uses /research topic: wind")
    await expect(asked.get_by_role("gridcell").last).to_have_text("research")
    await expect(rows(page, "/callback")).to_contain_text("will answer later")
    await expect(rows(page, "from the review").first).to_contain_text("review")
    await expect(rows(page, "/interactions").filter(has_text="uses /research")).to_have_count(
        0
    )  # the person's own


async def _filters_leave_the_rest_out(page: Page) -> None:
    show = panel(page).get_by_role("group", name="What is shown")
    await show.get_by_role("button", name="review").click()
    await expect(rows(page)).to_have_count(2)  # the request, and the event that it made
    await show.get_by_role("button", name="review").click()
    await show.get_by_role("button", name="Only errors").click()
    await expect(rows(page)).to_have_count(1)
    await expect(rows(page)).to_contain_text("Unknown Channel (10003)")
    await show.get_by_role("button", name="Only errors").click()
    await show.get_by_role("searchbox").fill("callback")
    await expect(rows(page)).to_have_count(1)
    await show.get_by_role("searchbox").fill("")


async def _an_interaction_is_seen_whole(page: Page, bot: ScriptedBot, channel: str) -> None:
    asked = rows(page, "INTERACTION_CREATE")
    grid = panel(page).get_by_role("grid")
    await asked.click()
    await expect(panel(page).locator(".kin")).to_have_count(await rows(page, "research").count())
    details = panel(page).get_by_role("region", name="Details")
    await expect(details.get_by_role("listitem")).to_have_count(5)
    await expect(grid).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(details.get_by_role("heading", name="/callback")).to_be_visible()
    await expect(details.get_by_label("Sent", exact=True).last).to_contain_text('"type": 5')
    await expect(details).to_contain_text("Copy as curl")
    await bot.post(channel, "while it is read")
    await expect(rows(page, "while it is read").first).to_be_visible()
    await expect(grid).to_be_focused()
    await (
        details.get_by_role("button", name="its answer")
        .or_(details.get_by_role("button", name=HOSTILE))
        .first.click()
    )
    await expect(details.get_by_label("Sent", exact=True).last).to_contain_text(HOSTILE)
    await page.keyboard.press("Escape")
    await expect(details).to_be_hidden()
    await expect(grid).to_be_focused()


async def _trouble_happens_to_bots_until_all_clear(guest: Visitor, bot: ScriptedBot, channel: str) -> None:
    page = guest.page
    await panel(page).get_by_role("button", name="Trouble").click()
    trouble = panel(page).get_by_role("region", name="Trouble")
    await trouble.get_by_label("Which requests").select_option("new messages")
    await trouble.get_by_role("button", name="Error 500, after doing it").click()
    await expect(trouble.get_by_role("listitem")).to_have_text(
        "error 500, after doing it — new messages, once"
    )
    await guest.say("people are not meant")
    await guest.sees("people are not meant")
    body = {"content": "it stands there"}
    answer = await bot.http.post(f"/api/v10/channels/{channel}/messages", json=body)
    assert answer.status_code == 500
    await guest.sees("it stands there")
    await expect(rows(page, "500 trouble")).to_have_count(1)
    await expect(trouble.get_by_role("listitem")).to_have_count(0)
    await trouble.get_by_label("Which events").select_option("messages")
    await trouble.get_by_role("button", name="Send one twice").click()
    await expect(trouble.get_by_role("listitem")).to_have_text("sent twice — messages, cogswarm, once")
    await trouble.get_by_role("button", name="A day forward").click()
    await expect(trouble.get_by_role("listitem")).to_have_count(2)
    await trouble.get_by_role("button", name="All clear").click()
    await expect(trouble.get_by_role("status")).to_have_text("All clear")
    await expect(trouble.get_by_role("listitem")).to_have_count(0)


async def _a_pause_loses_nothing(page: Page, bot: ScriptedBot, channel: str) -> None:
    await panel(page).get_by_role("button", name="Pause").click()
    await bot.post(channel, "meanwhile")
    await expect(panel(page).get_by_role("button", name="Go on (2)")).to_be_visible()
    await expect(rows(page, "meanwhile")).to_have_count(0)
    await panel(page).get_by_role("button", name="Go on").click()
    await expect(rows(page, "meanwhile")).to_have_count(2)


async def _its_size_changes_without_dragging(page: Page) -> None:
    edge = page.get_by_role("separator", name="Height of the traffic panel")
    await edge.press("ArrowUp")
    await expect(edge).to_have_attribute("aria-valuenow", "50")
    for name, share in (("Larger", "85"), ("Smaller", "50")):
        await panel(page).get_by_role("button", name=name).click()
        await expect(edge).to_have_attribute("aria-valuenow", share)


async def test_on_a_phone_it_covers_the_page_and_gives_the_focus_back(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("small")
    guest = await visit(channel, viewport={"width": 360, "height": 740}, touch=True, scheme="dark")
    page = guest.page
    await page.get_by_role("button", name="Channels").tap()
    toggle = page.get_by_role("button", name="Traffic", exact=True)
    await expect(toggle).to_have_attribute("aria-expanded", "false")
    await toggle.tap()
    await bot.post(channel, "a long unbroken " + "word" * 60)
    await expect(rows(page, "POST").last).to_be_visible()
    box = await panel(page).bounding_box()
    assert box == {"x": 0, "y": 0, "width": 360, "height": 740}
    assert await page.evaluate("() => document.documentElement.scrollWidth") == 360
    assert await page.evaluate("() => document.getElementById('app').inert")
    await panel(page).get_by_role("button", name="Trouble").tap()
    await expect(panel(page).get_by_role("heading", name="Trouble on purpose")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(panel(page)).to_be_hidden()
    await expect(toggle).to_be_focused()
    assert not await page.evaluate("() => document.getElementById('app').inert")


async def test_a_lost_line_is_said_and_nothing_is_missed_or_doubled(
    visit: Visit, bot: ScriptedBot, local: Local
) -> None:
    channel = await bot.channel("unheard")
    async with cut_proxy(local.port) as line:
        guest = await visit(channel, base_url=line.address)
        page = guest.page
        await opened(page)
        await bot.post(channel, "unheard before")
        await expect(rows(page, "POST").filter(has_text="unheard before")).to_have_count(1)
        line.cut()
        await expect(panel(page)).to_contain_text("The server cannot be reached; trying again.")
        await bot.post(channel, "unheard during")
        line.mend()
        await expect(rows(page, "POST").filter(has_text="unheard during")).to_have_count(1)
        await expect(panel(page)).not_to_contain_text("cannot be reached")
        await expect(rows(page, "POST").filter(has_text="unheard before")).to_have_count(1)


async def test_a_flood_stays_small_in_the_page(browser: Browser) -> None:
    async with running(Config(record=None)) as local, visitor(browser, local.base_url, local.key) as guest:
        page = guest.page
        await opened(page)
        traffic, bot = local.desk.traffic, local.application_id
        for number in range(20_000):
            text = frame(
                0,
                {"content": f"message {number}", "author": {"username": "flood"}},
                seq=number,
                name="MESSAGE_CREATE",
            )
            now = datetime.now(UTC)
            traffic.add(Passed(traffic.next_number(), now, True, text, "s", bot, bot))
            if number % 200 == 0:
                await asyncio.sleep(0)
        await expect(rows(page, "message 19999")).to_be_visible()
        await expect(panel(page).get_by_role("grid")).to_have_attribute("aria-rowcount", "2001")
        assert await rows(page).count() < 80
        grid = panel(page).get_by_role("grid")
        await grid.focus()
        await page.keyboard.press("Home")
        await expect(rows(page, "message 18000")).to_be_visible()
        await expect(panel(page).get_by_role("button", name="Newest")).to_be_visible()
        chosen = await grid.get_attribute("aria-activedescendant")
        await expect(page.locator(f"#{chosen}")).to_have_attribute("aria-selected", "true")
        await panel(page).get_by_role("button", name="Newest").click()
        await expect(rows(page, "message 19999")).to_be_visible()


async def test_every_ready_made_trouble_is_one_that_the_server_knows(browser: Browser) -> None:
    async with (
        running(Config(record=None)) as local,
        logged_in(local.base_url, local.bot_token),
        visitor(browser, local.base_url, local.key) as guest,
    ):
        await opened(guest.page)
        await panel(guest.page).get_by_role("button", name="Trouble").click()
        trouble = panel(guest.page).get_by_role("region", name="Trouble")
        said = trouble.get_by_role("status")
        await trouble.get_by_label("How often").select_option("until all clear")
        buttons = await trouble.locator("section button").all()
        assert len(buttons) > 15
        for button in buttons:
            label = await button.inner_text()
            await button.click()
            await expect(said).to_have_text(
                re.compile(rf"^(Set|Done|Done to \d connections?): {re.escape(label)}$")
            )
        await expect(trouble.get_by_role("listitem")).to_have_count(11)
        await expect(trouble.get_by_role("listitem").last).to_contain_text("The clock is 1 day ahead")
        await trouble.get_by_role("button", name="Remove").first.click()
        await expect(trouble.get_by_role("listitem")).to_have_count(10)
        await trouble.get_by_role("button", name="All clear").click()
        await expect(trouble).to_contain_text("Nothing is set")

        async def all_gone() -> bool:
            return local.desk.faults.all() == []

        # the page says so at once and asks the server for it
        await eventually(all_gone)
