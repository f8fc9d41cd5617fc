"""The search of a guild's messages, in every channel and thread that who asks may read."""

import re
from collections.abc import Callable, Mapping

from starlette.responses import Response

from bot.local_discord.form import Form
from bot.local_discord.members.permissions import READ_MESSAGE_HISTORY
from bot.local_discord.model import MESSAGE_CHANNEL_TYPES, Channel, Json, Message
from bot.local_discord.rest.call import Call, ok
from bot.local_discord.rest.guilds import own_guild
from bot.local_discord.rest.messages import shown
from bot.local_discord.stage import may
from bot.local_discord.wire.channel import channel_object

PAGE, MOST_OFFSET, MOST_IDS = 25, 9_975, 100
_LINK = re.compile(r"https?://\S", re.IGNORECASE)
_IDS = ("author_id", "channel_id", "mentions")
_AUTHORS = ("user", "bot", "webhook")
_SEVERAL = (*_IDS, "has", "author_type")
"""Parameters that may stand several times; any of their values will do."""

_HAS: Mapping[str, Callable[[Message], bool]] = {
    "link": lambda message: _LINK.search(message.content) is not None,
    "embed": lambda message: bool(message.embeds),
    "file": lambda message: bool(message.attachments),
    "image": lambda message: _has_file(message, "image/"),
    "video": lambda message: _has_file(message, "video/"),
    "sound": lambda message: _has_file(message, "audio/"),
    "sticker": lambda _: False,
    "poll": lambda message: message.poll is not None,
    "snapshot": lambda message: message.forwarded is not None,
}


def _has_file(message: Message, kind: str) -> bool:
    return any((one.content_type or "").startswith(kind) for one in message.attachments)


async def search_messages(call: Call) -> Response:
    """GET /guilds/{guild_id}/messages/search: whole words in any order, newest first unless asked otherwise."""
    guild, _ = own_guild(call)
    query = call.query()
    limit = query.integer("limit", least=1, most=PAGE, default=PAGE) or PAGE
    offset = query.integer("offset", least=0, most=MOST_OFFSET, default=0) or 0
    order = query.word("sort_order", ("asc", "desc"))
    query.word("sort_by", ("timestamp", "relevance"))
    fits = _wanted(call, query)
    query.problems.raise_any()
    world = call.stage.world
    places = [*world.channels_of(guild.id), *world.threads_of(guild.id)]
    found = [one for place in places if _readable(call, place) for one in world.messages(place.id)]
    found = sorted((one for one in found if fits(one)), key=lambda one: one.id, reverse=order != "asc")
    page = found[offset : offset + limit]
    view = call.stage.view(call.actor.user_id)
    threads = {one.channel_id: world.channels[one.channel_id] for one in page}
    answer: Json = {
        "messages": [[_hit(call, one)] for one in page],
        "total_results": len(found),
        "doing_deep_historical_index": False,
        "threads": [channel_object(view, one) for one in threads.values() if one.thread is not None],
        "members": [],
    }
    return ok(answer)


def _readable(call: Call, place: Channel) -> bool:
    return place.kind in MESSAGE_CHANNEL_TYPES and may(call.stage, call.actor, place, READ_MESSAGE_HISTORY)


def _hit(call: Call, message: Message) -> Json:
    return {**shown(call, message), "hit": True}


def _wanted(call: Call, query: Form) -> Callable[[Message], bool]:
    """What the query asks for, as one test of a message."""
    words = set(_words(query.text("content", most=1024) or ""))
    least, most = query.snowflake("min_id"), query.snowflake("max_id")
    pinned = call.request.query_params.get("pinned", "").lower()
    several = Form({name: call.request.query_params.getlist(name) for name in _SEVERAL}, query.problems)
    ids = {name: several.snowflakes(name, most=MOST_IDS) or [] for name in _IDS}
    kinds = {"has": tuple(_HAS), "author_type": _AUTHORS}
    chosen = {name: _chosen(several, name, kinds[name]) for name in kinds}

    def fits(message: Message) -> bool:
        return (
            words <= set(_words(message.content))
            and (least is None or message.id > least)
            and (most is None or message.id < most)
            and (not pinned or (message.pinned_at is not None) == (pinned == "true"))
            and (not ids["author_id"] or message.author_id in ids["author_id"])
            and (not ids["channel_id"] or message.channel_id in ids["channel_id"])
            and (not ids["mentions"] or not set(ids["mentions"]).isdisjoint(message.mentions))
            and all(_HAS[word](message) != negated for word, negated in chosen["has"])
            and _by_kind(call, message, chosen["author_type"])
        )

    return fits


def _chosen(several: Form, name: str, among: tuple[str, ...]) -> list[tuple[str, bool]]:
    """Words of a parameter, and whether a minus before them asks for the opposite."""
    chosen: list[tuple[str, bool]] = []
    for value in several.items(name, most=len(among) * 2) or []:
        word = str(value).removeprefix("-")
        if word not in among:
            message = f"Value must be one of {{{', '.join(among)}}}."
            several.refuse(name, "BASE_TYPE_CHOICES", message)
        chosen.append((word, str(value).startswith("-")))
    return chosen


def _by_kind(call: Call, message: Message, wanted: list[tuple[str, bool]]) -> bool:
    bot = call.stage.world.users[message.author_id].bot if message.face is None else False
    kind = "webhook" if message.face is not None else "bot" if bot else "user"
    named = [word for word, negated in wanted if not negated]
    return (not named or kind in named) and (kind, True) not in wanted


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
