"""A configuration that was loaded, with where each of its values came from."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from bot.config.models import Config
from bot.config.problems import Place
from bot.errors import ConfigError

DEFAULT_ORIGIN = "default"
_SECRET_NAME = re.compile(r"secret|key|passw|token|credential|dsn|auth", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: a line of the file, and what was referred to there."""

    line: str
    """``config.yaml:12``."""
    sources: tuple[str, ...] = ()
    """``env NAME``, ``.env NAME``, ``file PATH``."""

    def __str__(self) -> str:
        return ", ".join(self.sources) or self.line


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """The configuration, where its values are from, and what its owner should know about it.

    ``missing`` lists secrets that are not set; it is empty unless loading was told to go on without them.
    """

    config: Config
    path: Path
    folder: Path
    """What relative paths in the file are relative to."""
    origins: Mapping[Place, Origin] = field(repr=False, default_factory=dict[Place, Origin])
    notices: tuple[str, ...] = ()
    missing: tuple[ConfigError, ...] = ()
    brought_in: frozenset[str] = field(repr=False, default=frozenset())
    """Values that references in free-form settings brought in from outside the file; treated as secrets."""

    def origin_of(self, path: str) -> str:
        """Return where the value at a dotted path came from: ``config.yaml:12``, ``env NAME``, or ``default``."""
        return self.origin_at(parse_place(path))

    def origin_at(self, place: Place) -> str:
        """Return where the value at a place came from, as `origin_of` does."""
        return str(self.origins.get(place, DEFAULT_ORIGIN))

    @property
    def data_dir(self) -> Path:
        """The folder for what is kept on disk, absolute."""
        return self.folder / self.config.data_dir.expanduser()

    @property
    def plugin_paths(self) -> tuple[Path, ...]:
        """The folders that hold local plugins, absolute."""
        return tuple(self.folder / path.expanduser() for path in self.config.plugins.paths)

    def secrets(self) -> frozenset[str]:
        """Return every value that must not be shown, in plain text, passwords within addresses included."""
        placed = {secret for _, secret in _secrets_in(self.config, ())}
        found = {secret for secret in (*placed, *self.brought_in) if secret}
        return frozenset(found | {password for secret in found for password in _passwords(secret)})

    def placed_secrets(self) -> list[tuple[Place, str]]:
        """Return each secret of the typed settings with its place; an address stands for the password in it."""
        return [
            (place, hidden)
            for place, secret in _secrets_in(self.config, ())
            if secret
            for hidden in ({unquote(one) for one in _passwords(secret)} if "://" in secret else {secret})
        ]


def parse_place(path: str) -> Place:
    """Return the place a dotted path names: ``tools.feeds.feeds[0].url``."""
    steps: list[str | int] = []
    for name, position in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        steps.append(int(position) if position else name)
    return tuple(steps)


def sounds_secret(name: str) -> bool:
    """Say whether the name of a free-form key suggests that its value must not be shown."""
    return _SECRET_NAME.search(name) is not None


def _secrets_in(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    match value:
        case SecretStr():
            yield place, value.get_secret_value()
        case BaseModel():
            for name in type(value).model_fields:
                yield from _secrets_in(getattr(value, name), (*place, name))
        case dict():
            for name, inner in cast("dict[str, object]", value).items():
                # The environment of a tool is full of values that are no secrets, such as a log level.
                if isinstance(inner, str | SecretStr):
                    if sounds_secret(name):
                        yield (*place, name), inner if isinstance(inner, str) else inner.get_secret_value()
                else:
                    yield from _secrets_in(inner, (*place, name))
        case tuple() | list():
            for position, inner in enumerate(cast("tuple[object, ...] | list[object]", value)):
                yield from _secrets_in(inner, (*place, position))
        case _:
            pass


def _passwords(secret: str) -> Iterator[str]:
    if "://" not in secret:
        return
    try:
        password = urlsplit(secret).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
