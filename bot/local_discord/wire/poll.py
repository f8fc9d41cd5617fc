"""Polls with what was voted so far (https://discord.com/developers/docs/resources/poll#poll-object)."""

from bot.local_discord.model import Json, Poll, PollAnswer
from bot.local_discord.wire.view import View, maybe_id, stamp

DEFAULT_LAYOUT = 1


def poll_object(view: View, poll: Poll) -> Json:
    """A poll as the viewer sees it; answers that nobody chose are not among the counts."""
    return {
        "question": {"text": poll.question},
        "answers": [{"answer_id": one.id, "poll_media": _media(one)} for one in poll.answers],
        "expiry": stamp(poll.expires_at),
        "allow_multiselect": poll.multiselect,
        "layout_type": DEFAULT_LAYOUT,
        "results": {
            "answer_counts": [
                {"id": one.id, "count": len(one.voters), "me_voted": view.viewer in one.voters}
                for one in poll.answers
                if one.voters
            ],
            "is_finalized": poll.finalized,
        },
    }


def _media(answer: PollAnswer) -> Json:
    media: Json = {"text": answer.text}
    if answer.emoji_id is not None or answer.emoji_name is not None:
        emoji: Json = {"id": maybe_id(answer.emoji_id), "name": answer.emoji_name}
        if answer.emoji_id is not None:
            emoji["animated"] = answer.animated
        media["emoji"] = emoji
    return media


def result_embed(poll: Poll) -> Json:
    """The embed in which Discord tells what came of a poll; the answer that won is left out where none alone did.

    https://discord.com/developers/docs/resources/message#embed-fields-by-embed-type
    """
    most = max(len(one.voters) for one in poll.answers)
    first = [one for one in poll.answers if len(one.voters) == most]
    fields: list[tuple[str, object]] = [
        ("poll_question_text", poll.question),
        ("victor_answer_votes", most),
        ("total_votes", sum(len(one.voters) for one in poll.answers)),
    ]
    if len(first) == 1:
        winner = first[0]
        fields += [("victor_answer_id", winner.id), ("victor_answer_text", winner.text)]
        if winner.emoji_id is not None:
            fields.append(("victor_answer_emoji_id", winner.emoji_id))
            fields.append(("victor_answer_emoji_animated", str(winner.animated).lower()))
        if winner.emoji_name is not None:
            fields.append(("victor_answer_emoji_name", winner.emoji_name))
    return {
        "type": "poll_result",
        "fields": [{"name": name, "value": str(value), "inline": False} for name, value in fields],
    }
