"""A newcomer's first minute: start the demo, open the one address, press a question, read a cited answer."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.e2e import demo_walks
from tests.e2e.pictures import keep_picture
from tests.waiting import eventually

CHROMIUM = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
READY_SECONDS = 120.0
QUESTION = "How do tidal turbines make electricity?"

pytestmark = pytest.mark.timeout(240)


@asynccontextmanager
async def demo(state: Path) -> AsyncGenerator[tuple[str, asyncio.subprocess.Process]]:
    """The demo in a process of its own: its address, and the process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cogswarm", "demo", "--library-only", "--state", str(state), "--port", "8870",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(READY_SECONDS):
            while not (
                address := re.search(rb"http://127\.0\.0\.1:\d+/\?key=\S+", await process.stdout.readline())
            ):
                assert not process.stdout.at_eof(), "the demo ended before it was ready"
        yield address[0].decode(), process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.wait(), 30)


@asynccontextmanager
async def browser(executable: Path) -> AsyncGenerator[Browser]:
    async with async_playwright() as play:
        chromium = await play.chromium.launch(executable_path=executable, args=list(CHROMIUM))
        try:
            yield chromium
        finally:
            await chromium.close()


def _children(process: asyncio.subprocess.Process) -> list[str]:
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("utf-8").split()


def _alive(children: list[str]) -> list[str]:
    return [child for child in children if Path(f"/proc/{child}").exists()]


async def test_a_newcomer_gets_a_cited_answer_and_ctrl_c_ends_everything(
    tmp_path: Path, chromium_executable: Path
) -> None:
    async with demo(tmp_path / "state") as (address, process), browser(chromium_executable) as chromium:
        page = await chromium.new_page(viewport={"width": 1440, "height": 900})
        await page.goto(address)
        question = page.get_by_role("button", name=QUESTION)
        await expect(question).to_be_visible()
        await keep_picture(page, "welcome.png", tmp_path)
        await question.click()
        await expect(page.get_by_text("✓ Done").first).to_be_visible(timeout=60_000)
        answer = page.get_by_role("link", name=re.compile(r"\[\d+\]"))
        await expect(answer.first).to_be_visible(timeout=30_000)
        assert (await answer.first.get_attribute("href") or "").startswith("http://127.0.0.1:")
        await expect(page.get_by_text("Sources", exact=True)).to_be_visible()
        await page.mouse.move(0, 0)
        await keep_picture(page, "research.png", tmp_path)

        for walk in (
            demo_walks.chats,
            demo_walks.works_on_a_task,
            demo_walks.bids,
            demo_walks.remembers,
            demo_walks.decides,
            demo_walks.reviews,
            demo_walks.asks_somebody,
            demo_walks.writes_to_a_bus,
        ):
            await walk(page, tmp_path)
        children = _children(process)
        assert len(children) == 4
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 30) == 130
    assert _alive(children) == []


async def test_a_killed_demo_leaves_nothing_running(tmp_path: Path) -> None:
    async with demo(tmp_path / "state") as (_, process):
        children = _children(process)
        process.kill()
        await process.wait()

        async def all_ended() -> bool:
            return not _alive(children)

        await eventually(all_ended, 30)
