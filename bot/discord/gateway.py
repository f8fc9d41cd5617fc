"""Keeps one gateway client alive and turns its events into ours.

nextcord ends its client for good when an event cannot be parsed, so a supervisor starts a new one.
"""

import asyncio
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, override

import aiohttp
import nextcord
import structlog

from bot.clock import Clock
from bot.discord.events import Author, Interaction, Message, RepliedTo, Where
from bot.errors import ConfigError

log = structlog.get_logger(__name__)

PRIVILEGED = frozenset({"message_content", "members", "presences"})
DIRECT_MESSAGES = "direct_messages"
_KINDS: dict[int, Any] = {1: "ping", 2: "command", 3: "component", 4: "autocomplete", 5: "modal"}
_ACTS = frozenset({2, 3})
_REFUSED_LOGIN = frozenset({4004, 4010, 4011, 4012, 4013})


class Listener(Protocol):
    """Who is told what happens on Discord."""

    async def guild_ready(self, guild_id: int, name: str, talk_in: int | None = None) -> None:
        """A guild is there: at start, after a reconnect, or because the bot was let in.

        ``talk_in`` is a channel in which the bot may write.
        """
        ...

    async def guild_gone(self, guild_id: int) -> None:
        """The bot was thrown out of a guild, or the guild is no more."""
        ...

    async def permissions_changed(self, guild_id: int) -> None:
        """The bot may be allowed more in a guild, or less, than before."""
        ...

    async def message(self, message: Message) -> None:
        """Somebody said something."""
        ...

    async def interaction(self, interaction: Interaction) -> None:
        """Somebody used a command or a button."""
        ...


class Tap(Protocol):
    """Who hears all frames as Discord sent them, before nextcord makes of them what it can keep."""

    def connected(self, renew: Callable[[], object]) -> None:
        """A client begins; ``renew`` ends it, so that another begins with a new session."""
        ...

    def frame(self, text: str) -> None:
        """Discord said this. Must not raise."""
        ...


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Seconds between attempts, and how long nextcord waits for guilds after READY."""

    first_pause: float = 1.0
    longest_pause: float = 60.0
    steady: float = 60.0
    guild_ready_timeout: float = 0.5


def intents_for(names: set[str]) -> nextcord.Intents:
    """The gateway intents: what every cog needs, direct messages if named, and the privileged ones that some declare."""
    intents = nextcord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.dm_messages = DIRECT_MESSAGES in names
    for name in names & PRIVILEGED:
        setattr(intents, name, True)
    return intents


class _Client(nextcord.Client):
    """nextcord's client without its command handling, which ours replaces."""

    def __init__(
        self,
        listener: Listener,
        intents: nextcord.Intents,
        settings: GatewaySettings,
        tap: Tap | None = None,
    ) -> None:
        super().__init__(
            intents=intents,
            max_messages=None,
            guild_ready_timeout=settings.guild_ready_timeout,
            allowed_mentions=nextcord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            enable_debug_events=tap is not None,
        )
        self._listener = listener
        self._tap = tap
        # Voice is not used, so nothing is missing without its library.
        nextcord.VoiceClient.warn_nacl = False

    @override
    def dispatch(self, event_name: str, *args: Any, **kwargs: Any) -> None:
        # Taken here and not in a listener: listeners are tasks of their own, and order matters.
        if event_name != "socket_raw_receive":
            super().dispatch(event_name, *args, **kwargs)
        elif self._tap is not None:
            self._tap.frame(args[0])

    async def on_connect(self) -> None:
        """Replaces nextcord's own command rollout."""

    @override
    async def on_guild_available(self, guild: nextcord.Guild) -> None:
        await self._listener.guild_ready(guild.id, guild.name, _talk_in(guild))

    async def on_guild_join(self, guild: nextcord.Guild) -> None:
        """A guild that was not known before."""
        await self._listener.guild_ready(guild.id, guild.name, _talk_in(guild))

    async def on_guild_remove(self, guild: nextcord.Guild) -> None:
        """A guild that the bot is no longer in; one that is only unavailable does not come here."""
        await self._listener.guild_gone(guild.id)

    async def on_guild_channel_update(
        self, before: nextcord.abc.GuildChannel, after: nextcord.abc.GuildChannel
    ) -> None:
        """Only what a channel allows matters here."""
        if before.overwrites != after.overwrites:
            await self._listener.permissions_changed(after.guild.id)

    async def on_guild_role_update(self, before: nextcord.Role, after: nextcord.Role) -> None:
        """A role that the bot has, or everybody, may do something else now."""
        if before.permissions != after.permissions:
            await self._listener.permissions_changed(after.guild.id)

    async def on_member_update(self, before: nextcord.Member, after: nextcord.Member) -> None:
        """The bot has other roles now."""
        if after.id == after.guild.me.id and before.roles != after.roles:
            await self._listener.permissions_changed(after.guild.id)

    async def on_message(self, message: nextcord.Message) -> None:
        """Pass a message on as ours."""
        me = self.user
        reads_all = self.intents.message_content
        await self._listener.message(_message(message, me.id if me else 0, reads_all=reads_all))

    @override
    async def on_interaction(self, interaction: nextcord.Interaction[Any]) -> None:
        await self._listener.interaction(_interaction(interaction))

    @override
    async def on_error(self, event_method: str, *args: Any, **kwargs: Any) -> None:
        log.error("event_failed", event_name=event_method, exc_info=sys.exc_info())


