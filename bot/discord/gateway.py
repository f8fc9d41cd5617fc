"""Keeps one gateway client alive and turns its events into ours.

nextcord ends its client for good when an event cannot be parsed, so a supervisor starts a new one.
"""

import asyncio
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, override

import aiohttp
import nextcord
import structlog

from bot.clock import Clock
from bot.discord import happenings
from bot.discord.events import SPOKEN, Deletion, Happening, Interaction, Message, Pins
from bot.discord.incoming import interaction_of, message_of, talk_in
from bot.discord.lent_connections import LentConnections
from bot.discord.missed.guild_seen import GuildSeen, guild_seen
from bot.discord.pulse import Pulse
from bot.errors import ConfigError

log = structlog.get_logger(__name__)

PRIVILEGED = frozenset({"message_content", "members", "presences"})
DIRECT_MESSAGES = "direct_messages"
REACTIONS = "reactions"
_REFUSED_LOGIN = frozenset({4004, 4010, 4011, 4012, 4013})


class Listener(Protocol):
    """Who is told what happens on Discord."""

    def session_began(self) -> None:
        """Discord has begun a new session: what happened since the last one is not told again."""
        ...

    def all_told(self) -> None:
        """Discord has told of all guilds that the bot is on."""
        ...

    async def guild_ready(
        self, guild_id: int, name: str, talk_in: int | None = None, seen: GuildSeen | None = None
    ) -> None:
        """A guild is there: at start, after a reconnect, or because the bot was let in.

        ``talk_in`` is a channel in which the bot may write, ``seen`` what it looked like at that moment.
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

    async def happened(self, event: Happening) -> None:
        """Something happened to a message, a channel's pins or a thread."""
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
    """Seconds between attempts, and how long nextcord waits for guilds after READY.

    ``silence`` is how long Discord may leave heartbeats unanswered (it wants one every 41 seconds) before the line counts
    as dead and is replaced.
    """

    first_pause: float = 1.0
    longest_pause: float = 60.0
    steady: float = 60.0
    guild_ready_timeout: float = 0.5
    silence: float = 90.0


