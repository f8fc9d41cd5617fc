"""Answers what clients may ask about guilds beside their members: soundboards, and what channels say of themselves."""

from collections.abc import Iterator
from typing import cast

from bot.local_discord.form import as_snowflake
from bot.local_discord.gateway.codes import UNKNOWN_OPCODE, Closed
from bot.local_discord.gateway.session import Session
from bot.local_discord.model import Json
from bot.local_discord.world import World

CHANNEL_FIELDS = frozenset({"status", "voice_start_time"})


def soundboards(world: World, session: Session, data: Json) -> Iterator[tuple[str, Json]]:
    """SOUNDBOARD_SOUNDS for each guild that was named; nobody here has any sounds.

    Raises:
        Closed: with 4001 when the payload is not right.
    """
    asked = data.get("guild_ids")
    guild_ids = (
        [as_snowflake(each) for each in cast("list[object]", asked)] if isinstance(asked, list) else [None]
    )
    if None in guild_ids:
        raise Closed(UNKNOWN_OPCODE)
    for guild_id in guild_ids:
        if guild_id is not None and _its_guild(world, session, guild_id):
            yield "SOUNDBOARD_SOUNDS", {"guild_id": str(guild_id), "soundboard_sounds": []}


def channel_info(world: World, session: Session, data: Json) -> Iterator[tuple[str, Json]]:
    """CHANNEL_INFO; no voice channel here has a status or a time at which talking began.

    Raises:
        Closed: with 4001 when the payload is not right.
    """
    guild_id, fields = as_snowflake(data.get("guild_id")), data.get("fields")
    listed = cast("list[object]", fields) if isinstance(fields, list) else [None]
    if guild_id is None or any(field not in CHANNEL_FIELDS for field in listed if isinstance(field, str)):
        raise Closed(UNKNOWN_OPCODE)
    if not all(isinstance(field, str) for field in listed):
        raise Closed(UNKNOWN_OPCODE)
    if _its_guild(world, session, guild_id):
        yield "CHANNEL_INFO", {"guild_id": str(guild_id), "channels": []}


def _its_guild(world: World, session: Session, guild_id: int) -> bool:
    return session.covers(guild_id) and world.member(guild_id, session.user_id) is not None
