"""Reads a command's options off its function's signature."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from bot.errors import ConfigError
from bot.plugins.values import Attachment, Channel, Member, Role

MAX_OPTIONS = 25
MAX_CHOICES = 25
MAX_DESCRIPTION = 100

type Suggest = Callable[[Any, str], Awaitable[Sequence[str]]]
type OptionType = Literal[
    "string", "integer", "number", "boolean", "user", "channel", "role", "mentionable", "attachment"
]
type ChannelKind = Literal["text", "voice", "category", "announcement", "thread", "forum"]

_TYPES: dict[Any, OptionType] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    Member: "user",
    Channel: "channel",
    Role: "role",
    Attachment: "attachment",
}
_BOUNDED = {"string", "integer", "number"}


@dataclass(frozen=True, slots=True)
class Option:
    """One argument of a command.

    ``least`` and ``most`` are a number's bounds or a text's length; ``choices`` are values by what people read.
    """

    name: str
    type: OptionType
    required: bool
    help: str
    suggest: Suggest | None = None
    choices: tuple[tuple[str, str | int | float], ...] = ()
    least: float | None = None
    most: float | None = None
    kinds: tuple[ChannelKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Details:
    """What `option` says about an argument."""

    help: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[tuple[str, str | int | float], ...] = ()
    kinds: tuple[ChannelKind, ...] = ()


def option(
    help: str = "",  # noqa: A002 - the word authors expect
    *,
    least: float | None = None,
    most: float | None = None,
    choices: Mapping[str, str | int | float] | None = None,
    kinds: Sequence[ChannelKind] = (),
) -> Details:
    """Explain and bound an argument of a command, as the metadata of its ``Annotated`` type.

    ``least`` and ``most`` bound a number, or the length of a text; ``choices`` are what can be chosen, by label;
    ``kinds`` are the channels that can be named.
    """
    return Details(help, least, most, tuple((choices or {}).items()), tuple(kinds))


def read_options(
    command: str, function: Callable[..., Any], suggest: Mapping[str, Suggest]
) -> tuple[Option, ...]:
    """The options of a command, required ones first as Discord wants them. Raises `ConfigError`."""
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    if len(parameters) > MAX_OPTIONS:
        raise ConfigError(f"/{command} has {len(parameters)} options; Discord allows {MAX_OPTIONS}.")
    unknown = suggest.keys() - {parameter.name for parameter in parameters}
    if unknown:
        raise ConfigError(
            f"/{command} suggests values for {', '.join(sorted(unknown))}, which it does not take."
        )
    options = [_option(command, p, hints.get(p.name, str), suggest.get(p.name)) for p in parameters]
    return tuple(sorted(options, key=lambda one: not one.required))


def _option(command: str, parameter: inspect.Parameter, hint: Any, suggest: Suggest | None) -> Option:
    details = Details()
    if getattr(hint, "__metadata__", None):
        first, hint = hint.__metadata__[0], hint.__origin__
        details = first if isinstance(first, Details) else Details(str(first))
    kind, choices = _kind_of(hint)
    if kind is None:
        raise ConfigError(
            f"/{command} takes {parameter.name} as {hint}; write str, int, float, bool, a Literal of them, "
            "Member, Role, Channel, Member | Role or Attachment (with | None = None)."
        )
    read = Option(
        parameter.name,
        kind,
        required=parameter.default is inspect.Parameter.empty,
        help=(details.help or parameter.name.replace("_", " "))[:MAX_DESCRIPTION],
        suggest=suggest,
        choices=details.choices or choices,
        kinds=details.kinds,
    )
    if kind in _BOUNDED:
        read = replace(read, least=details.least, most=details.most)
    _check(command, read, details)
    return read


def _check(command: str, read: Option, details: Details) -> None:
    place = f"The option {read.name} of /{command}"
    if len(read.choices) > MAX_CHOICES:
        raise ConfigError(f"{place} offers {len(read.choices)} choices; Discord allows {MAX_CHOICES}.")
    if read.choices and read.suggest is not None:
        raise ConfigError(f"{place} has choices and suggestions; Discord allows one of them.")
    if (read.suggest is not None or read.choices) and read.type not in _BOUNDED:
        raise ConfigError(
            f"{place} is a {read.type}; only texts and numbers can have choices or suggestions."
        )
    if read.type not in _BOUNDED and (details.least is not None or details.most is not None):
        raise ConfigError(f"{place} is a {read.type}, which has no bounds.")
    if read.kinds and read.type != "channel":
        raise ConfigError(f"{place} is a {read.type}; only channels have kinds.")


def _kind_of(hint: Any) -> tuple[OptionType | None, tuple[tuple[str, str | int | float], ...]]:
    if get_origin(hint) in (Union, UnionType):
        kinds = {kind for kind in get_args(hint) if kind is not NoneType}
        if kinds == {Member, Role}:
            return "mentionable", ()
        hint = next(iter(kinds)) if len(kinds) == 1 else None
    if get_origin(hint) is Literal:
        values: tuple[Any, ...] = get_args(hint)
        types: set[Any] = {type(value) for value in values}
        if len(types) == 1 and types <= {str, int}:
            return _TYPES[types.pop()], tuple((str(value), value) for value in values)
        return None, ()
    try:
        return _TYPES.get(hint), ()
    except TypeError:
        return None, ()
