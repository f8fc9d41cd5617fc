"""What makes a cog and its source good, as far as it shows without running: one sentence for each thing that is wrong."""

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, Union, cast, get_args, get_origin

from pydantic import ValidationError

from bot.plugins.cog import Cog

LONGEST_CUSTOM_ID = 100
LONGEST_LABEL, LONGEST_HELP = 45, 100
_ID = 36
"""The longest value a button usually carries: a run's id."""
_KNOWN_INTENTS = frozenset({"message_content"})
_OURS = frozenset({"bot", "cogs"})
_READS = frozenset({"mentions_me", "reads_everything"})
_MARK = "cogswarm_impl"


def wrong_with_module(module: object) -> Iterator[str]:
    """Functions that look like hooks and are none."""
    for name, value in vars(module).items():
        if name.startswith("cogswarm_") and inspect.isfunction(value) and not hasattr(value, _MARK):
            yield f"The function {name} is named like a hook but is none; write @hookimpl above it."


def wrong_with_backends(backends: Mapping[str, Callable[..., object]]) -> Iterator[str]:
    """Functions that cannot open a backend."""
    for name, factory in backends.items():
        if not _takes(factory, 1):
            yield f"The model provider {name} is not opened with one connection; let its function take one argument."


def wrong_with_cog(cog: Cog) -> Iterator[str]:
    """Its functions, custom ids, intents and settings."""
    yield from _wrong_functions(cog)
    for action in (*cog.buttons, *cog.selects, *cog.forms):
        length = len(f"v1:{cog.name}:{action}:")
        if length + _ID > LONGEST_CUSTOM_ID:
            yield (
                f"The custom ids of “{action}” of {cog.name} leave {LONGEST_CUSTOM_ID - length} characters "
                f"for a value, and an id needs {_ID}; shorten its name."
            )
    for name in sorted(cog.intents - _KNOWN_INTENTS):
        known = ", ".join(sorted(_KNOWN_INTENTS))
        yield f"{cog.name} needs the intent “{name}”, which cannot be switched on; it can be: {known}."
    if not cog.summary.strip():
        yield f"{cog.name} has no summary; say in a sentence what it does."
    yield from _wrong_settings(cog)


def _wrong_functions(cog: Cog) -> Iterator[str]:
    functions: list[tuple[str, Callable[..., object], int]] = [
        *((f"the command /{name}", command.handler, 1) for name, command in cog.commands.items()),
        *((f"the workflow {name}", workflow.body, 1) for name, workflow in cog.workflows.items()),
        *((f"the button “{name}”", press.handler, 2) for name, press in cog.buttons.items()),
        *((f"the select “{name}”", press.handler, 3) for name, press in cog.selects.items()),
        *((f"the form “{name}”", press.handler, 3) for name, press in cog.forms.items()),
        *(("a listener", handler, 2) for handler in cog.listeners),
        *(("a listener", handler, 2) for handlers in cog.hears.values() for handler in handlers),
        *(("what runs on_enabled", handler, 1) for handler in cog.starters),
    ]
    for what, function, least in functions:
        if not inspect.iscoroutinefunction(function):
            yield f"{cog.name}: {what} is no async function; write `async def`."
        elif not what.startswith(("the command", "the workflow")) and not _takes(function, least):
            yield f"{cog.name}: {what} must take {least} argument{'s' if least > 1 else ''}."


def _takes(function: Callable[..., object], count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    return True


def _wrong_settings(cog: Cog) -> Iterator[str]:
    try:
        defaults = cog.settings()
        cog.settings.model_validate(defaults.model_dump(mode="json"))
    except ValidationError as error:
        for one in error.errors(include_url=False):
            place = ".".join(map(str, one["loc"]))
            yield f"The setting {place} of {cog.name} does not work with its default ({one['msg']}); give it one that fits."
    for name, field in cog.settings.model_fields.items():
        label, text = field.title or "", field.description or ""
        if not 0 < len(label) <= LONGEST_LABEL:
            yield (
                f"The setting {name} of {cog.name} needs a label of 1 to {LONGEST_LABEL} characters for forms; "
                "declare it with setting(…, label=…)."
            )
        if len(text) > LONGEST_HELP:
            yield f"The help of the setting {name} of {cog.name} is over {LONGEST_HELP} characters; shorten it."
        if not _fits_a_form(cast("object", field.annotation)):
            yield f"The setting {name} of {cog.name} cannot be shown in a form; use str, int, float, bool, or a list of them."


def _fits_a_form(annotation: object) -> bool:
    """One value, a choice of some, or a list of them (a line each)."""
    origin = get_origin(annotation)
    kinds = [kind for kind in get_args(annotation) if kind not in (NoneType, ...)]
    if origin is Literal:
        return True
    if origin in (list, tuple, set, frozenset, Union, UnionType):
        return all(_fits_a_form(kind) for kind in kinds)
    return isinstance(annotation, type) and issubclass(annotation, (str, int, float))


def source_files(module_file: str) -> list[Path]:
    """The Python files of a plugin: its package, or its one module."""
    path = Path(module_file)
    return sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]


def wrong_with_source(files: Sequence[Path], module: str, cogs: Sequence[Cog]) -> Iterator[str]:
    """Imports of what is not promised, and listeners that would hear empty texts."""
    trees = {path: ast.parse(path.read_text("utf-8"), str(path)) for path in files}
    for path, tree in trees.items():
        for line, name in _imports(tree):
            if name.partition(".")[0] in _OURS and not _within(name, module):
                yield f"{path.name}:{line} imports {name}; import it from cogswarm, or not at all: nothing else is promised."
    names = {
        node.attr for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }
    for cog in cogs:
        blind = "message_content" not in cog.intents and not names & _READS
        if cog.listeners and blind:
            yield (
                f"{cog.name} listens to messages without intents={{'message_content'}}: their text is empty unless they "
                "mention the bot; declare the intent, or look at message.mentions_me."
            )


def _within(name: str, module: str) -> bool:
    """Whether a module is of the plugin itself, which may itself be one of the built-in cogs."""
    return name == module or name.startswith(f"{module}.") or f"{module}.".startswith(f"{name}.")


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module
        else:
            continue


def one_line(error: object) -> str:
    """What went wrong, on one line."""
    return " ".join(str(error).split())[:300].rstrip(".")
