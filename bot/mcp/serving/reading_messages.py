"""The tools that read what was said."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from bot.discord.surface import snowflake_at
from bot.errors import OutsideError, UserError
from bot.mcp.serving import reach, shapes
from bot.mcp.serving.arguments import InChannel, InGuild, OnMessage, OptionalId, OptionalMoment, known_as
from bot.mcp.serving.tools import Call, Json, Outcome, Picture, reading
from bot.mcp.serving.waiting import until
from bot.mirror.picture import Channel

PAGE, SEARCH_PAGE = 100, 25
MOST_OFFSET = 9_975
LARGEST_PICTURE, LARGEST_TEXT = 1_000_000, 200_000
NOT_INDEXED = "Discord is still preparing the search of this server; try again in a minute."
NO_CONTENT = (
    " Texts are empty where the bot may not read messages that do not mention it (discord.message_content)."
)
ONE_OF = "Name only one of before, after and around."
NO_FILE = "This message has no file{id}."
UNREAD = "The file is too large or of a kind that is not shown here; its address is in the answer."
LISTENS = "Waiting for a message in Discord"
NOBODY_SPOKE = "Nobody has said that in this time. Call again with `after` to go on where this call ended."
_CUSTOM = re.compile(r"<?a?:?(\w{2,32}):(\d{1,19})>?")


class ReadMessages(InChannel):
    """Which part of a channel is read."""

    count: int = Field(50, ge=1, le=PAGE, validation_alias=known_as("count", "limit"), description="How many")
    before: OptionalMoment = Field(None, description="Message id or date")
    after: OptionalMoment = Field(None, description="Message id or date")
    around: OptionalMoment = Field(None, description="Message id or date")


class GetAttachment(OnMessage):
    """Which file is read."""

    attachment_id: OptionalId = None


class Search(InGuild):
    """What is looked for."""

    content: str | None = Field(
        None, max_length=1_024, validation_alias=known_as("content", "query", "text"), description="Words"
    )
    author_id: OptionalId = Field(None, validation_alias=known_as("authorId", "author_id"))
    mentions: OptionalId = Field(None, description="Who is mentioned")
    has: Literal["image", "sound", "video", "file", "sticker", "embed", "link", "poll", "snapshot"] | None = (
        None
    )
    pinned: bool | None = None
    author_type: Literal["user", "bot", "webhook"] | None = None
    channel_id: OptionalId = Field(None, validation_alias=known_as("channelId", "channel_id"))
    min_id: OptionalMoment = Field(
        None, validation_alias=known_as("minId", "min_id"), description="Id or date"
    )
    max_id: OptionalMoment = Field(
        None, validation_alias=known_as("maxId", "max_id"), description="Id or date"
    )
    sort_by: Literal["timestamp", "relevance"] = "timestamp"
    sort_order: Literal["asc", "desc"] = "desc"
    limit: int = Field(
        SEARCH_PAGE, ge=1, le=PAGE, description="Discord finds 25 at once; more are several pages"
    )
    offset: int = Field(0, ge=0, le=MOST_OFFSET)


class ReactionUsers(OnMessage):
    """Which reaction is meant."""

    emoji: str = Field(min_length=1, max_length=100, description="The emoji, or name:id")
    limit: int = Field(100, ge=1, le=PAGE)
    after: OptionalId = Field(None, description="The last user id of the page before")


class ListPins(InChannel):
    """Which part of the pins."""

    limit: int = Field(50, ge=1, le=50)
    before: str | None = Field(None, max_length=40, description="`next` of the page before")


class AwaitMessage(InChannel):
    """What is waited for."""

    timeout_s: Annotated[float, Field(ge=0, le=3600)] | None = Field(
        None, validation_alias=known_as("timeout_s", "timeoutS", "timeout"), description="Seconds"
    )
    from_user: OptionalId = Field(
        None, validation_alias=known_as("fromUser", "from_user", "userId", "user_id", "authorId", "author_id")
    )
    contains: str | None = Field(None, max_length=200, description="Words of it, in any case")
    include_bots: bool = False
    after: OptionalMoment = Field(None, description="Only later than this message; left out: than now")


async def read_messages(call: Call, given: ReadMessages) -> Outcome:
    """What was said last, or around something, oldest first."""
    bounds = {"before": given.before, "after": given.after, "around": given.around}
    named = {name: value for name, value in bounds.items() if value is not None}
    if len(named) > 1:
        raise UserError(ONE_OF)
    page = await _page(call, call.channel, {"limit": given.count, **named})
    shown: list[JsonValue] = [shapes.message(one, call.where.guild_id) for one in page]
    full = len(page) == given.count and "around" not in named
    data: dict[str, JsonValue] = {"messages": shown}
    if full and page:
        newer = "after" in named
        data["next"] = {"after" if newer else "before": str(page[-1 if newer else 0]["id"])}
    silent = page and all(not one.get("content") for one in page)
    return Outcome(f"{len(shown)} messages, oldest first.{NO_CONTENT if silent else ''}", data)


async def get_message(call: Call, given: OnMessage) -> Outcome:
    """One message."""
    raw = await one_message(call, given.message_id)
    return Outcome("One message.", shapes.message(raw, call.where.guild_id))


async def get_attachment(call: Call, given: GetAttachment) -> Outcome:
    """A message's files: what they are, and what is in the first that can be shown."""
    raw = await one_message(call, given.message_id)
    files: list[Json] = raw.get("attachments") or []
    if given.attachment_id is not None:
        files = [one for one in files if int(one["id"]) == given.attachment_id]
    if not files:
        raise UserError(NO_FILE.format(id="" if given.attachment_id is None else f" {given.attachment_id}"))
    data: dict[str, JsonValue] = {"attachments": [shapes.attachment(one) for one in files]}
    first, kind = files[0], str(files[0].get("content_type") or "")
    picture = kind.startswith("image/")
    most = LARGEST_PICTURE if picture else LARGEST_TEXT
    readable = picture or kind.startswith("text/") or "json" in kind
    if call.desk.files is None or not readable or int(first.get("size", 0)) > most:
        return Outcome(UNREAD, data)
    content = await call.desk.files.read(str(first["url"]), most)
    if picture:
        return Outcome(
            f"The picture {first['filename']}.", data, pictures=(Picture(content, kind.partition(";")[0]),)
        )
    return Outcome(f"The file {first['filename']}.", {**data, "text": content.decode("utf-8", "replace")})


