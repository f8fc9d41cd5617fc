"""How many webhooks fit into a channel and a guild."""

from bot.local_discord.refusals import limit_reached
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Stage


def demand_room_for_webhook(stage: Stage, channel_id: int, guild_id: int, *, moving: bool = False) -> None:
    """Raise 30007 or 30058 when a channel or a guild has as many webhooks as it may; one that moves is no more."""
    if len(stage.world.webhooks_of(channel_id)) >= LIMITS.webhooks:
        raise limit_reached(30007, f"Maximum number of webhooks reached ({LIMITS.webhooks})")
    if moving:
        return
    if sum(each.guild_id == guild_id for each in stage.world.webhooks.values()) >= LIMITS.guild_webhooks:
        raise limit_reached(30058, f"Maximum number of webhooks per guild reached ({LIMITS.guild_webhooks})")
