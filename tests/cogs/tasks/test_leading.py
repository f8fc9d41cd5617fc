"""A leader and its workers, from a wish to its result: the plan, what people make of it, the parts, and what fails."""

from collections.abc import Callable

import pytest

from cogs.tasks import tasks
from cogswarm.llm import Request
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
