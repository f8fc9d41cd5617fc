"""A cog as data: what it is called, what it offers, and the functions that do it.

Declaring does nothing else: no I/O, no registration anywhere. The app reads a loaded cog and wires it up.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from bot.errors import ConfigError
from bot.plugins.settings import NoSettings, Settings

API_VERSION = 1
"""Raised when a plugin written for the version before can no longer work."""

COG_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
COMMAND_NAME = re.compile(r"[a-z0-9_-]{1,32}")
MAX_OPTIONS = 25
MAX_DESCRIPTION = 100

type Handler = Callable[..., Awaitable[None]]
type Suggest = Callable[[Any, str], Awaitable[Sequence[str]]]
type OptionType = Literal["string", "integer", "number", "boolean"]

_OPTION_TYPES: dict[type, OptionType] = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Option:
    """One argument of a command, read off the function's signature."""

    name: str
    type: OptionType
    required: bool
    help: str
    suggest: Suggest | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: its options in Discord's order (required first) and the function behind it."""

    name: str
    help: str
    options: tuple[Option, ...]
    handler: Handler


@dataclass(frozen=True, slots=True)
class Workflow:
    """Durable work: plain async code with named steps, found again by name after a restart."""

    name: str
    body: Handler
    stopped: Handler | None = None


@dataclass(slots=True)
class Cog:
    """A unit of features a guild can enable.

    ``name`` is lower case, at most 32 letters, digits and underscores. ``intents`` names the privileged
    gateway intents it needs. Raises `ConfigError` for a name or a function Discord would refuse.
    """

    name: str
    summary: str
    settings: type[Settings] = NoSettings
    intents: set[str] = field(default_factory=set[str])
    commands: dict[str, Command] = field(default_factory=dict[str, Command], init=False)
    workflows: dict[str, Workflow] = field(default_factory=dict[str, Workflow], init=False)
    buttons: dict[str, Handler] = field(default_factory=dict[str, Handler], init=False)
    listeners: list[Handler] = field(default_factory=list[Handler], init=False)
    starters: list[Handler] = field(default_factory=list[Handler], init=False)

    def __post_init__(self) -> None:
        if not COG_NAME.fullmatch(self.name):
            raise ConfigError(
                f"The cog name {self.name!r} must start with a letter and have at most 32 "
                "lower-case letters, digits and underscores."
            )

    def command(
        self,
        name: str,
        *,
        help: str,  # noqa: A002 - the word authors expect
        suggest: dict[str, Suggest] | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declare a slash command; its options are the function's arguments after the context.

        ``suggest`` gives a function per option that proposes values while a person types.
        """

        def declare(function: Handler) -> Handler:
            if not COMMAND_NAME.fullmatch(name):
                raise ConfigError(f"The command /{name} must be 1 to 32 lower-case letters, digits, - or _.")
            if name in self.commands:
                raise ConfigError(f"The cog {self.name} declares /{name} twice; rename one of them.")
            options = _options(name, function, suggest or {})
            self.commands[name] = Command(name, help[:MAX_DESCRIPTION], options, function)
            return function

        return declare

    def workflow[F: Handler](self, function: F) -> F:
        """Declare durable work; the function's name is what finds it again after a restart."""
        name = _name_of(function)
        known = self.workflows.get(name)
        self.workflows[name] = Workflow(name, function, known.stopped if known else None)
        return function

    def on_stop(self, workflow: Handler) -> Callable[[Handler], Handler]:
        """Declare what is said when people stop a run of ``workflow``."""

        def declare(function: Handler) -> Handler:
            name = _name_of(workflow)
            self.workflows[name] = Workflow(name, self.workflows[name].body, function)
            return function

        return declare

    def button(self, action: str) -> Callable[[Handler], Handler]:
        """Declare what a button with custom id ``v1:<cog>:<action>:<id>`` does; called with (context, id)."""

        def declare(function: Handler) -> Handler:
            self.buttons[action] = function
            return function

        return declare

    def on_message(self, function: Handler) -> Handler:
        """Declare a listener for people's messages; called with (context, message)."""
        self.listeners.append(function)
        return function

    def on_enabled(self, function: Handler) -> Handler:
        """Declare what happens when the cog is live in a guild (each start); called with a context."""
        self.starters.append(function)
        return function


def _name_of(function: Handler) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _options(command: str, function: Handler, suggest: dict[str, Suggest]) -> tuple[Option, ...]:
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
    return tuple(sorted(options, key=lambda option: not option.required))


def _option(command: str, parameter: inspect.Parameter, hint: Any, suggest: Suggest | None) -> Option:
    help_text = parameter.name.replace("_", " ")
    if getattr(hint, "__metadata__", None):
        help_text, hint = str(hint.__metadata__[0]), hint.__origin__
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        hint = kinds[0] if len(kinds) == 1 else None
    if hint not in _OPTION_TYPES:
        raise ConfigError(
            f"/{command} takes {parameter.name} as {hint}; write str, int, float or bool (with | None = None)."
        )
    required = parameter.default is inspect.Parameter.empty
    return Option(parameter.name, _OPTION_TYPES[hint], required, help_text[:MAX_DESCRIPTION], suggest)