async def search_messages(call: Call, given: Search) -> Outcome:
    """What Discord's own search finds, of channels that the token reaches."""
    wanted: dict[str, object] = {
        "content": given.content,
        "author_id": given.author_id,
        "mentions": given.mentions,
        "has": given.has,
        "pinned": None if given.pinned is None else str(given.pinned).lower(),
        "author_type": given.author_type,
        "channel_id": given.channel_id,
        "min_id": given.min_id,
        "max_id": given.max_id,
    }
    query = {name: value for name, value in wanted.items() if value is not None}
    query |= {"sort_by": given.sort_by, "sort_order": given.sort_order}
    found: list[Json] = []
    total, offset = 0, given.offset
    while len(found) < given.limit and offset <= MOST_OFFSET:
        size = min(SEARCH_PAGE, given.limit - len(found))
        answer = await call.desk.api.request(
            "GET",
            "/guilds/{guild_id}/messages/search",
            query={**query, "limit": size, "offset": offset},
            guild_id=call.where.guild_id,
        )
        if "messages" not in answer:
            raise UserError(NOT_INDEXED)
        hits = [group[0] for group in answer["messages"] if group]
        total, offset = int(answer.get("total_results", 0)), offset + size
        found.extend(hits)
        if len(hits) < size:
            break
    reached = [one for one in found if await _is_reached(call, int(one["channel_id"]))]
    data: dict[str, JsonValue] = {
        "messages": [shapes.message(one, call.where.guild_id) for one in reached],
        "next_offset": offset if offset < min(total, MOST_OFFSET) else None,
    }
    if call.grant.channels is None:
        data["total"] = total
    return Outcome(f"{len(reached)} messages found.", data)


