"""The tools that change what stands there: messages, reactions, pins, threads."""

from pydantic import Field, JsonValue

from bot.discord.chunking import LIMIT, length
from bot.errors import UserError
from bot.mcp.serving import said_table
from bot.mcp.serving.arguments import Confirmed, Id, InChannel, OnMessage, OptionalId, known_as
from bot.mcp.serving.reading_messages import one_message, reaction
from bot.mcp.serving.sending import QUEUED, REFUSED, delivered
from bot.mcp.serving.shapes import message_url
from bot.mcp.serving.tools import Call, Json, Outcome, Tool
from bot.work.surface import Say

MESSAGE = "/channels/{channel_id}/messages/{message_id}"
REACTIONS = f"{MESSAGE}/reactions/{{emoji}}"
TOO_LONG = f"A message has at most {LIMIT:,} letters."
NOT_OURS = "Only messages that the bot itself has said can be changed."
NO_CHANGE = "Say what is to be changed."
LONGEST_PREVIEW = 200


class EditMessage(OnMessage):
    """What a message is to say."""

    new_message: str = Field(
        min_length=1,
        max_length=20_000,
        validation_alias=known_as("newMessage", "new_message", "content", "message", "text"),
    )


class DeleteMessage(OnMessage, Confirmed):
    """Which message goes."""


class OneReaction(OnMessage):
    """A reaction."""

    emoji: str = Field(min_length=1, max_length=100, description="The emoji, or name:id")


class RemoveReaction(OneReaction):
    """Whose reaction goes."""

    user_id: OptionalId = Field(None, description="Whose; left out: the bot's own")


class SeveralReactions(OnMessage):
    """Reactions."""

    emojis: list[str] = Field(min_length=1, max_length=20)


class EditThread(InChannel):
    """What of a thread, or of a forum's post, is changed."""

    channel_id: Id = Field(
        validation_alias=known_as("channelId", "channel_id", "postId", "post_id", "threadId", "thread_id")
    )
    name: str | None = Field(None, min_length=1, max_length=100, validation_alias=known_as("name", "title"))
    archived: bool | None = None
    locked: bool | None = None
    pinned: bool | None = None
    tag_ids: list[Id] | None = Field(
        None, max_length=5, validation_alias=known_as("tagIds", "tag_ids", "tags")
    )


class DeleteThread(InChannel, Confirmed):
    """Which thread goes."""

    channel_id: Id = Field(
        validation_alias=known_as("channelId", "channel_id", "postId", "post_id", "threadId", "thread_id")
    )


async def edit_message(call: Call, given: EditMessage) -> Outcome:
    """Change what a message of the bot's says, also one that it said under another name."""
    if length(given.new_message) > LIMIT:
        raise UserError(TOO_LONG)
    channel_id = call.channel.id
    url = message_url(call.where.guild_id, channel_id, given.message_id)
    rows: list[int] = []
    async with call.desk.database.transaction() as conn:
        row = await said_table.row_of(conn, channel_id, given.message_id)
        if row is not None:
            key = f"mcp:{call.grant.name}:{call.id}"
            await call.desk.surface.edit(conn, key, row, Say(given.new_message))
            rows = await said_table.rows_of_key(conn, key)
    if row is None:
        raw = await one_message(call, given.message_id)
        if int(raw["author"]["id"]) != call.desk.api.user_id:
            raise UserError(NOT_OURS)
        body: Json = {"content": given.new_message, "allowed_mentions": {"parse": []}}
        await call.desk.api.request(
            "PATCH", MESSAGE, body=body, channel_id=channel_id, message_id=given.message_id
        )
        return _done("Changed.", given.message_id, url)
    found = await delivered(call, rows)
    failed = next((one for one in found if one.state == "failed"), None)
    if failed is not None:
        raise UserError(REFUSED.format(why=failed.error or ""))
    if not all(one.is_over for one in found):
        return Outcome(QUEUED.format(why=""), {"status": "queued", "url": url})
    return _done("Changed.", given.message_id, url)


async def preview_message(call: Call, given: DeleteMessage) -> str:
    """What would go."""
    raw = await one_message(call, given.message_id)
    author: Json = raw["author"]
    name = author.get("global_name") or author.get("username")
    text = " ".join(str(raw.get("content", "")).split())[:LONGEST_PREVIEW]
    files = len(raw.get("attachments", ()))
    return f"The message of {name} would be deleted: “{text}”{f' with {files} files' if files else ''}."


async def delete_message(call: Call, given: DeleteMessage) -> Outcome:
    """Delete a message."""
    await call.desk.api.request("DELETE", MESSAGE, channel_id=call.channel.id, message_id=given.message_id)
    return Outcome("Deleted.", {"message_id": str(given.message_id)})


