"""What shows a task's state is put right when somebody changes it by hand, and what is refused says why."""

from urllib.parse import quote

import pytest

from cogs.tasks import tasks
from cogswarm.testing import BotWith, Heard, Members, Person
from tests.waiting import eventually

pytestmark = pytest.mark.slow

QUEUE = {"cogs": {"tasks": {"queue": True, "limit": 2}}}


def path(message: Heard) -> str:
    return f"/channels/{message.raw['channel_id']}/messages/{message.id}"


async def seen_again(person: Person, message: Heard, mark: str) -> None:
    """The bot's mark is there; asked of Discord, since this person has seen it before."""
    bot = str(person.witness.local.application_id)

    async def there() -> bool:
        return bot in await person.client.reacted(message.raw, mark)

    await eventually(there)


async def test_marks_names_and_boards_come_back(bot_with: BotWith, members: Members) -> None:
    await bot_with(tasks, config=QUEUE)
    ada, bo = await members("ada"), await members()
    bot = str(ada.witness.local.application_id)
    await ada.slash("tasks board")
    board = await ada.hears("Board of")
    asked = await bo.say("Mend the net")
    thread = await bo.in_thread_of(asked)
    await bo.sees_reaction(asked, "📥")

    one = f"{path(asked)}/reactions/{quote('📥', safe='')}"
    await ada.client.request("DELETE", f"{one}/{bot}")
    await seen_again(bo, asked, "📥")
    await ada.client.request("DELETE", one)
    await seen_again(bo, asked, "📥")
    await ada.client.request("DELETE", f"{path(asked)}/reactions")
    await seen_again(bo, asked, "📥")

    await bo.react(asked, "✅")
    await thread.hears("✅ Done by")
    names = ada.client.channels
    await ada.wait(lambda: True if names[asked.id]["name"] == "✅ Mend the net" else None, "the name")
    await ada.client.request("PATCH", f"/channels/{asked.id}", {"name": "Nothing to see"})
    await ada.wait(lambda: True if names[asked.id]["name"] == "Nothing to see" else None, "the change")
    await ada.wait(lambda: True if names[asked.id]["name"] == "✅ Mend the net" else None, "the repair")

    await ada.delete(board)
    again = await ada.hears("Board of")
    assert "✅ 1 done" in again.text


async def test_what_people_may_not_do_says_why(bot_with: BotWith, members: Members) -> None:
    await bot_with(tasks, config=QUEUE)
    ada, bo, chen = await members("ada"), await members(), await members("chen")
    first = await bo.say("First")
    await bo.react(first, "👀")
    thread = await bo.in_thread_of(first)
    await thread.hears("has it")

    await chen.react(first, "👀")
    assert f"<@{chen.user_id}> #1 is taken" in (await thread.hears("taken")).text
    await chen.react(first, "✅")
    await thread.hears("Only Bo or somebody who may manage")
    for text in ("Second", "Third"):
        said = await chen.say(text)
        await chen.react(said, "👀")
    await (await chen.in_thread_of(said)).hears("at most 2 at a time")

    claimed = await thread.history()
    card = next(one for one in claimed if "Hand over" in one.buttons)
    pressed = await thread.click(card, "Hand over")
    chosen = await thread.select(await thread.answer_to(pressed), None, ada)
    assert "#1 is claimed now" in (await thread.answer_to(chosen)).text
    await thread.hears(f"handed it over to <@{ada.user_id}>")
    await bo.unreact(first, "👀")  # it is not theirs any more: nothing happens
    await ada.react(first, "🔍")
    await thread.hears("Ready to be looked at")
    await bo.react(first, "✅")  # somebody else has looked at it
    await thread.hears("✅ Done by")

    listed = await (await bo.slash("tasks list", state="available")).answer()
    assert "#3" in listed.text
    assert "First" not in listed.text
    mine = await (await chen.slash("tasks list", mine=True)).answer()
    assert "**#2** Second" in mine.text
    assert (await bo.suggestions("tasks retry", "task", "fir")) == ["#1 · First"]
    retried = await (await bo.slash("tasks retry", task="#1 · First")).answer()
    assert retried.text == "#1 is available again."
    shown = await (await bo.slash("tasks show", task="1")).answer()
    assert "available since" in shown.text
    unknown = await (await bo.slash("tasks show", task="4711")).answer()
    assert "choose one from the list" in unknown.text
