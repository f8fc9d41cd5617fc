"""Who is in which voice channel. There is no voice server here, and Discord has a way to say so.

https://discord.com/developers/docs/events/gateway-events#update-voice-state
"""

from dataclasses import dataclass, field, replace

from bot.local_discord.form import as_snowflake
from bot.local_discord.gateway.codes import UNKNOWN_OPCODE, Closed
from bot.local_discord.gateway.session import Session
from bot.local_discord.members.permissions import CONNECT, in_channel
from bot.local_discord.model import STAGE_VOICE, VOICE, Json
from bot.local_discord.wire.guild import member_object
from bot.local_discord.wire.view import View, maybe_id
from bot.local_discord.world import World


@dataclass(frozen=True, slots=True)
class VoiceState:
    """Where a member is; ``channel_id`` None says that they have left."""

    guild_id: int
    user_id: int
    session_id: str
    channel_id: int | None
    self_mute: bool
    self_deaf: bool


@dataclass(slots=True)
class Voices:
    """The members in voice channels, by guild and user."""

    _states: dict[tuple[int, int], VoiceState] = field(default_factory=dict[tuple[int, int], VoiceState])

    def put(self, state: VoiceState) -> bool:
        """Take a change in; False when there is none."""
        key = (state.guild_id, state.user_id)
        if self._states.get(key, replace(state, channel_id=None)) == state:
            return False
        if state.channel_id is None:
            del self._states[key]
        else:
            self._states[key] = state
        return True

    def in_guild(self, guild_id: int) -> list[VoiceState]:
        """The members of a guild who are in a voice channel."""
        return [state for state in self._states.values() if state.guild_id == guild_id]

    def of_session(self, session_id: str) -> list[VoiceState]:
        """What ends with a session."""
        return [state for state in self._states.values() if state.session_id == session_id]


def read_voice_state(world: World, session: Session, data: Json) -> VoiceState | None:
    """Where a client wants to be; None when it may not be there.

    Raises:
        Closed: with 4001 when the payload is not right.
    """
    mute, deaf = data.get("self_mute", False), data.get("self_deaf", False)
    guild_id, channel_id = as_snowflake(data.get("guild_id")), as_snowflake(data.get("channel_id"))
    misspelt = channel_id is None and data.get("channel_id") is not None
    if guild_id is None or misspelt or not isinstance(mute, bool) or not isinstance(deaf, bool):
        raise Closed(UNKNOWN_OPCODE)
    if world.member(guild_id, session.user_id) is None:
        return None
    if channel_id is not None:
        channel = world.channels.get(channel_id)
        if channel is None or channel.guild_id != guild_id or channel.kind not in (VOICE, STAGE_VOICE):
            return None
        if not in_channel(world, session.user_id, channel) & CONNECT:
            return None
    return VoiceState(guild_id, session.user_id, session.id, channel_id, mute, deaf)


def voice_state_object(view: View, state: VoiceState, *, in_guild_create: bool = False) -> Json:
    """VOICE_STATE_UPDATE; in GUILD_CREATE without the guild's id."""
    data: Json = {
        "channel_id": maybe_id(state.channel_id),
        "user_id": str(state.user_id),
        "session_id": state.session_id,
        "deaf": False,
        "mute": False,
        "self_deaf": state.self_deaf,
        "self_mute": state.self_mute,
        "self_stream": False,
        "self_video": False,
        "suppress": False,
        "request_to_speak_timestamp": None,
    }
    member = view.world.member(state.guild_id, state.user_id)
    if not in_guild_create:
        data["guild_id"] = str(state.guild_id)
        if member is not None:
            data["member"] = member_object(view, member)
    return data


def voice_server_object(guild_id: int, token: str) -> Json:
    """VOICE_SERVER_UPDATE without an endpoint: "the voice server allocated has gone away"."""
    return {"token": token, "guild_id": str(guild_id), "endpoint": None}
