"""A bot that keeps a mirror of a local Discord, and what the mirror should hold by then."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from bot.clock import Clock
from bot.discord.api import DiscordApi
from bot.discord.events import Happening, Interaction, Message
from bot.discord.gateway import GatewaySettings, stay_connected
from bot.discord.mirror_intake import IntakeSettings, MirrorIntake
from bot.discord.mirror_writer import MirrorWriter, WriterSettings
from bot.discord.missed.guild_seen import GuildSeen
from bot.discord.thread_members import ThreadMembers
from bot.local_discord.gateway.outline import visible_channels
from bot.local_discord.members.permissions import can_see, in_channel, takes_part, timed_out
from bot.local_discord.model import Channel as TheirChannel
from bot.local_discord.model import Member
from bot.local_discord.server import LocalDiscord
from bot.mirror import channel_table
from bot.mirror import permissions as ours
from bot.mirror.picture import PRIVATE_THREAD, Channel, Overwrite, Picture
from bot.mirror.reader import Mirror, MirrorSettings, Stale
from bot.storage.database import Database

ALL = (1 << 53) - 1
GATEWAY = GatewaySettings(first_pause=0.02, longest_pause=0.1, guild_ready_timeout=0.05)
INTAKE = IntakeSettings(gap=0.2, renew_pause=0.0)
WRITER = WriterSettings(beat=0.05, retry=0.05)


class Deaf:
    """A listener to whom nothing matters."""

    def session_began(self) -> None: ...
    async def guild_ready(
        self, guild_id: int, name: str, talk_in: int | None = None, seen: GuildSeen | None = None
    ) -> None: ...
    async def guild_gone(self, guild_id: int) -> None: ...
    def all_told(self) -> None: ...

    async def permissions_changed(self, guild_id: int) -> None: ...
    async def message(self, message: Message) -> None: ...
    async def happened(self, event: Happening) -> None: ...
    async def interaction(self, interaction: Interaction) -> None: ...


@asynccontextmanager
async def mirroring(
    token: str,
    database: Database,
    *,
    intake: IntakeSettings = INTAKE,
    writer: WriterSettings = WRITER,
) -> AsyncGenerator[MirrorIntake]:
    """Listen to a local Discord and write what it tells, until the block ends."""
    clock = Clock()
    heard = MirrorIntake(clock, uuid4, intake)
    tasks = [
        asyncio.create_task(
            stay_connected(token, set(), Deaf(), clock=clock, settings=GATEWAY, tap=heard), name="gateway"
        ),
        asyncio.create_task(MirrorWriter(database, heard, clock, writer).run_forever(), name="mirror"),
    ]
    try:
        yield heard
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def mirror_of(database: Database, api: DiscordApi, **settings: float) -> Mirror:
    """The mirror as any process reads it."""
    chosen = MirrorSettings(**settings)  # pyright: ignore[reportArgumentType] - silence is the only one that is a float
    return Mirror(database, ThreadMembers(api, Clock(), kept=0.0).takes_part, chosen)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a mirror should hold against what it holds, for one guild."""

    local: LocalDiscord
    database: Database
    mirror: Mirror
    guild_id: int

    async def holds(self) -> bool:
        """Whether nothing is different."""
        return not await self.differences()

    async def differences(self) -> list[str]:
        """All that is different, or why nothing can be told."""
        try:
            picture = await self.mirror.picture(self.guild_id)
        except Stale as stale:
            return [stale.why]
        found = [*self._of_guild(picture), *self._of_channels(picture), *await self._of_threads()]
        return found or self._of_permissions(picture)

    def _of_guild(self, picture: Picture) -> list[str]:
        world = self.local.stage.world
        guild = world.guilds[self.guild_id]
        found: list[str] = []
        if (guild.name, guild.owner_id) != (picture.guild.name, picture.guild.owner_id):
            found.append(f"guild {picture.guild}")
        theirs = {
            (role.id, role.name, role.permissions, role.position, role.bot_id)
            for role in world.roles_of(guild.id)
        }
        mine = {
            (role.id, role.name, role.permissions, role.position, role.bot_id)
            for role in picture.roles.values()
        }
        return [*found, *(f"role {each}" for each in theirs ^ mine)]

    def _of_channels(self, picture: Picture) -> list[str]:
        world = self.local.stage.world
        seen = visible_channels(world, self.local.application_id, self.guild_id)
        theirs = {channel.id: channel for channel in world.channels_of(self.guild_id)}
        found = [f"channel {each}" for each in theirs.keys() ^ picture.channels.keys()]
        for channel_id in theirs.keys() & picture.channels.keys():
            their, mine = theirs[channel_id], picture.channels[channel_id]
            allowed = _overwrites(their)
            # Of what the bot cannot see it is told that it is there, or it remembers what it was.
            if mine.overwrites != allowed and (channel_id in seen or mine.overwrites is not None):
                found.append(f"overwrites of {their.name}: {mine.overwrites} and not {allowed}")
            if (mine.kind, mine.parent_id) != (their.kind, their.parent_id):
                found.append(f"place of {their.name}")
            if channel_id in seen and (mine.name, mine.nsfw) != (their.name, their.nsfw):
                found.append(f"{mine} and not {their.name}")
        return found

    async def _of_threads(self) -> list[str]:
        world, bot = self.local.stage.world, self.local.application_id
        theirs = {t.id: t for t in world.threads_of(self.guild_id) if can_see(world, bot, t)}
        async with self.database.connection() as conn:
            known = {one.id: one for one in await channel_table.find(conn, theirs.keys())}
        found: list[str] = []
        for thread in theirs.values():
            mine, state = known.get(thread.id), thread.thread
            assert state is not None
            if mine is None:
                found += [] if state.archived else [f"thread {thread.name} is missing"]
            elif (mine.kind, mine.parent_id) != (
                thread.kind,
                thread.parent_id,
            ) or mine.archived != state.archived:
                found.append(f"thread {mine}")
        return found

    def _of_permissions(self, picture: Picture) -> list[str]:
        world = self.local.stage.world
        found: list[str] = []
        for member in world.members_of(self.guild_id):
            who = self.reader(member)
            for place in (*world.channels_of(self.guild_id), *world.threads_of(self.guild_id)):
                base = picture.base_of(as_ours(place))
                mine = ours.in_channel(
                    picture, who, as_ours(place), takes_part=takes_part(place, member.user_id)
                )
                their = in_channel(world, member.user_id, place)
                if base is not None and base.overwrites is None and mine == 0:
                    continue
                if mine & ALL != their:
                    found.append(f"{member.user_id} in {place.name}: {mine & ALL:b} and not {their:b}")
        return found

    def reader(self, member: Member) -> ours.Reader:
        """A member as an interaction shows them."""
        return ours.Reader(member.user_id, frozenset(member.roles), timed_out(self.local.stage.world, member))


def as_ours(channel: TheirChannel) -> Channel:
    """A channel without what it allows."""
    return Channel(channel.id, channel.guild_id, channel.parent_id, channel.kind)


def _overwrites(channel: TheirChannel) -> tuple[Overwrite, ...]:
    return tuple(
        sorted(Overwrite(bool(each.kind), each.id, each.allow, each.deny) for each in channel.overwrites)
    )


__all__ = [
    "ALL",
    "INTAKE",
    "PRIVATE_THREAD",
    "WRITER",
    "Comparison",
    "Deaf",
    "as_ours",
    "mirror_of",
    "mirroring",
]
