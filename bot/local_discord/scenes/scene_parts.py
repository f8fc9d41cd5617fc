"""The parts of a scene as its YAML file writes them; the head of ``scenes/default.yaml`` explains each key."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.local_discord.model import ANNOUNCEMENT, CATEGORY, FORUM, STAGE_VOICE, TEXT, VOICE, Json

KINDS = {
    "text": TEXT,
    "voice": VOICE,
    "category": CATEGORY,
    "announcement": ANNOUNCEMENT,
    "stage": STAGE_VOICE,
    "forum": FORUM,
}
type Kind = Literal["text", "voice", "category", "announcement", "stage", "forum"]
type Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]{1,32}$")]
type Permission = Literal[
    "create_instant_invite", "kick_members", "ban_members", "administrator", "manage_channels",
    "manage_guild", "add_reactions", "view_audit_log", "priority_speaker", "stream", "view_channel",
    "send_messages", "send_tts_messages", "manage_messages", "embed_links", "attach_files",
    "read_message_history", "mention_everyone", "use_external_emojis", "view_guild_insights", "connect",
    "speak", "mute_members", "deafen_members", "move_members", "use_vad", "change_nickname",
    "manage_nicknames", "manage_roles", "manage_webhooks", "manage_guild_expressions",
    "use_application_commands", "request_to_speak", "manage_events", "manage_threads",
    "create_public_threads", "create_private_threads", "use_external_stickers", "send_messages_in_threads",
    "use_embedded_activities", "moderate_members", "view_creator_monetization_analytics", "use_soundboard",
    "create_guild_expressions", "create_events", "use_external_sounds", "send_voice_messages",
    "set_voice_channel_status", "send_polls", "use_external_apps", "pin_messages", "bypass_slowmode",
]  # fmt: skip
type Identifier = Annotated[int, Field(gt=0, lt=1 << 63)]
type Slowmode = Annotated[int, Field(ge=0, le=21_600)]
type Nick = Annotated[str, StringConstraints(min_length=1, max_length=32)]


class Part(BaseModel):
    """Anything that may be given an id."""

    model_config = ConfigDict(extra="forbid")
    id: Identifier | None = None


class PersonPart(Part):
    """A person."""

    name: str | None = None


class BotPart(Part):
    """An application with its bot user."""

    token: str | None = None
    description: str = ""
    owner: Slug | None = None
    privileged: list[Literal["members", "presences", "message_content"]] = []


class RolePart(Part):
    """A role."""

    name: str | None = None
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#000000"
    permissions: list[Permission] = []
    hoist: bool = False
    mentionable: bool = False


class MemberPart(BaseModel):
    """What is known of a member beside the roles."""

    model_config = ConfigDict(extra="forbid")
    roles: list[Slug] = []
    nick: Nick | None = None
    timeout_minutes: Annotated[float, Field(gt=0, le=28 * 24 * 60)] | None = None


class OverwritePart(BaseModel):
    """What a role (or ``everyone``, or a member) may or may not do in a channel."""

    model_config = ConfigDict(extra="forbid")
    allow: list[Permission] = []
    deny: list[Permission] = []


class TagPart(Part):
    """A tag of a forum."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    moderated: bool = False
    emoji: str | None = None


class WebhookPart(Part):
    """A webhook of a channel; ``owner`` is who made it, the guild's owner unless it says otherwise."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    token: str | None = None
    owner: Slug | None = None


class MessagePart(BaseModel):
    """A message: ``by`` a person or bot, or by a ``webhook`` of the channel."""

    model_config = ConfigDict(extra="forbid")
    by: Slug | None = None
    webhook: str | None = None
    text: str = ""
    embeds: list[Json] = []
    components: list[Json] = []
    pinned: bool = False
    reactions: dict[str, list[Slug]] = {}
    thread: "ThreadPart | None" = None


class ThreadPart(BaseModel):
    """A thread; ``by`` started it, the author of its first message unless it says otherwise."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    by: Slug | None = None
    private: bool = False
    members: list[Slug] = []
    messages: list[MessagePart] = []
    archived: bool = False
    locked: bool = False


class PostPart(BaseModel):
    """A post of a forum, with the answers to it."""

    model_config = ConfigDict(extra="forbid")
    title: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    by: Slug
    text: str = ""
    tags: list[str] = []
    pinned: bool = False
    reactions: dict[str, list[Slug]] = {}
    replies: list[MessagePart] = []
    archived: bool = False
    locked: bool = False


class ChannelPart(Part):
    """A channel; ``parent`` is the name of a category above it."""

    name: str
    type: Kind = "text"
    topic: str | None = None
    parent: str | None = None
    nsfw: bool = False
    slowmode: Slowmode = 0
    private: list[Slug] | None = None
    permissions: dict[str, OverwritePart] = {}
    tags: list[str | TagPart] = []
    tag_required: bool = False
    webhooks: list[WebhookPart] = []
    messages: list[MessagePart] = []
    threads: list[ThreadPart] = []
    posts: list[PostPart] = []


class GuildPart(Part):
    """A guild with all that belongs to it."""

    name: str
    owner: Slug
    description: str | None = None
    joins: str | None = None
    everyone: list[Permission] | None = None
    roles: dict[Slug, RolePart] = {}
    emojis: list[Annotated[str, StringConstraints(pattern=r"^\w{2,32}$")]] = []
    channels: list[ChannelPart] = []
    members: dict[Slug, list[Slug] | MemberPart] = {}
    bots: dict[Slug, list[Permission]] = {}
    banned: dict[Slug, str | None] = {}


class Scene(BaseModel):
    """A whole scene."""

    model_config = ConfigDict(extra="forbid")
    people: dict[Slug, PersonPart] = {}
    bots: dict[Slug, BotPart] = {}
    guilds: list[GuildPart] = []
    me: Slug | None = None
    welcome: str | None = None