async def add_reaction(call: Call, given: OneReaction) -> Outcome:
    """React as the bot."""
    await _react(call, given.message_id, given.emoji)
    return _of_message(call, "Reacted.", given.message_id)


async def add_multiple_reactions(call: Call, given: SeveralReactions) -> Outcome:
    """React as the bot, several times."""
    for emoji in given.emojis:
        await _react(call, given.message_id, emoji)
    return _of_message(call, f"Reacted {len(given.emojis)} times.", given.message_id)


async def remove_reaction(call: Call, given: RemoveReaction) -> Outcome:
    """Take a reaction back."""
    whose = "@me" if given.user_id is None else str(given.user_id)
    await call.desk.api.request(
        "DELETE",
        f"{REACTIONS}/{whose}" if given.user_id is None else f"{REACTIONS}/{{user_id}}",
        channel_id=call.channel.id,
        message_id=given.message_id,
        emoji=reaction(given.emoji),
        user_id=whose,
    )
    return _of_message(call, "Taken back.", given.message_id)


async def pin_message(call: Call, given: OnMessage) -> Outcome:
    """Pin a message."""
    await call.desk.api.request("PUT", _PIN, channel_id=call.channel.id, message_id=given.message_id)
    return _of_message(call, "Pinned.", given.message_id)


async def unpin_message(call: Call, given: OnMessage) -> Outcome:
    """Take a pin off."""
    await call.desk.api.request("DELETE", _PIN, channel_id=call.channel.id, message_id=given.message_id)
    return _of_message(call, "Not pinned any more.", given.message_id)


async def edit_thread(call: Call, given: EditThread) -> Outcome:
    """Rename, archive, lock, pin or tag a thread."""
    wanted: dict[str, JsonValue] = {
        "name": given.name,
        "archived": given.archived,
        "locked": given.locked,
        "flags": None if given.pinned is None else (1 << 1 if given.pinned else 0),
        "applied_tags": None if given.tag_ids is None else [str(one) for one in given.tag_ids],
    }
    body = {name: value for name, value in wanted.items() if value is not None}
    if not body:
        raise UserError(NO_CHANGE)
    _only_threads(call)
    await call.desk.api.request("PATCH", "/channels/{channel_id}", body=body, channel_id=call.channel.id)
    return Outcome("Changed.", {"thread_id": str(call.channel.id)})


async def preview_thread(call: Call, _given: DeleteThread) -> str:
    """What would go."""
    _only_threads(call)
    raw = await call.desk.api.request("GET", "/channels/{channel_id}", channel_id=call.channel.id)
    return f"The thread “{raw.get('name', '')}” with {raw.get('message_count', 'all its')} messages would be deleted."


async def delete_thread(call: Call, _given: DeleteThread) -> Outcome:
    """Delete a thread with all that was said in it."""
    _only_threads(call)
    await call.desk.api.request("DELETE", "/channels/{channel_id}", channel_id=call.channel.id)
    return Outcome("Deleted.", {"thread_id": str(call.channel.id)})


async def _react(call: Call, message_id: int, emoji: str) -> None:
    await call.desk.api.request(
        "PUT",
        f"{REACTIONS}/@me",
        channel_id=call.channel.id,
        message_id=message_id,
        emoji=reaction(emoji),
    )


def _only_threads(call: Call) -> None:
    if not call.channel.is_thread:
        raise UserError("This is no thread; the tools of the group channels change channels.")


def _of_message(call: Call, said: str, message_id: int) -> Outcome:
    return _done(said, message_id, message_url(call.where.guild_id, call.channel.id, message_id))


def _done(said: str, message_id: int, url: str) -> Outcome:
    return Outcome(said, {"message_id": str(message_id), "url": url})


_PIN = "/channels/{channel_id}/messages/pins/{message_id}"

TOOLS = (
    Tool("edit_message", "messages", "Change a message of the bot's.", EditMessage, edit_message),
    Tool(
        "delete_message",
        "messages",
        "Delete a message.",
        DeleteMessage,
        delete_message,
        preview=preview_message,
    ),
    Tool("add_reaction", "messages", "React to a message.", OneReaction, add_reaction),
    Tool(
        "add_multiple_reactions",
        "messages",
        "React with several emojis.",
        SeveralReactions,
        add_multiple_reactions,
    ),
    Tool("remove_reaction", "messages", "Take a reaction back.", RemoveReaction, remove_reaction),
    Tool("pin_message", "messages", "Pin a message.", OnMessage, pin_message),
    Tool("unpin_message", "messages", "Take a pin off.", OnMessage, unpin_message),
    Tool(
        "edit_thread",
        "messages",
        "Rename, archive, lock, pin or tag a thread or post.",
        EditThread,
        edit_thread,
    ),
    Tool(
        "delete_thread",
        "messages",
        "Delete a thread or post.",
        DeleteThread,
        delete_thread,
        preview=preview_thread,
    ),
)
