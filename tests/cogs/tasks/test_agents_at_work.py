"""Agents in a queue: who gets what and why, what nobody can do, and attempts that fail, are stopped, or run out of time."""

from datetime import timedelta

import pytest

from bot.testing.bots import BotWith
from cogs.tasks import tasks
from cogswarm.llm import ContentRefused
from cogswarm.testing import FakeClock, Heard, Members, ScriptedModel
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def house(**rules: object) -> dict[str, object]:
    return {
        "cogs": {"tasks": {"queue": True, "agents": ["agent", "pythonista"], **rules}},
        "agents": {"pythonista": {"capabilities": ["python"], "model": "main", "concurrency": 1}},
    }


async def test_who_fits_gets_it_and_what_nobody_can_do_says_so(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel
) -> None:
    await bot_with(tasks, config=house(strategy="by_capability"), model=scripted_model)
    bo = await members()
    scripted_model.will_say("print('hello')")
    await bo.slash("task", text="Say {hello} in @everyone's Python", needs="Python")
    said = await bo.hears("📋")
    assert "Say {hello}" in said.text
    assert "asked for by" in said.text
    thread = await bo.in_thread_of(said)
    won = await thread.hears("has it")
    assert "has what it needs (python) and is free" in won.text
    assert (await thread.hears("print(")).author == "Pythonista"
    await thread.hears("✅ Done by")
    await bo.sees_reaction(said, "✅")
    shown = await (await bo.slash("tasks show", task="1")).answer()
    assert "Why: Pythonista has what it needs (python) and is free." in shown.text
    assert "**Result** (Pythonista): print(" in shown.text

    await bo.slash("task", text="Fly to the moon", needs="rocket")
    stuck = await bo.hears(lambda message: "moon" in message.text)
    await (await bo.in_thread_of(stuck)).hears("It waits: Nobody here can do this: it needs rocket")
    listed = await (await bo.slash("tasks list")).answer()
    assert "⚠️ Nobody here can do this: it needs rocket" in listed.text


async def test_an_attempt_that_fails_is_told_and_attempts_are_bounded(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel
) -> None:
    config = house(agents=["agent"], attempts=1)
    await bot_with(tasks, config=config, model=scripted_model)
    bo = await members()
    scripted_model.will_fail(ContentRefused("The model said no."))
    said = await bo.say("Something odd")
    thread = await bo.in_thread_of(said)
    given_up = await thread.hears("Given up after 1 attempts, the last ended:")
    assert given_up.buttons == ["Open again"]
    await bo.sees_reaction(said, "❌")
    scripted_model.will_say("It is done now.")
    await thread.click(given_up, "Open again")
    await thread.hears("It is done now.")
    await thread.hears("✅ Done by")


async def test_time_that_is_up_leaves_what_is_known_to_the_next(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, fake_clock: FakeClock
) -> None:
    config = house(agents=["agent"], minutes=30, attempts=3)
    await bot_with(tasks, config=config, model=scripted_model)
    bo = await members()
    held = scripted_model.will_hold("never heard")
    said = await bo.say("A long story")
    thread = await bo.in_thread_of(said)
    await held.asked()
    await fake_clock.advance(timedelta(minutes=31))
    told = await thread.hears("time was up, or somebody stopped it")
    assert "It is available again" in told.text
    scripted_model.will_say("A short story.")
    await thread.hears("A short story.")

    async def done() -> bool:
        return "done since" in (await (await bo.slash("tasks show", task="1")).answer()).text

    await eventually(done)
    held.release()


async def test_who_takes_a_task_from_an_agent_has_it(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel
) -> None:
    await bot_with(tasks, config=house(agents=["agent"], silence=1), model=scripted_model)
    ada, bo = await members("ada"), await members()
    held = scripted_model.will_hold("too late")
    said: Heard = await bo.say("A task for two")
    await held.asked()
    thread = await bo.in_thread_of(said)
    await ada.react(said, "✅")  # she may manage the server
    await thread.hears("✅ Done by")
    held.release()
    await bo.sees_reaction(said, "✅")
    assert not [one for one in await thread.history() if "too late" in one.text]
