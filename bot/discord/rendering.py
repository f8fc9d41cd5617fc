"""Turns what work wants to say into the bodies of Discord's messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from bot.discord.chunking import LIMIT, chunks, length
from bot.discord.limits import Urgency
from bot.discord.shown_markdown import as_discord_shows
from bot.errors import ConfigError
from bot.work.surface import Button, File, Say, Speaker

BUTTONS_IN_A_ROW = 5
BUTTONS_IN_ALL = 25
LABEL_LIMIT = 80
NAME_LIMIT = 80
THREAD_NAME_LIMIT = 100
SUPPRESS_EMBEDS, EPHEMERAL, SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 6, 1 << 12
MOST_CHUNKS = 10
"""Messages that a text may become; a longer one goes as a file."""
LEAD_IN = 600
"""Characters that are shown of a text that goes as a file."""
FILES = 10
FILE_BYTES, ALL_BYTES = 10 * 1024 * 1024, 24 * 1024 * 1024
"""Discord's limits, of a file without boosts and of a whole request (https://discord.com/developers/docs/reference#uploading-files)."""
ALT_LIMIT = 1024
_STYLES = {"primary": 1, "secondary": 2, "danger": 4}
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"})
URGENCY = {"question": Urgency.QUESTION, "result": Urgency.RESULT, "progress": Urgency.PROGRESS}


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message: its body, and the files that go with it."""

    body: dict[str, Any]
    files: tuple[File, ...] = ()


def bodies(say: Say, *, most_chunks: int = MOST_CHUNKS) -> list[Rendered]:
    """One a message: mentions nobody but those named, no link previews, files and buttons with the last.

    A text of more than ``most_chunks`` messages goes as an attached file, with its beginning as a lead-in. Raises
    `ConfigError` for files that Discord does not take, and pictures that do not say what they show.
    """
    texts = pieces(say)
    files = checked(say.files)
    if len(texts) > most_chunks:
        texts, files = [_lead_in(texts[0], say.text)], (*files[: FILES - 1], _as_file(say.text))
    flags = SUPPRESS_EMBEDS | (SUPPRESS_NOTIFICATIONS if say.urgency == "progress" else 0)
    result: list[dict[str, Any]] = [
        {"content": text, "allowed_mentions": allowed(say), "flags": flags} for text in texts or ["…"]
    ]
    if say.reply_to is not None and say.speaker is None:
        # A message that is gone by then must not keep the answer back.
        result[0]["message_reference"] = {"message_id": str(say.reply_to), "fail_if_not_exists": False}
    if say.buttons:
        result[-1]["components"] = rows(say.buttons)
    return [Rendered(body, files if number == len(result) - 1 else ()) for number, body in enumerate(result)]


def pieces(say: Say) -> list[str]:
    """The text as Discord shows it, cut so that an agent's name fits in front where it has no webhook."""
    prefix = length(_named(spoken_name(say.speaker.name), "")) if say.speaker is not None else 0
    return chunks(as_discord_shows(say.text), LIMIT - prefix)


def edit_body(say: Say) -> dict[str, Any]:
    """The body of an edit: the text's first message, buttons replaced."""
    return {
        "content": (pieces(say) or ["…"])[0],
        "allowed_mentions": allowed(say),
        "components": rows(say.buttons),
    }


def allowed(say: Say) -> dict[str, Any]:
    """Whom a message may mention: those named, and nobody because the text looks like it."""
    return {"parse": [], "users": [str(user) for user in say.mentions], "replied_user": False}


def as_agent(payload: dict[str, Any], name: str) -> dict[str, Any]:
    """An agent's message as the bot says it where there is no webhook: the name in front."""
    return {**payload, "content": _named(name, str(payload.get("content", "")))}


def _named(name: str, text: str) -> str:
    return f"**{name}** · {text}"


def checked(files: Sequence[File]) -> tuple[File, ...]:
    """The files, if Discord takes them. Raises `ConfigError`."""
    if len(files) > FILES:
        raise ConfigError(f"A message takes at most {FILES} files; send the others in another.")
    for file in files:
        if len(file.content) > FILE_BYTES:
            raise ConfigError(f"The file {file.name} is larger than the 10 MB that Discord takes.")
        if PurePath(file.name.lower()).suffix in _PICTURES and not file.alt.strip():
            raise ConfigError(f"The picture {file.name} needs a text that says what it shows.")
    if sum(len(file.content) for file in files) > ALL_BYTES:
        raise ConfigError(
            "The files are larger together than the 25 MB that Discord takes; send some in another message."
        )
    return tuple(
        File(PurePath(file.name).name[:200] or "file", file.content, file.alt[:ALT_LIMIT]) for file in files
    )


def _lead_in(first: str, text: str) -> str:
    beginning = chunks(first, LEAD_IN)[0]
    return f"{beginning}\n\n-# This goes on in the attached file ({len(text):,} characters in all)."


def _as_file(text: str) -> File:
    return File("answer.md", text.encode("utf-8", "replace")[:FILE_BYTES])


def rows(buttons: tuple[Button, ...]) -> list[dict[str, Any]]:
    """Action rows of at most five buttons."""
    shown = [_button(button) for button in buttons[:BUTTONS_IN_ALL]]
    return [
        {"type": 1, "components": shown[start : start + BUTTONS_IN_A_ROW]}
        for start in range(0, len(shown), BUTTONS_IN_A_ROW)
    ]


def _button(button: Button) -> dict[str, Any]:
    return {
        "type": 2,
        "style": _STYLES[button.style],
        "label": button.label[:LABEL_LIMIT],
        "custom_id": button.custom_id,
    }


def identity_of(speaker: Speaker | None) -> dict[str, Any] | None:
    """How a speaker is kept in the outbox; Discord refuses some words in webhook names."""
    if speaker is None:
        return None
    return {"name": spoken_name(speaker.name), "avatar_url": speaker.avatar_url}


def spoken_name(wanted: str) -> str:
    """A name that Discord takes for a webhook."""
    name = wanted.strip()[:NAME_LIMIT] or "Agent"
    for word in ("discord", "clyde"):
        start = name.lower().find(word)
        while start >= 0:
            # A zero-width space keeps the name readable and out of Discord's word filter.
            name = f"{name[: start + 1]}\u200b{name[start + 1 :]}"[:NAME_LIMIT]
            start = name.lower().find(word)
    return name


def thread_name(text: str) -> str:
    """A thread's name from a title: one line, 1 to 100 characters."""
    line = " ".join(text.replace("*", "").split()) or "Thread"
    return line if len(line) <= THREAD_NAME_LIMIT else f"{line[: THREAD_NAME_LIMIT - 1].rstrip()}…"
