"""The effective configuration as lines people can read: each value with its origin, secrets hidden."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, SecretStr

from bot.config.loaded import LoadedConfig, sounds_secret
from bot.config.problems import Place, dotted
from bot.config.sentences import in_one_line

HIDDEN = "(hidden)"
_SHORTEST_WITHIN = 6


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One effective value, safe to show."""

    path: str
    value: str
    origin: str


def shown_values(loaded: LoadedConfig) -> list[ShownValue]:
    """Return every effective value in the order of the file's documentation; no secret is among them."""
    secrets = loaded.secrets()
    return [
        ShownValue(dotted(place), _shown(value, secrets), loaded.origin_at(place))
        for place, value in _lines(loaded.config, ())
    ]


def _lines(value: object, place: Place) -> Iterator[tuple[Place, object]]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _lines(getattr(value, name), (*place, name))
    elif isinstance(value, dict) and value:
        for name, inner in cast("dict[str, object]", value).items():
            hide = isinstance(inner, str) and sounds_secret(name)
            yield from _lines(SecretStr("x") if hide else inner, (*place, name))
    elif isinstance(value, tuple | list) and value:
        for position, inner in enumerate(cast("tuple[object, ...] | list[object]", value)):
            yield from _lines(inner, (*place, position))
    else:
        yield place, cast("object", value)


def _text(value: object) -> str:
    match value:
        case None:
            return "(not set)"
        case SecretStr():
            return HIDDEN
        case Path():
            return in_one_line(str(value))
        case str() if "://" in value:
            return in_one_line(_without_password(value))
        case _:
            return in_one_line(value)


def _without_password(address: str) -> str:
    try:
        parts = urlsplit(address)
        if "@" not in parts.netloc:
            return address
    except ValueError:
        return HIDDEN
    return urlunsplit(parts._replace(netloc=f"{HIDDEN}@{parts.netloc.rpartition('@')[2]}"))


def _shown(value: object, secrets: frozenset[str]) -> str:
    """Return a value as text, hidden where it contains a secret; a very short one only where it is the whole value."""
    text = _text(value)
    if value in secrets if isinstance(value, str) else text in secrets:
        return HIDDEN
    return HIDDEN if any(len(secret) >= _SHORTEST_WITHIN and secret in text for secret in secrets) else text
