"""The tools that say what there is: servers, channels, threads, people and roles."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, JsonValue

from bot.mcp.serving import reach, shapes
from bot.mcp.serving.arguments import Arguments, Id, InChannel, InGuild, OptionalId, OptionalMoment, known_as
from bot.mcp.serving.tools import Call, Json, Outcome, reading
from bot.mirror.picture import CATEGORY, THREADS, Channel

FORUMS = frozenset({15, 16})
MOST = 200


class ListChannels(InGuild):
    """Which channels."""

    kind: Literal["text", "voice", "category", "forum", "announcement", "stage", "media"] | None = Field(
        None, validation_alias=known_as("kind", "type")
    )
    limit: int = Field(100, ge=1, le=MOST)
    offset: int = Field(0, ge=0, le=10_000)


class FindChannel(InGuild):
    """A channel by its name."""

    name: str = Field(
        min_length=1,
        max_length=100,
        validation_alias=known_as("channelName", "channel_name", "categoryName", "category_name", "name"),
    )


class InCategory(InGuild):
    """A category's channels."""

    category_id: Id


class ListThreads(InChannel):
    """A channel's threads, or a forum's posts."""

    include_archived: bool = True
    limit: int = Field(50, ge=1, le=100)
    before: str | None = Field(None, max_length=40, description="`next` of the page before, of archived ones")


class ListMembers(InGuild):
    """Which members."""

    limit: int = Field(100, ge=1, le=1_000)
    after: OptionalId = Field(None, description="The last user id of the page before")


class OneMember(InGuild):
    """One member."""

    user_id: Id = Field(validation_alias=known_as("userId", "user_id", "memberId", "member_id"))


class ByName(InGuild):
    """Somebody by name."""

    username: str = Field(
        min_length=1,
        max_length=100,
        validation_alias=known_as("username", "name", "query"),
        description="How it begins",
    )
    limit: int = Field(10, ge=1, le=100)


class Everything(Arguments):
    """All there is."""


class ActiveThreads(InGuild):
    """Which threads."""

    limit: int = Field(100, ge=1, le=MOST)
    after: OptionalMoment = Field(None, description="Only threads with a larger id")


async def list_servers(call: Call, _given: Everything) -> Outcome:
    """The servers that this token reaches and the bot is in."""
    guilds: list[Json] = await call.desk.api.request("GET", "/users/@me/guilds", query={"limit": MOST})
    shown: list[JsonValue] = [
        {"id": str(one["id"]), "name": str(one["name"])}
        for one in guilds
        if int(one["id"]) in call.grant.servers
    ]
    return Outcome(f"{len(shown)} servers.", {"servers": shown})


async def get_server_info(call: Call, _given: InGuild) -> Outcome:
    """A server's name, size and owner."""
    raw = await call.desk.api.request(
        "GET", "/guilds/{guild_id}", query={"with_counts": "true"}, guild_id=call.where.guild_id
    )
    shown: dict[str, JsonValue] = {
        "id": str(raw["id"]),
        "name": str(raw.get("name", "")),
        "description": raw.get("description"),
        "owner_id": str(raw.get("owner_id", "")),
        "members": raw.get("approximate_member_count"),
        "online": raw.get("approximate_presence_count"),
        "boosts": raw.get("premium_subscription_count"),
        "roles": len(raw.get("roles", ())),
    }
    emojis: list[JsonValue] = [*map(shapes.emoji, raw.get("emojis", ())[:MOST])]
    if emojis:
        shown["emojis"] = emojis
    return Outcome(f"The server {shown['name']}.", shown)


async def list_channels(call: Call, given: ListChannels) -> Outcome:
    """The channels that the token reaches, page by page."""
    found = [
        one for one in await channels_of(call) if given.kind in (None, shapes.KINDS.get(int(one["type"])))
    ]
    page = found[given.offset : given.offset + given.limit]
    more = given.offset + given.limit if len(found) > given.offset + given.limit else None
    return Outcome(f"{len(page)} channels.", {"channels": _shown(page), "next_offset": more})


