"""Tool servers that ask people for something in the middle of a call, as people see it."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cogs.approvals import approvals
from cogswarm.testing import BotWith, Conversation, FakeClock, Heard, Members, Person, ScriptedModel
from tests.bot.mcp.desk import desk, writer
from tests.bot.mcp.test_tools_in_runs import results

pytestmark = pytest.mark.slow

SERVER = Path(__file__).with_name("asking_server.py")
READ_ONLY = ("form", "day", "link", "badlink", "nested", "impatient")


class Asked:
    """The asking server's file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "asked.txt"

    @property
    def config(self) -> dict[str, Any]:
        command = [sys.executable, "-I", "-S", str(SERVER), str(self.file)]
        # Far less time than people take: what they take does not count.
        config = writer({"web": {"command": command, "read_only": READ_ONLY, "timeout": 0.5}})
        config["agents"]["writer"]["limits"] = {"seconds": 0.5}
        return config

    def lines(self) -> list[str]:
        return self.file.read_text("utf-8").splitlines() if self.file.exists() else []

    def heard(self) -> list[Any]:
        return [json.loads(one.partition(" ")[2]) for one in self.lines() if one.startswith("heard ")]


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


async def use(member: Person, model: ScriptedModel, tool: str) -> tuple[Conversation, Person]:
    model.will_call(f"web__{tool}")
    model.will_say("So it is.")
    talk = await member.slash("ask", text=tool)
    return talk, await talk.thread()


async def pressed(person: Person, message: Heard, label: str) -> str:
    return (await person.answer_to(await person.click(message, label))).text


async def filled(person: Person, message: Heard, **values: Any) -> str:
    form = await person.click(message, "Answer…")
    return (await person.answer_to(await person.submit(form, **values))).text


async def test_every_kind_of_field_is_a_form_that_only_the_right_people_fill_in(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, asked: Asked
) -> None:
    bo, chen = await members(), await members("chen")
    await bot_with(desk(), approvals, config=asked.config, model=scripted_model)
    talk, thread = await use(bo, scripted_model, "form")
    first = await thread.hears("The tool server web asks for something** (part 1 of 2)")
    assert "> Who are you?" in first.text
    assert "Name, Mail (optional), Age (optional), Share (optional), Comes (optional)" in first.text
    assert "no passwords" in first.text
    assert first.buttons == ["Answer…", "Decline", "Cancel"]
    assert "not for you to decide" in await pressed(chen, first, "Decline")
    assert "a whole number" in await filled(bo, first, mail="bo@example.org", age="3.5")
    assert "at most 150" in await filled(bo, first, age="151")
    assert "an e-mail address" in await filled(bo, first, mail="bo")
    assert "has to be a number" in await filled(bo, first, share="lots")
    assert asked.heard() == []
    assert "Answered" in await filled(bo, first, name="Bo B.", age="40", share="0,5", come=["No"])
    second = await thread.hears("(part 2 of 2)")
    assert "Answered" in await filled(bo, second, taste=["Bitter"], days=["mon", "wed"])
    await talk.finished()
    content = {"name": "Bo B.", "age": 40, "share": 0.5, "come": False, "taste": "b", "days": ["mon", "wed"]}
    assert asked.heard() == [{"action": "accept", "content": content}]
    assert asked.lines()[0] == "call form"
    assert asked.lines().count("call form") == 1, "the call was held while people thought"
    shown = await bo.sees(second, "Answered by")
    assert shown.buttons == []
    assert "Bitter" not in shown.text


async def test_links_are_shown_and_declined_and_what_cannot_be_shown_is_refused(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, asked: Asked, fake_clock: FakeClock
) -> None:
    bo, ada = await members(), await members("ada")
    config = {**asked.config, "cogs": {"approvals": {"hours": 1}}}
    await bot_with(desk(), approvals, config=config, model=scripted_model)
    for who, label in ((bo, "I have opened it"), (ada, "Decline"), (bo, "Cancel")):
        talk, thread = await use(bo, scripted_model, "link")
        link = await thread.hears("It wants you to open a page of **xn--bcher-kva.example**")
        assert "<https://xn--bcher-kva.example/login?a=1>" in link.text
        assert link.raw["flags"] & 4, "no preview is fetched"
        await pressed(who, link, label)
        await talk.finished()
    assert [one["action"] for one in asked.heard()] == ["accept", "decline", "cancel"]
    assert all("content" not in one for one in asked.heard())
    for tool, why in (("badlink", "no plain web address"), ("nested", "a type that no form has")):
        talk, thread = await use(bo, scripted_model, tool)
        await talk.finished()
        assert why in results(scripted_model)[f"web__{tool}"]

    # Nobody answers while there is time: the server hears that it was called off, and the buttons are gone.
    talk, thread = await use(bo, scripted_model, "link")
    link = await thread.hears("It wants you to open a page")
    await fake_clock.advance(timedelta(hours=1))
    await talk.finished()
    assert asked.heard()[-1] == {"action": "cancel"}
    assert (await bo.sees(link, "Nobody answered")).buttons == []

    # A server that does not wait for its own question: nobody is asked any more.
    talk, thread = await use(bo, scripted_model, "impatient")
    await talk.finished()
    assert results(scripted_model)["web__impatient"] == "gave up"


async def test_over_a_restart_the_call_is_repeated_and_answered_by_what_people_said(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, asked: Asked
) -> None:
    bo = await members()
    await bot_with(desk(), approvals, config=asked.config, model=scripted_model)
    talk, thread = await use(bo, scripted_model, "day")
    question = await thread.hears("> Which day?")
    assert not question.raw["mention_everyone"]
    await bot_with.restart()
    assert "has to be a date" in await filled(bo, question, day="tomorrow")
    assert "Answered" in await filled(bo, question, day="2026-02-01")
    await talk.finished()
    assert asked.heard()[-1] == {"action": "accept", "content": {"day": "2026-02-01"}}
    assert asked.lines().count("call day") == 2


async def test_in_a_call_that_changes_something_the_question_is_held_and_a_restart_asks_people(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, asked: Asked
) -> None:
    bo, ada = await members(), await members("ada")
    await bot_with(desk(), approvals, config=asked.config, model=scripted_model)
    talk, thread = await use(bo, scripted_model, "pay")
    assert "Approved" in await pressed(ada, await thread.hears("Approval needed"), "Approve")
    question = await thread.hears("> Which day?")
    assert "Answered" in await filled(bo, question, day="2026-02-01")
    await talk.finished()
    assert asked.lines().count("call pay") == 1

    talk, thread = await use(bo, scripted_model, "pay")
    assert "Approved" in await pressed(ada, await thread.hears("Approval needed"), "Approve")
    await thread.hears("> Which day?")
    await bot_with.restart()
    doubt = await thread.hears("may have happened")
    await pressed(bo, doubt, "Done")
    await talk.finished()
    assert asked.lines().count("call pay") == 2, "it was not repeated by itself"
    assert [one.get("action") for one in asked.heard()] == ["accept", None]
