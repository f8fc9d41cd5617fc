"""The pictures of the page in the documents, taken of a team at work."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.local_discord.server import Config, running
from tests.e2e.deploying import deploying
from tests.e2e.page_visitor import PHONE, Visitor, visitor
from tests.e2e.pictures import keep_picture
from tests.e2e.scripted_bot import logged_in

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SCENE = Path(__file__).with_name("harbour.yaml")


async def _ask_to_deploy(ada: Visitor) -> None:
    await ada.become("ada")
    await ada.box.press_sequentially("/deploy tide")
    await ada.main.get_by_role("option", name="Tide table").click()
    await ada.main.get_by_role("button", name="Send").click()
    await expect(ada.main.get_by_role("button", name="Approve", exact=True)).to_be_visible()


async def test_the_page_shows_a_team_at_work(tmp_path: Path, browser: Browser) -> None:
    async with (
        running(Config(scene=SCENE)) as local,
        logged_in(local.base_url, local.bot_token) as bot,
        deploying(bot),
        visitor(browser, local.base_url, local.key, still=True) as guest,
    ):
        page = guest.page
        bot.http.headers["X-Cogswarm-Cog"] = "deploy"
        names = {channel.name: str(channel.id) for channel in local.stage.world.channels.values()}
        await guest.go(f"{names['releases']}/{names['Release 1.4']}")
        await expect(guest.side.get_by_text("Then both stay")).to_be_in_viewport()
        await bot.post(names["tides"], "The next spring tide is on Tuesday at 14:20.")
        await expect(page.locator(f'[data-place="{names["tides"]}"] .dot')).to_be_visible()
        await page.mouse.move(0, 0)
        await keep_picture(page, "page.png", tmp_path)
        await page.emulate_media(color_scheme="dark")
        await keep_picture(page, "page-dark.png", tmp_path)
        await page.emulate_media(color_scheme="light")

        await guest.go(names["releases"])
        async with visitor(browser, local.base_url, local.key, names["releases"]) as ada:
            await _ask_to_deploy(ada)
        await guest.main.get_by_role("button", name="Ask why").click()
        form = page.get_by_role("dialog", name="Ask the requester")
        await form.get_by_label("Your question").fill("Has the old offset been kept for readings before May?")
        await keep_picture(page, "modal.png", tmp_path)
        await form.get_by_role("button", name="Submit").click()
        await guest.sees("A question from")
        await page.get_by_role("button", name="Traffic", exact=True).click()
        await page.locator(".panel-row", has_text="uses /deploy").click()
        await expect(page.get_by_role("region", name="Details")).to_be_visible()
        await keep_picture(page, "panel.png", tmp_path)

        async with visitor(
            browser, local.base_url, local.key, names["releases"], viewport=PHONE, touch=True, still=True
        ) as phone:
            await phone.sees("A question from")
            await keep_picture(phone.page, "page-phone.png", tmp_path)
