"""Calls for help where a queue is too full or its oldest task waits for too long, once until that is over."""

from datetime import datetime

from cogs.tasks import messages
from cogs.tasks.cog import TasksSettings
from cogswarm import Context, QueueView, Say, title

type Ctx = Context[TasksSettings]

OVER_AT = 0.8
"""An alarm is over when things are this much better than where it begins, so that it does not come and go."""


def is_watched(queue: QueueView) -> bool:
    """Whether an alarm of the queue may begin or end."""
    rules = queue.rules
    return bool(rules.alarm_depth or rules.alarm_seconds or queue.alarm_since is not None)


async def watch(ctx: Ctx, queue: QueueView) -> bool:
    """Begin or end the alarm of a queue; whether it did."""
    why = reason(queue, ctx.now)
    if bool(why) == (queue.alarm_since is not None):
        return False
    if not why:
        return await ctx.tasks.end_alarm(
            queue.channel_id, messages.ALARM_OVER.format(when=int(ctx.now.timestamp()))
        )
    role = queue.rules.alarm_role
    parts = [messages.ALARM.format(why=why)]
    if queue.rules.backup:
        parts.append(messages.ALARM_BACKUP.format(agent=title(queue.rules.backup)))
    if role is not None:
        parts.append(messages.ALARM_CALLED.format(role=role))
    say = Say(" ".join(parts), roles=(role,) if role is not None else (), urgency="question")
    return await ctx.tasks.sound_alarm(queue.channel_id, say, name=messages.ALARM_NAME)


def reason(queue: QueueView, now: datetime) -> str:
    """Why there is an alarm; empty where there is none (any more)."""
    factor = 1.0 if queue.alarm_since is None else OVER_AT
    waiting, rules = queue.counts.get("available", 0), queue.rules
    if rules.alarm_depth and waiting > rules.alarm_depth * factor:
        return messages.ALARM_DEPTH.format(count=waiting)
    waited = 0.0 if queue.oldest is None else (now - queue.oldest).total_seconds()
    if rules.alarm_seconds and waited > rules.alarm_seconds * factor:
        assert queue.oldest is not None  # noqa: S101 - it has waited
        return messages.ALARM_AGE.format(when=int(queue.oldest.timestamp()))
    return ""
