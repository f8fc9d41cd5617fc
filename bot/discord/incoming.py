"""What nextcord hands over, as the rest of the program sees it."""

from dataclasses import replace
from typing import Any

import nextcord

from bot.discord.events import Author, Interaction, Message, RepliedTo, Where
from bot.plugins.values import Attachment, Role

_KINDS: dict[int, Any] = {1: "ping", 2: "command", 3: "component", 4: "autocomplete", 5: "modal"}
_ACTS = frozenset({2, 3})


def where_of(guild_id: int | None, channel: Any, channel_id: int) -> Where:
    """Where something happened."""
    in_thread = isinstance(channel, nextcord.Thread)
    home: Any = channel.parent if in_thread else channel
    return Where(
        guild_id,
        channel_id,
        in_thread,
        home_id=channel.parent_id if in_thread else channel_id,
        home_name=str(getattr(home, "name", "") or ""),
        direct=guild_id is None,
        thread_name=str(getattr(channel, "name", "") or "") if in_thread else "",
    )


def author_of(
    who: nextcord.User | nextcord.Member, *, is_bot: bool, permissions: int | None = None
) -> Author:
    """Who did something."""
    roles, granted = (), 0
    if isinstance(who, nextcord.Member):
        roles, granted = tuple(role.id for role in who.roles), who.guild_permissions.value
    return Author(who.id, who.display_name, is_bot, roles, granted if permissions is None else permissions)


def talk_in(guild: nextcord.Guild) -> int | None:
    """The channel for a word to the whole guild: the one it chose for that, else the first open one."""
    first = [guild.system_channel] if guild.system_channel is not None else []
    for channel in [*first, *guild.text_channels]:
        allowed = channel.permissions_for(guild.me)
        if allowed.view_channel and allowed.send_messages:
            return channel.id
    return None


def message_of(message: nextcord.Message, me: int, *, reads_all: bool) -> Message:
    """A message; ``me`` is the bot's user id, ``reads_all`` whether it has the Message Content intent."""
    author = message.author
    mentions_me = any(user.id == me for user in message.mentions)
    # Stickers are not kept back, so that a message of nothing else is not one that cannot be read.
    blank = not (message.content or message.attachments or message.embeds or message.stickers)
    return Message(
        id=message.id,
        where=where_of(message.guild.id if message.guild else None, message.channel, message.channel.id),
        author=author_of(author, is_bot=author.bot or message.webhook_id is not None),
        text=message.content,
        mentions_me=mentions_me,
        reply_to=_reply_to(message, me),
        hidden=blank
        and not (reads_all or mentions_me or message.guild is None or author.id == me)
        and message.type in {nextcord.MessageType.default, nextcord.MessageType.reply},
        attachments=tuple(_attachment(one) for one in message.attachments),
        mentioned_roles=tuple(Role(role.id, role.name) for role in message.role_mentions),
        mentions_others=any(user.id != me for user in message.mentions),
    )


def _attachment(file: nextcord.Attachment) -> Attachment:
    return Attachment(file.id, file.filename, file.url, file.size, file.content_type or "")


def _reply_to(message: nextcord.Message, me: int) -> RepliedTo | None:
    reference = message.reference
    if message.type is not nextcord.MessageType.reply or reference is None or reference.message_id is None:
        return None
    answered = reference.resolved
    if not isinstance(answered, nextcord.Message):
        return RepliedTo(reference.message_id)
    return RepliedTo(
        reference.message_id,
        answered.author.display_name,
        answered.content,
        mine=answered.author.id == me,
        webhook_id=answered.webhook_id,
    )


def interaction_of(interaction: nextcord.Interaction[Any]) -> Interaction:
    """A command, a button, a form or a request for suggestions."""
    user = interaction.user
    data: Any = interaction.data or {}
    return Interaction(
        id=interaction.id,
        token=interaction.token,
        kind=_KINDS.get(interaction.type.value, "ping"),
        where=replace(
            where_of(interaction.guild_id, interaction.channel, interaction.channel_id or 0),
            bot_permissions=interaction.app_permissions.value,
        ),
        author=Author(0, "")
        if user is None
        else author_of(user, is_bot=user.bot, permissions=interaction.permissions.value),
        data=dict(data),
        message_id=interaction.message.id if interaction.message else None,
        locale=str(interaction.locale or ""),
    )