def intents_for(names: set[str]) -> nextcord.Intents:
    """The gateway intents: what every cog needs, direct messages and reactions if named, and the privileged ones."""
    intents = nextcord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.dm_messages = DIRECT_MESSAGES in names
    intents.guild_reactions = REACTIONS in names
    intents.dm_reactions = {REACTIONS, DIRECT_MESSAGES} <= names
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
        pulse: Pulse,
        tap: Tap | None = None,
    ) -> None:
        self._lent = LentConnections()
        super().__init__(
            connector=self._lent,
            intents=intents,
            max_messages=None,
            guild_ready_timeout=settings.guild_ready_timeout,
            allowed_mentions=nextcord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            enable_debug_events=True,
        )
        self._pulse = pulse
        self._listener = listener
        self._tap = tap
        self._opened: set[int] = set()
        # Voice is not used, so nothing is missing without its library.
        nextcord.VoiceClient.warn_nacl = False

    @override
    def dispatch(self, event_name: str, *args: Any, **kwargs: Any) -> None:
        # Taken here and not in a listener: listeners are tasks of their own, and order matters.
        if event_name == "socket_raw_receive":
            self._pulse.received(args[0])
            if self._tap is not None:
                self._tap.frame(args[0])
            return
        if event_name == "connect":
            self._listener.session_began()
        super().dispatch(event_name, *args, **kwargs)

    @override
    async def close(self) -> None:
        # nextcord lets both go on after its end: it would tell of guilds once more, and hold a line open.
        gathering: asyncio.Task[None] | None = self._connection._ready_task  # noqa: SLF001 # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType] - nothing public ends it
        if gathering is not None:
            gathering.cancel()
            await asyncio.wait({gathering})
        try:
            await super().close()
        finally:
            self._lent.take_back()

    async def on_connect(self) -> None:
        """Replaces nextcord's own command rollout."""

    async def on_ready(self) -> None:
        """Discord has told of all guilds."""
        self._listener.all_told()

    @override
    async def on_guild_available(self, guild: nextcord.Guild) -> None:
        await self._listener.guild_ready(guild.id, guild.name, talk_in(guild), guild_seen(guild))

    async def on_guild_join(self, guild: nextcord.Guild) -> None:
        """A guild that was not known before."""
        await self._listener.guild_ready(guild.id, guild.name, talk_in(guild), guild_seen(guild))

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
        if message.type.value in SPOKEN:
            await self._listener.message(message_of(message, self._me, reads_all=self._reads_all))

    async def on_raw_message_edit(self, event: nextcord.RawMessageUpdateEvent) -> None:
        """Discord says the same of links that got a preview, which is no edit."""
        edit = happenings.edit_of(self, event, self._me, reads_all=self._reads_all)
        if edit is not None and event.data.get("type") in SPOKEN:
            await self._listener.happened(edit)

    async def on_raw_message_delete(self, event: nextcord.RawMessageDeleteEvent) -> None:
        """One message is gone."""
        where = happenings.place_of(self, event.guild_id, event.channel_id)
        await self._listener.happened(Deletion(event.message_id, where))

    async def on_raw_bulk_message_delete(self, event: nextcord.RawBulkMessageDeleteEvent) -> None:
        """Several messages of a channel are gone."""
        where = happenings.place_of(self, event.guild_id, event.channel_id)
        for message_id in sorted(event.message_ids):
            await self._listener.happened(Deletion(message_id, where))

    async def on_raw_reaction_add(self, event: nextcord.RawReactionActionEvent) -> None:
        """Somebody put a reaction under a message."""
        await self._listener.happened(happenings.reaction_of(self, event, "added"))

    async def on_raw_reaction_remove(self, event: nextcord.RawReactionActionEvent) -> None:
        """Somebody took a reaction back."""
        await self._listener.happened(happenings.reaction_of(self, event, "removed"))

    async def on_raw_reaction_clear(self, event: nextcord.RawReactionClearEvent) -> None:
        """All reactions of a message were taken away."""
        await self._listener.happened(happenings.cleared_of(self, event))

    async def on_raw_reaction_clear_emoji(self, event: nextcord.RawReactionClearEmojiEvent) -> None:
        """All reactions of one kind were taken away."""
        await self._listener.happened(happenings.cleared_of(self, event, event.emoji))

    async def on_guild_channel_pins_update(
        self, channel: nextcord.abc.GuildChannel | nextcord.Thread, last_pin: datetime | None
    ) -> None:
        """Something was pinned or taken off."""
        where = happenings.place_of(self, channel.guild.id, channel.id)
        await self._listener.happened(Pins(where, last_pin))

    async def on_thread_create(self, thread: nextcord.Thread) -> None:
        """A thread was opened; nextcord says right after it that it knows the thread now."""
        self._opened.add(thread.id)
        await self._listener.happened(happenings.thread_of(thread, "created"))

    async def on_thread_join(self, thread: nextcord.Thread) -> None:
        """A thread that nextcord did not know: one just opened, which is told already, or one that woke up."""
        if thread.id in self._opened:
            self._opened.discard(thread.id)
            return
        await self._listener.happened(happenings.thread_of(thread, "changed"))

    async def on_thread_update(self, before: nextcord.Thread, after: nextcord.Thread) -> None:
        """A thread was renamed, archived, locked, or the reverse, or tagged."""
        if happenings.differs(before, after):
            await self._listener.happened(happenings.thread_of(after, "changed"))

    async def on_thread_delete(self, thread: nextcord.Thread) -> None:
        """A thread is gone."""
        await self._listener.happened(happenings.thread_of(thread, "deleted"))

    @override
    async def on_interaction(self, interaction: nextcord.Interaction[Any]) -> None:
        await self._listener.interaction(interaction_of(interaction))

    @property
    def _me(self) -> int:
        return 0 if self.user is None else self.user.id

    @property
    def _reads_all(self) -> bool:
        return self.intents.message_content

    @override
    async def on_error(self, event_method: str, *args: Any, **kwargs: Any) -> None:
        log.error("event_failed", event_name=event_method, exc_info=sys.exc_info())


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
        pulse = Pulse(clock, chosen.silence)
        client = _Client(listener, intents_for(intents), chosen, pulse, tap)
        watch = asyncio.create_task(pulse.watch(client), name="gateway pulse")
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
            watch.cancel()
            await client.close()
        failures = 0 if clock.monotonic() - began > chosen.steady else failures + 1
        pause = (
            min(chosen.longest_pause, chosen.first_pause * 2 ** min(failures - 1, 10)) if failures else 0.0
        )
        pause *= 0.5 + jitter() / 2
        log.warning("gateway_lost", reason=reason, again_in=round(pause, 1))
        await clock.sleep(pause)
