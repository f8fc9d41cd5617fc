"""A leader and its workers, from a wish to its result: the plan, what people make of it, the parts, and what fails."""

from collections.abc import Callable

import pytest

from cogs.admin import admin
from cogs.tasks import tasks
from cogswarm.llm import ContentRefused, Request
from cogswarm.testing import BotWith, Members, ScriptedModel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

AGENTS: dict[str, object] = {
    "boss": {"model": "main", "display_name": "Boss"},
    "painter": {"capabilities": ["paint"], "model": "main", "display_name": "Painter"},
    "writer": {"capabilities": ["write"], "model": "main", "display_name": "Writer"},
}


def house(**rules: object) -> dict[str, object]:
    queue = {"queue": True, "agents": ["painter", "writer"], "leader": "boss", "strategy": "by_capability"}
    return {"cogs": {"tasks": {**queue, **rules}}, "agents": AGENTS}


def part(title: str, takes: str, *after: int) -> dict[str, object]:
    return {"title": title, "text": f"{title}, please.", "takes": [takes], "after": list(after)}


def asked_for(words: str) -> Callable[[Request], bool]:
    def fits(request: Request) -> bool:
        return words in request.turns[-1].text

    return fits


def plan(model: ScriptedModel, *parts: dict[str, object]) -> None:
    model.will_give({"parts": list(parts)}, when=asked_for("Split it into parts"))


async def test_a_plan_is_changed_begun_and_comes_back_as_one_result(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel
) -> None:
    await bot_with(tasks, config=house(), model=scripted_model)
    ada, bo, chen = await members("ada"), await members(), await members("chen")
    plan(scripted_model, part("Paint", "paint", 2), part("Write", "write", 1))  # a circle: it is asked again
    plan(scripted_model, part("Paint the sign", "paint"), part("Write the text", "write", 1))
    asked = await bo.say("A sign for the shop")
    thread = await bo.in_thread_of(asked)
    proposed = await thread.hears("A plan for “A sign for the shop”")
    assert proposed.buttons == ["Start", "Change", "Cancel"]
    assert "2. **Write the text**\n-# Write the text, please. · takes write · after 1" in proposed.text
    again = next(one for one in scripted_model.asked if "cannot be carried out" in one.prompt)
    assert "1 → 2 → 1" in again.prompt or "2 → 1 → 2" in again.prompt
    await bo.sees_reaction(asked, "⏳")

    refused = await (await chen.in_thread_of(asked)).click(proposed, "Start")
    assert "Only" in (await (await chen.in_thread_of(asked)).answer_to(refused)).text
    form = await thread.click(proposed, "Change")
    assert "1. Paint the sign\\n   Paint the sign, please.\\n   takes: paint" in repr(form)
    text = "7. Write the text\n takes: write\n9. Paint the sign\n takes: paint\n after: 7"
    await thread.submit(form, {"parts": text})
    changed = await thread.sees(proposed, "Changed by")
    assert "2. **Paint the sign**\n-# takes paint · after 1" in changed.text

    scripted_model.will_say("Fresh bread.", when=asked_for("Write the text"))
    scripted_model.will_say("It is painted.", when=asked_for("Paint the sign"))
    scripted_model.will_say("The sign says: Fresh bread.", when=asked_for("was split among specialists"))
    await thread.click(changed, "Start")
    await thread.sees(proposed, "Begun")
    await bo.hears(lambda message: "Write the text" in message.text and "a part of #1" in message.text)
    painting = await bo.hears(
        lambda message: "Paint the sign" in message.text and "a part of #1" in message.text
    )
    worked = await bo.in_thread_of(painting)
    await worked.hears("It is painted.")
    await thread.hears("is done (2 of 2)")
    result = await thread.hears("The sign says: Fresh bread.")
    assert result.author == "Boss"
    await bo.sees_reaction(asked, "✅")
    shown = await (await ada.slash("tasks show", task="1")).answer()
    assert "✅ #2 Write the text" in shown.text
    painter = next(
        one for one in scripted_model.asked if "Paint the sign" in one.prompt and "(#3)" in one.prompt
    )
    material = {one.title: one.text for one in painter.sources}
    assert material["What came of #2, which had to be done before: Write the text"] == "Fresh bread."
    composed = next(one for one in scripted_model.asked if "was split among" in one.prompt)
    assert [one.text for one in composed.sources] == ["Fresh bread.", "It is painted."]


