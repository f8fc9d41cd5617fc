"""What a message says, without the configuration's secrets."""

from dataclasses import replace

from bot.observe.known_secrets import Secrets
from bot.work.embeds import Embed, EmbedField
from bot.work.surface import File, Poll, Say


def without_secrets(secrets: Secrets, say: Say) -> Say:
    """``say`` without secrets in what may be cut into pieces later; what is short is cleaned where it is sent."""
    if not secrets.values:
        return say
    return replace(
        say,
        text=secrets.text(say.text),
        files=tuple(clean_file(secrets, one) for one in say.files),
        embeds=tuple(_card(secrets, one) for one in say.embeds),
        poll=None if say.poll is None else _poll(secrets, say.poll),
    )


def clean_file(secrets: Secrets, file: File) -> File:
    """The file without secrets in its name, what it shows, and, where it is text, in what it holds."""
    return File(secrets.text(file.name), secrets.content(file.content), secrets.text(file.alt))


def _poll(secrets: Secrets, poll: Poll) -> Poll:
    answers = tuple(secrets.text(one) for one in poll.answers)
    return replace(poll, question=secrets.text(poll.question), answers=answers)


def _card(secrets: Secrets, card: Embed) -> Embed:
    text = secrets.text
    fields = tuple(EmbedField(text(one.name), text(one.value), one.inline) for one in card.fields)
    return replace(
        card,
        title=text(card.title),
        text=text(card.text),
        url=text(card.url),
        fields=fields,
        footer=text(card.footer),
        author=text(card.author),
    )
