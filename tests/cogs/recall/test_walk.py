"""What people see of recall: private answers, showing them, forgetting, channels that let messages be remembered."""

import json
from functools import partial

import psycopg
import pytest

from bot.local_discord.members.membership import go_out
from bot.storage.database import Database
from bot.storage.guild_scope import in_every_guild
from cogs.admin import cogswarm_cogs as admin_cogs
from cogs.chat import cogswarm_cogs as chat_cogs
from cogs.recall import cogswarm_cogs, messages
from cogs.recall.recall_command import recall_tool
from cogswarm import Cog, Context
from cogswarm.testing import BotWith, LocalDiscord, Members, Person, ScriptedModel
from tests.waiting import eventually

pytestmark = pytest.mark.slow

notes = Cog("notes", summary="Notes")
CONFIG = {
    "discord": {"message_content": True},
    "embeddings": "none",
    "cogs": {"recall": {"keep_messages": True}},
}


@notes.command("note", help="Note something")
async def note(ctx: Context, text: str) -> None:
    stored = await ctx.memory.remember(kind="fact", key=text, title=text, body=text)
    await ctx.reply("Noted." if stored else "Not noted.")


@notes.command("shared", help="What an agent would be told")
async def shared(ctx: Context, question: str) -> None:
    told = await recall_tool(ctx, question)  # pyright: ignore[reportArgumentType] - of another cog's settings it needs none
    await ctx.reply(json.dumps(told))


async def test_recall_privacy_and_what_discord_takes_away(
    bot_with: BotWith, members: Members, member: Person, local_discord: LocalDiscord, database: Database
) -> None:
    await bot_with(*cogswarm_cogs(), *admin_cogs(), notes, config=CONFIG)
    ada = await members("ada")
    await _is_recalled(ada, member)
    await _messages_are_remembered_as_they_are_now(ada, member, database)
    await _people_decide_about_theirs(member, database)
    # a channel that is gone takes along what was remembered of it
    await ada.client.request("DELETE", f"/channels/{member.channel_id}")
    assert int(member.channel_id) not in local_discord.stage.world.channels

    async def empty() -> bool:
        async with database.connection() as conn, in_every_guild(conn):
            return await (await conn.execute("SELECT 1 FROM memory")).fetchone() is None

    await eventually(empty)


async def _is_recalled(ada: Person, member: Person) -> None:
    await (await ada.slash("note", text="The lighthouse is repaired in May")).answer()
    await (await member.slash("note", text="The lighthouse keeper is called Ida")).answer()

    found = await (await member.slash("recall", query="when is the lighthouse repaired?")).answer()
    assert found.private
    assert "repaired in May" in found.text
    assert "https://discord.com/channels/" in found.text
    assert "<t:" in found.text
    await member.click(found, messages.SHOW)
    public = await member.hears("shown by")
    assert not public.private
    assert "repaired in May" in public.text
    nothing = await (await member.slash("recall", query="submarine sandwiches")).answer()
    assert nothing.text == messages.NOTHING
    agent = await (await member.slash("shared", question="lighthouse repaired")).answer()
    assert "repaired in May" in agent.text


async def _messages_are_remembered_as_they_are_now(ada: Person, member: Person, database: Database) -> None:
    said = await member.say("Quokkas live on Rottnest")

    remembered = partial(_remembered, database)
    await eventually(lambda: remembered("Quokkas live on Rottnest"))
    await member.edit(said, "Quokkas live in Fremantle")
    await eventually(lambda: remembered("Quokkas live in Fremantle"))
    assert not await remembered("Quokkas live on Rottnest")
    found = await (await ada.slash("recall", query="where do quokkas live?")).answer()
    assert f"/{said.id}" in found.text
    await member.delete(said)

    async def gone() -> bool:
        return not await remembered("Quokkas live in Fremantle")

    await eventually(gone)