async def test_a_part_that_fails_is_for_people_and_the_whole_takes_its_parts_along(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel
) -> None:
    await bot_with(tasks, config=house(begins_plans=True, attempts=1), model=scripted_model)
    ada, bo = await members("ada"), await members()
    plan(scripted_model, part("Paint it", "paint"), part("Write it", "write", 1), part("Carry it", "fly"))
    scripted_model.will_fail(ContentRefused("The model said no."), when=asked_for("Paint it"))
    asked = await bo.say("A sign")
    thread = await bo.in_thread_of(asked)
    failed = await thread.hears("Part #2 “Paint it” came to nothing")
    assert set(failed.buttons) == {"Try it again", "Go on without it", "End the whole task"}
    await bo.sees_reaction(asked, "⏳")
    scripted_model.will_say("Written.", when=asked_for("Write it"))
    await thread.click(failed, "Go on without it")
    await thread.hears("#3 Write it is done")
    stuck = await bo.hears("Carry it")
    carrying = await bo.in_thread_of(stuck)
    await carrying.hears("Nobody here can do this: it needs fly")
    await thread.hears("#2 Paint it came to nothing")

    # somebody who may manage the server ends the whole: what is left of it ends, too
    await ada.react(asked, "❌")
    await carrying.hears("It was ended: it was a part of #1, which is over.")
    await bo.sees_reaction(stuck, "❌")
    listed = await (await bo.slash("tasks list")).answer()
    assert "There are no such tasks" in listed.text
    scripted_model.must_be_used_up()


async def test_what_was_learnt_is_told_to_the_agent_after_somebody_agreed(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel
) -> None:
    await bot_with(tasks, admin, config=house(begins_plans=True, lessons=True), model=scripted_model)
    ada, bo = await members("ada"), await members()
    plan(scripted_model, part("Paint it", "paint"), part("Write it", "write"))
    scripted_model.will_say("Painted.", when=asked_for("Paint it"))
    scripted_model.will_say("Written.", when=asked_for("Write it"))
    scripted_model.will_say("All of it.", when=asked_for("was split among specialists"))
    learnt = {"kind": "instruction", "agent": "painter", "text": "Use blue."}
    scripted_model.will_give(learnt, when=asked_for("Is there one thing"))
    asked = await bo.say("A sign")
    thread = await bo.in_thread_of(asked)
    for _ in range(2):
        await thread.hears(" is done (")
    await thread.hears("All of it.")
    wish = await thread.hears("Tell painter this from now on")
    assert "Use blue." in wish.text
    await (await ada.in_thread_of(asked)).click(wish, "Approve")
    await thread.hears("From now on painter is told that here.")
    shown = await (await ada.slash("agents lessons", agent="painter")).answer()
    assert "Use blue." in shown.text

    plan(scripted_model)  # not worth splitting: the leader does it
    scripted_model.will_say("Alone.", when=asked_for("Do this task (#4)"))
    alone = await bo.say("A small thing")
    await (await bo.in_thread_of(alone)).hears("Alone.")
    plan(scripted_model, part("Paint that", "paint"), part("Write that", "write"))
    scripted_model.will_say("Painted blue.", when=asked_for("Paint that"))
    scripted_model.will_say("Written.", when=asked_for("Write that"))
    scripted_model.will_say("All.", when=asked_for("was split among specialists"))
    scripted_model.will_give(
        {"kind": "nothing", "agent": "", "text": ""}, when=asked_for("Is there one thing")
    )
    more = await bo.say("Another sign")
    led = await bo.in_thread_of(more)
    for _ in range(2):
        await led.hears(" is done (")
    await led.hears("All.")
    painter = next(
        one for one in scripted_model.asked if "Paint that" in one.prompt and "Do this" in one.prompt
    )
    assert "agreed that you also follow these:\n- Use blue." in painter.instructions
    await ada.select(shown, None, "Use blue.")
    await ada.sees(shown, "is told nothing here but")
