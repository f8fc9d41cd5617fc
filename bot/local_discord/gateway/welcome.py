"""What a session is told when it begins and when it comes into a guild, fitted to its intents and its size of guilds.

https://discord.com/developers/docs/events/gateway-events#guild-create
"""

from collections.abc import Mapping

from bot.local_discord.gateway.intents import GUILD_PRESENCES
from bot.local_discord.gateway.outline import channels_for, visible_channels
from bot.local_discord.gateway.presence import Presence, presence_object
from bot.local_discord.gateway.session import Session
from bot.local_discord.gateway.voice import Voices, voice_state_object
from bot.local_discord.model import Guild, Json, Member
from bot.local_discord.wire.ready import arrived_guild_object, ready_object
from bot.local_discord.wire.view import View

MOST_WITH_MEMBERS = 75_000


def ready(view: View, session: Session, resume_url: str, guilds: list[Guild]) -> Json:
    """READY."""
    return ready_object(
        view,
        session_id=session.id,
        resume_url=resume_url,
        application_id=session.application_id,
        guilds=guilds,
        shard=session.shard,
    )


def arrival(
    view: View,
    session: Session,
    guild: Guild,
    online: Mapping[int, Presence],
    voices: Voices,
    *,
    obfuscate: bool,
) -> Json:
    """GUILD_CREATE for one session; ``online`` is who is. What the session can see of the guild is noted."""
    world = view.world
    session.visible[guild.id] = visible_channels(world, session.user_id, guild.id)
    count = world.member_count(guild.id)
    speaking = voices.in_guild(guild.id)
    present = session.person or (bool(session.intents & GUILD_PRESENCES) and count <= MOST_WITH_MEMBERS)
    large = count > session.large_threshold
    special = {state.user_id for state in speaking} | {session.user_id}

    def told(member: Member) -> bool:
        if member.user_id in special or session.person or (present and not large):
            return True
        return present and (member.user_id in online or bool(member.roles) or member.nick is not None)

    members = [member for member in world.members_of(guild.id) if told(member)]
    shown = [member.user_id for member in members if member.user_id in online] if present else []
    return arrived_guild_object(
        view,
        guild,
        members=members,
        channels=channels_for(view, session, guild.id, obfuscate=obfuscate),
        presences=[presence_object(user_id, guild.id, online[user_id]) for user_id in shown],
        voice_states=[voice_state_object(view, state, in_guild_create=True) for state in speaking],
        large=large,
    )
