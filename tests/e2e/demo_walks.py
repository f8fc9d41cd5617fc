"""What a newcomer can try in each channel of the demo: one short walk through the page each, with its picture."""

import re
from pathlib import Path

from playwright.async_api import Page, expect

from tests.e2e.pictures import keep_picture, keeps_pictures

ANSWER_MS = 30_000
CLOSE_MS, DRAWN_MS = 60_000, 2_000


async def chats(page: Page, folder: Path) -> None:
    """In #chat nobody needs to be mentioned; `/context` shows what the answer rests on."""
    await _go(page, "chat")
    await _write(page, "How do trees cool a city?")
    await expect(page.get_by_text(re.compile("extractive, offline")).last).to_be_visible(timeout=ANSWER_MS)
    await _command(page, "/context")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("Looked up with").last).to_be_visible(timeout=ANSWER_MS)
    await _picture(page, "chat.png", folder)


async def works_on_a_task(page: Page, folder: Path) -> None:
    """In #tasks a message is a task: claimed by its button, done by another."""
    await _go(page, "tasks")
    await _write(page, "Count the boats in the harbour")
    await page.get_by_text("Open thread").last.click(timeout=ANSWER_MS)
    await page.get_by_role("button", name="Claim", exact=True).click(timeout=ANSWER_MS)
    await expect(page.get_by_text("has it.").last).to_be_visible(timeout=ANSWER_MS)
    await page.get_by_role("button", name="Done", exact=True).last.click()
    await expect(page.get_by_text("✅ Done by").last).to_be_visible(timeout=ANSWER_MS)
    await expect(page.get_by_role("heading", name="✅ Count the boats")).to_be_visible(timeout=ANSWER_MS)
    await _picture(page, "tasks.png", folder)


async def bids(page: Page, folder: Path) -> None:
    """In #auction what is written is bid for: by both agents, and by whoever presses the button."""
    await _go(page, "auction")
    await _write(page, "Count the gulls on the quay")
    await page.get_by_text("Open thread").last.click(timeout=ANSWER_MS)
    await expect(page.get_by_text("2 so far").last).to_be_visible(timeout=ANSWER_MS)
    await page.get_by_role("button", name="Bid", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox").first.fill("5")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Your bid is sealed").last).to_be_visible(timeout=ANSWER_MS)
    if not keeps_pictures():
        return  # the close is half a minute away
    await expect(page.get_by_text("🏆").last).to_be_visible(timeout=CLOSE_MS)
    await page.wait_for_timeout(DRAWN_MS)
    await _picture(page, "auction.png", folder)


async def remembers(page: Page, folder: Path) -> None:
    """In #memory a fact is pinned by command, and the agent answers from it with its link."""
    await _go(page, "memory")
    await _command(page, "/remember")
    await page.get_by_role("textbox", name="fact, required").fill("The quay is closed on Mondays.")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("is noted and gets pinned").last).to_be_visible(timeout=ANSWER_MS)
    await expect(page.get_by_text("pinned a message").last).to_be_visible(timeout=ANSWER_MS)
    await _write(page, "When is the quay closed?")
    await expect(page.get_by_role("link", name="[P1]").last).to_be_visible(timeout=ANSWER_MS)
    await _picture(page, "memory.png", folder)


async def decides(page: Page, folder: Path) -> None:
    """In #consensus a question is decided: by a proposal that quotes, one that somebody writes, and a vote."""
    await _go(page, "consensus")
    await _command(page, "/consensus")
    await page.get_by_role("textbox", name="question, required").fill("Which boat should we buy?")
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_text("Open thread").last.click(timeout=ANSWER_MS)
    await page.get_by_role("button", name="Add a proposal", exact=True).click(timeout=ANSWER_MS)
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill("Buy no boat, and hire one for the summer.")
    await dialog.get_by_role("button", name="Submit").click()
    await page.get_by_role("button", name="Show them now", exact=True).click(timeout=ANSWER_MS)
    await expect(page.get_by_text("Open until").last).to_be_visible(timeout=ANSWER_MS)
    await page.get_by_role("checkbox", name=re.compile("hire one")).check()
    await page.get_by_role("button", name="Done", exact=True).last.click()
    await expect(page.get_by_text("Your vote is counted").last).to_be_visible(timeout=ANSWER_MS)
    await page.get_by_role("button", name="Close now", exact=True).click()
    await expect(page.get_by_text("Who wrote what").last).to_be_visible(timeout=ANSWER_MS)
    await page.wait_for_timeout(DRAWN_MS if keeps_pictures() else 0)
    await _picture(page, "consensus.png", folder)


