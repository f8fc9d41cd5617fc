"""Polls: voting in one, who voted for what, and ending one early."""

from starlette.responses import Response

from bot.local_discord.channels.thread_state import demand_awake
from bot.local_discord.messages.polling import cast_votes, end_poll
from bot.local_discord.model import Channel, Message, Poll, PollAnswer
from bot.local_discord.refusals import Refusal, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.rest.channels import channel_of
from bot.local_discord.rest.messages import demand_history, message_of, shown
from bot.local_discord.settings import LIMITS
from bot.local_discord.wire.user import user_object


def _place(call: Call) -> tuple[Channel, Message, Poll | None]:
    channel = channel_of(call)
    demand_history(call, channel)
    message = message_of(call, channel)
    return channel, message, message.poll


def _answer(poll: Poll, answer_id: int) -> PollAnswer | None:
    return next((one for one in poll.answers if one.id == answer_id), None)


async def list_voters(call: Call) -> Response:
    """GET /channels/{channel_id}/polls/{message_id}/answers/{answer_id}: the users who chose it, by id.

    Raises:
        Refusal: 10008 where there is no poll, or it has no such answer; Discord does not say what it answers then.
    """
    _, _, poll = _place(call)
    query = call.query()
    limit = query.integer("limit", least=1, most=100, default=25) or 25
    after = query.snowflake("after") or 0
    query.problems.raise_any()
    answer = None if poll is None else _answer(poll, call.id("answer_id"))
    if answer is None:
        raise unknown("message")
    found = [user for user in sorted(answer.voters) if user > after]
    return ok({"users": [user_object(call.stage.world.users[user]) for user in found[:limit]]})


async def post_expire(call: Call) -> Response:
    """POST /channels/{channel_id}/polls/{message_id}/expire: ends one's own poll.

    Raises:
        Refusal: 520006 for what is no poll, 50005 for somebody else's, 520001 for one that is over.
    """
    channel, message, poll = _place(call)
    if poll is None:
        raise Refusal(400, 520006, "Cannot expire a non-poll message")
    if message.author_id != call.actor.user_id or message.face is not None:
        raise Refusal(403, 50005, "Cannot edit a message authored by another user")
    demand_awake(channel)
    _demand_open(call, poll)
    return ok(shown(call, end_poll(call.stage, message, poll)))


async def put_vote(call: Call) -> Response:
    """PUT /channels/{channel_id}/polls/{message_id}/answers/@me: exactly these answers, or none; for people's clients.

    Raises:
        Refusal: 20001 for bots, 520000 for what is no poll, 520001 for one that is over, 50035.
    """
    if call.actor.application_id is not None:
        raise Refusal(403, 20001, "Bots cannot use this endpoint")
    channel, message, poll = _place(call)
    demand_awake(channel)
    if poll is None:
        raise Refusal(403, 520000, "Poll voting blocked")
    _demand_open(call, poll)
    form = await call.form()
    chosen = set(form.snowflakes("answer_ids", most=LIMITS.poll_answers, required=True) or [])
    if any(_answer(poll, one) is None for one in chosen):
        form.refuse("answer_ids", "POLL_ANSWER_UNKNOWN", "The poll has no such answer")
    if len(chosen) > 1 and not poll.multiselect:
        form.refuse("answer_ids", "POLL_SINGLE_ANSWER", "Only one answer may be chosen")
    form.problems.raise_any()
    cast_votes(call.stage, channel, message, poll, call.actor.user_id, chosen)
    return nothing()


def _demand_open(call: Call, poll: Poll) -> None:
    if poll.finalized or poll.expires_at <= call.stage.now():
        raise Refusal(400, 520001, "Poll expired")
