"""Reads the poll of a message that is to be posted (https://discord.com/developers/docs/resources/poll)."""

from dataclasses import dataclass

from bot.local_discord.form import Form
from bot.local_discord.messages.unicode_emoji import is_emoji
from bot.local_discord.model import PollAnswer
from bot.local_discord.settings import LIMITS
from bot.local_discord.wire.poll import DEFAULT_LAYOUT

USUAL_HOURS = 24
_LONGEST_EMOJI = 32


@dataclass(frozen=True, slots=True)
class NewPoll:
    """A poll as its author wrote it; it is open for so many hours."""

    question: str
    answers: tuple[PollAnswer, ...]
    hours: int
    multiselect: bool


def read_poll(form: Form) -> NewPoll | None:
    """The poll of a message body; None where there is none, or what is wrong with it has been noted."""
    part = form.form("poll")
    if part is None:
        return None
    question = _question(part)
    answers = _answers(part)
    hours = part.integer("duration", least=1, most=LIMITS.poll_hours, default=USUAL_HOURS) or USUAL_HOURS
    part.choice("layout_type", {DEFAULT_LAYOUT})
    several = part.boolean("allow_multiselect")
    return NewPoll(question, answers, hours, bool(several)) if question and answers else None


def _question(part: Form) -> str | None:
    media = part.form("question", required=True)
    return None if media is None else media.text("text", least=1, most=LIMITS.poll_question, required=True)


def _answers(part: Form) -> tuple[PollAnswer, ...]:
    forms = part.forms("answers", least=1, most=LIMITS.poll_answers, required=True) or []
    read = [_answer(one, number) for number, one in enumerate(forms, 1)]
    return tuple(one for one in read if one is not None)


def _answer(form: Form, number: int) -> PollAnswer | None:
    media = form.form("poll_media", required=True)
    if media is None:
        return None
    text = media.text("text", least=1, most=LIMITS.poll_answer, required=True)
    emoji = media.form("emoji")
    if text is None or emoji is None:
        return None if text is None else PollAnswer(number, text)
    own = emoji.snowflake("id")
    name = emoji.text("name", most=_LONGEST_EMOJI)
    if own is None and (not name or not is_emoji(name)):
        emoji.refuse("name", "INVALID_EMOJI", "Invalid emoji")
    return PollAnswer(number, text, own, name or None, bool(emoji.boolean("animated")))
