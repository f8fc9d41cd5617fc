"""An unmodified nextcord bot in the scripted conversation."""

import asyncio
from typing import Any

import nextcord
from nextcord.ext import commands

from tests.contract.clients.conversation import answer_look, intents, suggestions, take_part
from tests.contract.clients.telling import Place, place

lib: Any = nextcord
ext: Any = commands
"""Any: the conversation is written for three libraries, of which the type checker sees one."""


def _why() -> Any:
    form = lib.ui.Modal("Why?", custom_id="why")
    reason = lib.ui.TextInput("Reason", custom_id="reason")
    form.add_item(reason)

    async def thank(interaction: Any) -> None:
        await interaction.response.send_message(f"thanks, {reason.value}", ephemeral=True)

    form.callback = thank
    return form


async def _pins(channel: Any) -> list[str]:
    return [message.content for message in await channel.pins()]


def _bot(where: Place) -> Any:
    options = {"intents": intents(lib), "guild_ready_timeout": 0.05}
    if where.shards:
        return ext.AutoShardedBot(shard_count=where.shards, **options)
    bot = ext.Bot(**options)

    @bot.slash_command(name="look", description="Look it up", guild_ids=[where.guild_id])
    async def look(interaction: Any, topic: str = lib.SlashOption(description="What")) -> None:
        await answer_look(interaction, topic, interaction.original_message)

    @look.on_autocomplete("topic")
    async def suggest(  # pyright: ignore[reportUnusedFunction] - the decorator keeps it
        interaction: Any, typed: str
    ) -> None:
        await interaction.response.send_autocomplete(suggestions(typed))

    return bot


async def main() -> None:
    where = place()
    lib.http.Route.BASE = where.api_url
    lib.asset.Asset.BASE = where.base_url
    await take_part(lib, _bot(where), where, _why, _pins)


if __name__ == "__main__":
    asyncio.run(main())