def _where(guild_id: int | None, channel: Any, channel_id: int) -> Where:
    in_thread = isinstance(channel, nextcord.Thread)
    home: Any = channel.parent if in_thread else channel
    return Where(
        guild_id,
        channel_id,
        in_thread,
        home_id=channel.parent_id if in_thread else channel_id,
        home_name=str(getattr(home, "name", "") or ""),
    )


def _author(who: nextcord.User | nextcord.Member, *, is_bot: bool, permissions: int | None = None) -> Author:
    roles, granted = (), 0
    if isinstance(who, nextcord.Member):
        roles, granted = tuple(role.id for role in who.roles), who.guild_permissions.value
    return Author(who.id, who.display_name, is_bot, roles, granted if permissions is None else permissions)


def _talk_in(guild: nextcord.Guild) -> int | None:
    """The channel for a word to the whole guild: the one it chose for that, else the first open one."""
    first = [guild.system_channel] if guild.system_channel is not None else []
    for channel in [*first, *guild.text_channels]:
        allowed = channel.permissions_for(guild.me)
        if allowed.view_channel and allowed.send_messages:
            return channel.id
    return None


def _message(message: nextcord.Message, me: int, *, reads_all: bool) -> Message:
    author = message.author
    mentions_me = any(user.id == me for user in message.mentions)
    # Stickers are not kept back, so that a message of nothing else is not one that cannot be read.
    blank = not (message.content or message.attachments or message.embeds or message.stickers)
    return Message(
        id=message.id,
        where=_where(message.guild.id if message.guild else None, message.channel, message.channel.id),
        author=_author(author, is_bot=author.bot or message.webhook_id is not None),
        text=message.content,
        mentions_me=mentions_me,
        reply_to=_reply_to(message, me),
        hidden=blank
        and not (reads_all or mentions_me or message.guild is None or author.id == me)
        and message.type in {nextcord.MessageType.default, nextcord.MessageType.reply},
    )


def _reply_to(message: nextcord.Message, me: int) -> RepliedTo | None:
    reference = message.reference
    if message.type is not nextcord.MessageType.reply or reference is None or reference.message_id is None:
        return None
    answered = reference.resolved
    if not isinstance(answered, nextcord.Message):
        return RepliedTo(reference.message_id)
    return RepliedTo(
        reference.message_id,
        answered.author.display_name,
        answered.content,
        mine=answered.author.id == me,
        webhook_id=answered.webhook_id,
    )


