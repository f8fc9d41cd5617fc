"""Loads ``config.yaml``: reads it, follows references, validates; everything that is wrong is said at once.

Order in which a value is found: what stands in the file; within it, ``${NAME}`` is the environment's NAME, or
else the one in ``.env`` beside the file, or else the default behind the colon. What the file leaves out has the
model's default; a token it leaves out is ``${DISCORD_TOKEN}``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from bot.config.agents import NO_EMBEDDINGS, OFFLINE
from bot.config.default_file import render_default_config
from bot.config.loaded import LoadedConfig, Origin, sounds_secret
from bot.config.models import Config
from bot.config.problems import ConfigErrors, Place, dotted
from bot.config.references import (
    TOKEN_VARIABLE,
    BadReferenceError,
    MissingVariableError,
    Resolved,
    Variables,
    resolve,
)
from bot.config.renamed import RENAMED, Renamed, apply_renames
from bot.config.schema import Schema, model_schema, part_at
from bot.config.sentences import closest, problem_of
from bot.config.text_files import read_bytes, read_dotenv
from bot.config.yaml_tree import Document, Tree, read_yaml
from bot.errors import ConfigError

VERSION = (0, 1)
"""The program's (major, minor), for keys that were renamed."""

_TOKEN: Place = ("discord", "token")
_OUTSIDE_KEPT_SECRET = frozenset({"models", "tools", "cogs", "discord", "database"})
_HARMLESS = frozenset({"api_url", "base_url", "backend", "model", "message_content"})


def load_config(
    path: Path,
    environ: Mapping[str, str],
    *,
    folder: Path | None = None,
    missing_ok: bool = False,
    renamed: Sequence[Renamed] = RENAMED,
    version: tuple[int, int] = VERSION,
) -> LoadedConfig:
    """Load a configuration file.

    Args:
        path: the file.
        environ: the environment's variables.
        folder: what relative paths are relative to, and where ``.env`` is; the file's own folder if not given.
        missing_ok: go on without secrets that are set nowhere (the result's ``missing`` lists them), for commands
            that need none.
        renamed: keys that were renamed.
        version: the program's version, (major, minor).

    Raises:
        ConfigErrors: everything that is wrong, each with file, line and what to write instead.
    """
    path = path.absolute()
    try:
        raw = read_bytes(path)
    except ConfigError as error:
        raise ConfigErrors([error]) from error
    return load_text(
        raw,
        path,
        environ,
        folder=folder or path.parent,
        missing_ok=missing_ok,
        renamed=renamed,
        version=version,
    )


def load_default_config(
    environ: Mapping[str, str], folder: Path, *, missing_ok: bool = False
) -> LoadedConfig:
    """Load the default configuration where there is no file, as if it stood in a folder.

    Raises:
        ConfigErrors: a variable it needs is missing.
    """
    raw = render_default_config().encode()
    return load_text(raw, folder.absolute() / "config.yaml", environ, folder=folder, missing_ok=missing_ok)


def load_text(
    raw: bytes,
    path: Path,
    environ: Mapping[str, str],
    *,
    folder: Path,
    missing_ok: bool = False,
    renamed: Sequence[Renamed] = RENAMED,
    version: tuple[int, int] = VERSION,
) -> LoadedConfig:
    """Load a configuration from its text; as `load_config`, where ``path`` is only what errors name.

    Raises:
        ConfigErrors: everything that is wrong, each with file, line and what to write instead.
    """
    folder = folder.absolute()
    try:
        document = read_yaml(raw, path)
        variables = Variables(environ, read_dotenv(folder / ".env"), folder / ".env")
    except ConfigError as error:
        raise ConfigErrors([error]) from error
    if not isinstance(document.tree, dict):
        raise ConfigErrors([*document.problems, _no_mapping(document)])
    notices = apply_renames(document, renamed, version)
    _add_token(document.tree, document)
    return _Loading(document, variables, folder, missing_ok, model_schema(), notices).finish(document.tree)


def _no_mapping(document: Document) -> ConfigError:
    if document.tree is None:
        return ConfigError(
            "The file is empty; write at least `version: 1`, or run `cogswarm init` in an empty folder.",
            file=document.file,
            line=1,
        )
    return ConfigError(
        "The file must be a mapping of keys, such as `version: 1`.",
        file=document.file,
        line=document.line_of(()),
    )


def _add_token(tree: dict[str, Tree], document: Document) -> None:
    """Let a token that the file leaves out be the canonical variable."""
    discord = tree.get("discord")
    if discord is None:
        discord = tree["discord"] = {}
    if isinstance(discord, dict) and discord.get("token") is None:
        discord["token"] = f"${{{TOKEN_VARIABLE}}}"
        document.marks.pop(_TOKEN, None)


