"""What people choose from under a message: buttons and selects."""

from dataclasses import dataclass
from typing import Literal

from bot.errors import ConfigError

MAX_CUSTOM_ID = 100

type ButtonStyle = Literal["primary", "secondary", "danger"]
type SelectKind = Literal["choice", "member", "role", "mentionable", "channel"]


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; ``custom_id`` is ``v1:<cog>:<action>:<id>``, at most 100 characters."""

    label: str
    custom_id: str
    style: ButtonStyle = "secondary"


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a select."""

    label: str
    value: str
    help: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """A list to choose from, at most 25 ``choices``; made by `Context.select` or `Run.select`."""

    custom_id: str
    placeholder: str = ""
    kind: SelectKind = "choice"
    choices: tuple[Choice, ...] = ()
    least: int = 1
    most: int = 1


def custom_id(cog: str, action: str, value: str) -> str:
    """What comes back when somebody presses or sends something. Raises `ConfigError` where it is too long."""
    made = f"v1:{cog}:{action}:{value}"
    if len(made) > MAX_CUSTOM_ID:
        raise ConfigError(
            f"{made[:40]}… is longer than the {MAX_CUSTOM_ID} characters that Discord keeps; keep the value elsewhere."
        )
    return made
