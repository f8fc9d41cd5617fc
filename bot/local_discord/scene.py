"""Reads a scene: a YAML file with the people, bots and guilds that a local Discord starts with."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.clock import Clock
from bot.errors import ConfigError
from bot.local_discord import permissions
from bot.local_discord.ids import Secret
from bot.local_discord.model import (
    ANNOUNCEMENT,
    CATEGORY,
    FORUM,
    TEXT,
    VOICE,
    Application,
    Channel,
    Guild,
    Member,
    Overwrite,
    Role,
    User,
)
from bot.local_discord.snowflake import Snowflakes
from bot.local_discord.world import World

KINDS = {"text": TEXT, "voice": VOICE, "category": CATEGORY, "announcement": ANNOUNCEMENT, "forum": FORUM}
type Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]{1,32}$")]
type Permission = Literal[
    "create_instant_invite", "kick_members", "administrator", "manage_channels", "manage_guild", "add_reactions",
    "view_channel", "send_messages", "send_tts_messages", "manage_messages", "embed_links", "attach_files",
    "read_message_history", "mention_everyone", "use_external_emojis", "change_nickname", "manage_nicknames",
    "manage_roles", "manage_webhooks", "use_application_commands", "manage_threads", "create_public_threads",
    "create_private_threads", "send_messages_in_threads", "moderate_members", "send_polls", "pin_messages",
    "bypass_slowmode",
]  # fmt: skip
type Identifier = Annotated[int, Field(gt=0, lt=1 << 63)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: Identifier | None = None


class PersonPart(_Part):
    """A person."""

    name: str | None = None


class BotPart(_Part):
    """An application with its bot user."""

    token: str | None = None
    description: str = ""
    owner: Slug | None = None
    privileged: list[Literal["members", "presences", "message_content"]] = []


class RolePart(_Part):
    """A role."""

    name: str | None = None
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#000000"
    permissions: list[Permission] = []
    hoist: bool = False
    mentionable: bool = False


class OverwritePart(BaseModel):
    """What a role (or ``everyone``, or a member) may or may not do in a channel."""

    model_config = ConfigDict(extra="forbid")
    allow: list[Permission] = []
    deny: list[Permission] = []


class ChannelPart(_Part):
    """A channel; ``parent`` is the name of a category above it."""

    name: str
    type: Literal["text", "voice", "category", "announcement", "forum"] = "text"
    topic: str | None = None
    parent: str | None = None
    nsfw: bool = False
    permissions: dict[str, OverwritePart] = {}


class GuildPart(_Part):
    """A guild with all that belongs to it."""

    name: str
    owner: Slug
    everyone: list[Permission] | None = None
    roles: dict[Slug, RolePart] = {}
    channels: list[ChannelPart] = []
    members: dict[Slug, list[Slug]] = {}
    bots: dict[Slug, list[Permission]] = {}


class Scene(BaseModel):
    """A whole scene."""

    model_config = ConfigDict(extra="forbid")
    people: dict[Slug, PersonPart] = {}
    bots: dict[Slug, BotPart] = {}
    guilds: list[GuildPart] = []
    me: Slug | None = None
    welcome: str | None = None


def load_scene(path: Path | None, *, clock: Clock, ids: Snowflakes, secret: Secret) -> World:
    """The world that a scene describes; None means the one that comes with the program.

    Raises:
        ConfigError: the file cannot be read or says something that is no scene; it names the line.
    """
    try:
        default = files("bot.local_discord") / "scenes" / "default.yaml"
        text = (default if path is None else path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The scene {path} cannot be read: {error}.", file=path) from error
    return build_world(read_scene(text, path), clock=clock, ids=ids, secret=secret)


def read_scene(text: str, path: Path | None = None) -> Scene:
    """The scene in a YAML text.

    Raises:
        ConfigError: it is no scene; names the line.
    """
    try:
        # the loader written in C reads a thousand guilds in a tenth of the time
        data: object = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        return Scene.model_validate(data if data is not None else {})
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise ConfigError(f"The scene is not valid YAML: {error.problem}.", file=path, line=line) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the scene"
        line = _line_of(text, first["loc"])
        raise ConfigError(f"{where}: {first['msg']}.", file=path, line=line) from error


def _line_of(text: str, where: tuple[int | str, ...]) -> int | None:
    """The line of a key in a YAML text, or of the nearest part around it that is there."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return None
    line = node.start_mark.line + 1
    for step in where:
        if isinstance(node, yaml.MappingNode):
            pairs = cast("list[tuple[yaml.ScalarNode, yaml.Node]]", node.value)
            found = next(((k, v) for k, v in pairs if k.value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = cast("list[yaml.Node]", node.value)[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def build_world(scene: Scene, *, clock: Clock, ids: Snowflakes, secret: Secret) -> World:
    """The world that a scene describes.

    Raises:
        ConfigError: it refers to somebody or something that is not in it.
    """
    return _Builder(scene, clock, ids, secret).build()


def _bits(names: list[Permission]) -> int:
    return sum(permissions.NAMES[name] for name in set(names))


class _Builder:
    def __init__(self, scene: Scene, clock: Clock, ids: Snowflakes, secret: Secret) -> None:
        self._scene = scene
        self._clock = clock
        self._ids = ids
        self._secret = secret
        self._world = World()
        self._users: dict[str, int] = {}

    def _id(self, part: _Part) -> int:
        if part.id is None:
            return self._ids.take()
        self._ids.at_least(part.id)
        return part.id

    def _user(self, name: str) -> int:
        if name not in self._users:
            raise ConfigError(f"The scene mentions {name}, who is neither in people nor in bots.")
        return self._users[name]

    def build(self) -> World:
        scene, world = self._scene, self._world
        for name, person in scene.people.items():
            self._users[name] = self._id(person)
            world.put_user(User(self._users[name], name, person.name))
        for name, bot in scene.bots.items():
            self._add_bot(name, bot)
        for guild in scene.guilds:
            self._add_guild(guild)
        people = [user.id for user in world.users.values() if not user.bot]
        world.default_member = self._user(scene.me) if scene.me else (people[0] if people else 0)
        named = [channel.id for channel in world.channels.values() if channel.name == scene.welcome]
        if scene.welcome is not None and not named:
            raise ConfigError(f"The scene's welcome channel {scene.welcome} is in none of its guilds.")
        texts = [channel.id for channel in world.channels.values() if channel.kind == TEXT]
        world.welcome_channel = (named or texts or [0])[0]
        return world

    def _add_bot(self, name: str, bot: BotPart) -> None:
        identifier = self._users[name] = self._id(bot)
        self._world.put_user(User(identifier, name, bot=True))
        people = list(self._scene.people)
        owner = bot.owner or (people[0] if people else name)
        self._world.put_application(
            Application(
                id=identifier,
                name=name,
                token=bot.token or self._secret(48),
                owner_id=self._user(owner),
                description=bot.description,
                privileged=tuple(bot.privileged),
            )
        )

    def _add_guild(self, part: GuildPart) -> None:
        world, now = self._world, self._clock.now()
        guild_id = self._id(part)
        world.put_guild(Guild(guild_id, part.name, self._user(part.owner)))
        everyone = permissions.EVERYONE_DEFAULT if part.everyone is None else _bits(part.everyone)
        world.put_role(Role(guild_id, guild_id, "@everyone", everyone))
        roles: dict[str, int] = {"everyone": guild_id}
        for position, (name, role) in enumerate(reversed(part.roles.items()), start=1):
            roles[name] = self._id(role)
            color = int(role.color[1:], 16)
            shown = role.name or name
            world.put_role(
                Role(
                    roles[name],
                    guild_id,
                    shown,
                    _bits(role.permissions),
                    position,
                    color,
                    role.hoist,
                    role.mentionable,
                )
            )
        for name, held in part.members.items():
            missing = [role for role in held if role not in roles]
            if missing:
                raise ConfigError(f"{name} has the role {missing[0]}, which {part.name} does not have.")
            world.put_member(Member(guild_id, self._user(name), now, tuple(roles[role] for role in held)))
        if world.member(guild_id, self._user(part.owner)) is None:
            world.put_member(Member(guild_id, self._user(part.owner), now))
        for name, granted in part.bots.items():
            bot_id = self._user(name)
            if bot_id not in world.applications:
                raise ConfigError(f"{name} is among the bots of {part.name}, but not in bots.")
            role_id = self._ids.take()
            world.put_role(Role(role_id, guild_id, name, _bits(granted), len(roles), bot_id=bot_id))
            world.put_member(Member(guild_id, bot_id, now, (role_id,)))
        self._add_channels(part, guild_id, roles)

    def _add_channels(self, part: GuildPart, guild_id: int, roles: dict[str, int]) -> None:
        made: dict[str, int] = {}
        for position, channel in enumerate(part.channels):
            if channel.parent is not None and channel.parent not in made:
                raise ConfigError(
                    f"The category {channel.parent} must stand above the channel {channel.name}."
                )
            made[channel.name] = self._id(channel)
            self._world.put_channel(
                Channel(
                    made[channel.name],
                    KINDS[channel.type],
                    channel.name,
                    guild_id=guild_id,
                    parent_id=made[channel.parent] if channel.parent else None,
                    position=position,
                    topic=channel.topic,
                    nsfw=channel.nsfw,
                    overwrites=tuple(self._overwrite(n, p, roles) for n, p in channel.permissions.items()),
                )
            )

    def _overwrite(self, name: str, part: OverwritePart, roles: dict[str, int]) -> Overwrite:
        target, kind = (roles[name], 0) if name in roles else (self._user(name), 1)
        return Overwrite(target, kind, _bits(part.allow), _bits(part.deny))
