"""The tools that say something: messages, cards, files, polls, threads, posts of forums."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from bot.errors import UserError
from bot.mcp.serving import reach
from bot.mcp.serving.arguments import (
    Arguments,
    Id,
    InChannel,
    Keyed,
    OptionalId,
    colour,
    known_as,
)
from bot.mcp.serving.sending import FORUMS, add_row, say, send, speakable
from bot.mcp.serving.tools import Call, Outcome, Tool
from bot.work.embeds import Embed, EmbedField
from bot.work.surface import Connection, File, Say, Speaker

LONGEST = 20_000
PUBLIC_THREAD, PRIVATE_THREAD = 11, 12
LARGEST_FILE = 10 * 1024 * 1024
ARCHIVE = Literal[60, 1440, 4320, 10080]
NOT_BASE64 = "contentBase64 is not base64."
ONE_CONTENT = "Give the file's content either as content (text) or as contentBase64."
NO_FORUM = "This channel is no forum; use send_message or create_thread."
NO_THREAD = "In a thread no further thread can be opened."
WHERE = "Name the channel with channelId, or the webhook with webhookId."

Text = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST,
        validation_alias=known_as("message", "content", "text"),
        description="What is said",
    ),
]
OptionalText = Annotated[
    str | None, Field(max_length=LONGEST, validation_alias=known_as("message", "content", "text"))
]


class SendMessage(InChannel, Keyed):
    """A message."""

    message: Text
    reply_to_message_id: OptionalId = Field(None, description="The message it answers")


class OneField(Arguments):
    """A named value in a card."""

    name: str = Field(min_length=1, max_length=256)
    value: str = Field(min_length=1, max_length=1_024)
    inline: bool = False


class SendEmbed(InChannel, Keyed):
    """A card."""

    title: str = Field("", max_length=256)
    description: str = Field("", max_length=LONGEST)
    url: str = Field("", max_length=2_000)
    color: int | str | None = Field(None, description="#rrggbb")
    fields: list[OneField] = Field(default_factory=list[OneField], max_length=25)
    footer: str = Field("", max_length=2_048)
    author: str = Field("", max_length=256)
    image: str = Field("", max_length=2_000, description="https address")
    message: OptionalText = Field(None, description="Text above it")


class SendFile(InChannel, Keyed):
    """A file."""

    filename: str = Field(
        min_length=1, max_length=200, validation_alias=known_as("filename", "fileName", "file_name", "name")
    )
    content: str | None = Field(None, max_length=LARGEST_FILE, description="Its content, as text")
    content_base64: str | None = Field(
        None,
        max_length=LARGEST_FILE * 3 // 2,
        validation_alias=known_as("contentBase64", "content_base64", "data"),
    )
    description: str = Field("", max_length=1_024, description="What a picture shows")
    message: str | None = Field(None, max_length=LONGEST, description="Text above it")


class CreatePoll(InChannel, Keyed):
    """A poll of Discord's own."""

    question: str = Field(min_length=1, max_length=300)
    answers: list[Annotated[str, Field(min_length=1, max_length=55)]] = Field(
        min_length=1, max_length=10, validation_alias=known_as("answers", "options")
    )
    duration_hours: int = Field(
        24, ge=1, le=768, validation_alias=known_as("durationHours", "duration_hours", "duration")
    )
    allow_multiselect: bool = Field(
        default=False, validation_alias=known_as("allowMultiselect", "allow_multiselect", "multi")
    )


class CreateThread(InChannel, Keyed):
    """A thread."""

    name: str = Field(min_length=1, max_length=200, validation_alias=known_as("name", "title"))
    message_id: OptionalId = Field(None, description="The message it is opened under")
    auto_archive_duration: ARCHIVE = Field(1440, description="Minutes")
    private: bool = False


class CreateForumPost(InChannel, Keyed):
    """A post of a forum."""

    title: str = Field(min_length=1, max_length=200, validation_alias=known_as("title", "name"))
    message: Text
    tag_ids: list[Id] = Field(
        default_factory=list[int], max_length=5, validation_alias=known_as("tagIds", "tag_ids", "tags")
    )


class SendWebhookMessage(Keyed):
    """A message under another name; no webhook's secret is needed."""

    channel_id: OptionalId = Field(None, description="Where; or name a webhook")
    webhook_id: OptionalId = Field(None, description="A webhook of the channel, whose name is used")
    thread_id: OptionalId = Field(None, description="A thread of the channel")
    message: Text
    username: str | None = Field(None, min_length=1, max_length=80)
    avatar_url: str | None = Field(
        None,
        max_length=2_000,
        pattern=r"^https://",
        validation_alias=known_as("avatarURL", "avatarUrl", "avatar_url"),
    )