async def find_channel(call: Call, given: FindChannel) -> Outcome:
    """Channels whose name fits, the exact one first."""
    return _named(await channels_of(call), given.name)


async def find_category(call: Call, given: FindChannel) -> Outcome:
    """Categories whose name fits, the exact one first."""
    return _named([one for one in await channels_of(call) if int(one["type"]) == CATEGORY], given.name)


async def list_channels_in_category(call: Call, given: InCategory) -> Outcome:
    """A category's channels."""
    found = [one for one in await channels_of(call) if one.get("parent_id") == str(given.category_id)]
    return Outcome(f"{len(found)} channels.", {"channels": _shown(found)})


async def list_forum_channels(call: Call, _given: InGuild) -> Outcome:
    """A server's forums with their tags."""
    found = [one for one in await channels_of(call) if int(one["type"]) in FORUMS]
    return Outcome(f"{len(found)} forums.", {"channels": _shown(found)})


async def get_channel_info(call: Call, _given: InChannel) -> Outcome:
    """One channel or thread."""
    raw = await call.desk.api.request("GET", "/channels/{channel_id}", channel_id=call.channel.id)
    return Outcome(f"The channel {raw.get('name', '')}.", shapes.channel(raw))


async def list_forum_tags(call: Call, _given: InChannel) -> Outcome:
    """A forum's tags."""
    raw = await call.desk.api.request("GET", "/channels/{channel_id}", channel_id=call.channel.id)
    tags: list[JsonValue] = [shapes.tag(one) for one in raw.get("available_tags", ())]
    return Outcome(f"{len(tags)} tags.", {"tags": tags})


async def list_active_threads(call: Call, given: ActiveThreads) -> Outcome:
    """A server's threads that are not archived."""
    threads = await _active(call)
    shown = [one for one in threads if given.after is None or int(one["id"]) > given.after][: given.limit]
    more = str(shown[-1]["id"]) if shown and shown[-1] is not threads[-1] else None
    return Outcome(f"{len(shown)} threads.", {"threads": _shown(shown), "next_after": more})


async def list_threads(call: Call, given: ListThreads) -> Outcome:
    """A channel's threads: those that are active, then those that are archived, the newest first."""
    active = [one for one in await _active(call) if one.get("parent_id") == str(call.channel.id)]
    archived: list[Json] = []
    more: str | None = None
    if given.include_archived:
        query = {"limit": given.limit, **({"before": given.before} if given.before else {})}
        answer = await call.desk.api.request(
            "GET", "/channels/{channel_id}/threads/archived/public", query=query, channel_id=call.channel.id
        )
        archived = answer["threads"]
        if answer.get("has_more") and archived:
            more = str(archived[-1]["thread_metadata"]["archive_timestamp"])
    found = [*([] if given.before else active[::-1]), *archived]
    return Outcome(f"{len(found)} threads.", {"threads": _shown(found), "next": more})


async def list_members(call: Call, given: ListMembers) -> Outcome:
    """A server's members, page by page."""
    query = {"limit": given.limit, **({"after": given.after} if given.after else {})}
    found: list[Json] = await call.desk.api.request(
        "GET", "/guilds/{guild_id}/members", query=query, guild_id=call.where.guild_id
    )
    more = str(found[-1]["user"]["id"]) if len(found) == given.limit else None
    shown: list[JsonValue] = [shapes.member(one) for one in found]
    return Outcome(f"{len(shown)} members.", {"members": shown, "next_after": more})


async def get_member(call: Call, given: OneMember) -> Outcome:
    """One member with their roles."""
    raw = await reach.member(call.desk.api, call.where.guild_id, given.user_id)
    return Outcome("One member.", shapes.member(raw))


