"""An unmodified nextcord bot lives through a whole conversation."""

import asyncio
import io
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, cast, override

import nextcord
import pytest
from nextcord.ext import commands
from nextcord.http import Route as DiscordRoute

from bot.local_discord.member import Member
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.conftest import Api

WAIT = 10
pytestmark = pytest.mark.slow


class Running:
    """A bot that is logged in, with what it heard."""

    def __init__(self, bot: commands.Bot) -> None:
        self.bot = bot
        self.resumed = asyncio.Event()
        self.heard: asyncio.Queue[nextcord.Message] = asyncio.Queue()

    async def message(self, content: str) -> nextcord.Message:
        async with asyncio.timeout(WAIT):
            while (message := await self.heard.get()).content != content:
                pass
        return message

    def text_channel(self, channel: Channel) -> nextcord.TextChannel:
        found = self.bot.get_channel(channel.id)
        assert isinstance(found, nextcord.TextChannel)
        return found


type Start = Callable[[commands.Bot], Awaitable[Running]]


class Why(nextcord.ui.Modal):
    def __init__(self) -> None:
        super().__init__("Why?", custom_id="why")
        self.reason = nextcord.ui.TextInput[nextcord.ui.View]("Reason", custom_id="reason")
        self.add_item(self.reason)  # pyright: ignore[reportUnknownMemberType] - nextcord's generics

    @override
    async def callback(self, interaction: nextcord.Interaction[nextcord.Client]) -> None:
        await interaction.response.send_message(f"thanks, {self.reason.value}", ephemeral=True)


def new_bot() -> commands.Bot:
    intents = nextcord.Intents.default()
    intents.message_content = True
    intents.members = True
    return commands.Bot(
        intents=intents,
        guild_ready_timeout=0.05,
        rollout_associate_known=False,
        rollout_delete_unknown=False,
        rollout_register_new=False,
        rollout_update_known=False,
        lazy_load_commands=False,
    )


@pytest.fixture
async def start(local: LocalDiscord, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Start]:
    monkeypatch.setattr(DiscordRoute, "BASE", local.api_url)
    assert DiscordRoute("GET", "/x").url.startswith(local.base_url)
    started: list[tuple[commands.Bot, asyncio.Task[None]]] = []

    async def begin(bot: commands.Bot) -> Running:
        found = Running(bot)
        ready = asyncio.Event()

        async def on_ready() -> None:
            ready.set()

        async def on_message(message: nextcord.Message) -> None:
            found.heard.put_nowait(message)

        async def on_resumed() -> None:
            found.resumed.set()

        for listener in (on_ready, on_message, on_resumed):
            bot.add_listener(listener)
        task = asyncio.create_task(bot.start(local.bot_token))
        started.append((bot, task))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, timeout=WAIT, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        assert ready.is_set(), task
        return found

    yield begin
    for bot, task in started:
        await bot.close()
        await asyncio.wait_for(task, WAIT)


async def test_login_messages_thread_webhook_reaction_pin(
    start: Start, research: Channel, bo_api: Api, bo: Member
) -> None:
    running = await start(new_bot())
    assert [guild.name for guild in running.bot.guilds] == ["Harbour Lab"]
    assert {member.name for member in running.bot.guilds[0].members} == {
        "ada",
        "bo",
        "chen",
        "dara",
        "cogswarm",
    }
    place = running.text_channel(research)
    sent = await place.send("hello")
    assert (await running.message("hello")).id == sent.id
    thread = await sent.create_thread(name="Tides")
    assert thread.id == sent.id
    webhook = await place.create_webhook(name="agent")
    said = await webhook.send("from an agent", wait=True, thread=thread, username="Scout")
    heard = await running.message("from an agent")
    assert heard.id == said.id
    assert isinstance(heard.channel, nextcord.Thread)
    await webhook.edit_message(said.id, content="from an agent, edited", thread=thread)
    await bo.message_where(lambda message: message["content"] == "from an agent, edited")
    await sent.edit(content="hello again", embed=nextcord.Embed(title="T", description="D"))
    await sent.add_reaction("⚙️")
    await sent.remove_reaction("⚙️", place.guild.me)
    await sent.add_reaction("✅")
    fetched = await place.fetch_message(sent.id)
    assert [(str(reaction), reaction.me) for reaction in fetched.reactions] == [("✅", True)]
    assert fetched.embeds[0].title == "T"
    await sent.pin()
    assert [message.id for message in await place.pins()] == [sent.id]
    reply = await place.send("indeed", reference=sent, mention_author=False)
    assert reply.reference is not None
    assert reply.reference.message_id == sent.id
    asked = await bo_api.ok("POST", f"/channels/{research.id}/messages", {"content": "from bo"})
    heard = await running.message("from bo")
    assert (heard.id, heard.author.name) == (int(asked["id"]), "bo")
    assert [message.content async for message in thread.history()] == ["from an agent, edited", ""]
    await thread.edit(archived=True)
    await thread.send("awake")
    await sent.delete()
    with pytest.raises(nextcord.NotFound):
        await place.fetch_message(sent.id)


