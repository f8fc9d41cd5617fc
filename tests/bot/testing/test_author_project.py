"""What an author meets: another asyncio mode, workers, a random order, and failures that explain themselves."""

from pathlib import Path

import pytest

from tests.bot.testing.author import run_pytest, write_project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

STRICT = """
import pytest
from cogswarm_standup import standup

@pytest.mark.asyncio
@pytest.mark.parametrize("number", range(2))
async def test_it(bot_with, member, number):
    await bot_with(standup)
    await member.say(f"page {number} shipped")
    thread = await member.slash("standup")
    assert f"page {number}" in (await thread.next()).text

def test_the_fixtures_need_no_loop_of_the_tests(scripted_model, fake_clock, assert_plugin_ok, local_discord_config):
    assert local_discord_config.clock.now() == fake_clock.now()
"""

FAILING = """
import pytest
from cogswarm.llm import BackendError, Request, Turn
from cogswarm_standup import standup

async def test_a_call_that_nobody_expected(scripted_model):
    with pytest.raises(BackendError):
        async for _ in scripted_model.stream(Request("chat", "m", "", (Turn("user", "Why?"),))):
            pass

def test_a_reply_that_nobody_asked_for(scripted_model):
    scripted_model.will_say("hello")
    scripted_model.must_be_used_up()

async def test_a_bot_that_does_not_start(bot_with):
    await bot_with(standup, config={"discord": {"message_content": False}})
"""


def test_strict_mode_workers_and_a_random_order(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", {"test_strict.py": STRICT}, asyncio_mode="strict")
    ended = run_pytest(project, "-q", "-n", "2")
    assert "3 passed" in ended.stdout, ended.stdout + ended.stderr
    assert "warning" not in ended.stdout


def test_failures_explain_themselves(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", {"test_failing.py": FAILING})
    ended = run_pytest(project, "-q", "-p", "no:randomly")
    assert "3 failed" in ended.stdout, ended.stdout + ended.stderr
    for sentence in (
        "The scripted model got an unexpected call (number 1, to chat: “Why?”), and no reply was queued",
        "1 replies of the scripted model were not used; it got 0 calls.",
        "The bot did not start: the cog standup needs the intent message_content, which is not switched on",
    ):
        assert sentence in ended.stdout


def test_the_fixtures_are_listed_with_what_they_are_for(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", {})
    ended = run_pytest(project, "--fixtures", "-q")
    shown = ended.stdout.partition("fixtures defined from bot.testing.plugin")[2]
    for name in (
        "assert_plugin_ok", "bot_with", "fake_clock", "local_discord", "local_discord_config", "member", "members",
        "scripted_model",
    ):  # fmt: skip
        _, _, text = shown.partition(f"\n{name} -- ")
        assert text, name
        assert "no docstring available" not in text.splitlines()[1]
    assert "_journal" not in shown