async def get_user_id_by_name(call: Call, given: ByName) -> Outcome:
    """Members whose name begins so."""
    found: list[Json] = await call.desk.api.request(
        "GET",
        "/guilds/{guild_id}/members/search",
        query={"query": given.username, "limit": given.limit},
        guild_id=call.where.guild_id,
    )
    shown: list[JsonValue] = [shapes.member(one) for one in found]
    return Outcome(f"{len(shown)} members.", {"members": shown})


async def list_roles(call: Call, _given: InGuild) -> Outcome:
    """A server's roles, the highest first."""
    found: list[Json] = await call.desk.api.request(
        "GET", "/guilds/{guild_id}/roles", guild_id=call.where.guild_id
    )
    ordered = sorted(found, key=lambda one: -int(one.get("position", 0)))
    shown: list[JsonValue] = [shapes.role(one) for one in ordered]
    return Outcome(f"{len(shown)} roles.", {"roles": shown})


async def channels_of(call: Call) -> Sequence[Json]:
    """A server's channels that the token reaches, in their order."""
    found: list[Json] = await call.desk.api.request(
        "GET", "/guilds/{guild_id}/channels", guild_id=call.where.guild_id
    )
    reached = [one for one in found if reach.reaches(call.grant, as_channel(one, call.where.guild_id))]
    return sorted(reached, key=lambda one: (int(one.get("position", 0)), int(one["id"])))


def as_channel(raw: Json, guild_id: int) -> Channel:
    """A channel as Discord describes it, as far as reach goes by it."""
    parent = raw.get("parent_id")
    return Channel(int(raw["id"]), guild_id, int(parent) if parent else None, int(raw["type"]))


async def _active(call: Call) -> Sequence[Json]:
    answer = await call.desk.api.request(
        "GET", "/guilds/{guild_id}/threads/active", guild_id=call.where.guild_id
    )
    homes = {int(one["id"]): as_channel(one, call.where.guild_id) for one in await channels_of(call)}
    threads = [one for one in answer["threads"] if int(one["type"]) in THREADS]
    reached = [
        one
        for one in threads
        if int(one["parent_id"]) in homes or reach.reaches(call.grant, as_channel(one, call.where.guild_id))
    ]
    return sorted(reached, key=lambda one: int(one["id"]))


def _named(found: Sequence[Json], name: str) -> Outcome:
    wanted = name.strip().lstrip("#").casefold()
    fitting = [one for one in found if wanted in str(one.get("name", "")).casefold()]
    fitting.sort(key=lambda one: str(one.get("name", "")).casefold() != wanted)
    return Outcome(f"{len(fitting)} found.", {"channels": _shown(fitting[:25])})


def _shown(found: Sequence[Json]) -> list[JsonValue]:
    return [shapes.channel(one) for one in found]


TOOLS = (
    reading("list_servers", "The servers you reach.", Everything, list_servers),
    reading("get_server_info", "About a server.", InGuild, get_server_info),
    reading("list_channels", "A server's channels.", ListChannels, list_channels),
    reading("find_channel", "Find a channel by name.", FindChannel, find_channel),
    reading("find_category", "Find a category by name.", FindChannel, find_category),
    reading("list_channels_in_category", "A category's channels.", InCategory, list_channels_in_category),
    reading("get_channel_info", "About a channel or thread.", InChannel, get_channel_info),
    reading("list_active_threads", "A server's active threads.", ActiveThreads, list_active_threads),
    reading("list_threads", "A channel's threads, or a forum's posts.", ListThreads, list_threads),
    reading("list_forum_channels", "A server's forums.", InGuild, list_forum_channels),
    reading("list_forum_tags", "A forum's tags.", InChannel, list_forum_tags),
    reading("list_members", "A server's members.", ListMembers, list_members),
    reading("get_member", "About a member.", OneMember, get_member),
    reading("get_user_id_by_name", "Find members by name.", ByName, get_user_id_by_name),
    reading("list_roles", "A server's roles.", InGuild, list_roles),
)
