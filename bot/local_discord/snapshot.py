"""Keeps the world in one file, so that the same ids and messages are there after a restart."""

import asyncio
import contextlib
import fcntl
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.clock import Clock
from bot.errors import ConfigError
from bot.local_discord.files import write_atomically
from bot.local_discord.model import (
    Application,
    Ban,
    Channel,
    Command,
    CommandRules,
    Emoji,
    Guild,
    Interaction,
    Member,
    Message,
    Role,
    User,
    Webhook,
)
from bot.local_discord.snowflake import Snowflakes
from bot.local_discord.world import World

log = structlog.get_logger(__name__)

VERSION = 1
FILE = "local-discord.json"
LOCK = "local-discord.lock"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole world as lists of records, and the last id that was given out."""

    version: int
    last_id: int
    default_member: int
    welcome_channel: int
    users: list[User] = field(default_factory=list[User])
    applications: list[Application] = field(default_factory=list[Application])
    guilds: list[Guild] = field(default_factory=list[Guild])
    roles: list[Role] = field(default_factory=list[Role])
    emojis: list[Emoji] = field(default_factory=list[Emoji])
    members: list[Member] = field(default_factory=list[Member])
    channels: list[Channel] = field(default_factory=list[Channel])
    messages: list[Message] = field(default_factory=list[Message])
    webhooks: list[Webhook] = field(default_factory=list[Webhook])
    commands: list[Command] = field(default_factory=list[Command])
    interactions: list[Interaction] = field(default_factory=list[Interaction])
    bans: list[Ban] = field(default_factory=list[Ban])
    command_rules: list[CommandRules] = field(default_factory=list[CommandRules])


_ADAPTER = TypeAdapter(Snapshot)


def snapshot_of(world: World, ids: Snowflakes) -> Snapshot:
    """The world as it is now; records do not change, so the lists may be written later."""
    return Snapshot(
        version=VERSION,
        last_id=ids.last,
        default_member=world.default_member,
        welcome_channel=world.welcome_channel,
        users=list(world.users.values()),
        applications=list(world.applications.values()),
        guilds=list(world.guilds.values()),
        roles=list(world.roles.values()),
        emojis=list(world.emojis.values()),
        members=list(world.all_members()),
        channels=list(world.channels.values()),
        messages=[*world.all_messages(), *world.ephemerals()],
        webhooks=list(world.webhooks.values()),
        commands=list(world.commands.values()),
        interactions=list(world.interactions.values()),
        bans=list(world.all_bans()),
        command_rules=list(world.command_rules.values()),
    )


def world_of(snapshot: Snapshot) -> World:
    """The world that was saved."""
    world = World(default_member=snapshot.default_member, welcome_channel=snapshot.welcome_channel)
    _each(world.put_user, snapshot.users)
    _each(world.put_application, snapshot.applications)
    _each(world.put_guild, snapshot.guilds)
    _each(world.put_role, snapshot.roles)
    _each(world.put_emoji, snapshot.emojis)
    _each(world.put_member, snapshot.members)
    _each(world.put_channel, snapshot.channels)
    _each(world.put_message, snapshot.messages)
    _each(world.put_interaction, snapshot.interactions)
    _each(world.put_ban, snapshot.bans)
    _each(world.put_command_rules, snapshot.command_rules)
    world.webhooks.update((webhook.id, webhook) for webhook in snapshot.webhooks)
    world.commands.update((command.id, command) for command in snapshot.commands)
    return world


def _each[T](put: Callable[[T], None], records: Iterable[T]) -> None:
    for record in records:
        put(record)


def load(directory: Path) -> Snapshot | None:
    """What was saved in a directory, None where nothing was.

    Raises:
        ConfigError: the file is damaged or was written by a newer version.
    """
    path = directory / FILE
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"The saved state {path} cannot be read: {error.strerror}.", file=path) from error
    try:
        snapshot = _ADAPTER.validate_json(raw)
    except ValidationError as error:
        message = "The saved state is damaged; restore it, or delete it to start afresh."
        raise ConfigError(message, file=path) from error
    if snapshot.version > VERSION:
        raise ConfigError("The saved state was written by a newer version; update this program.", file=path)
    return snapshot


def save(snapshot: Snapshot, directory: Path) -> None:
    """Write a snapshot so that there is always a whole one."""
    write_atomically(directory / FILE, _ADAPTER.dump_json(snapshot))


@contextlib.contextmanager
def owned(directory: Path) -> Generator[None]:
    """Make a directory ours while the block runs; ends with the process, however that ends.

    Raises:
        ConfigError: another local Discord uses it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK).open("w") as lock:
        _take(lock, directory)
        yield


def _take(lock: IO[str], directory: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        message = f"Another local Discord uses {directory}; stop it or choose another directory."
        raise ConfigError(message) from error


class Saver:
    """Saves a world some time after it changed, and when asked."""

    def __init__(
        self, world: World, ids: Snowflakes, directory: Path | None, *, clock: Clock, interval: float
    ) -> None:
        self._world = world
        self._ids = ids
        self._directory = directory
        self._clock = clock
        self._interval = interval
        self._dirty = asyncio.Event()
        self._writing = asyncio.Lock()

    def changed(self) -> None:
        """Note that there is something to save."""
        self._dirty.set()

    async def run(self) -> None:
        """Save after changes until cancelled; a failure is logged and tried again with the next interval."""
        while True:
            await self._dirty.wait()
            await self._clock.sleep(self._interval)
            try:
                await self.save()
            except OSError as error:
                self._dirty.set()
                log.warning("local_discord_save_failed", directory=str(self._directory), reason=str(error))

    async def save(self) -> None:
        """Save now.

        Raises:
            OSError: the file could not be written; the one before is still there.
        """
        if self._directory is None:
            self._dirty.clear()
            return
        async with self._writing:
            self._dirty.clear()
            snapshot = snapshot_of(self._world, self._ids)
            await asyncio.to_thread(save, snapshot, self._directory)
