"""A reply to an agent's message names the agent: while the outbox knows, and long after."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from bot.clock import Clock
from bot.discord.surface import DiscordSurface
from bot.local_discord.server import LocalDiscord
from bot.storage.database import Database
from bot.work.surface import Say
from cogswarm import Cog, Context, Message, RepliedTo, Speaker
from cogswarm.testing import BotWith, Heard, Person

AGENTS: dict[str, Any] = {
    "models": {"main": {"backend": "offline"}},
    "agents": {"ada": {"display_name": "Ada of Discord"}, "bo": {}},
}
ADA = Speaker("Ada of Discord", agent="ada")
FORUM = 15


@dataclass
class Hearing:
    """A cog that speaks as an agent when it is asked to, and keeps what it hears."""

    heard: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue[Message])

    def cog(self) -> Cog:
        cog = Cog("ears", summary="Listens")

        @cog.command("speak", help="Speak as an agent")
        async def speak(ctx: Context, how: str = "agent") -> None:
            speaker = {"agent": ADA, "bo": Speaker("Bo", agent="bo")}.get(how)
            await ctx.say_once(f"{how}{ctx.channel_id}", f"I am {how}", speaker=speaker)

        @cog.on_message
        async def hear(_ctx: Context, message: Message) -> None:
            await self.heard.put(message)

        assert speak
        assert hear
        return cog

    async def next(self) -> Message:
        return await asyncio.wait_for(self.heard.get(), 10)

    async def answered(self, person: Person, said: Heard) -> RepliedTo:
        """What is told when somebody answers a message."""
        mine = await person.say("and you?", reply_to=said)
        while (told := await self.next()).id != int(mine.id):
            continue
        assert told.reply_to is not None
        assert told.reply_to.id == int(said.id)
        return told.reply_to


async def forgotten(database: Database) -> None:
    """The outbox has been cleaned."""
    async with database.connection() as conn:
        await conn.execute("DELETE FROM outbox")


async def test_the_agent_that_is_answered_is_named_in_channels_threads_and_forums(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    ears = Hearing()
    bot = await bot_with(ears.cog(), config=AGENTS)
    await member.slash("speak")
    in_channel = await member.hears("I am agent")
    thread = await member.open_thread("apart")
    await thread.slash("speak")
    in_thread = await thread.hears("I am agent")
    post = await member.in_channel(await _forum_post(bot.database, local_discord))
    in_forum = await post.hears("an idea")
    places = ((member, in_channel), (thread, in_thread), (post, in_forum))
    for person, said in places:
        told = await ears.answered(person, said)
        assert (told.mine, told.agent, told.author) == (True, "ada", "Ada of D\u200biscord")
    # the name and the webhook tell when the outbox does not any more, also of a webhook that is gone
    await forgotten(bot.database)
    async with bot.database.connection() as conn:
        await conn.execute("DELETE FROM channel_webhook")
    for person, said in places:
        assert (await ears.answered(person, said)).agent == "ada"
    # somebody else's webhook with an agent's name is not that agent
    async with bot.database.connection() as conn:
        await conn.execute("DELETE FROM own_webhook")
    told = await ears.answered(member, in_channel)
    assert (told.mine, told.agent) == (False, None)


async def _forum_post(database: Database, local: LocalDiscord) -> int:
    world = local.stage.world
    guild, owner = next((guild.id, guild.owner_id) for guild in world.guilds.values())
    headers = {"X-Local-Key": local.key, "X-Local-Member": str(owner)}
    async with httpx.AsyncClient(base_url=local.api_url, headers=headers) as client:
        made = await client.post(f"/guilds/{guild}/channels", json={"name": "ideas", "type": FORUM})
    surface = DiscordSurface(None, Clock())  # pyright: ignore[reportArgumentType] - nothing is read
    async with database.transaction() as conn:
        place = await surface.open_forum_post(conn, "f", int(made.json()["id"]), "Idea", Say("an idea", ADA))
    while True:
        async with database.connection() as conn:
            cursor = await conn.execute("SELECT message_id FROM outbox WHERE id = %s", (place.opened_by,))
            row = await cursor.fetchone()
        if row is not None and row[0] is not None:
            return int(row[0])
        await asyncio.sleep(0.01)


async def test_without_webhooks_the_name_in_front_tells(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    ears = Hearing()
    bot = await bot_with(ears.cog(), config=AGENTS)
    local_discord.fault(path="*/webhooks", status=403, times=None)
    await member.slash("speak", how="bo")
    said = await member.hears("I am bo")
    assert said.text == "**Bo** · I am bo"
    await member.slash("speak", how="the bot itself")
    own = await member.hears("I am the bot itself")
    assert (await ears.answered(member, said)).agent == "bo"
    await forgotten(bot.database)
    assert (await ears.answered(member, said)).agent == "bo"
    told = await ears.answered(member, own)
    assert (told.mine, told.agent, told.text) == (True, None, "I am the bot itself")


async def test_what_answers_a_person_is_told_as_such_and_asks_the_database_nothing(
    bot_with: BotWith, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ears = Hearing()
    await bot_with(ears.cog(), config=AGENTS)
    first = await member.say("hello")
    assert (await ears.next()).reply_to is None
    monkeypatch.setattr("bot.discord.replies._speaker", None)
    told = await ears.answered(member, first)
    assert told == RepliedTo(int(first.id), first.author, "hello")


async def test_where_discord_keeps_the_text_back_it_is_said(bot_with: BotWith, member: Person) -> None:
    ears = Hearing()
    await bot_with(ears.cog(), config={**AGENTS, "discord": {"message_content": False}})
    await member.slash("speak")
    said = await member.hears("I am agent")
    await member.say("what about me?", reply_to=said)
    blind = await ears.next()
    assert (blind.text, blind.hidden) == ("", True)
    assert blind.reply_to is not None
    assert (blind.reply_to.mine, blind.reply_to.agent) == (True, "ada")
    me = member.witness.local.application_id
    await member.say(f"<@{me}> and now?")
    read = await ears.next()
    assert (read.hidden, read.mentions_me) == (False, True)