async def send_message(call: Call, given: SendMessage) -> Outcome:
    """Say something; what is too long for one message is several."""
    return await say(call, given, Say(given.message, reply_to=given.reply_to_message_id), call.channel)


async def send_embed(call: Call, given: SendEmbed) -> Outcome:
    """Show a card."""
    fields = tuple(EmbedField(one.name, one.value, one.inline) for one in given.fields)
    card = Embed(
        given.title,
        given.description,
        given.url,
        colour(given.color) if given.color not in (None, "") else None,
        fields,
        given.footer,
        given.author,
        given.image,
    )
    return await say(call, given, Say(given.message or "", embeds=(card,)), call.channel)


async def send_file(call: Call, given: SendFile) -> Outcome:
    """Send a file, which comes as text or in base64."""
    if (given.content is None) == (given.content_base64 is None):
        raise UserError(ONE_CONTENT)
    try:
        content = (
            (given.content or "").encode("utf-8", "replace")
            if given.content_base64 is None
            else base64.b64decode(given.content_base64, validate=True)
        )
    except (binascii.Error, ValueError) as error:
        raise UserError(NOT_BASE64) from error
    file = File(given.filename, content, given.description)
    return await say(call, given, Say(given.message or "", files=(file,)), call.channel)


async def create_poll(call: Call, given: CreatePoll) -> Outcome:
    """Ask everybody, by Discord's own means."""
    speakable(call.channel)
    answers: list[JsonValue] = [{"poll_media": {"text": one}} for one in given.answers]
    poll: dict[str, JsonValue] = {
        "question": {"text": given.question},
        "answers": answers,
        "duration": given.duration_hours,
        "allow_multiselect": given.allow_multiselect,
    }
    nobody: dict[str, JsonValue] = {"parse": []}
    return await add_row(call, given, call.channel, "post", {"poll": poll, "allowed_mentions": nobody})


async def create_thread(call: Call, given: CreateThread) -> Outcome:
    """Open a thread, under a message or by itself."""
    channel = call.channel
    speakable(channel)
    if channel.is_thread:
        raise UserError(NO_THREAD)
    target = given.message_id
    if target is not None:

        async def write(conn: Connection, key: str) -> Sequence[int]:
            place = await call.desk.surface.open_thread_on(conn, key, channel.id, target, given.name)
            return [place.opened_by or 0]

        return await send(call, given.idempotency_key, write, channel)
    payload: dict[str, JsonValue] = {
        "name": given.name[:100],
        "auto_archive_duration": given.auto_archive_duration,
        "type": PRIVATE_THREAD if given.private else PUBLIC_THREAD,
    }
    return await add_row(call, given, channel, "private_thread", payload)


async def create_forum_post(call: Call, given: CreateForumPost) -> Outcome:
    """Open a post of a forum."""
    channel = call.channel
    if channel.kind not in FORUMS:
        raise UserError(NO_FORUM)

    async def write(conn: Connection, key: str) -> Sequence[int]:
        place = await call.desk.surface.open_forum_post(
            conn, key, channel.id, given.title, Say(given.message), tags=given.tag_ids
        )
        return [place.opened_by or 0]

    return await send(call, given.idempotency_key, write, channel)


async def send_webhook_message(call: Call, given: SendWebhookMessage) -> Outcome:
    """Say something under another name, by the bot's own webhook of the channel."""
    if call.place is None or call.place.channel is None:
        raise UserError(WHERE)
    channel, name = call.place.channel, given.username
    if given.thread_id is not None:
        channel = await reach.channel(call.desk, call.grant, given.thread_id)
    if name is None and given.webhook_id is not None:
        name = str((await reach.webhook(call.desk.api, given.webhook_id)).get("name") or "")
    return await say(
        call, given, Say(given.message, Speaker(name or call.grant.name, given.avatar_url)), channel
    )


TOOLS = tuple(
    Tool(name, "messages", summary, arguments, do, records_itself=True)
    for name, summary, arguments, do in (
        ("send_message", "Send a message; it mentions nobody.", SendMessage, send_message),
        ("send_embed", "Send a card.", SendEmbed, send_embed),
        ("send_file", "Send a file.", SendFile, send_file),
        ("create_poll", "Start a poll.", CreatePoll, create_poll),
        ("create_thread", "Open a thread.", CreateThread, create_thread),
        ("create_forum_post", "Open a post of a forum.", CreateForumPost, create_forum_post),
        (
            "send_webhook_message",
            "Send a message under another name.",
            SendWebhookMessage,
            send_webhook_message,
        ),
    )
)
