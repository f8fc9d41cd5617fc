"""Reads a scene: a YAML file with the people, bots and guilds that a local Discord starts with."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from bot.clock import Clock
from bot.errors import ConfigError
from bot.local_discord.events import Event
from bot.local_discord.files import MemoryFiles
from bot.local_discord.ids import Secret
from bot.local_discord.members import permissions
from bot.local_discord.model import (
    REQUIRE_TAG,
    TEXT,
    Application,
    Ban,
    Channel,
    Emoji,
    ForumTag,
    Guild,
    Member,
    Overwrite,
    Role,
    User,
    Webhook,
)
from bot.local_discord.scenes.scene_content import Filling
from bot.local_discord.scenes.scene_parts import (
    KINDS,
    BotPart,
    ChannelPart,
    GuildPart,
    MemberPart,
    OverwritePart,
    Part,
    Permission,
    Scene,
    TagPart,
)
from bot.local_discord.settings import Settings
from bot.local_discord.snowflake import Snowflakes
from bot.local_discord.stage import Stage
from bot.local_discord.world import World
from bot.local_discord.yaml_lines import line_of


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
        line = line_of(text, first["loc"])
        raise ConfigError(f"{where}: {first['msg']}.", file=path, line=line) from error


def build_world(scene: Scene, *, clock: Clock, ids: Snowflakes, secret: Secret) -> World:
    """The world that a scene describes.

    Raises:
        ConfigError: it refers to somebody or something that is not in it.
    """
    return _Builder(scene, clock, ids, secret).build()


def _bits(names: list[Permission]) -> int:
    return sum(permissions.NAMES[name] for name in set(names))


def _unheard(_event: Event) -> None:
    """While a scene is made nobody listens."""


def _never(_seconds: float, _action: Callable[[], None]) -> None:
    """What is due later is arranged again when the server starts."""


class _Builder:
    def __init__(self, scene: Scene, clock: Clock, ids: Snowflakes, secret: Secret) -> None:
        self._scene = scene
        self._clock = clock
        self._ids = ids
        self._secret = secret
        self._world = World(now=clock.now)
        self._users: dict[str, int] = {}

    def _id(self, part: Part) -> int:
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
        world.thread_timers.clear()
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
        world = self._world
        guild_id = self._id(part)
        world.put_guild(Guild(guild_id, part.name, self._user(part.owner), part.description))
        for name in part.emojis:
            world.put_emoji(Emoji(self._ids.take(), guild_id, name))
        roles = self._add_roles(part, guild_id)
        self._add_members(part, guild_id, roles)
        made = self._add_channels(part, guild_id, roles)
        filling = Filling(self._stage(), self._user)
        for channel_id, channel in made:
            filling.fill(channel_id, channel)
            if channel.slowmode:
                world.put_channel(replace(world.channels[channel_id], slowmode=channel.slowmode))
        if part.joins is not None:
            found = [channel_id for channel_id, channel in made if channel.name == part.joins]
            if not found:
                raise ConfigError(f"{part.name} has no channel {part.joins} to tell of joins in.")
            world.put_guild(replace(world.guilds[guild_id], system_channel_id=found[0]))

    def _stage(self) -> Stage:
        """What content is made with, before there is a server."""
        return Stage(
            world=self._world,
            ids=self._ids,
            clock=self._clock,
            settings=Settings(),
            files=MemoryFiles(),
            base_url="",
            secret=self._secret,
            emit=_unheard,
            changed=lambda: None,
            later=_never,
        )

    def _add_roles(self, part: GuildPart, guild_id: int) -> dict[str, int]:
        everyone = permissions.EVERYONE_DEFAULT if part.everyone is None else _bits(part.everyone)
        self._world.put_role(Role(guild_id, guild_id, "@everyone", everyone))
        roles: dict[str, int] = {"everyone": guild_id}
        for position, (name, role) in enumerate(reversed(part.roles.items()), start=1):
            roles[name] = self._id(role)
            color = int(role.color[1:], 16)
            self._world.put_role(
                Role(
                    roles[name],
                    guild_id,
                    role.name or name,
                    _bits(role.permissions),
                    position,
                    color,
                    role.hoist,
                    role.mentionable,
                )
            )
        return roles

    def _add_members(self, part: GuildPart, guild_id: int, roles: dict[str, int]) -> None:
        world, now = self._world, self._clock.now()
        for name, given in part.members.items():
            about = given if isinstance(given, MemberPart) else MemberPart(roles=given)
            missing = [role for role in about.roles if role not in roles]
            if missing:
                raise ConfigError(f"{name} has the role {missing[0]}, which {part.name} does not have.")
            held = tuple(roles[role] for role in about.roles if role != "everyone")
            until = None if about.timeout_minutes is None else now + timedelta(minutes=about.timeout_minutes)
            world.put_member(Member(guild_id, self._user(name), now, held, about.nick, until))
        if world.member(guild_id, self._user(part.owner)) is None:
            world.put_member(Member(guild_id, self._user(part.owner), now))
        for name, granted in part.bots.items():
            bot_id = self._user(name)
            if bot_id not in world.applications:
                raise ConfigError(f"{name} is among the bots of {part.name}, but not in bots.")
            role_id = self._ids.take()
            position = len(world.roles_of(guild_id))
            world.put_role(Role(role_id, guild_id, name, _bits(granted), position, bot_id=bot_id))
            world.put_member(Member(guild_id, bot_id, now, (role_id,)))
        for name, reason in part.banned.items():
            if world.member(guild_id, self._user(name)) is not None:
                raise ConfigError(f"{name} is banned from {part.name} and a member of it.")
            world.put_ban(Ban(guild_id, self._user(name), reason))

    def _add_channels(
        self, part: GuildPart, guild_id: int, roles: dict[str, int]
    ) -> list[tuple[int, ChannelPart]]:
        made: dict[str, int] = {}
        found: list[tuple[int, ChannelPart]] = []
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
                    flags=REQUIRE_TAG if channel.tag_required else 0,
                    overwrites=self._overwrites(channel, guild_id, roles),
                    tags=tuple(self._tag(each) for each in channel.tags),
                )
            )
            self._add_webhooks(part, channel, guild_id, made[channel.name])
            found.append((made[channel.name], channel))
        return found

    def _add_webhooks(self, guild: GuildPart, part: ChannelPart, guild_id: int, channel_id: int) -> None:
        for each in part.webhooks:
            owner = self._user(each.owner or guild.owner)
            webhook = Webhook(
                id=self._id(each),
                guild_id=guild_id,
                channel_id=channel_id,
                name=each.name,
                token=each.token or self._secret(51),
                user_id=owner,
                application_id=owner if owner in self._world.applications else None,
            )
            self._world.webhooks[webhook.id] = webhook

    def _tag(self, part: str | TagPart) -> ForumTag:
        tag = TagPart(name=part) if isinstance(part, str) else part
        return ForumTag(self._id(tag), tag.name, tag.moderated, emoji_name=tag.emoji)

    def _overwrites(self, part: ChannelPart, guild_id: int, roles: dict[str, int]) -> tuple[Overwrite, ...]:
        """What the channel's permissions say; a private one is hidden from all but those it names."""
        found = {name: self._overwrite(name, each, roles) for name, each in part.permissions.items()}
        if part.private is not None:
            view = permissions.VIEW_CHANNEL
            everyone = found.get("everyone", Overwrite(guild_id, 0, 0, 0))
            found["everyone"] = replace(everyone, allow=everyone.allow & ~view, deny=everyone.deny | view)
            for name in part.private:
                own = found.get(name) or self._overwrite(name, OverwritePart(), roles)
                found[name] = replace(own, allow=own.allow | view)
        return tuple(found.values())

    def _overwrite(self, name: str, part: OverwritePart, roles: dict[str, int]) -> Overwrite:
        target, kind = (roles[name], 0) if name in roles else (self._user(name), 1)
        return Overwrite(target, kind, _bits(part.allow), _bits(part.deny))
