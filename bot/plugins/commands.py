"""Commands as data: slash commands with their groups, and the entries of context menus."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.errors import ConfigError
from bot.plugins.options import MAX_DESCRIPTION, Option, Suggest, read_options
from bot.plugins.permissions import bits_of

COMMAND_NAME = re.compile(r"[a-z0-9_-]{1,32}")
MENU_NAME = re.compile(r"\S(?:.{0,30}\S)?")
MAX_DEPTH = 3

type Handler = Callable[..., Awaitable[None]]
type CommandKind = Literal["slash", "user", "message"]


@dataclass(frozen=True, slots=True)
class Command:
    """What people can run. ``name`` is all of it (``reports list``), or the entry of a context menu.

    ``permissions`` are what Discord asks of a member before it shows the command; ``opens_form`` says that the
    function opens a form, so the command is not acknowledged before it. ``direct_only`` says that it is there in direct
    messages and nowhere else.
    """

    name: str
    help: str
    options: tuple[Option, ...]
    handler: Handler
    kind: CommandKind = "slash"
    permissions: frozenset[str] = frozenset()
    opens_form: bool = False
    direct_only: bool = False

    @property
    def key(self) -> tuple[CommandKind, str]:
        """What makes it unique: context menus have names of their own."""
        return self.kind, self.name

    @property
    def top(self) -> tuple[CommandKind, str]:
        """The command that Discord keeps: the first word of a slash command."""
        return (self.kind, self.name.split()[0]) if self.kind == "slash" else self.key

    @property
    def shown(self) -> str:
        """As people read it."""
        return f"/{self.name}" if self.kind == "slash" else self.name


class Declaring(Protocol):
    """Where a group puts what is declared in it: its cog."""

    name: str
    commands: dict[str, Command]
    groups: dict[str, "Group"]


@dataclass(frozen=True, slots=True)
class Group:
    """A command that only holds others: ``/reports`` of ``/reports list``."""

    cog: Declaring
    name: str
    help: str
    permissions: frozenset[str] = frozenset()

    def command(
        self,
        name: str,
        *,
        help: str,  # noqa: A002 - the word authors expect
        suggest: Mapping[str, Suggest] | None = None,
        opens_form: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declare a command in this group, as `Cog.command` does."""
        return declare_slash(
            self.cog,
            f"{self.name} {name}",
            help_text=help,
            suggest=suggest or {},
            permissions=self.permissions,
            opens_form=opens_form,
        )

    def group(self, name: str, *, help: str) -> "Group":  # noqa: A002 - as above
        """Declare a group inside this one; Discord allows no third."""
        return declare_group(self.cog, f"{self.name} {name}", help, self.permissions)


def declare_group(cog: Declaring, name: str, help_text: str, permissions: Iterable[str]) -> Group:
    """Add a group to a cog. Raises `ConfigError` where Discord would not have it."""
    _check_words(name, most=MAX_DEPTH - 1)
    if name in cog.groups or name in cog.commands:
        raise ConfigError(f"The cog {cog.name} declares /{name} twice; rename one of them.")
    wanted = frozenset(permissions)
    bits_of(wanted)
    group = Group(cog, name, help_text[:MAX_DESCRIPTION], wanted)
    cog.groups[name] = group
    return group


def declare_slash(
    cog: Declaring,
    name: str,
    *,
    help_text: str,
    suggest: Mapping[str, Suggest],
    permissions: Iterable[str],
    opens_form: bool,
    direct_only: bool = False,
) -> Callable[[Handler], Handler]:
    """Add a slash command to a cog. Raises `ConfigError` where Discord would not have it."""

    def declare(function: Handler) -> Handler:
        _check_words(name, most=MAX_DEPTH)
        parent = name.rpartition(" ")[0]
        if parent and parent not in cog.groups:
            raise ConfigError(f"/{name} needs the group /{parent}; declare it with group().")
        if name in cog.commands or name in cog.groups:
            raise ConfigError(f"The cog {cog.name} declares /{name} twice; rename one of them.")
        wanted = frozenset(permissions)
        bits_of(wanted)
        options = read_options(name, function, suggest)
        cog.commands[name] = Command(
            name,
            help_text[:MAX_DESCRIPTION],
            options,
            function,
            permissions=wanted,
            opens_form=opens_form,
            direct_only=direct_only,
        )
        return function

    return declare


def declare_menu(
    cog: Declaring,
    kind: Literal["user", "message"],
    name: str,
    permissions: Iterable[str],
    *,
    opens_form: bool,
) -> Callable[[Handler], Handler]:
    """Add an entry of a context menu to a cog. Raises `ConfigError`."""

    def declare(function: Handler) -> Handler:
        if not MENU_NAME.fullmatch(name):
            raise ConfigError(f"The menu entry {name!r} must have 1 to 32 characters.")
        key = f"{kind}:{name}"
        if key in cog.commands:
            raise ConfigError(f"The cog {cog.name} declares the menu entry {name} twice; rename one of them.")
        wanted = frozenset(permissions)
        bits_of(wanted)
        cog.commands[key] = Command(name, "", (), function, kind, wanted, opens_form)
        return function

    return declare


def _check_words(name: str, *, most: int) -> None:
    words = name.split(" ")
    if not all(COMMAND_NAME.fullmatch(word) for word in words):
        raise ConfigError(f"The command /{name} must be 1 to 32 lower-case letters, digits, - or _.")
    if len(words) > most:
        raise ConfigError(f"/{name} is nested too deeply; Discord allows a group in a group and no more.")
