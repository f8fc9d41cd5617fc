"""What exists in the local Discord: frozen records, identified by snowflakes (``int`` here, strings on the wire)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

type Json = dict[str, Any]
"""A JSON object as it was received or will be sent."""

# Channel types (https://discord.com/developers/docs/resources/channel#channel-object-channel-types)
TEXT, DM, VOICE, CATEGORY, ANNOUNCEMENT = 0, 1, 2, 4, 5
ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, STAGE_VOICE, FORUM, MEDIA = 10, 11, 12, 13, 15, 16
THREAD_TYPES = frozenset({ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD})
MESSAGE_CHANNEL_TYPES = frozenset({TEXT, DM, VOICE, ANNOUNCEMENT, STAGE_VOICE}) | THREAD_TYPES
"""Channels that hold messages; categories and forums do not."""

# Message types
DEFAULT, PIN_NOTICE, THREAD_CREATED, REPLY, SLASH_COMMAND, THREAD_STARTER, CONTEXT_COMMAND = (
    0,
    6,
    18,
    19,
    20,
    21,
    23,
)
RECIPIENT_ADDED, RECIPIENT_REMOVED, NAME_CHANGED, CHANNEL_FOLLOWED, POLL_RESULT = 1, 2, 4, 12, 46

# Channel flags
PINNED_THREAD, REQUIRE_TAG = 1 << 1, 1 << 4

# Message flags
CROSSPOSTED, IS_CROSSPOST, SOURCE_DELETED, HAS_SNAPSHOT = 1 << 0, 1 << 1, 1 << 3, 1 << 14
SUPPRESS_EMBEDS, HAS_THREAD, EPHEMERAL, LOADING = 1 << 2, 1 << 5, 1 << 6, 1 << 7
SUPPRESS_NOTIFICATIONS, COMPONENTS_V2 = 1 << 12, 1 << 15


@dataclass(frozen=True, slots=True)
class User:
    """An account: a person, or the bot user of an application."""

    id: int
    username: str
    global_name: str | None = None
    avatar: str | None = None
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Application:
    """A bot's application; its id is also its bot user's id, as for all applications made since 2016.

    ``privileged`` holds the names of the privileged intents switched on for it: ``members``, ``presences``,
    ``message_content``.
    """

    id: int
    name: str
    token: str
    owner_id: int
    description: str = ""
    verify_key: str = "0" * 64
    privileged: tuple[str, ...] = ("members", "presences", "message_content")


@dataclass(frozen=True, slots=True)
class Role:
    """A role of a guild; the one whose id is the guild's is ``@everyone``."""

    id: int
    guild_id: int
    name: str
    permissions: int
    position: int = 0
    color: int = 0
    hoist: bool = False
    mentionable: bool = False
    bot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A user's membership of a guild; ``roles`` leaves out ``@everyone``.

    Until ``timeout_until`` a member who was timed out can only look on.
    """

    guild_id: int
    user_id: int
    joined_at: datetime
    roles: tuple[int, ...] = ()
    nick: str | None = None
    timeout_until: datetime | None = None
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Ban:
    """A user who may not come back into a guild."""

    guild_id: int
    user_id: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Emoji:
    """A guild's own emoji."""

    id: int
    guild_id: int
    name: str
    animated: bool = False


@dataclass(frozen=True, slots=True)
class Guild:
    """A guild; what belongs to it (roles, channels, members) refers to its id.

    ``settings`` has the fields that were set and that nothing here acts upon, as they are shown.
    """

    id: int
    name: str
    owner_id: int
    description: str | None = None
    system_channel_id: int | None = None
    settings: Json = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Overwrite:
    """A channel's exception from a role's (``kind`` 0) or a member's (``kind`` 1) permissions."""

    id: int
    kind: int
    allow: int
    deny: int


