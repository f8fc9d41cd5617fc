"""Reactions: who chose which emoji under a message."""

import re
import unicodedata
from dataclasses import replace

from starlette.responses import Response

from bot.local_discord.events import Event
from bot.local_discord.model import Channel, Json, Message, Reaction
from bot.local_discord.permissions import ADD_REACTIONS, MANAGE_MESSAGES
from bot.local_discord.refusals import limit_reached, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.rest.messages import demand_history, message_of
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Stage, demand
from bot.local_discord.thread_state import demand_awake
from bot.local_discord.wire.guild import member_object
from bot.local_discord.wire.message import reaction_emoji_object
from bot.local_discord.wire.user import user_object

_CUSTOM = re.compile(r"(?:a:)?(\w{1,32}):(\d{1,19})\Z")
_VARIATION = "\ufe0f"
_KEYCAP = "\u20e3"
LONGEST = 32


def read_emoji(stage: Stage, text: str) -> Reaction:
    """The emoji of a path: ``name:id`` for a guild's own, else Unicode.

    Raises:
        Refusal: 10014 for what is neither.
    """
    custom = _CUSTOM.match(text)
    if custom:
        emoji = stage.world.emojis.get(int(custom[2]))
        if emoji is None:
            raise unknown("emoji")
        return Reaction(emoji.name, (), emoji.id, emoji.animated)
    symbol = any(unicodedata.category(c) in ("So", "Sk", "Sm", "Po") and ord(c) > 0xA8 for c in text)  # noqa: PLR2004 - the end of ASCII and Latin-1 punctuation
    if not text or len(text) > LONGEST or not (symbol or _KEYCAP in text) or any(c.isspace() for c in text):
        raise unknown("emoji")
    return Reaction(text, ())


def _same(left: Reaction, right: Reaction) -> bool:
    """Whether two emojis are one; the variation selector, which clients send or leave out, does not count."""
    if left.emoji_id is not None or right.emoji_id is not None:
        return left.emoji_id == right.emoji_id
    return left.name.replace(_VARIATION, "") == right.name.replace(_VARIATION, "")


def _place(call: Call) -> tuple[Channel, Message, Reaction]:
    channel = channel_of(call)
    demand_history(call, channel)
    message = message_of(call, channel)
    asked = read_emoji(call.stage, call.text("emoji"))
    return channel, message, next((r for r in message.reactions if _same(r, asked)), asked)


async def put_reaction(call: Call) -> Response:
    """PUT .../reactions/{emoji}/@me; the first of an emoji needs Add Reactions, 20 emojis fit."""
    channel, message, reaction = _place(call)
    demand_awake(channel)
    user_id = call.actor.user_id
    if user_id in reaction.users:
        return nothing()
    if not reaction.users:
        demand(call.stage, call.actor, channel, ADD_REACTIONS)
        if len(message.reactions) >= LIMITS.reactions:
            raise limit_reached(30010, f"Maximum number of reactions reached ({LIMITS.reactions})")
    chosen = replace(reaction, users=(*reaction.users, user_id))
    _store(call.stage, message, chosen)
    _tell(call.stage, "MESSAGE_REACTION_ADD", channel, message, chosen, user_id)
    return nothing()


async def delete_my_reaction(call: Call) -> Response:
    """DELETE .../reactions/{emoji}/@me."""
    return _taken_back(call, call.actor.user_id)


async def delete_reaction(call: Call) -> Response:
    """DELETE .../reactions/{emoji}/{user_id}: one's own, others' with Manage Messages."""
    return _taken_back(call, call.id("user_id"))


def _taken_back(call: Call, user_id: int) -> Response:
    channel, message, reaction = _place(call)
    demand_awake(channel)
    if user_id != call.actor.user_id:
        demand(call.stage, call.actor, channel, MANAGE_MESSAGES)
    if user_id not in reaction.users:
        if user_id not in call.stage.world.users:
            raise unknown("user")
        return nothing()
    _store(call.stage, message, replace(reaction, users=tuple(u for u in reaction.users if u != user_id)))
    _tell(call.stage, "MESSAGE_REACTION_REMOVE", channel, message, reaction, user_id)
    return nothing()


async def list_reactions(call: Call) -> Response:
    """GET .../reactions/{emoji}: the users who chose it, by id."""
    _, _, reaction = _place(call)
    query = call.query()
    limit = query.integer("limit", least=1, most=100, default=25) or 25
    after = query.snowflake("after") or 0
    query.problems.raise_any()
    found = [user for user in sorted(reaction.users) if user > after]
    return ok([user_object(call.stage.world.users[user]) for user in found[:limit]])


async def delete_emoji(call: Call) -> Response:
    """DELETE .../reactions/{emoji}: everybody's."""
    channel, message, reaction = _place(call)
    demand(call.stage, call.actor, channel, MANAGE_MESSAGES)
    if reaction.users:
        _store(call.stage, message, replace(reaction, users=()))
        data = {**_where(channel, message), "emoji": reaction_emoji_object(reaction)}
        call.stage.tell("MESSAGE_REACTION_REMOVE_EMOJI", data, channel)
    return nothing()


async def delete_all(call: Call) -> Response:
    """DELETE .../reactions: everything."""
    channel = channel_of(call)
    demand(call.stage, call.actor, channel, MANAGE_MESSAGES)
    message = message_of(call, channel)
    call.stage.world.put_message(replace(message, reactions=()))
    call.stage.tell("MESSAGE_REACTION_REMOVE_ALL", _where(channel, message), channel)
    return nothing()


def _store(stage: Stage, message: Message, changed: Reaction) -> None:
    """Put a changed reaction in its place, at the end when it is new, away when nobody is left."""
    kept = [changed if _same(r, changed) else r for r in message.reactions]
    if not any(_same(r, changed) for r in message.reactions):
        kept.append(changed)
    stage.world.put_message(replace(message, reactions=tuple(r for r in kept if r.users)))


def _where(channel: Channel, message: Message) -> Json:
    where: Json = {"channel_id": str(channel.id), "message_id": str(message.id)}
    if channel.guild_id is not None:
        where["guild_id"] = str(channel.guild_id)
    return where


def _tell(
    stage: Stage, name: str, channel: Channel, message: Message, reaction: Reaction, user_id: int
) -> None:
    data: Json = {
        **_where(channel, message),
        "user_id": str(user_id),
        "emoji": reaction_emoji_object(reaction),
        "burst": False,
        "type": 0,
    }
    if name == "MESSAGE_REACTION_ADD":
        data["message_author_id"] = str(message.author_id)
        member = stage.world.member(channel.guild_id or 0, user_id)
        if member is not None:
            data["member"] = member_object(stage.view(), member)
    stage.emit(Event(name, data, guild_id=channel.guild_id, channel=channel))
    stage.changed()