def _interaction(interaction: nextcord.Interaction[Any]) -> Interaction:
    user = interaction.user
    data: Any = interaction.data or {}
    return Interaction(
        id=interaction.id,
        token=interaction.token,
        kind=_KINDS.get(interaction.type.value, "ping"),
        where=_where(interaction.guild_id, interaction.channel, interaction.channel_id or 0),
        author=Author(0, "")
        if user is None
        else _author(user, is_bot=user.bot, permissions=interaction.permissions.value),
        data=dict(data),
        message_id=interaction.message.id if interaction.message else None,
        readable=_readable(interaction) if interaction.type.value in _ACTS else (),
    )


def _readable(interaction: nextcord.Interaction[Any]) -> tuple[int, ...]:
    """Channels that the asker may read, and with them whoever reads the answer: this one, and open ones."""
    member, guild, here = interaction.user, interaction.guild, interaction.channel
    if guild is None or not isinstance(member, nextcord.Member):
        return ()
    home = here.parent_id if isinstance(here, nextcord.Thread) else interaction.channel_id
    return tuple(
        channel.id
        for channel in guild.channels
        if _may_read(channel, member) and (channel.id == home or _may_read(channel, guild.default_role))
    )


def _may_read(channel: nextcord.abc.GuildChannel, who: nextcord.Member | nextcord.Role) -> bool:
    allowed = channel.permissions_for(who)
    return allowed.view_channel and allowed.read_message_history


async def _started(client: _Client, token: str, tap: Tap | None) -> str:
    """Run a client until it ends; gives why, where that is no error."""
    # A task of its own: only what is cancelled leaves no connection behind that was just being made.
    running = asyncio.create_task(client.start(token), name="gateway client")
    if tap is not None:
        tap.connected(running.cancel)
    try:
        await asyncio.wait({running})
    finally:
        running.cancel()
        await asyncio.wait({running})
    if running.cancelled():
        return "a new session is needed"
    running.result()
    return "closed"


async def stay_connected(
    token: str,
    intents: set[str],
    listener: Listener,
    *,
    clock: Clock,
    settings: GatewaySettings | None = None,
    tap: Tap | None = None,
    jitter: Callable[[], float] = random.random,
) -> None:
    """Hold a gateway connection until cancelled; a new client is made whenever one ends.

    Raises `ConfigError` where trying again cannot help: a refused token, an intent that is not switched on.
    """
    chosen = settings or GatewaySettings()
    failures = 0
    while True:
        began = clock.monotonic()
        client = _Client(listener, intents_for(intents), chosen, tap)
        try:
            reason = await _started(client, token, tap)
        except nextcord.LoginFailure as error:
            raise ConfigError(
                "Discord does not accept this token; copy it again from the developer portal into DISCORD_TOKEN."
            ) from error
        except nextcord.PrivilegedIntentsRequired as error:
            raise ConfigError(
                "Discord refused the connection: switch on the privileged intents "
                f"({', '.join(sorted(intents & PRIVILEGED))}) on the Bot page of the developer portal."
            ) from error
        except nextcord.ConnectionClosed as error:
            if error.code in _REFUSED_LOGIN:
                raise ConfigError(f"Discord refused the connection (close code {error.code}).") from error
            reason = f"close code {error.code}"
        except (OSError, TimeoutError, aiohttp.ClientError, nextcord.DiscordException) as error:
            reason = f"{type(error).__name__}: {error}"
        except Exception as error:
            # A malformed event surfaces here as whatever nextcord's parser raised.
            log.exception("gateway_client_broke")
            reason = type(error).__name__
        finally:
            await client.close()
        failures = 0 if clock.monotonic() - began > chosen.steady else failures + 1
        pause = (
            min(chosen.longest_pause, chosen.first_pause * 2 ** min(failures - 1, 10)) if failures else 0.0
        )
        pause *= 0.5 + jitter() / 2
        log.warning("gateway_lost", reason=reason, again_in=round(pause, 1))
        await clock.sleep(pause)
