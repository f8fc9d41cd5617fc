"""A channel as a queue, from end to end: people and an agent share its tasks, and the board shows them."""

import pytest

from cogs.tasks import tasks
from cogswarm.testing import BotWith, Heard, Members, Person, ScriptedModel

pytestmark = pytest.mark.slow

QUEUE = {"cogs": {"tasks": {"queue": True}}}
WITH_AGENT = {"cogs": {"tasks": {"queue": True, "agents": ["agent"]}}}


async def has_only(person: Person, message: Heard, mark: str) -> None:
    """The bot's one reaction under a message is that."""
    await person.sees_reaction(message, mark)
    bot = str(person.witness.local.application_id)
    for other in set("📥👀⏳🔍🚫✅❌") - {mark}:
        assert bot not in await person.client.reacted(message.raw, other)


async def test_people_and_an_agent_share_a_queue(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel
) -> None:
    await bot_with(tasks, config=QUEUE)
    bo, chen = await members(), await members("chen")
    await bo.slash("tasks board")
    board = await bo.hears("Board of")

    asked = await bo.say("Paint the fence green\nand the gate too")
    thread = await bo.in_thread_of(asked)
    card = await thread.hears("Task **#1** is 📥 available")
    assert card.buttons == ["Claim", "Done"]
    await has_only(bo, asked, "📥")
    assert bo.client.channels[asked.id]["name"] == "Paint the fence green"
    await bo.sees(board, "📥 1 available")

    await chen.react(asked, "👀")
    await thread.hears(f"👀 <@{chen.user_id}> has it.")
    await has_only(bo, asked, "👀")
    await bo.sees(board, "👀 1 claimed")
    pressed = await thread.click(card, "Done")
    assert "Only" in (await thread.answer_to(pressed)).text

    await chen.react(asked, "✅")
    await thread.hears("✅ Done by")
    await has_only(bo, asked, "✅")
    await bo.sees(board, "✅ 1 done")
    await bo.wait(
        lambda: True if bo.client.channels[asked.id]["name"].startswith("✅") else None,
        "the thread's new name",
    )

    # the bot is started again with an agent that works here: what waits is not lost
    waiting = await bo.say("Count the planks")
    other = await bo.in_thread_of(waiting)
    await other.hears("Task **#2**")
    scripted_model.will_say("There are forty planks.")
    await bot_with(tasks, config=WITH_AGENT, model=scripted_model)
    await bo.say("Sweep the yard")
    scripted_model.will_say("The yard is swept.")
    result = await other.hears("There are forty planks.")
    assert result.author != "cogswarm"
    await has_only(bo, waiting, "✅")
    assert "was the first with room" in (await (await bo.slash("tasks show", task="2")).answer()).text
    await bo.sees(board, "✅ 3 done")
