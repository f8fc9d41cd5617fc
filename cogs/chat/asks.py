"""What somebody asked: a message in a channel, or words that came in a command or a form and stand nowhere else."""

import re

from pydantic import BaseModel, ConfigDict

from cogswarm import Utterance

LONGEST = 4_000


class Ask(BaseModel):
    """A question. ``id`` is the message's, or that of the command, which comes in the same order."""

    model_config = ConfigDict(frozen=True)

    id: int
    channel: int
    text: str
    said: bool = True
    """It is a message that stands in ``channel``."""
    about: str = ""
    """A message that it is about, and who wrote it: from outside."""
    about_author: str = ""


def clean(text: str, bot_id: int) -> str:
    """A text without mentions of the bot."""
    return re.sub(rf"<@!?{bot_id}>", "", text).strip()


def spoken(ask: Ask, by: Utterance) -> Utterance:
    """An ask that stands nowhere as something that ``by`` (only who and when count) said."""
    return Utterance(ask.id, by.author, by.author_id, ask.text, by.at, by.link)