@dataclass(slots=True)
class _Loading:
    document: Document
    variables: Variables
    folder: Path
    missing_ok: bool
    schema: Schema
    notices: list[str]
    origins: dict[Place, Origin] = field(default_factory=dict[Place, Origin])
    missing: list[ConfigError] = field(default_factory=list[ConfigError])
    brought_in: set[str] = field(default_factory=set[str])
    unresolved: set[Place] = field(default_factory=set[Place])

    def finish(self, tree: dict[str, Tree]) -> LoadedConfig:
        problems = self.document.problems
        resolved = self.follow(tree, ())
        if not self.missing_ok:
            problems += self.missing
        config = self.validate(resolved)
        problems += self.names_that_fit_nothing(resolved)
        if problems or config is None:
            # Without other problems it is a missing secret that the rest cannot do without.
            raise ConfigErrors(problems or self.missing)
        return LoadedConfig(
            config=config,
            path=self.document.file,
            folder=self.folder,
            origins=self.origins,
            notices=tuple(dict.fromkeys(self.notices)),
            missing=tuple(sorted(self.missing, key=lambda problem: problem.line or 0)),
            brought_in=frozenset(self.brought_in),
        )

    def follow(self, tree: Tree, place: Place) -> Tree:
        """Return the tree with its references followed, noting where each value came from."""
        line = self.document.line_of(place)
        if place in self.document.marks:
            self.origins[place] = Origin(f"{self.document.file.name}:{line}")
        if isinstance(tree, dict):
            return {key: self.follow(inner, (*place, key)) for key, inner in tree.items()}
        if isinstance(tree, list):
            return [self.follow(inner, (*place, position)) for position, inner in enumerate(tree)]
        if not isinstance(tree, str):
            return tree
        try:
            found = resolve(tree, self.variables, self.folder)
        except BadReferenceError as error:
            problem = ConfigError(f"`{dotted(place)}` {error}", file=self.document.file, line=line)
            (self.missing if isinstance(error, MissingVariableError) else self.document.problems).append(
                problem
            )
            self.unresolved.add(place)
            return None
        self.note(place, tree, found, line)
        return found.text

    def note(self, place: Place, written: str, found: Resolved, line: int) -> None:
        if found.sources:
            self.origins[place] = Origin(f"{self.document.file.name}:{line}", found.sources)
        if dotted(place[:1]) in _OUTSIDE_KEPT_SECRET and _HARMLESS.isdisjoint(place[1:]):
            self.brought_in.update(found.pieces)
        for canonical, alias in found.aliases:
            self.notices.append(
                f"{canonical} is not set, so {alias} is used; please rename it to {canonical}."
            )
        if not found.sources and "${" not in written and self.is_secret(place) and found.text.strip():
            where = f"{self.document.file}:{line}"
            self.notices.append(
                f"{where}: `{dotted(place)}` stands in the file in plain text; better put it into {self.variables.dotenv_file} "
                f"and refer to it as ${{NAME}}."
            )

    def is_secret(self, place: Place) -> bool:
        part = part_at(self.schema, place) or {}
        branches = (part, *part.get("anyOf", ()))
        name = str(place[-1]) if place else ""
        hidden = any(branch.get("format") == "password" for branch in branches)
        return hidden and ("env" not in place[:-1] or sounds_secret(name))

    def validate(self, tree: Tree) -> Config | None:
        try:
            return Config.model_validate(tree)
        except ValidationError as error:
            for details in error.errors(include_url=False, include_input=False):
                if not self.is_unresolved(details["loc"], of_the_whole=details["type"] == "value_error"):
                    self.document.problems.append(problem_of(details, self.document, self.schema))
        return None

    def is_unresolved(self, place: Place, *, of_the_whole: bool) -> bool:
        """Say whether an error is only the echo of a reference that could not be followed."""
        return any(
            place[: len(known)] == known or (of_the_whole and known[: len(place)] == place)
            for known in self.unresolved
        )

    def names_that_fit_nothing(self, tree: Tree) -> list[ConfigError]:
        """Check names that refer to other entries of the file, however wrong the rest of it is."""
        models = (*_names(tree, "models"), OFFLINE)
        problems: list[ConfigError] = []
        embeddings = tree.get("embeddings") if isinstance(tree, dict) else None
        if isinstance(embeddings, str) and embeddings not in (*models, NO_EMBEDDINGS):
            problems.append(self.no_entry(("embeddings",), "models", embeddings, (*models, NO_EMBEDDINGS)))
        agents = tree.get("agents") if isinstance(tree, dict) else None
        for name, agent in agents.items() if isinstance(agents, dict) else ():
            entry = agent if isinstance(agent, dict) else {}
            problems += self.no_entries(("agents", name), "models", _named(entry, "model"), models)
            problems += self.no_entries(("agents", name), "models", _named(entry, "fallbacks"), models)
        return problems

    def no_entries(
        self, place: Place, section: str, named: Mapping[Place, str], known: tuple[str, ...]
    ) -> list[ConfigError]:
        return [
            self.no_entry((*place, *inside), section, name, known)
            for inside, name in named.items()
            if name not in known
        ]

    def no_entry(self, place: Place, section: str, name: str, known: tuple[str, ...]) -> ConfigError:
        sentence = (
            f"`{dotted(place)}` names `{name}`, which is not an entry of `{section}`; {closest(name, known)}"
        )
        return ConfigError(sentence, file=self.document.file, line=self.document.line_of(place))


def _names(tree: Tree, section: str) -> tuple[str, ...]:
    entries = tree.get(section) if isinstance(tree, dict) else None
    return tuple(entries) if isinstance(entries, dict) else ()


def _named(entry: Mapping[str, Tree], key: str) -> dict[Place, str]:
    """The names that a key holds, one or a list of them, by their place."""
    value = entry.get(key)
    if isinstance(value, str):
        return {(key,): value}
    listed = value if isinstance(value, list) else []
    return {(key, number): one for number, one in enumerate(listed) if isinstance(one, str)}
