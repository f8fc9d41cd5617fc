"""Reactions: who chose which emoji under a message."""

import re
from dataclasses import replace

from starlette.responses import Response

from bot.local_discord.channels.thread_state import demand_awake
from bot.local_discord.members.permissions import ADD_REACTIONS, MANAGE_MESSAGES, USE_EXTERNAL_EMOJIS
from bot.local_discord.messages.reacting import (
    add_reaction,
    message_place,
    reaction_to,
    store_reaction,
    take_reaction,
)
from bot.local_discord.messages.unicode_emoji import is_emoji
from bot.local_discord.model import Channel, Message, Reaction
from bot.local_discord.refusals import limit_reached, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.rest.messages import demand_history, message_of
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Stage, demand
from bot.local_discord.wire.message import reaction_emoji_object
from bot.local_discord.wire.user import user_object

_CUSTOM = re.compile(r"(?:a:)?(\w{1,32}):(\d{1,19})\Z")
NORMAL = 0


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
    if not is_emoji(text):
        raise unknown("emoji")
    return Reaction(text, ())


def _demand_usable(call: Call, channel: Channel, reaction: Reaction) -> None:
    """Raise 10014 or 50013 for another guild's emoji that is out of reach or may not be used here."""
    emoji = call.stage.world.emojis.get(reaction.emoji_id or 0)
    if emoji is None or emoji.guild_id == channel.guild_id:
        return
    if call.stage.world.member(emoji.guild_id, call.actor.user_id) is None:
        raise unknown("emoji")
    demand(call.stage, call.actor, channel, USE_EXTERNAL_EMOJIS)


def _place(call: Call) -> tuple[Channel, Message, Reaction]:
    channel = channel_of(call)
    demand_history(call, channel)
    message = message_of(call, channel)
    asked = read_emoji(call.stage, call.text("emoji"))
    return channel, message, reaction_to(message, asked)


async def put_reaction(call: Call) -> Response:
    """PUT .../reactions/{emoji}/@me; the first of an emoji needs Add Reactions, 20 emojis fit."""
    channel, message, reaction = _place(call)
    demand_awake(channel)
    user_id = call.actor.user_id
    if user_id in reaction.users:
        return nothing()
    if not reaction.users:
        demand(call.stage, call.actor, channel, ADD_REACTIONS)
        _demand_usable(call, channel, reaction)
        if len(message.reactions) >= LIMITS.reactions:
            raise limit_reached(30010, f"Maximum number of reactions reached ({LIMITS.reactions})")
    add_reaction(call.stage, channel, message, reaction, user_id)
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
    take_reaction(call.stage, channel, message, reaction, user_id)
    return nothing()


async def list_reactions(call: Call) -> Response:
    """GET .../reactions/{emoji}: the users who chose it, by id."""
    _, _, reaction = _place(call)
    query = call.query()
    limit = query.integer("limit", least=1, most=100, default=25) or 25
    after = query.snowflake("after") or 0
    kind = query.integer("type", most=1, default=NORMAL)
    query.problems.raise_any()
    # nobody here pays for super reactions
    found = [user for user in sorted(reaction.users) if user > after] if kind == NORMAL else []
    return ok([user_object(call.stage.world.users[user]) for user in found[:limit]])


async def delete_emoji(call: Call) -> Response:
    """DELETE .../reactions/{emoji}: everybody's."""
    channel, message, reaction = _place(call)
    demand_awake(channel)
    demand(call.stage, call.actor, channel, MANAGE_MESSAGES)
    if reaction.users:
        store_reaction(call.stage, message, replace(reaction, users=()))
        data = {**message_place(channel, message), "emoji": reaction_emoji_object(reaction)}
        call.stage.tell("MESSAGE_REACTION_REMOVE_EMOJI", data, channel)
    return nothing()


async def delete_all(call: Call) -> Response:
    """DELETE .../reactions: everything."""
    channel = channel_of(call)
    demand_awake(channel)
    demand(call.stage, call.actor, channel, MANAGE_MESSAGES)
    message = message_of(call, channel)
    call.stage.world.put_message(replace(message, reactions=()))
    call.stage.tell("MESSAGE_REACTION_REMOVE_ALL", message_place(channel, message), channel)
    return nothing()
