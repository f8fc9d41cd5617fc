"""How fast people may write and start threads (slowmode), and how often old messages may be edited.

https://discord.com/developers/docs/resources/channel#channel-object (``rate_limit_per_user``)
"""

from collections import deque
from datetime import datetime, timedelta

from bot.local_discord.channels.thread_state import state_of
from bot.local_discord.members.permissions import BYPASS_SLOWMODE
from bot.local_discord.model import Channel, Message
from bot.local_discord.refusals import too_soon
from bot.local_discord.stage import Actor, Stage, may

_SLOWMODE = (20016, "This action cannot be performed due to slowmode rate limit.")
_OLD_EDITS = (30046, "Maximum number of edits to messages older than 1 hour reached. Try again later")


def demand_message_pace(stage: Stage, actor: Actor, channel: Channel) -> None:
    """Raise 20016 when a person writes in a channel faster than its slowmode lets them."""
    if _slowed(stage, actor, channel):
        _wait(stage, channel.slowmode, stage.world.last_spoke(channel.id, actor.user_id))


def demand_thread_pace(stage: Stage, actor: Actor, parent: Channel) -> None:
    """Raise 20016 when a person starts threads faster than the channel's slowmode lets them."""
    if not _slowed(stage, actor, parent):
        return
    mine = [
        state_of(thread).created_at
        for thread in stage.world.threads_of(parent.guild_id or 0)
        if thread.parent_id == parent.id and state_of(thread).owner_id == actor.user_id
    ]
    _wait(stage, parent.slowmode, max(mine, default=None))


def _slowed(stage: Stage, actor: Actor, channel: Channel) -> bool:
    """Whether slowmode is for this actor: bots, webhooks and who may bypass it are not slowed."""
    person = actor.application_id is None and actor.user_id in stage.world.users
    return person and channel.slowmode > 0 and not may(stage, actor, channel, BYPASS_SLOWMODE)


def _wait(stage: Stage, seconds: int, last: datetime | None) -> None:
    wait = 0.0 if last is None else seconds - (stage.now() - last).total_seconds()
    if wait > 0:
        raise too_soon(*_SLOWMODE, wait)


def _old(stage: Stage, message: Message) -> bool:
    return (stage.now() - message.sent_at).total_seconds() > stage.settings.old_message_age


def demand_edit_pace(stage: Stage, message: Message) -> None:
    """Raise 30046 when this message is old and too many old ones of its channel were edited just now."""
    settings, now = stage.settings, stage.now()
    if not _old(stage, message):
        return
    window = timedelta(seconds=settings.old_message_window)
    edits = stage.world.old_edits.setdefault(message.channel_id, deque())
    while edits and now - edits[0] >= window:
        edits.popleft()
    if len(edits) >= settings.old_message_edits:
        wait = (edits[0] + window - now).total_seconds() if edits else settings.old_message_window
        raise too_soon(*_OLD_EDITS, wait)


def count_edit(stage: Stage, message: Message) -> None:
    """Count an edit; only those of old messages are."""
    if _old(stage, message):
        stage.world.old_edits.setdefault(message.channel_id, deque()).append(stage.now())
