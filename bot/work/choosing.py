"""What people choose from under a message: buttons and selects."""

from dataclasses import dataclass
from typing import Literal

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