async def test_files_go_both_ways(start: Start, research: Channel, bo: Member) -> None:
    running = await start(new_bot())
    place = running.text_channel(research)
    sent = await place.send(
        "see", file=nextcord.File(io.BytesIO(b"a,b\n1,2\n"), "table.csv", description="numbers")
    )
    seen = await bo.message_where(lambda message: message["content"] == "see")
    assert seen["attachments"][0]["filename"] == "table.csv"
    assert await sent.attachments[0].read() == b"a,b\n1,2\n"


async def test_bulk_commands_slash_defer_follow_up_autocomplete(
    start: Start, research: Channel, bo: Member, local: LocalDiscord, guild_id: int
) -> None:
    bot = new_bot()
    same: list[bool] = []

    @bot.slash_command(name="research", description="Look it up", guild_ids=[guild_id])
    async def command(  # pyright: ignore[reportUnusedFunction] - the decorator keeps it
        interaction: nextcord.Interaction[commands.Bot], topic: str = nextcord.SlashOption(description="What")
    ) -> None:
        await interaction.response.defer()
        first = await interaction.followup.send(f"about {topic}", wait=True)
        original = await interaction.original_message()
        same.append(first.id == original.id)
        await interaction.followup.send("and more")

    @command.on_autocomplete("topic")
    async def suggest(  # pyright: ignore[reportUnusedFunction] - the decorator keeps it
        interaction: nextcord.Interaction[commands.Bot], typed: str
    ) -> None:
        answer: Any = interaction.response  # nextcord does not say of what its choices are
        await answer.send_autocomplete([typed, typed + "s"])

    running = await start(bot)
    payload = cast("Any", command).get_payload(guild_id)
    rows = await bot.http.bulk_upsert_guild_commands(local.application_id, guild_id, [payload])
    assert [row["name"] for row in rows] == ["research"]
    state = bot._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - nextcord offers no other way
    command.parse_discord_response(state, rows[0])
    bot.add_application_command(command, overwrite=True, use_rollout=True)
    outcome = await bo.slash(research.id, "research", topic="tides")
    assert outcome.ok
    assert outcome.message is not None
    filled = await bo.message_where(lambda message: message["content"] == "about tides")
    assert filled["id"] == outcome.message["id"]
    await bo.message_where(lambda message: message["content"] == "and more")
    assert same == [True]
    choices = await bo.autocomplete(research.id, "research", "topic", "tide")
    assert [choice["value"] for choice in choices] == ["tide", "tides"]
    assert running.bot.user is not None


async def test_buttons_and_forms(start: Start, research: Channel, bo: Member, bot_api: Api) -> None:
    bot = new_bot()

    async def pressed(interaction: nextcord.Interaction[commands.Bot]) -> None:
        data = interaction.data or {}
        if interaction.type is nextcord.InteractionType.component and data.get("custom_id") == "v1:stop:1":
            await interaction.response.edit_message(content="stopped", view=None)
        elif interaction.type is nextcord.InteractionType.component:
            await interaction.response.send_modal(Why())

    bot.add_listener(pressed, "on_interaction")
    await start(bot)
    buttons = [
        {"type": 2, "style": 1, "label": "Stop", "custom_id": "v1:stop:1"},
        {"type": 2, "style": 2, "label": "Ask", "custom_id": "v1:ask:1"},
    ]
    body = {"content": "working", "components": [{"type": 1, "components": buttons}]}
    await bot_api.ok("POST", f"/channels/{research.id}/messages", body)
    message = await bo.message_where(lambda each: each["content"] == "working")
    opened = await bo.click(message, "Ask")
    thanks = await bo.submit(opened, reason="late")
    assert thanks.message is not None
    assert (thanks.message["content"], thanks.message["flags"] & 64) == ("thanks, late", 64)
    outcome = await bo.click(message, "v1:stop:1")
    assert outcome.message is not None
    assert (outcome.message["content"], outcome.message["components"]) == ("stopped", [])


async def test_resume_after_a_cut_and_after_a_reconnect(
    start: Start, research: Channel, bo_api: Api, local: LocalDiscord
) -> None:
    running = await start(new_bot())
    sessions = set(local.hub.sessions)
    for action in ("close", "reconnect"):
        running.resumed.clear()
        assert local.hub.disturb(action, application_id=local.application_id) == 1
        await bo_api.ok("POST", f"/channels/{research.id}/messages", {"content": f"missed in {action}"})
        await asyncio.wait_for(running.resumed.wait(), WAIT)
        await running.message(f"missed in {action}")
    assert set(local.hub.sessions) == sessions


async def test_several_sessions_at_once(local: LocalDiscord, start: Start, research: Channel) -> None:
    first = await start(new_bot())
    second = await start(new_bot())
    await first.text_channel(research).send("anybody?")
    await second.message("anybody?")
    assert len([s for s in local.hub.sessions.values() if s.application_id]) == 2
