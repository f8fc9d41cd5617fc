"""Looks at one plugin in a process of its own: imports it, reads it, and runs it twice in a local Discord.

A fresh process, because a module is imported only once, and what an import leaves behind must not be anybody else's.
Started by `bot.testing.plugin_check`; reads its task as JSON from standard input and writes what it found to a file.
"""

import asyncio
import importlib.util
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.importing import importing

with importing():
    from bot.discord.api import pointed_at
    from bot.llm.factory import BUILT_IN
    from bot.local_discord.server import Config, running
    from bot.plugins.cog import Cog
    from bot.plugins.discovery import Candidate, find
    from bot.plugins.loading import Loaded, load
    from bot.testing.bots import BotDidNotStart, BotWith
    from bot.testing.journal import Journal, Line, journal_kept
    from bot.testing.plugin_rules import (
        one_line,
        source_files,
        wrong_with_backends,
        wrong_with_cog,
        wrong_with_module,
        wrong_with_source,
    )
    from bot.testing.scripted_model import ScriptedModel

IMPORT_SECONDS = 2.0
"""Of computing, so that a busy machine does not count."""
ROUNDS = 2
_TURNS = 100
ENDING_SECONDS = 1.0
"""How long a thread that was told to end may take for it."""
_NETWORK = frozenset(
    {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind", "socket.sendto"}
)
_PROGRAMS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"})
_WRITING = frozenset("wax+")


@dataclass(frozen=True, slots=True)
class Task:
    """What to look at: ``entry_point`` is the name of one, a module, or a module with an attribute."""

    entry_point: str
    database_url: str
    folder: str
    config: dict[str, Any]


@dataclass(slots=True)
class Deeds:
    """What code does to the world outside while it is watched."""

    network: list[str] = field(default_factory=list[str])
    programs: list[str] = field(default_factory=list[str])
    files: list[str] = field(default_factory=list[str])
    watching: bool = False

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take an audit event of Python into account (https://docs.python.org/3/library/audit_events.html)."""
        if not self.watching:
            return
        if event in _NETWORK:
            self.network.append(" ".join(map(str, arguments[1 if event != "socket.getaddrinfo" else 0 :])))
        elif event in _PROGRAMS:
            self.programs.append(one_line(arguments[0] if arguments else event))
        elif event == "open" and _writes(*arguments[1:]):
            path = str(arguments[0])
            if not path.startswith(("/dev/", "/proc/")) and "__pycache__" not in path:
                self.files.append(path)

    @contextmanager
    def watched(self) -> Generator["Deeds"]:
        """Watch while the block runs; gives what is done in it."""
        self.network, self.programs, self.files = [], [], []
        self.watching = True
        try:
            yield self
        finally:
            self.watching = False


def _writes(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return bool(_WRITING & set(mode))
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


def candidate_for(entry_point: str) -> Candidate | str:
    """The plugin that is meant, or why there is none."""
    installed = {one.name: one for one in find([])}
    if entry_point in installed:
        return installed[entry_point]
    module = entry_point.partition(":")[0]
    try:
        there = importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        there = False
    if not there:
        known = ", ".join(sorted(installed)) or "none"
        return f"There is no plugin and no module “{entry_point}”; install it (pip install -e .). Entry points there are: {known}."
    return Candidate(entry_point, entry_point, "", "named by the test")


def imported(candidate: Candidate, deeds: Deeds) -> tuple[Loaded, list[str]]:
    """Load the plugin as the bot does, and what is wrong with how it is imported."""
    threads = set(threading.enumerate())
    began = time.process_time()
    with deeds.watched() as done:
        loaded = load([candidate])
    seconds = time.process_time() - began
    found: list[str] = []
    if done.network:
        found.append(f"Importing it uses the network ({done.network[0]}); do that in a step or a command.")
    if done.programs:
        found.append(f"Importing it starts a program ({done.programs[0]}); do that in a step or a command.")
    if done.files:
        found.append(f"Importing it writes the file {done.files[0]}; do that in a step or a command.")
    started = set(threading.enumerate()) - threads
    if started:
        names = ", ".join(sorted(thread.name for thread in started))
        found.append(f"Importing it starts a thread ({names}); start it when it is needed, and end it.")
    if seconds > IMPORT_SECONDS:
        found.append(
            f"Importing it takes {seconds:.1f} seconds of computing, and {IMPORT_SECONDS:g} is the limit; import large "
            "libraries where they are used."
        )
    return loaded, found


async def one_round(task: Task, cogs: tuple[Cog, ...], journal: Journal) -> set[str]:
    """Start a bot with the cogs and stop it; the tasks that are left, by what they run."""
    async with running(Config(record=None)) as local:
        with pointed_at(local.api_url):
            bot_with = BotWith(
                local, task.database_url, Path(task.folder), journal=journal, model=ScriptedModel()
            )
            try:
                await bot_with(*cogs, config=task.config)
            finally:
                await bot_with.stop()
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    own = asyncio.current_task()
    return {_runs(one) for one in asyncio.all_tasks() if one is not own}


def _runs(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return str(getattr(coroutine, "__qualname__", coroutine))


@dataclass(frozen=True, slots=True)
class Left:
    """What was there after a round that was not there before it."""

    tasks: set[str]
    threads: set[str]
    files: set[str]


def left_by_round(task: Task, cogs: tuple[Cog, ...], deeds: Deeds, journal: Journal) -> Left:
    """Run a round and look at what it leaves behind."""
    threads = set(threading.enumerate())
    with deeds.watched() as done:
        tasks = asyncio.run(one_round(task, cogs, journal))
    files = {path for path in done.files if Path(path).exists()}
    started = set(threading.enumerate()) - threads
    for one in started:
        one.join(ENDING_SECONDS)
    return Left(tasks, {one.name for one in started if one.is_alive()}, files)


def wrong_with_running(task: Task, cogs: tuple[Cog, ...], deeds: Deeds) -> Iterator[str]:
    """What goes wrong when it starts and stops, twice; what the bot leaves behind without it does not count."""
    with journal_kept() as journal:
        usual = left_by_round(task, (), deeds, journal)
        journal.clear()
        for number in range(1, ROUNDS + 1):
            try:
                left = left_by_round(task, cogs, deeds, journal)
            except BotDidNotStart as error:
                yield f"{error}" if number == 1 else f"A second time, after a stop: {error}"
                return
            yield from _leftovers("task", left.tasks - usual.tasks, "keep it and cancel it when the cog ends")
            yield from _leftovers("thread", left.threads - usual.threads, "end it when the cog ends")
            yield from _leftovers(
                "file", left.files - usual.files, "delete it, or write it below a temporary folder"
            )
        for line in journal.lines():
            yield from _said(line)


def _leftovers(kind: str, names: set[str], what_to_do: str) -> Iterator[str]:
    if names:
        yield f"After a stop it leaves a {kind} behind ({', '.join(sorted(names))}); {what_to_do}."


def _said(line: Line) -> Iterator[str]:
    about = line.about
    match line.event:
        case "commands_refused":
            names = ", ".join(about["cogs"])
            yield f"Discord refuses the commands of {names}: {one_line(about['reason'])}; change them."
        case "commands_not_registered":
            yield f"The commands could not be registered: {one_line(about['reason'])}."
        case "cog_not_started":
            yield f"What {about['cog']} does on_enabled fails: {one_line(about['reason'])}; see to it that it cannot."
        case "handler_broke":
            error = about.get("exc_info")
            yield f"What {about['cog']} does on_enabled breaks: {type(error).__name__}: {one_line(error)}; mend it."
        case _:
            return


def looked_at(task: Task, watch: Callable[[Deeds], None]) -> list[str]:
    """Everything that is wrong with a plugin, a sentence each."""
    deeds = Deeds()
    watch(deeds)
    candidate = candidate_for(task.entry_point)
    if isinstance(candidate, str):
        return [candidate]
    loaded, found = imported(candidate, deeds)
    module_name = candidate.module.partition(":")[0]
    module = sys.modules.get(module_name)
    if module is not None:
        found.extend(wrong_with_module(module))
    (plugin,) = loaded.plugins
    if plugin.state != "loaded":
        return [f"The bot does not load it. {plugin.reason}", *found]
    cogs = tuple(loaded.cogs.values())
    brought = {name: factory for name, factory in loaded.backends.items() if name not in BUILT_IN}
    found.extend(wrong_with_backends(brought))
    for cog in cogs:
        found.extend(wrong_with_cog(cog))
    origin = getattr(module, "__file__", None)
    if origin:
        found.extend(wrong_with_source(source_files(origin), module_name, cogs))
    # A cog that cannot start at all would only repeat what was found.
    runnable = tuple(cog for cog in cogs if not any(wrong_with_cog(cog)))
    found.extend(wrong_with_running(task, runnable, deeds))
    return list(dict.fromkeys(found))


def main() -> None:
    """Do the task on standard input."""
    asked: dict[str, Any] = json.load(sys.stdin)
    sys.dont_write_bytecode = True
    report = Path(asked.pop("report"))

    def watch(deeds: Deeds) -> None:
        sys.addaudithook(deeds.note)

    report.write_text(json.dumps(looked_at(Task(**asked), watch)), "utf-8")


if __name__ == "__main__":
    main()
