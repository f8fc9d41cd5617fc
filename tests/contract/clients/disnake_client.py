"""An unmodified disnake bot in the scripted conversation."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tests.contract.clients.conversation import answer_look, intents, suggestions, take_part
from tests.contract.clients.telling import Place, place

lib: Any = import_module("disnake")
ext: Any = import_module("disnake.ext.commands")
"""Any: the library lies in an environment that the type checker does not see."""

if TYPE_CHECKING:
    type Command = Any
else:  # disnake reads this annotation
    Command = lib.ApplicationCommandInteraction


class Why(lib.ui.Modal):
    async def callback(self, interaction: Any) -> None:
        await interaction.response.send_message(
            f"thanks, {interaction.text_values['reason']}", ephemeral=True
        )


def _why() -> Any:
    reason = lib.ui.TextInput(label="Reason", custom_id="reason")
    return Why(title="Why?", custom_id="why", components=[reason])


async def _pins(channel: Any) -> list[str]:
    return [message.content async for message in channel.pins()]


def _bot(where: Place) -> Any:
    options = {"intents": intents(lib), "guild_ready_timeout": 0.05}
    if where.shards:
        return ext.AutoShardedInteractionBot(shard_count=where.shards, **options)
    bot = ext.InteractionBot(test_guilds=[where.guild_id], **options)

    @bot.slash_command(name="look", description="Look it up")
    async def look(interaction: Command, topic: str = ext.Param(description="What")) -> None:
        await answer_look(interaction, topic, interaction.original_response)

    @look.autocomplete("topic")
    async def suggest(  # pyright: ignore[reportUnusedFunction] - the decorator keeps it
        _interaction: Command, typed: str
    ) -> list[str]:
        return suggestions(typed)

    return bot


async def main() -> None:
    where = place()
    lib.http.Route.BASE = where.api_url
    lib.asset.Asset.BASE = where.base_url
    await take_part(lib, _bot(where), where, _why, _pins)


if __name__ == "__main__":
    asyncio.run(main())
