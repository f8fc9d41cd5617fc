"""Polls: people vote in them, they end when their time is over or their author ends them, and what came of it is posted.

https://discord.com/developers/docs/resources/poll
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta

from bot.local_discord.events import Event
from bot.local_discord.messages.placing import put_changed, put_new
from bot.local_discord.messages.poll_drafts import NewPoll
from bot.local_discord.model import POLL_RESULT, Channel, Json, Message, Poll, PollAnswer, Reference
from bot.local_discord.stage import Stage
from bot.local_discord.wire.poll import result_embed


def opened_poll(draft: NewPoll, now: datetime) -> Poll:
    """A poll that begins now."""
    return Poll(draft.question, draft.answers, now + timedelta(hours=draft.hours), draft.multiselect)


def cast_votes(
    stage: Stage, channel: Channel, message: Message, poll: Poll, user_id: int, chosen: AbstractSet[int]
) -> None:
    """Let a user have exactly these answers (by id) chosen; whether they may has been asked before."""
    told: list[tuple[str, int]] = []
    answers: list[PollAnswer] = []
    for one in poll.answers:
        there, wanted = user_id in one.voters, one.id in chosen
        if wanted and not there:
            told.append(("MESSAGE_POLL_VOTE_ADD", one.id))
            answers.append(replace(one, voters=(*one.voters, user_id)))
        elif there and not wanted:
            told.insert(0, ("MESSAGE_POLL_VOTE_REMOVE", one.id))
            answers.append(replace(one, voters=tuple(each for each in one.voters if each != user_id)))
        else:
            answers.append(one)
    stage.world.put_message(replace(message, poll=replace(poll, answers=tuple(answers))))
    for name, answer_id in told:
        _tell(stage, name, channel, message, user_id, answer_id)


def end_poll(stage: Stage, message: Message, poll: Poll) -> Message:
    """End a poll now; its votes are counted, and the result posted, a little later."""
    ended = replace(poll, expires_at=min(poll.expires_at, stage.now()))
    message = put_changed(stage, replace(message, poll=ended))
    _count_later(stage, message)
    return message


def watch_poll(stage: Stage, message: Message) -> None:
    """See to it that a message's poll ends when its time is over; nothing where it has none, or that was counted."""
    poll, timers = message.poll, stage.world.poll_timers
    if poll is None or poll.finalized or timers.get(message.id) == poll.expires_at:
        return
    timers[message.id] = poll.expires_at
    left = (poll.expires_at - stage.now()).total_seconds()
    stage.later(max(0.0, left), lambda: _look(stage, message))


def watch_polls(stage: Stage) -> None:
    """End what is over by now, and watch every other poll; for a world just loaded, or a clock that was stepped."""
    stage.world.poll_timers.clear()
    for message in [*stage.world.all_messages(), *stage.world.ephemerals()]:
        watch_poll(stage, message)


def _look(stage: Stage, before: Message) -> None:
    stage.world.poll_timers.pop(before.id, None)
    message = _now(stage, before)
    if message is None or message.poll is None or message.poll.finalized:
        return
    if message.poll.expires_at > stage.now():
        watch_poll(stage, message)
    else:
        _count_later(stage, message)


def _now(stage: Stage, message: Message) -> Message | None:
    return stage.world.message(message.channel_id, message.id) or stage.world.ephemeral(message.id)


def _count_later(stage: Stage, message: Message) -> None:
    stage.later(stage.settings.poll_tally, lambda: _count(stage, message))


def _count(stage: Stage, before: Message) -> None:
    """Say that the votes are counted, and post the result where the poll is."""
    message = _now(stage, before)
    if message is None or message.poll is None or message.poll.finalized:
        return
    final = replace(message.poll, finalized=True)
    put_changed(stage, replace(message, poll=final))
    channel = stage.world.channels[message.channel_id]
    asleep = channel.thread is not None and channel.thread.archived
    if message.seen_by is not None or asleep:
        return
    result = Message(
        id=stage.ids.take(),
        channel_id=channel.id,
        author_id=message.author_id,
        sent_at=stage.now(),
        kind=POLL_RESULT,
        embeds=(result_embed(final),),
        face=message.face,
        application_id=message.application_id,
        reference=Reference(channel.id, message.id, channel.guild_id),
        position=channel.thread.total_message_sent if channel.thread else None,
    )
    put_new(stage, channel, result)


def _tell(stage: Stage, name: str, channel: Channel, message: Message, user_id: int, answer_id: int) -> None:
    data: Json = {
        "user_id": str(user_id),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "answer_id": answer_id,
    }
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
    stage.emit(Event(name, data, guild_id=channel.guild_id, channel=channel))
    stage.changed()
