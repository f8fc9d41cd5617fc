"""What our own bot does with nextcord and the scripted conversation of `tests/contract` does not.

Commands put in bulk, buttons that no view knows, and two sessions of one bot.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import nextcord
import pytest
from nextcord.ext import commands

from bot.discord.api import pointed_at
from bot.local_discord.client.member import Member
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from bot.local_discord.settings import Settings
from tests.bot.local_discord.asking import QUICK, Api

WAIT = 10
pytestmark = pytest.mark.slow

type Start = Callable[[commands.Bot], Awaitable[asyncio.Queue[nextcord.Message]]]


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
def settings() -> Settings:
    """Two sessions of one bot each ask for all members at once, which Discord allows every half minute."""
    return replace(QUICK, member_list_window=0.0)


@pytest.fixture
async def start(local: LocalDiscord) -> AsyncGenerator[Start]:
    """Log a bot in; gives what it hears from then on."""
    started: list[tuple[commands.Bot, asyncio.Task[None]]] = []

    async def begin(bot: commands.Bot) -> asyncio.Queue[nextcord.Message]:
        heard = asyncio.Queue[nextcord.Message]()
        ready = asyncio.Event()

        async def on_ready() -> None:
            ready.set()

        async def on_message(message: nextcord.Message) -> None:
            heard.put_nowait(message)

        for listener in (on_ready, on_message):
            bot.add_listener(listener)
        task = asyncio.create_task(bot.start(local.bot_token))
        started.append((bot, task))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, timeout=WAIT, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        assert ready.is_set(), task
        return heard

    with pointed_at(local.api_url):
        yield begin
        for bot, task in started:
            await bot.close()
            await asyncio.wait_for(task, WAIT)


async def test_commands_put_in_bulk_are_heard(
    start: Start, research: Channel, bo: Member, local: LocalDiscord, guild_id: int
) -> None:
    bot = new_bot()

    @bot.slash_command(name="research", description="Look it up", guild_ids=[guild_id])
    async def command(  # pyright: ignore[reportUnusedFunction] - the decorator keeps it
        interaction: nextcord.Interaction[commands.Bot], topic: str = nextcord.SlashOption(description="What")
    ) -> None:
        await interaction.response.send_message(f"about {topic}")

    await start(bot)
    payload = cast("Any", command).get_payload(guild_id)
    rows = await bot.http.bulk_upsert_guild_commands(local.application_id, guild_id, [payload])
    assert [row["name"] for row in rows] == ["research"]
    state = bot._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - nextcord offers no other way
    command.parse_discord_response(state, rows[0])
    bot.add_application_command(command, overwrite=True, use_rollout=True)
    outcome = await bo.slash(research.id, "research", topic="tides")
    assert outcome.message is not None
    assert outcome.message["content"] == "about tides"


async def test_a_listener_hears_buttons_that_no_view_knows(
    start: Start, research: Channel, bo: Member, bot_api: Api
) -> None:
    bot = new_bot()

    async def pressed(interaction: nextcord.Interaction[commands.Bot]) -> None:
        data = interaction.data or {}
        if data.get("custom_id") == "v1:stop:1":
            await interaction.response.edit_message(content="stopped", view=None)

    bot.add_listener(pressed, "on_interaction")
    await start(bot)
    button = {"type": 2, "style": 1, "label": "Stop", "custom_id": "v1:stop:1"}
    body = {"content": "working", "components": [{"type": 1, "components": [button]}]}
    await bot_api.ok("POST", f"/channels/{research.id}/messages", body)
    message = await bo.message_where(lambda each: each["content"] == "working")
    outcome = await bo.click(message, "v1:stop:1")
    assert outcome.message is not None
    assert (outcome.message["content"], outcome.message["components"]) == ("stopped", [])


async def test_several_sessions_at_once(local: LocalDiscord, start: Start, research: Channel) -> None:
    first, second = new_bot(), new_bot()
    await start(first)
    heard = await start(second)
    place = first.get_channel(research.id)
    assert isinstance(place, nextcord.TextChannel)
    sent = await place.send("anybody?")
    assert (await asyncio.wait_for(heard.get(), WAIT)).id == sent.id
    assert len([s for s in local.hub.sessions.values() if s.application_id]) == 2