async def get_reaction_users(call: Call, given: ReactionUsers) -> Outcome:
    """Who reacted with an emoji."""
    query = {"limit": given.limit, **({"after": given.after} if given.after else {})}
    found = await call.desk.api.request(
        "GET",
        "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}",
        query=query,
        channel_id=call.channel.id,
        message_id=given.message_id,
        emoji=reaction(given.emoji),
    )
    users: list[JsonValue] = [shapes.user(one) for one in found]
    more = str(found[-1]["id"]) if len(found) == given.limit else None
    return Outcome(f"{len(users)} people.", {"users": users, "next_after": more})


async def list_pins(call: Call, given: ListPins) -> Outcome:
    """What is pinned, the last pinned first."""
    query = {"limit": given.limit, **({"before": given.before} if given.before else {})}
    found = await call.desk.api.request(
        "GET", "/channels/{channel_id}/messages/pins", query=query, channel_id=call.channel.id
    )
    items: list[Json] = found["items"]
    data: dict[str, JsonValue] = {
        "pins": [shapes.message(one["message"], call.where.guild_id) for one in items],
        "next": str(items[-1]["pinned_at"]) if found.get("has_more") and items else None,
    }
    return Outcome(f"{len(items)} pinned messages.", data)


async def await_message(call: Call, given: AwaitMessage) -> Outcome:
    """The next message that fits; where none came, where to go on."""
    after = given.after or snowflake_at(datetime.now(UTC))
    seen = after

    async def look() -> Json | None:
        nonlocal seen
        for raw in await _page(call, call.channel, {"limit": PAGE, "after": seen}):
            seen = max(seen, int(raw["id"]))
            if _fits(raw, given):
                return raw
        return None

    seconds = call.desk.settings.wait_seconds if given.timeout_s is None else given.timeout_s
    raw = await until(call, look, seconds, LISTENS, poll=max(1.0, call.desk.poll))
    if raw is None:
        return Outcome(NOBODY_SPOKE, {"status": "timeout", "message": None, "after": str(seen)})
    shown = shapes.message(raw, call.where.guild_id)
    return Outcome("A message has come.", {"status": "received", "message": shown, "after": str(raw["id"])})


async def one_message(call: Call, message_id: int) -> Json:
    """A message of the call's channel, as Discord describes it."""
    return await call.desk.api.request(
        "GET",
        "/channels/{channel_id}/messages/{message_id}",
        channel_id=call.channel.id,
        message_id=message_id,
    )


def reaction(emoji: str) -> str:
    """An emoji as Discord's addresses name it."""
    custom = _CUSTOM.fullmatch(emoji.strip())
    return f"{custom[1]}:{custom[2]}" if custom else emoji.strip()


def _fits(raw: Json, given: AwaitMessage) -> bool:
    author: Json = raw["author"]
    bot = bool(author.get("bot")) or "webhook_id" in raw
    if bot and not given.include_bots:
        return False
    if given.from_user is not None and int(author["id"]) != given.from_user:
        return False
    return given.contains is None or given.contains.casefold() in str(raw.get("content", "")).casefold()


async def _page(call: Call, channel: Channel, query: Json) -> Sequence[Json]:
    """Messages, oldest first."""
    found: list[Json] = await call.desk.api.request(
        "GET", "/channels/{channel_id}/messages", query=query, channel_id=channel.id
    )
    return sorted(found, key=lambda one: int(one["id"]))


async def _is_reached(call: Call, channel_id: int) -> bool:
    try:
        await reach.channel(call.desk, call.grant, channel_id)
    except (UserError, OutsideError):
        return False
    return True


TOOLS = (
    reading("read_messages", "What was said in a channel or thread.", ReadMessages, read_messages),
    reading("get_message", "One message.", OnMessage, get_message),
    reading(
        "get_attachment",
        "A message's files; pictures and texts with their content.",
        GetAttachment,
        get_attachment,
    ),
    reading("search_messages", "Search a server's messages.", Search, search_messages),
    reading("get_reaction_users", "Who reacted with an emoji.", ReactionUsers, get_reaction_users),
    reading("list_pins", "What is pinned in a channel.", ListPins, list_pins),
    reading("await_message", "Wait for the next message in a channel.", AwaitMessage, await_message),
)
