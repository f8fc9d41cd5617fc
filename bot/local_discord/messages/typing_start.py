"""Shows that somebody is writing."""

from bot.local_discord.events import Event
from bot.local_discord.model import Channel, Json
from bot.local_discord.stage import Stage
from bot.local_discord.wire.guild import member_object


def tell_typing(stage: Stage, channel: Channel, user_id: int) -> None:
    """Tell everybody who may see the channel that a user has begun to write there."""
    data: Json = {
        "channel_id": str(channel.id),
        "user_id": str(user_id),
        "timestamp": int(stage.now().timestamp()),
    }
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
        member = stage.world.member(channel.guild_id, user_id)
        if member is not None:
            data["member"] = member_object(stage.view(), member)
    stage.emit(Event("TYPING_START", data, guild_id=channel.guild_id, channel=channel))
