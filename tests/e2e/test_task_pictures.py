"""The pictures of tasks in the documents: a plan that waits for people, and the board of a queue."""

from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect
from psycopg import AsyncConnection

from cogs.tasks import tasks
from cogswarm.testing import BotWith, Members, ScriptedModel
from tests.e2e.conftest import BROWSER_ARGUMENTS
from tests.e2e.page_visitor import visitor
from tests.e2e.pictures import keep_picture

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

AGENTS = {
    "planner": {"model": "main", "display_name": "Planner"},
    "painter": {"capabilities": ["design"], "model": "main", "display_name": "Painter"},
    "writer": {"capabilities": ["writing"], "model": "main", "display_name": "Writer"},
}
QUEUE = {"queue": True, "agents": ["painter", "writer"], "leader": "planner"}
PARTS: list[tuple[str, str, str, list[int]]] = [
    ("Gather the opening hours", "Ask the harbour office; note holidays.", "writing", []),
    ("Draw the sign", "60 by 40 cm, legible from 10 m, in the harbour's blue.", "design", []),
    ("Write the text", "Short, in English and Danish.", "writing", [1]),
    ("Set text and drawing", "One PDF for the printer.", "design", [2, 3]),
]


async def _as_if_it_took_all_day(database_url: str) -> None:
    """Spread what happened just now over the hours before, so that there is something to draw."""
    async with await AsyncConnection.connect(database_url) as conn:
        await conn.execute(
            """
            UPDATE task_event SET at = task_event.at - make_interval(mins =>
                CASE WHEN kind = 'finish' THEN 0 WHEN kind = 'created' THEN 720 ELSE 540 END + 130 * (6 - number))
            FROM task WHERE task.id = task_id AND number > 1
            """
        )


async def test_tasks_as_the_documents_show_them(
    bot_with: BotWith,
    members: Members,
    scripted_model: ScriptedModel,
    chromium_executable: Path,
    database_url: str,
    tmp_path: Path,
) -> None:
    await bot_with(tasks, config={"cogs": {"tasks": QUEUE}, "agents": AGENTS}, model=scripted_model)
    ada, bo = await members("ada"), await members()
    parts = [
        {"title": title, "text": text, "takes": [takes], "after": after}
        for title, text, takes, after in PARTS
    ]
    scripted_model.will_give({"parts": parts})
    asked = await bo.say("A new sign for the harbour office, with the opening hours")
    thread = await bo.in_thread_of(asked)
    plan = await thread.hears("A plan for")
    await bo.sees_reaction(asked, "⏳")
    local = bo.witness.local
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_executable, args=BROWSER_ARGUMENTS
        )
        async with visitor(browser, local.base_url, local.key, still=True) as guest:
            await guest.go(f"{bo.channel_id}/{asked.id}")
            await expect(guest.side.get_by_role("button", name="Change")).to_be_in_viewport()
            await keep_picture(guest.page, "plan.png", tmp_path)
            for text in (
                "The hours are known.",
                "The sign is drawn.",
                "Welcome! Velkommen!",
                "Here is the PDF.",
            ):
                scripted_model.will_say(text)
            scripted_model.will_say("The sign is ready for the printer.")
            await thread.click(plan, "Start")
            for _ in parts:
                await thread.hears(" is done (")
            await thread.hears("ready for the printer")
            await bo.sees_reaction(asked, "✅")
            await _as_if_it_took_all_day(database_url)
            await ada.slash("tasks board")
            board = await bo.hears("Board of")
            await bo.sees(board, lambda message: bool(message.raw["attachments"]))
            await guest.go(bo.channel_id)
            await expect(guest.main.get_by_role("img", name="Two charts")).to_be_in_viewport()
            await keep_picture(guest.page, "board.png", tmp_path)
        await browser.close()