async def _people_decide_about_theirs(member: Person, database: Database) -> None:
    held = await (await member.slash("privacy show")).answer()
    assert "fact: 1" in held.text
    exported = await (await member.slash("privacy export")).answer()
    assert list(exported.files) == [messages.FILE]
    asked = await (await member.slash("privacy erase")).answer()
    done = await member.answer_to(await member.click(asked, messages.ERASE))
    assert done.text == messages.ERASED.format(count=1)
    assert not await _remembered(database, "The lighthouse keeper is called Ida")
    assert await _remembered(database, "The lighthouse is repaired in May")
    await member.slash("privacy opt-out")
    refused = await (await member.slash("note", text="Terns nest here")).answer()
    assert refused.text == "Not noted."
    await member.slash("privacy opt-in")
    noted = await (await member.slash("note", text="Terns nest here")).answer()
    assert noted.text == "Noted."


async def _remembered(database: Database, text: str) -> bool:
    async with database.connection() as conn, in_every_guild(conn):
        cursor = await conn.execute("SELECT 1 FROM memory WHERE body = %s", (text,))
        return await cursor.fetchone() is not None


AGENT = {
    **CONFIG,
    "agents": {"agent": {"model": "main", "tools": ["recall"]}},
    "cogs": {"recall": {"keep_messages": True, "message_days": 30}},
}


async def test_agents_recall_and_what_is_old_doubtful_or_left_is_not_told(
    bot_with: BotWith,
    member: Person,
    local_discord: LocalDiscord,
    database: Database,
    database_url: str,
    scripted_model: ScriptedModel,
) -> None:
    await bot_with(*cogswarm_cogs(), *chat_cogs(), notes, config=AGENT, model=scripted_model)
    await member.slash("note", text="The lighthouse is repaired in May")
    await _an_agent_recalls_in_a_run(member, scripted_model)
    await _what_is_older_than_it_is_kept_goes(member, database, database_url)
    guild = next(iter(local_discord.stage.world.guilds.values()))
    bot = local_discord.stage.world.member(guild.id, local_discord.application_id)
    assert bot is not None

    for session in local_discord.hub.of_application(local_discord.application_id):
        session.dispatch("GUILD_DELETE", {"id": str(guild.id), "unavailable": True})

    async def refused() -> bool:
        found = await (await member.slash("recall", query="when is the lighthouse repaired?")).answer()
        return "this server is not available just now" in found.text

    await eventually(refused)
    assert await _remembered(database, "The lighthouse is repaired in May")
    go_out(local_discord.stage, guild, bot)

    async def forgotten() -> bool:
        return not await _remembered(database, "The lighthouse is repaired in May")

    await eventually(forgotten)


async def _an_agent_recalls_in_a_run(member: Person, scripted_model: ScriptedModel) -> None:
    scripted_model.will_call("recall__recall", question="When is the lighthouse repaired?")
    scripted_model.will_say("It is repaired in May.")
    asked = await member.slash("chat", text="When is the lighthouse mended?")
    await (await asked.thread()).hears("It is repaired in May.")
    (told,) = [turn.text for turn in scripted_model.asked[-1].request.turns if turn.role == "tool"]
    assert "The lighthouse is repaired in May" in told
    assert "https://discord.com/channels/" in told


async def _what_is_older_than_it_is_kept_goes(member: Person, database: Database, database_url: str) -> None:
    await member.say("Puffins nest in burrows")
    await eventually(partial(_remembered, database, "Puffins nest in burrows"))
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as owner:
        await owner.execute("UPDATE memory SET created_at = created_at - interval '31 days'")
        await owner.execute("UPDATE cog_job SET due_at = now() WHERE cog = 'recall' AND name = 'forget_old'")

    async def gone() -> bool:
        return not await _remembered(database, "Puffins nest in burrows")

    await eventually(gone)
    # what is no message is kept until an admin says otherwise
    assert await _remembered(database, "The lighthouse is repaired in May")
