"""The state of the local Discord: every record by its id, with the few indexes that reading needs."""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.local_discord.model import (
    DM,
    Application,
    Attachment,
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


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class World:
    """All records; change them only through the ``put_*`` and ``drop_*`` methods, which keep the indexes right.

    ``now`` tells the time in UTC, by which timeouts of members end. ``thread_timers`` has when a thread is next
    looked at to be archived, ``poll_timers`` when a poll (by its message) is looked at to be ended, ``old_edits`` when old messages of a channel were last edited; none of them is saved.
    """

    users: dict[int, User] = field(default_factory=dict[int, User])
    applications: dict[int, Application] = field(default_factory=dict[int, Application])
    guilds: dict[int, Guild] = field(default_factory=dict[int, Guild])
    roles: dict[int, Role] = field(default_factory=dict[int, Role])
    emojis: dict[int, Emoji] = field(default_factory=dict[int, Emoji])
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])
    webhooks: dict[int, Webhook] = field(default_factory=dict[int, Webhook])
    commands: dict[int, Command] = field(default_factory=dict[int, Command])
    interactions: dict[int, Interaction] = field(default_factory=dict[int, Interaction])
    command_rules: dict[tuple[int, int], CommandRules] = field(
        default_factory=dict[tuple[int, int], CommandRules]
    )
    command_creates: dict[tuple[int, int], list[datetime]] = field(
        default_factory=dict[tuple[int, int], list[datetime]]
    )
    default_member: int = 0
    welcome_channel: int = 0
    now: Callable[[], datetime] = _now
    thread_timers: dict[int, datetime] = field(default_factory=dict[int, datetime])
    poll_timers: dict[int, datetime] = field(default_factory=dict[int, datetime])
    old_edits: dict[int, deque[datetime]] = field(default_factory=dict[int, deque[datetime]])
    _bans: dict[int, dict[int, Ban]] = field(default_factory=dict[int, dict[int, Ban]])
    _members: dict[int, dict[int, Member]] = field(default_factory=dict[int, dict[int, Member]])
    _guilds_of: dict[int, set[int]] = field(default_factory=dict[int, set[int]])
    _emojis_of: dict[int, dict[int, None]] = field(default_factory=dict[int, dict[int, None]])
    _messages: dict[int, dict[int, Message]] = field(default_factory=dict[int, dict[int, Message]])
    _ephemeral: dict[int, Message] = field(default_factory=dict[int, Message])
    _by_guild: dict[int, dict[int, None]] = field(default_factory=dict[int, dict[int, None]])
    _roles_of: dict[int, dict[int, None]] = field(default_factory=dict[int, dict[int, None]])
    _tokens: dict[str, int] = field(default_factory=dict[str, int])
    _asked: dict[str, int] = field(default_factory=dict[str, int])
    _nonces: dict[tuple[int, str], tuple[int, int]] = field(
        default_factory=dict[tuple[int, str], tuple[int, int]]
    )
    _nonce_order: deque[tuple[int, str]] = field(default_factory=deque[tuple[int, str]])
    _attachments: dict[int, Attachment] = field(default_factory=dict[int, Attachment])
    _spoke: dict[tuple[int, int], datetime] = field(default_factory=dict[tuple[int, int], datetime])

    # people and applications

    def put_user(self, user: User) -> None:
        """Add or replace a user."""
        self.users[user.id] = user

    def put_application(self, application: Application) -> None:
        """Add or replace an application and the token it logs in with."""
        before = self.applications.get(application.id)
        if before is not None:
            self._tokens.pop(before.token, None)
        self.applications[application.id] = application
        self._tokens[application.token] = application.id

    def application_with(self, token: str) -> Application | None:
        """The application that logs in with this token."""
        found = self._tokens.get(token)
        return None if found is None else self.applications[found]

    # guilds

    def put_guild(self, guild: Guild) -> None:
        """Add or replace a guild."""
        self.guilds[guild.id] = guild
        self._by_guild.setdefault(guild.id, {})
        self._members.setdefault(guild.id, {})
        self._roles_of.setdefault(guild.id, {})

    def put_role(self, role: Role) -> None:
        """Add or replace a role."""
        self.roles[role.id] = role
        self._roles_of.setdefault(role.guild_id, {})[role.id] = None

    def drop_role(self, role: Role) -> None:
        """Remove a role, also from its members and from what channels grant and deny."""
        del self.roles[role.id]
        self._roles_of[role.guild_id].pop(role.id, None)
        for member in self.members_of(role.guild_id):
            if role.id in member.roles:
                self.put_member(replace(member, roles=tuple(r for r in member.roles if r != role.id)))
        for channel in self.channels_of(role.guild_id):
            if any(overwrite.id == role.id for overwrite in channel.overwrites):
                kept = tuple(each for each in channel.overwrites if each.id != role.id)
                self.put_channel(replace(channel, overwrites=kept))

    def roles_of(self, guild_id: int) -> list[Role]:
        """A guild's roles, ``@everyone`` first."""
        return sorted(
            (self.roles[i] for i in self._roles_of[guild_id]), key=lambda role: (role.position, role.id)
        )

    def put_member(self, member: Member) -> None:
        """Add or replace a member."""
        self._members.setdefault(member.guild_id, {})[member.user_id] = member
        self._guilds_of.setdefault(member.user_id, set()).add(member.guild_id)

    def drop_member(self, guild_id: int, user_id: int) -> None:
        """Remove a member."""
        self._members[guild_id].pop(user_id, None)
        self._guilds_of.get(user_id, set()).discard(guild_id)

    def member(self, guild_id: int, user_id: int) -> Member | None:
        """A user's membership, None where there is none."""
        return self._members.get(guild_id, {}).get(user_id)

    def members_of(self, guild_id: int) -> list[Member]:
        """A guild's members by user id."""
        members = self._members[guild_id]
        return [members[user_id] for user_id in sorted(members)]

    def member_count(self, guild_id: int) -> int:
        """How many members a guild has."""
        return len(self._members[guild_id])

    def guilds_of(self, user_id: int) -> list[Guild]:
        """The guilds a user is in, by id."""
        return [self.guilds[i] for i in sorted(self._guilds_of.get(user_id, ()))]

    def put_ban(self, ban: Ban) -> None:
        """Add or replace a ban."""
        self._bans.setdefault(ban.guild_id, {})[ban.user_id] = ban

    def drop_ban(self, ban: Ban) -> None:
        """Lift a ban."""
        self._bans[ban.guild_id].pop(ban.user_id, None)

    def ban(self, guild_id: int, user_id: int) -> Ban | None:
        """A user's ban, None where there is none."""
        return self._bans.get(guild_id, {}).get(user_id)

    def bans_of(self, guild_id: int) -> list[Ban]:
        """A guild's bans by user id."""
        bans = self._bans.get(guild_id, {})
        return [bans[user_id] for user_id in sorted(bans)]

    def all_bans(self) -> Iterator[Ban]:
        """Every ban of every guild."""
        for bans in self._bans.values():
            yield from bans.values()

    def put_emoji(self, emoji: Emoji) -> None:
        """Add or replace a guild's emoji."""
        self.emojis[emoji.id] = emoji
        self._emojis_of.setdefault(emoji.guild_id, {})[emoji.id] = None

    def emojis_of(self, guild_id: int) -> list[Emoji]:
        """A guild's own emojis."""
        return [self.emojis[i] for i in self._emojis_of.get(guild_id, ())]

    # channels and messages

    def put_channel(self, channel: Channel) -> None:
        """Add or replace a channel, a thread or a direct message channel."""
        self.channels[channel.id] = channel
        if channel.guild_id is not None:
            self._by_guild.setdefault(channel.guild_id, {})[channel.id] = None

    def drop_channel(self, channel_id: int) -> None:
        """Remove a channel with its messages and webhooks; its threads must be dropped by the caller."""
        channel = self.channels.pop(channel_id)
        if channel.guild_id is not None:
            self._by_guild[channel.guild_id].pop(channel_id, None)
        for message in self._messages.pop(channel_id, {}).values():
            self._forget_files(message)
        self.thread_timers.pop(channel_id, None)
        self.old_edits.pop(channel_id, None)
        for webhook in self.webhooks_of(channel_id):
            del self.webhooks[webhook.id]

    def channels_of(self, guild_id: int) -> list[Channel]:
        """A guild's channels without its threads, in the order they are shown."""
        found = [self.channels[i] for i in self._by_guild[guild_id]]
        return sorted((c for c in found if c.thread is None), key=lambda c: (c.position, c.id))

    def threads_of(self, guild_id: int) -> list[Channel]:
        """A guild's threads, active and archived, by id."""
        found = [self.channels[i] for i in self._by_guild[guild_id]]
        return sorted((c for c in found if c.thread is not None), key=lambda c: c.id)

    def direct_channels(self, user_id: int) -> list[Channel]:
        """The direct message channels a user takes part in."""
        return [c for c in self.channels.values() if c.kind == DM and user_id in c.recipients]

    def put_message(self, message: Message) -> None:
        """Add or replace a message; an ephemeral one is kept apart and never listed."""
        listed = message.seen_by is None
        held = self._messages.setdefault(message.channel_id, {}) if listed else self._ephemeral
        before = held.get(message.id)
        if before is not None:
            self._forget_files(before)
        held[message.id] = message
        for attachment in files_of(message):
            self._attachments[attachment.id] = attachment
        if not listed:
            return
        if message.nonce is not None:
            self.note_nonce(message)
        if before is None and message.face is None:
            self._spoke[message.channel_id, message.author_id] = message.sent_at

    def _forget_files(self, message: Message) -> None:
        for attachment in files_of(message):
            self._attachments.pop(attachment.id, None)

    def attachment(self, attachment_id: int) -> Attachment | None:
        """A file of a message that exists, what it forwards included."""
        return self._attachments.get(attachment_id)

    def last_spoke(self, channel_id: int, user_id: int) -> datetime | None:
        """When a user last wrote in a channel; a message that is gone counts until the next start."""
        return self._spoke.get((channel_id, user_id))

    def drop_message(self, message: Message) -> None:
        """Remove a message."""
        self._forget_files(message)
        self._ephemeral.pop(message.id, None)
        self._messages.get(message.channel_id, {}).pop(message.id, None)

    def message(self, channel_id: int, message_id: int) -> Message | None:
        """A message that everybody in the channel may see."""
        return self._messages.get(channel_id, {}).get(message_id)

    def ephemeral(self, message_id: int) -> Message | None:
        """A message that only one member sees."""
        return self._ephemeral.get(message_id)

    def ephemerals(self) -> Iterable[Message]:
        """All messages that only one member sees."""
        return self._ephemeral.values()

    def messages(self, channel_id: int) -> Iterable[Message]:
        """A channel's messages, oldest first."""
        return self._messages.get(channel_id, {}).values()

    def message_count(self, channel_id: int) -> int:
        """How many messages a channel holds."""
        return len(self._messages.get(channel_id, {}))

    def page(
        self, channel_id: int, *, limit: int, before: int | None = None, after: int | None = None
    ) -> list[Message]:
        """Up to ``limit`` messages, newest first: the newest, those just before an id, or just after it."""
        held = self._messages.get(channel_id, {})
        keys = list(held)
        if after is not None:
            start = bisect_right(keys, after)
            chosen = keys[start : start + limit]
        else:
            end = len(keys) if before is None else bisect_left(keys, before)
            chosen = keys[max(0, end - limit) : end]
        return [held[key] for key in reversed(chosen)]

    def note_nonce(self, message: Message) -> None:
        """Remember an author's nonce, the newest ten thousand of them."""
        key = (message.author_id, str(message.nonce))
        if key not in self._nonces:
            self._nonce_order.append(key)
        self._nonces[key] = (message.channel_id, message.id)
        if len(self._nonce_order) > 10_000:  # noqa: PLR2004 - said in the first line
            self._nonces.pop(self._nonce_order.popleft(), None)

    def message_with_nonce(self, author_id: int, nonce: str) -> Message | None:
        """The last message that the author sent with this nonce, if it still exists."""
        place = self._nonces.get((author_id, nonce))
        return None if place is None else self.message(*place)

    # webhooks, commands, interactions

    def webhooks_of(self, channel_id: int) -> list[Webhook]:
        """A channel's webhooks."""
        return [webhook for webhook in self.webhooks.values() if webhook.channel_id == channel_id]

    def commands_of(self, application_id: int, guild_id: int | None) -> list[Command]:
        """An application's commands of one scope: global (None) or a guild's."""
        return [
            command
            for command in self.commands.values()
            if command.application_id == application_id and command.guild_id == guild_id
        ]

    def put_command(self, command: Command) -> None:
        """Add or replace a command."""
        self.commands[command.id] = command

    def drop_command(self, command: Command) -> None:
        """Remove a command with the rules about who may use it."""
        self.commands.pop(command.id, None)
        for key in [key for key in self.command_rules if key[1] == command.id]:
            del self.command_rules[key]

    def put_command_rules(self, rules: CommandRules) -> None:
        """Add or replace who may use a command in a guild."""
        self.command_rules[rules.guild_id, rules.id] = rules

    def put_interaction(self, interaction: Interaction) -> None:
        """Add or replace an interaction."""
        self.interactions[interaction.id] = interaction
        self._asked[interaction.token] = interaction.id
        self._attachments.update((each.id, each) for each in interaction.attachments)

    def drop_interaction(self, interaction: Interaction) -> None:
        """Forget an interaction whose token has expired."""
        self.interactions.pop(interaction.id, None)
        self._asked.pop(interaction.token, None)
        for each in interaction.attachments:
            self._attachments.pop(each.id, None)

    def interaction_with(self, token: str) -> Interaction | None:
        """The interaction that is answered with this token."""
        found = self._asked.get(token)
        return None if found is None else self.interactions.get(found)

    def all_members(self) -> Iterator[Member]:
        """Every membership of every guild."""
        for members in self._members.values():
            yield from members.values()

    def all_messages(self) -> Iterator[Message]:
        """Every message that is not ephemeral, each channel's oldest first."""
        for messages in self._messages.values():
            yield from messages.values()


def files_of(message: Message) -> tuple[Attachment, ...]:
    """A message's files and those of what it forwards."""
    if message.forwarded is None:
        return message.attachments
    return (*message.attachments, *message.forwarded.attachments)
