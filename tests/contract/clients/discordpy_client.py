"""An unmodified discord.py bot in the scripted conversation."""

import asyncio
from importlib import import_module
from typing import Any

from tests.contract.clients.conversation import answer_look, intents, suggestions, take_part
from tests.contract.clients.telling import Place, place

lib: Any = import_module("discord")
ext: Any = import_module("discord.ext.commands")
yarl: Any = import_module("yarl")
"""Any: the library lies in an environment that the type checker does not see."""


def _why() -> Any:
    form = lib.ui.Modal(title="Why?", custom_id="why")
    reason = lib.ui.TextInput(label="Reason", custom_id="reason")
    form.add_item(reason)

    async def thank(interaction: Any) -> None:
        await interaction.response.send_message(f"thanks, {reason.value}", ephemeral=True)

    form.on_submit = thank
    return form


async def _pins(channel: Any) -> list[str]:
    return [message.content async for message in channel.pins()]


def _bot(where: Place) -> Any:
    options = {
        "command_prefix": ext.when_mentioned,
        "intents": intents(lib),
        "guild_ready_timeout": 0.05,
        "help_command": None,
    }
    if where.shards:
        return ext.AutoShardedBot(shard_count=where.shards, **options)
    bot = ext.Bot(**options)
    guild = lib.Object(where.guild_id)

    @bot.tree.command(name="look", description="Look it up", guild=guild)
    @lib.app_commands.describe(topic="What")
    async def look(interaction: Any, topic: str) -> None:
        await answer_look(interaction, topic, interaction.original_response)

    @look.autocomplete("topic")
    async def suggest(  # pyright: ignore[reportUnusedFunction] - the decorator keeps it
        _interaction: Any, typed: str
    ) -> list[Any]:
        return [lib.app_commands.Choice(name=text, value=text) for text in suggestions(typed)]

    async def sync() -> None:
        await bot.tree.sync(guild=guild)

    bot.setup_hook = sync
    return bot


async def main() -> None:
    where = place()
    lib.http.Route.BASE = where.api_url
    lib.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(where.gateway_url)
    lib.asset.Asset.BASE = where.base_url
    await take_part(lib, _bot(where), where, _why, _pins)


if __name__ == "__main__":
    asyncio.run(main())
