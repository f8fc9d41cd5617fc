"""A cog as data: what it is called, what it offers, and the functions that do it.

Declaring does nothing else: no I/O, no registration anywhere. The app reads a loaded cog and wires it up.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, overload

from bot.errors import ConfigError
from bot.memory.known import Knowledge
from bot.plugins.commands import Command, Group, Handler, declare_group, declare_menu, declare_slash
from bot.plugins.forms import Form, inputs_of
from bot.plugins.jobs import USUAL_LIMIT, Job, TimeOfDay, made_job
from bot.plugins.options import Suggest
from bot.plugins.permissions import bits_of
from bot.plugins.settings import NoSettings, Settings
from bot.plugins.tools import USUAL_TOOL_LIMIT, Tool, made_tool
from bot.work.allocation.candidates import Award
from bot.work.allocation.strategies import STRATEGIES

API_VERSION = 1
"""Raised when a plugin written for the version before can no longer work."""

MANAGEMENT = "admin"
"""The cog through which a server is managed: on everywhere, its commands global, never switched off."""

TAKEN_BY_START = frozenset({"key", "lane", "priority", "quiet", "title", "under", "within"})
"""What `Context.start` takes itself: a workflow's parameter of that name would never be given."""

COG_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
ACTION = re.compile(r"[a-z0-9_-]{1,30}")


type Work = Callable[..., Awaitable[Any]]
"""A workflow's code; what it returns is JSON, for whoever waits for the run."""


