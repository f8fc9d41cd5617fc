"""What agents may note and how people decide about it; and what happens where the bot may not pin."""

from typing import Any

import pytest

from bot.local_discord.server import LocalDiscord
from bot.storage.database import Database
from bot.storage.guild_scope import in_every_guild
from cogs.approvals import approvals
from cogs.chat.commands import chat
from cogs.pins_memory import pins_memory
from cogswarm.testing import BotWith, Members, Person, ScriptedModel
from tests.waiting import eventually

PIN = 1 << 51
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def config(agents: str, **more: Any) -> dict[str, Any]:
    return {
        "agents": {"agent": {"tools": ["pins_memory"]}},
        "cogs": {"chat": {"place": "in place"}, "pins_memory": {"agents": agents}, **more},
    }


async def uses(member: Person, model: ScriptedModel, local: LocalDiscord, **arguments: Any) -> str:
    """What an agent is told that wants to remember something."""
    model.will_call("pins_memory__remember", **arguments)
    model.will_say(f"Fine, {arguments['fact']}")
    await member.say(f"<@{local.application_id}> go on")
    await member.hears(f"Fine, {arguments['fact'][:20]}")
    return model.asked[-1].request.turns[-1].text


async def may_pin(local: LocalDiscord, ada: Person, *, allowed: bool) -> None:
    path = f"/channels/{ada.channel_id}/permissions/{local.application_id}"
    if allowed:
        await ada.client.request("DELETE", path)
    else:
        await ada.client.request("PUT", path, {"type": 1, "allow": "0", "deny": str(PIN)})


async def look_again(database: Database) -> None:
    """Let the places be looked at now, as they are a while later."""
    async with database.connection() as conn, in_every_guild(conn):
        await conn.execute("UPDATE fact_place SET changed = true")
        await conn.execute("UPDATE cog_job SET due_at = now()")


async def test_people_decide_what_agents_note(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, local_discord: LocalDiscord
) -> None:
    bo, ada = await members(), await members("ada")
    await bot_with(pins_memory, chat, approvals, config=config("approved"), model=scripted_model)
    noise = await uses(bo, scripted_model, local_discord, fact="The user prefers short answers.")
    assert "what people are like, or seem to be, is not kept" in noise
    said = await uses(bo, scripted_model, local_discord, fact="Deploys happen on Tuesdays.", hours=48)
    assert said == "People are asked whether to keep it; go on without it."
    question = await bo.hears("Keep this as a fact that agents know here")
    again = await uses(bo, scripted_model, local_discord, fact="deploys happen on tuesdays.", hours=48)
    assert "being asked that already" in again
    # nobody approves their own wish; the restart in between loses nothing
    assert "on your behalf" in (await bo.answer_to(await bo.click(question, "Approve"))).text
    await bot_with.restart()
    await ada.answer_to(await ada.click(question, "Approve"))
    fact = await bo.hears("📌 **Fact** Deploys happen on Tuesdays.")
    assert f"noted by an agent, for <@{bo.user_id}> · until <t:" in fact.text
    assert "Fact 1 says just that" in await uses(
        bo, scripted_model, local_discord, fact="DEPLOYS happen on Tuesdays."
    )
    # and what they reject is not kept
    await uses(bo, scripted_model, local_discord, fact="Ada owns the billing service.")
    question = await bo.hears("Keep this as a fact that agents know here")
    await ada.answer_to(await ada.click(question, "Reject"))
    await bo.hears("Not kept as a fact")
    assert "**Facts here: 1**" in (await (await bo.slash("facts list")).answer()).text


async def test_people_are_told_where_the_bot_may_not_pin(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, local_discord: LocalDiscord
) -> None:
    bo, ada = await members(), await members("ada")
    bot = await bot_with(pins_memory, chat, config=config("freely"), model=scripted_model)
    await may_pin(local_discord, ada, allowed=False)
    refused = await (await bo.slash("remember", fact="The quay is closed on Mondays.")).answer()
    assert "I may not pin messages here" in refused.text
    # an agent cannot know that before Discord has said so
    kept = await uses(bo, scripted_model, local_discord, fact="The quay is closed on Mondays.")
    assert "is noted and gets pinned" in kept
    fact = await bo.hears("📌 **Fact** The quay")

    async def refused_by_discord() -> bool:
        async with bot.database.connection() as conn:
            cursor = await conn.execute("SELECT count(*) FROM outbox WHERE kind = 'pin' AND state = 'failed'")
            return await cursor.fetchone() != (0,)

    await eventually(refused_by_discord)
    for _ in range(2):  # told once, however often it is looked at
        await look_again(bot.database)
    await bo.hears("⚠️ I may not pin messages here")
    assert "I may not pin" in await uses(
        bo, scripted_model, local_discord, fact="Ada owns the billing service."
    )
    assert await bo.pins() == []
    await may_pin(local_discord, ada, allowed=True)

    async def is_pinned() -> bool:
        await look_again(bot.database)
        return [one.id for one in await bo.pins()] == [fact.id]

    await eventually(is_pinned)
    warned = [one for one in await bo.history() if one.text.startswith("⚠️")]
    assert len(warned) == 1
    # people who may not pin themselves note nothing where that is set
    only = {"cogs": {"pins_memory": {"who": "who may pin"}}}
    await bot_with(pins_memory, config=only)
    assert (
        "Only people who may pin" in (await (await bo.slash("remember", fact="Bay 2 is free.")).answer()).text
    )
    assert "is noted" in (await (await ada.slash("remember", fact="Bay 2 is free.")).answer()).text
