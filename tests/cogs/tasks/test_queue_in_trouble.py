"""A queue that is too full calls for help, is drawn, and tells people what they could take; what is in use is waited for."""

import pytest

from cogs.tasks import tasks
from cogswarm.testing import BotWith, Members, Person, ScriptedModel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def role_of(person: Person, name: str) -> str:
    guild = next(iter(person.client.guilds.values()))
    return next(str(role["id"]) for role in guild["roles"] if role["name"] == name)


async def test_a_full_queue_calls_one_role_and_a_backup_once_until_it_is_over(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel
) -> None:
    ada, bo = await members("ada"), await members()
    role = role_of(ada, "Reviewer")
    queue = {"queue": True, "alarm_tasks": 1, "alarm_role": int(role), "backup": "agent"}
    await bot_with(tasks, config={"cogs": {"tasks": queue}}, model=scripted_model)
    first = await bo.say("One")
    await bo.sees_reaction(first, "📥")
    held = scripted_model.will_hold("Done by the backup.")
    second = await bo.say("Two @everyone")
    alarm = await bo.hears("Help is needed here")
    assert "2 tasks wait for somebody." in alarm.text
    assert alarm.raw["mention_roles"] == [role]
    assert not alarm.raw["mention_everyone"]
    await held.asked()
    scripted_model.will_say("And the other.")
    held.release()
    over = await bo.sees(alarm, "Over since")
    assert over.text.startswith(alarm.text)
    await (await bo.in_thread_of(first)).hears("Done by")
    await (await bo.in_thread_of(second)).hears("Done by")
    await ada.slash("tasks board")
    board = await bo.hears("Board of")
    picture = await bo.sees(board, lambda message: bool(message.raw["attachments"]))
    (attached,) = picture.raw["attachments"]
    assert attached["filename"] == "queue.png"
    assert "Two charts of the last 24 hours. In these, 2 tasks came and" in attached["description"]
    assert len([one for one in await bo.history() if "Help is needed" in one.text]) == 1


async def test_what_is_in_use_is_waited_for_and_people_are_told_what_they_could_take(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel
) -> None:
    queue = {"queue": True, "agents": ["agent"], "suggests": True}
    await bot_with(tasks, config={"cogs": {"tasks": queue}}, model=scripted_model)
    bo, chen = await members(), await members("chen")
    held = scripted_model.will_hold("The roof is done.")
    await bo.slash("task", text="Mend the roof", uses="Ladder, hammer")
    await held.asked()
    await bo.slash("task", text="Pick apples", uses="ladder")
    picking = await bo.hears("Pick apples")
    thread = await bo.in_thread_of(picking)
    await thread.hears("It waits: it needs ladder, which #1 has.")
    refused = await thread.click(await thread.hears("Task **#2**"), "Claim")
    assert "#2 needs ladder, which #1 has" in (await thread.answer_to(refused)).text
    scripted_model.will_say("The apples are picked.")
    held.release()
    await thread.hears("The apples are picked.")

    # somebody who took part here, with a role that is called like what a task takes, is asked once
    await chen.slash("task", text="Something of my own", needs="reviewer")
    mine = await chen.hears("Something of my own")
    await chen.sees_reaction(mine, "📥")
    await chen.react(mine, "👀")
    await (await chen.in_thread_of(mine)).hears(f"<@{chen.user_id}> has it")
    reserved = await (await chen.slash("tasks reserve", task="3", name="The Barn")).answer()
    assert reserved.text == "the barn is reserved for #3 for 60 minutes."
    await bo.slash("task", text="Look at the contract", needs="reviewer")
    look = await bo.in_thread_of(await bo.hears("Look at the contract"))
    asked = await look.hears("could you do this?")
    assert [one["id"] for one in asked.raw["mentions"]] == [chen.user_id]
    free = await (await chen.slash("tasks reserve", task="3", name="the barn", free=True)).answer()
    assert free.text == "the barn is free again."
    assert len([one for one in await look.history() if "could you do this" in one.text]) == 1