type Decide = Callable[..., Awaitable[Award]]
"""Who gets a task, called with (context, task, need, candidates)."""
type Knows = Callable[..., Awaitable[Knowledge]]
"""What is known in a place, called with a context there."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """Durable work: plain async code with named steps, found again by name after a restart."""

    name: str
    body: Work
    stopped: Handler | None = None
    within: timedelta | None = None
    """How long it may take, waiting included; None: as long as it takes."""
    told: bool = True
    """Whether its failure is told, with a button to try it again."""


@dataclass(frozen=True, slots=True)
class Press:
    """What a button, a select or a form does.

    ``updates`` answers by changing the message that holds it; ``opens_form`` is as for commands; ``form`` is the
    model that a sent form is read into.
    """

    handler: Handler
    opens_form: bool = False
    updates: bool = False
    form: type[Form] | None = None


@dataclass(slots=True)
class Cog:
    """A unit of features a guild can enable.

    ``name`` is lower case, at most 32 letters, digits and underscores. ``intents`` names the privileged
    gateway intents it needs, ``permissions`` what the bot must be allowed on a server beside its usual ones.
    ``direct_messages`` says that it also works there (where the owner lets people use the bot so), on behalf of the
    server that the conversation belongs to: see `Context.is_direct`.
    Raises `ConfigError` for a name or a function Discord would refuse.
    """

    name: str
    summary: str
    settings: type[Settings] = NoSettings
    intents: set[str] = field(default_factory=set[str])
    permissions: set[str] = field(default_factory=set[str])
    direct_messages: bool = False
    commands: dict[str, Command] = field(default_factory=dict[str, Command], init=False)
    groups: dict[str, Group] = field(default_factory=dict[str, Group], init=False)
    workflows: dict[str, Workflow] = field(default_factory=dict[str, Workflow], init=False)
    buttons: dict[str, Press] = field(default_factory=dict[str, Press], init=False)
    selects: dict[str, Press] = field(default_factory=dict[str, Press], init=False)
    forms: dict[str, Press] = field(default_factory=dict[str, Press], init=False)
    listeners: list[Handler] = field(default_factory=list[Handler], init=False)
    hears: dict[str, list[Handler]] = field(default_factory=dict[str, list[Handler]], init=False)
    starters: list[Handler] = field(default_factory=list[Handler], init=False)
    enders: list[Handler] = field(default_factory=list[Handler], init=False)
    loaders: list[Handler] = field(default_factory=list[Handler], init=False)
    unloaders: list[Handler] = field(default_factory=list[Handler], init=False)
    jobs: dict[str, Job] = field(default_factory=dict[str, Job], init=False)
    tools: dict[str, Tool] = field(default_factory=dict[str, Tool], init=False)
    strategies: dict[str, Decide] = field(default_factory=dict[str, Decide], init=False)
    knowing: list[Knows] = field(default_factory=list[Knows], init=False)

    def __post_init__(self) -> None:
        if not COG_NAME.fullmatch(self.name):
            raise ConfigError(
                f"The cog name {self.name!r} must start with a letter and have at most 32 "
                "lower-case letters, digits and underscores."
            )
        bits_of(self.permissions)

    def command(
        self,
        name: str,
        *,
        help: str,  # noqa: A002 - the word authors expect
        suggest: Mapping[str, Suggest] | None = None,
        permissions: Iterable[str] = (),
        opens_form: bool = False,
        direct_only: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declare a slash command; its options are the function's arguments after the context.

        ``suggest`` gives a function per option that proposes values while a person types. ``permissions`` are
        what a member needs before Discord shows it; a server's admin may change that in Discord. With
        ``opens_form`` the function answers with `Context.open_form`, within two seconds. ``direct_only`` commands are
        there in direct messages alone.
        """
        return declare_slash(
            self,
            name,
            help_text=help,
            suggest=suggest or {},
            permissions=permissions,
            opens_form=opens_form,
            direct_only=direct_only,
        )

    def group(self, name: str, *, help: str, permissions: Iterable[str] = ()) -> Group:  # noqa: A002 - as above
        """Declare a command that holds others: ``reports = cog.group("reports", …)``, ``@reports.command("list", …)``."""
        return declare_group(self, name, help, permissions)

    def user_command(
        self, name: str, *, permissions: Iterable[str] = (), opens_form: bool = False
    ) -> Callable[[Handler], Handler]:
        """Declare an entry in the context menu of people; called with (context, member)."""
        return declare_menu(self, "user", name, permissions, opens_form=opens_form)

    def message_command(
        self, name: str, *, permissions: Iterable[str] = (), opens_form: bool = False
    ) -> Callable[[Handler], Handler]:
        """Declare an entry in the context menu of messages; called with (context, message)."""
        return declare_menu(self, "message", name, permissions, opens_form=opens_form)

    @overload
    def workflow[F: Work](self, function: F) -> F: ...

    @overload
    def workflow[F: Work](
        self, *, within: timedelta | None = None, told: bool = True
    ) -> Callable[[F], F]: ...

    def workflow[F: Work](
        self, function: F | None = None, *, within: timedelta | None = None, told: bool = True
    ) -> F | Callable[[F], F]:
        """Declare durable work; the function's name is what finds it again after a restart.

        ``@cog.workflow(within=timedelta(hours=1))`` says how long a run may take, waiting included; then it has failed.
        With ``told=False`` nothing is said where it fails, for a cog that says itself what becomes of its work.
        Raises `ConfigError` for a function that has a parameter which `Context.start` takes itself, such as ``title``.
        """

        def declare(body: F) -> F:
            name = _name_of(body)
            self._check_parameters(name, body)
            known = self.workflows.get(name)
            self.workflows[name] = Workflow(name, body, known.stopped if known else None, within, told)
            return body

        return declare if function is None else declare(function)

    def on_stop(self, workflow: Work) -> Callable[[Handler], Handler]:
        """Declare what is said when people stop a run of ``workflow``, or it took longer than it may."""

        def declare(function: Handler) -> Handler:
            name = _name_of(workflow)
            self.workflows[name] = replace(self.workflows[name], stopped=function)
            return function

        return declare

    def button(
        self, action: str, *, opens_form: bool = False, updates: bool = False
    ) -> Callable[[Handler], Handler]:
        """Declare what a button with custom id ``v1:<cog>:<action>:<id>`` does; called with (context, id).

        With ``updates`` the answer replaces the message that holds the button, where that is a private one.
        """
        return self._declare(self.buttons, action, lambda function: Press(function, opens_form, updates))

    def select(
        self, action: str, *, opens_form: bool = False, updates: bool = False
    ) -> Callable[[Handler], Handler]:
        """Declare what choosing from a select does; called with (context, id, chosen values)."""
        return self._declare(self.selects, action, lambda function: Press(function, opens_form, updates))

    def form(self, action: str, model: type[Form], *, updates: bool = False) -> Callable[[Handler], Handler]:
        """Declare what a sent form does; called with (context, id, the filled-in ``model``)."""
        inputs_of(model)
        return self._declare(
            self.forms, action, lambda function: Press(function, updates=updates, form=model)
        )

    def job(
        self,
        *,
        every: timedelta | None = None,
        daily: TimeOfDay | None = None,
        limit: timedelta = USUAL_LIMIT,
        jitter: timedelta | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declare what is done by the clock on each server where the cog is on; called with a context.

        ``every`` is at least 10 seconds; ``daily`` is a time of day in the server's time zone, or a function that reads
        one from the cog's settings there (None: not at all). One process does it, once for each time it is due; times
        that were missed are made up for by one. It may take ``limit``, at most 10 minutes; ``jitter`` spreads servers.
        A job that is cut off by a crash is done again: what it starts or says once is not. Raises `ConfigError`.
        """

        def declare(function: Handler) -> Handler:
            name = _name_of(function)
            if name in self.jobs:
                raise ConfigError(f"The cog {self.name} declares the job {name} twice; rename one of them.")
            self.jobs[name] = made_job(name, function, every=every, daily=daily, limit=limit, jitter=jitter)
            return function

        return declare

    def tool[**P](
        self,
        name: str,
        *,
        help: str,  # noqa: A002 - the word authors expect
        read_only: bool = False,
        limit: timedelta = USUAL_TOOL_LIMIT,
    ) -> Callable[[Callable[P, Awaitable[Any]]], Callable[P, Awaitable[Any]]]:
        """Declare a tool that agents can call, under the cog's name; called with a context and typed arguments.

        What the arguments may be is read off their annotations, and checked before the function is called. It answers
        with text, or with what pydantic can make JSON of; `UserError` tells the agent what is wrong. ``read_only`` says
        that it changes nothing. Raises `ConfigError` for a function that cannot be described.
        """

        def declare(function: Callable[P, Awaitable[Any]]) -> Callable[P, Awaitable[Any]]:
            if name in self.tools:
                raise ConfigError(f"The cog {self.name} declares the tool {name} twice; rename one of them.")
            self.tools[name] = made_tool(self.name, name, function, help, read_only=read_only, limit=limit)
            return function

        return declare

    def strategy(self, name: str) -> Callable[[Decide], Decide]:
        """Declare who gets a task in queues that choose this strategy; called with (context, task, need, candidates).

        The context is this cog's in the queue; the candidates are the queue's agents, those without room included. It
        answers with an `Award`. One without a winner leaves the task where it is, and it is asked again when something
        has happened there, so it may also begin something that ends with the award. Raises `ConfigError`.
        """

        def declare(function: Decide) -> Decide:
            if name in STRATEGIES or name in self.strategies or not ACTION.fullmatch(name):
                raise ConfigError(f"The strategy {name!r} of {self.name} needs another name.")
            self.strategies[name] = function
            return function

        return declare

    def knows[F: Knows](self, function: F) -> F:
        """Declare what agents are told of a place where this cog is on; called with a context there.

        It answers with `Knowledge`, which agents get as text from outside (`Run.known`). What it raises as `CogswarmError`
        people are told, and the agent does without.
        """
        self.knowing.append(function)
        return function

    def on_message(self, function: Handler) -> Handler:
        """Declare a listener for people's messages; called with (context, message), one after the other in a channel.

        Messages that were missed are read back after a restart. A call may be repeated when the bot was killed in the
        middle of it: work belongs into `Context.start`, which starts nothing twice for a message.
        """
        self.listeners.append(function)
        return function

    def on_edit(self, function: Handler) -> Handler:
        """Declare a listener for changed messages; called with (context, `Edit`)."""
        return self._hear("edit", function)

    def on_delete(self, function: Handler) -> Handler:
        """Declare a listener for deleted messages; called with (context, `Deletion`)."""
        return self._hear("deletion", function)

    def on_reaction(self, function: Handler) -> Handler:
        """Declare a listener for reactions put under messages and taken away; called with (context, `Reaction`)."""
        return self._hear("reaction", function)

    def on_pins(self, function: Handler) -> Handler:
        """Declare a listener for pins set and taken off; called with (context, `Pins`)."""
        return self._hear("pins", function)

    def on_thread(self, function: Handler) -> Handler:
        """Declare a listener for threads opened, changed and deleted; called with (context, `ThreadChange`)."""
        return self._hear("thread", function)

    def on_repository(self, function: Handler) -> Handler:
        """Declare a listener for what happens in repositories that this server may see; called with (context, `RepositoryEvent`).

        A repository's events come in order, each once; after a crash, or where the listener raises `OutsideError`, one is
        told again under the same `Context.event_id`: work belongs into `Context.start`. See `cogswarm.review`.
        """
        return self._hear("repository", function)

    def on_watched(self, function: Handler) -> Handler:
        """Declare what happens when a watched message is found changed after a gap; called with (context, `FoundAgain`).

        The bot looks after a restart and after a lost connection; what it sees live goes to the listeners. See
        `Context.watch`.
        """
        return self._hear("watched", function)

    def on_enabled(self, function: Handler) -> Handler:
        """Declare what happens when the cog goes live in a guild (each start); called with a context.

        Where it raises, the cog stays off in that guild and admins are told why.
        """
        self.starters.append(function)
        return function

    def on_disabled(self, function: Handler) -> Handler:
        """Declare what happens when the cog is switched off in a guild; called with a context."""
        self.enders.append(function)
        return function

    def on_load(self, function: Handler) -> Handler:
        """Declare what happens once before the bot connects; called with the owner's settings.

        Where it raises, the cog is not there at all: what `on_unload` declares is called, nothing else.
        """
        self.loaders.append(function)
        return function

    def on_unload(self, function: Handler) -> Handler:
        """Declare what happens once when the bot ends, or when loading failed midway; called with nothing."""
        self.unloaders.append(function)
        return function

    def _check_parameters(self, workflow: str, body: Work) -> None:
        taken = sorted(TAKEN_BY_START & inspect.signature(body).parameters.keys())
        if taken:
            raise ConfigError(
                f"The workflow {workflow} of {self.name} has parameters that ctx.start takes itself ({', '.join(taken)}); "
                "give them other names."
            )

    def _hear(self, kind: str, function: Handler) -> Handler:
        self.hears.setdefault(kind, []).append(function)
        return function

    def _declare(
        self, where: dict[str, Press], action: str, press: Callable[[Handler], Press]
    ) -> Callable[[Handler], Handler]:
        if not ACTION.fullmatch(action):
            raise ConfigError(
                f"The action {action!r} of {self.name} must be 1 to 30 lower-case letters, digits, - or _."
            )

        def declare(function: Handler) -> Handler:
            where[action] = press(function)
            return function

        return declare


def _name_of(function: Work) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