async def asks_somebody(page: Page, folder: Path) -> None:
    """In #approvals somebody asks, and somebody else answers."""
    await _go(page, "approvals")
    await _command(page, "/question")
    await page.get_by_role("textbox", name="text, required").fill("Which colour for the boat?")
    await page.get_by_role("button", name="Send", exact=True).click()
    await _become(page, "Chen")
    await page.get_by_text("Open thread").last.click(timeout=ANSWER_MS)
    await page.get_by_role("button", name="Answer…", exact=True).last.click(timeout=ANSWER_MS)
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill("Blue, as always")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("✅ Answered: Blue, as always").last).to_be_visible(timeout=ANSWER_MS)
    await expect(page.get_by_text("✓ Done").last).to_be_visible(timeout=ANSWER_MS)
    await expect(page.get_by_text("You are now Chen")).to_be_hidden(timeout=ANSWER_MS)
    await _picture(page, "approvals.png", folder)


async def reviews(page: Page, folder: Path) -> None:
    """In #code-review a pull request of the small GitHub becomes a thread: agents look, and whoever asked decides."""
    await _go(page, "code-review")
    await _command(page, "/review")
    await page.get_by_role("option", name=re.compile("Let customers use coupons")).first.click(
        timeout=ANSWER_MS
    )
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_text("Open thread").last.click(timeout=ANSWER_MS)
    await page.get_by_role("button", name="Request changes", exact=True).last.click(timeout=ANSWER_MS)
    await expect(page.get_by_text("stands on GitHub").last).to_be_visible(timeout=ANSWER_MS)
    if not keeps_pictures():
        return
    await page.mouse.move(1150, 500)
    await page.mouse.wheel(0, -5_000)  # to what the agents have said, at the thread's beginning
    await page.wait_for_timeout(DRAWN_MS)
    await _picture(page, "code-review.png", folder)


async def writes_to_a_bus(page: Page, folder: Path) -> None:
    """In #bridge what is written goes to an agent on a bus, and its answer comes back."""
    await _go(page, "bridge")
    await _write(page, "Which boats leave at six?")
    await expect(page.get_by_text("You said: Which boats leave at six?").last).to_be_visible(
        timeout=ANSWER_MS
    )
    await expect(page.get_by_role("button", name="✅").last).to_be_visible(timeout=ANSWER_MS)
    await _command(page, "/bus status")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("Connected to the agent bus").last).to_be_visible(timeout=ANSWER_MS)
    await _picture(page, "bridge.png", folder)


async def _go(page: Page, channel: str) -> None:
    link = page.get_by_role("link", name=channel, exact=True)
    await link.or_(page.get_by_role("button", name=channel, exact=True)).first.click()
    await expect(page.get_by_role("heading", name=channel, exact=True).first).to_be_visible()


async def _write(page: Page, text: str) -> None:
    box = page.get_by_role("textbox").last
    await box.fill(text)
    await box.press("Enter")


async def _command(page: Page, name: str) -> None:
    """Choose a command, once the page has heard of it."""
    box = page.get_by_role("textbox").last
    await box.fill(name)
    await expect(page.get_by_role("option", name=name).first).to_be_visible(timeout=ANSWER_MS)
    await box.press("Enter")


async def _become(page: Page, who: str) -> None:
    await page.get_by_role("button", name="You are").click()
    await page.get_by_role("menuitemradio", name=who).click()


async def _picture(page: Page, name: str, folder: Path) -> None:
    await page.mouse.move(0, 0)
    await keep_picture(page, name, folder)
