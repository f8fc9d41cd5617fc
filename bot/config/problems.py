"""What is wrong with a configuration: all of it at once, each with its place."""

from collections.abc import Iterable
from typing import override

from bot.errors import ConfigError

type Place = tuple[str | int, ...]
"""Where in the configuration: the keys and list positions that lead there."""


class ConfigErrors(ConfigError):
    """Everything that is wrong with a configuration; ``errors`` is never empty, sorted by place."""

    def __init__(self, errors: Iterable[ConfigError]) -> None:
        unique = {str(error): error for error in errors}
        self.errors = tuple(
            sorted(unique.values(), key=lambda error: (str(error.file or ""), error.line or 0))
        )
        if not self.errors:
            raise ValueError("ConfigErrors needs at least one error")
        super().__init__("\n".join(str(error) for error in self.errors))

    @override
    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


def dotted(path: Place) -> str:
    """Return a path into the configuration as people write it: ``tools.feeds.feeds[0].url``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