@dataclass(frozen=True, slots=True)
class ThreadMember:
    """A user who takes part in a thread."""

    user_id: int
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class ThreadState:
    """What a thread has beyond a channel."""

    owner_id: int
    created_at: datetime
    archive_timestamp: datetime
    auto_archive_minutes: int = 4320
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    message_count: int = 0
    total_message_sent: int = 0
    members: tuple[ThreadMember, ...] = ()
    applied_tags: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ForumTag:
    """A tag that posts of a forum may carry."""

    id: int
    name: str
    moderated: bool = False
    emoji_id: int | None = None
    emoji_name: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A guild channel, a thread (``thread`` is set) or a direct message channel (``guild_id`` is None).

    ``settings`` has the fields that were set and that nothing here acts upon, as they are shown.
    """

    id: int
    kind: int
    name: str = ""
    guild_id: int | None = None
    parent_id: int | None = None
    position: int = 0
    topic: str | None = None
    nsfw: bool = False
    slowmode: int = 0
    flags: int = 0
    overwrites: tuple[Overwrite, ...] = ()
    last_message_id: int | None = None
    last_pin_at: datetime | None = None
    default_auto_archive_minutes: int = 4320
    tags: tuple[ForumTag, ...] = ()
    recipients: tuple[int, ...] = ()
    thread: ThreadState | None = None
    default_thread_slowmode: int = 0
    settings: Json = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message; its bytes lie in the file store under its id.

    ``title`` is the name it had, without its ending, where characters had to go; a picture has its size in pixels.
    """

    id: int
    channel_id: int
    filename: str
    size: int
    content_type: str
    description: str | None = None
    title: str | None = None
    width: int | None = None
    height: int | None = None
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Reaction:
    """One emoji under a message, with the users who chose it in the order they did."""

    name: str
    users: tuple[int, ...]
    emoji_id: int | None = None
    animated: bool = False


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """One answer of a poll, with the users who chose it in the order they did; its emoji has an id or a name."""

    id: int
    text: str
    emoji_id: int | None = None
    emoji_name: str | None = None
    animated: bool = False
    voters: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Poll:
    """A question with answers to vote for until a time; ``finalized`` once the votes were counted after it."""

    question: str
    answers: tuple[PollAnswer, ...]
    expires_at: datetime
    multiselect: bool = False
    finalized: bool = False


@dataclass(frozen=True, slots=True)
class WebhookFace:
    """The name and avatar under which a webhook posted one message."""

    webhook_id: int
    name: str
    avatar: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """What a message points at: the one it answers or forwards, or the thread it announces."""

    channel_id: int
    message_id: int | None = None
    guild_id: int | None = None
    forward: bool = False


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What a forwarded message said when it was forwarded; later changes to it do not show."""

    kind: int
    content: str
    sent_at: datetime
    edited_at: datetime | None = None
    flags: int = 0
    mentions: tuple[int, ...] = ()
    mention_roles: tuple[int, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """The interaction that a message answers."""

    interaction_id: int
    kind: int
    user_id: int
    name: str = ""
    original_response_id: int | None = None
    interacted_message_id: int | None = None
    target_user_id: int | None = None
    target_message_id: int | None = None
    triggered_by: "Cause | None" = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message; ``seen_by`` names the only user who can see an ephemeral one."""

    id: int
    channel_id: int
    author_id: int
    sent_at: datetime
    content: str = ""
    kind: int = DEFAULT
    edited_at: datetime | None = None
    flags: int = 0
    tts: bool = False
    mention_everyone: bool = False
    mentions: tuple[int, ...] = ()
    mention_roles: tuple[int, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    poll: Poll | None = None
    pinned_at: datetime | None = None
    nonce: str | int | None = None
    face: WebhookFace | None = None
    application_id: int | None = None
    reference: Reference | None = None
    forwarded: Forwarded | None = None
    cause: Cause | None = None
    position: int | None = None
    seen_by: int | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An incoming webhook; ``application_id`` is set when a bot made it.

    ``source_channel_id`` is set when it brings what an announcement channel publishes, and has no token then.
    """

    id: int
    guild_id: int
    channel_id: int
    name: str
    token: str
    user_id: int
    application_id: int | None = None
    avatar: str | None = None
    source_channel_id: int | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """An application command as stored; ``body`` has what the application declared, checked and completed."""

    id: int
    application_id: int
    version: int
    kind: int
    name: str
    body: Json
    guild_id: int | None = None


@dataclass(frozen=True, slots=True)
class CommandRule:
    """Who may or may not use a command: a role (``kind`` 1), a user (2) or a channel (3)."""

    target: int
    kind: int
    allowed: bool


@dataclass(frozen=True, slots=True)
class CommandRules:
    """The rules of one command in one guild, or of all of an application's (``id`` is then the application's)."""

    id: int
    application_id: int
    guild_id: int
    rules: tuple[CommandRule, ...]


@dataclass(frozen=True, slots=True)
class Interaction:
    """Something a member did that an application must answer with ``token`` within three seconds.

    ``callback`` is the type of the first answer, None before it. ``awaiting`` is true while a deferred answer's
    placeholder waits for its text. ``message_id`` is the message whose component was used. ``cause`` is how
    this interaction is named by the messages that answer it, ``attachments`` are the files that came with it.
    """

    id: int
    token: str
    application_id: int
    kind: int
    channel_id: int
    user_id: int
    created_at: datetime
    data: Json
    guild_id: int | None = None
    nonce: str | None = None
    message_id: int | None = None
    callback: int | None = None
    failed: bool = False
    awaiting: bool = False
    response_id: int | None = None
    modal: Json | None = None
    cause: Cause | None = None
    attachments: tuple[Attachment, ...] = ()
    locale: str = "en-US"
    """The language in which the member uses Discord."""
