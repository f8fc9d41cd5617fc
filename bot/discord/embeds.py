"""Turns cards into Discord's embeds, inside its limits: what does not fit goes on in the next card or message.

https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from bot.discord.chunking import chunks, cut_short, length
from bot.discord.shown_markdown import as_discord_shows
from bot.errors import ConfigError
from bot.work.embeds import Embed

type Json = dict[str, Any]

TITLE, TEXT, FOOTER, AUTHOR, FIELD_NAME, FIELD_VALUE = 256, 4_096, 2_048, 256, 256, 1_024
FIELDS, CARDS, ALL = 25, 10, 6_000
BRIGHTEST = 0xFFFFFF
LONGEST_URL = 2_048
SHOWN_IN_CARDS = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")
_NOTHING = "\u200b"
"""Discord wants something where a name or a value is empty."""


@dataclass(slots=True)
class Cards:
    """The cards of one message, and the names of the files that they show."""

    embeds: list[Json] = field(default_factory=list[Json])
    files: set[str] = field(default_factory=set[str])
    size: int = 0


def cards(embeds: Sequence[Embed], files: Collection[str] = ()) -> list[Cards]:
    """The embeds as Discord takes them, grouped by message.

    ``files`` are the names of the files that go with them. Raises `ConfigError` for an address, a colour or a picture
    that Discord does not take.
    """
    messages: list[Cards] = []
    for embed in embeds:
        for card in _split(embed, _checked_image(embed.image, files)):
            size = _size(card)
            if not messages or len(messages[-1].embeds) == CARDS or messages[-1].size + size > ALL:
                messages.append(Cards())
            messages[-1].embeds.append(card)
            messages[-1].size += size
            if "image" in card and embed.image in files:
                messages[-1].files.add(embed.image)
    return messages


def as_text(embeds: Sequence[Embed]) -> str:
    """All that the cards say, as Markdown."""
    parts: list[str] = []
    for embed in embeds:
        lines = [f"## {embed.title}" if embed.title else "", embed.author, embed.text]
        lines += [f"**{one.name}**\n{one.value}" for one in embed.fields]
        parts += [line for line in (*lines, embed.footer) if line.strip()]
    return "\n\n".join(parts)


def _split(embed: Embed, image: str) -> Iterator[Json]:
    """One embed as the cards that it takes."""
    colour = {} if embed.colour is None else {"color": _checked_colour(embed.colour)}
    card: Json = dict(colour)
    if embed.title.strip():
        card["title"] = cut_short(embed.title.strip(), TITLE)
        if embed.url:
            card["url"] = _checked_url(embed.url)
    if embed.author.strip():
        card["author"] = {"name": cut_short(embed.author.strip(), AUTHOR)}
    for addition in _additions(embed, image):
        if not _takes(card, addition):
            yield card
            card = dict(colour)
        _add(card, addition)
    if card.keys() - colour.keys():
        yield card


def _additions(embed: Embed, image: str) -> Iterator[Json]:
    """What a card gets after its heading, a part at a time and in the order in which it is shown."""
    for part in chunks(as_discord_shows(embed.text), TEXT):
        yield {"description": part}
    for one in embed.fields:
        values = chunks(as_discord_shows(one.value), FIELD_VALUE) or [_NOTHING]
        for number, value in enumerate(values):
            name = _NOTHING if number else cut_short(one.name.strip(), FIELD_NAME) or _NOTHING
            yield {"fields": [{"name": name, "value": value, "inline": one.inline}]}
    if image:
        yield {"image": {"url": image}}
    if embed.footer.strip():
        yield {"footer": {"text": cut_short(embed.footer.strip(), FOOTER)}}


def _takes(card: Json, addition: Json) -> bool:
    """Whether an addition fits, and would stand where it belongs: a card shows its text before its fields."""
    if "description" in addition and ("description" in card or "fields" in card):
        return False
    if "fields" in addition and len(card.get("fields", ())) == FIELDS:
        return False
    return _size(card) + _size(addition) <= ALL


def _add(card: Json, addition: Json) -> None:
    for name, value in addition.items():
        card[name] = [*card[name], *value] if name == "fields" and name in card else value


def _size(card: Json) -> int:
    """The characters that Discord counts."""
    counted = [card.get("title", ""), card.get("description", "")]
    counted += [card.get("footer", {}).get("text", ""), card.get("author", {}).get("name", "")]
    counted += [text for one in card.get("fields", ()) for text in (one["name"], one["value"])]
    return sum(length(text) for text in counted)


def _checked_image(image: str, files: Collection[str]) -> str:
    if not image or "://" in image:
        return _checked_url(image) if image else ""
    if _PLAIN_NAME.fullmatch(image) is None:
        raise ConfigError(
            f"Name the file {image} with letters, digits, dots and dashes, or a card cannot show it."
        )
    if image not in files:
        raise ConfigError(f"The card shows {image}, which is not among the message's files.")
    if PurePath(image.lower()).suffix not in SHOWN_IN_CARDS:
        raise ConfigError(f"A card cannot show {image}; make it a png, jpg, gif or webp.")
    return f"attachment://{image}"


def _checked_url(url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https"} or len(url) > LONGEST_URL:
        raise ConfigError(
            f"A card cannot link to {url[:80]}; use an https address of at most 2,048 characters."
        )
    return url


def _checked_colour(colour: int) -> int:
    if not 0 <= colour <= BRIGHTEST:
        raise ConfigError(f"{colour} is no colour; write it as 0xRRGGBB.")
    return colour
