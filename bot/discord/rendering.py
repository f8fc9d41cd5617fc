"""Turns what work wants to say into the bodies of Discord's messages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from bot.discord.chunking import LIMIT, chunks, length
from bot.discord.components import checked_rows
from bot.discord.embeds import Cards, as_text, cards
from bot.discord.limits import Urgency
from bot.discord.polls import poll_body
from bot.discord.previews import without_previews
from bot.discord.shown_markdown import Draw, as_discord_shows
from bot.discord.table_pictures import drawn
from bot.errors import ConfigError
from bot.work.surface import File, Say, Speaker

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
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"})
_NAME_IN_FRONT = re.compile(r"\*\*([^*\n]{1,80})\*\*(?: · ?|$)")
URGENCY = {"question": Urgency.QUESTION, "result": Urgency.RESULT, "progress": Urgency.PROGRESS}


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message: its body, and the files that go with it."""

    body: dict[str, Any]
    files: tuple[File, ...] = ()


def bodies(say: Say, *, most_chunks: int = MOST_CHUNKS) -> list[Rendered]:
    """One a message: mentions nobody but those named, cards under the text, the rest with the last.

    A text of more than ``most_chunks`` messages goes as an attached file, with its beginning as a lead-in. Raises
    `ConfigError` for what Discord does not take: too many or too large files, pictures that do not say what they show,
    too many rows of components.
    """
    files = checked(say.files)
    parts = _texts(say, most_chunks)
    for number, group in enumerate(_cards(say, files, most_chunks)):
        if number or not parts or parts[-1].files:
            parts.append(_Part())
        parts[-1].cards = group
    parts = parts or [_Part("" if files or say.poll else "…")]
    for file in files:
        showing = next((part for part in parts if file.name in part.cards.files), parts[-1])
        if not showing.has_room_for(file):
            parts.append(showing := _Part())
        showing.files.append(file)
    if say.embeds and (more := _more_cards(say, files, most_chunks)):
        parts.append(_Part("-# The rest is in the attached file.", files=[more]))
    return [
        Rendered(_body(say, part, first=part is parts[0], last=part is parts[-1]), tuple(part.files))
        for part in parts
    ]


@dataclass(slots=True)
class _Part:
    """What one message of several holds."""

    text: str = ""
    cards: Cards = field(default_factory=Cards)
    files: list[File] = field(default_factory=list[File])

    def has_room_for(self, file: File) -> bool:
        size = sum(len(one.content) for one in self.files) + len(file.content)
        return len(self.files) < FILES and size <= ALL_BYTES


def _texts(say: Say, most_chunks: int) -> list[_Part]:
    """The texts of the messages, each with the pictures of the tables that stood in it."""
    pictures: list[File] = []

    def draw(rows: Sequence[Sequence[str]]) -> str | None:
        if len(say.files) + len(pictures) == FILES:
            return None
        picture = drawn(rows, f"table-{len(pictures) + 1}.png")
        if picture is None:
            return None
        pictures.append(picture)
        return f"-# This table is in the picture {picture.name}."

    texts = pieces(say, draw)
    if len(texts) > most_chunks:
        return [_Part(_lead_in(pieces(say)[0], say.text), files=[_as_file("answer.md", say.text)])]
    return [_Part(text, files=[one for one in pictures if f"picture {one.name}." in text]) for text in texts]


def _cards(say: Say, files: Sequence[File], most_chunks: int) -> list[Cards]:
    """The cards of each message; of more than ``most_chunks`` the rest goes as a file."""
    return cards(say.embeds, {file.name for file in files})[:most_chunks]


def _more_cards(say: Say, files: Sequence[File], most_chunks: int) -> File | None:
    whole = cards(say.embeds, {file.name for file in files})
    return _as_file("cards.md", as_text(say.embeds)) if len(whole) > most_chunks else None


def _body(say: Say, part: _Part, *, first: bool, last: bool) -> dict[str, Any]:
    quiet = SUPPRESS_NOTIFICATIONS if say.urgency == "progress" else 0
    body: dict[str, Any] = {
        "content": part.text,
        "allowed_mentions": allowed(say),
        "flags": quiet | _hidden_previews(say),
    }
    if part.cards.embeds:
        body["embeds"] = part.cards.embeds
    if first and say.reply_to is not None and say.speaker is None:
        # A message that is gone by then must not keep the answer back.
        body["message_reference"] = {"message_id": str(say.reply_to), "fail_if_not_exists": False}
    if last and say.poll is not None:
        body["poll"] = poll_body(say.poll)
    if last and (say.buttons or say.selects):
        body["components"] = checked_rows(say.selects, say.buttons)
    return body


def _hidden_previews(say: Say) -> int:
    """Discord hides previews and a message's own cards with one flag."""
    return 0 if say.previews or say.embeds else SUPPRESS_EMBEDS


def pieces(say: Say, draw: Draw | None = None) -> list[str]:
    """The text as Discord shows it, cut so that an agent's name fits in front where it has no webhook."""
    prefix = length(_named(spoken_name(say.speaker.name), "")) if say.speaker is not None else 0
    text = without_previews(say.text) if say.embeds and not say.previews else say.text
    return chunks(as_discord_shows(text, draw), LIMIT - prefix)


def edit_body(say: Say) -> dict[str, Any]:
    """The body of an edit: the text's first message with its first cards; buttons and selects replaced.

    A card cannot show a file, since an edit brings none.
    """
    shown = _cards(say, (), MOST_CHUNKS)
    return {
        "content": (pieces(say) or ["" if shown else "…"])[0],
        "allowed_mentions": allowed(say),
        "embeds": shown[0].embeds if shown else [],
        "flags": _hidden_previews(say),
        "components": checked_rows(say.selects, say.buttons),
    }


def allowed(say: Say) -> dict[str, Any]:
    """Whom a message may mention: those named, and nobody because the text looks like it."""
    roles = {"roles": [str(role) for role in say.roles]} if say.roles else {}
    return {"parse": [], "users": [str(user) for user in say.mentions], **roles, "replied_user": False}


def as_agent(payload: dict[str, Any], name: str) -> dict[str, Any]:
    """An agent's message as the bot says it where there is no webhook: the name in front."""
    return {**payload, "content": _named(name, str(payload.get("content", "")))}


def name_in_front(text: str) -> str:
    """The agent's name that `as_agent` put there; empty where none stands there."""
    found = _NAME_IN_FRONT.match(text)
    return found[1] if found else ""


def without_name(text: str) -> str:
    """A message that the bot said for an agent, as the agent said it."""
    return _NAME_IN_FRONT.sub("", text, count=1)


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


def _as_file(name: str, text: str) -> File:
    return File(name, text.encode("utf-8", "replace")[:FILE_BYTES])


def identity_of(speaker: Speaker | None) -> dict[str, Any] | None:
    """How a speaker is kept in the outbox; Discord refuses some words in webhook names."""
    if speaker is None:
        return None
    known = {"agent": speaker.agent} if speaker.agent else {}
    return {"name": spoken_name(speaker.name), "avatar_url": speaker.avatar_url, **known}


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
