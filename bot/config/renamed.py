"""Keys that were renamed: an old name works for one minor version, with a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.config.loaded import parse_place
from bot.config.problems import Place, dotted
from bot.config.yaml_tree import Document, Mark, Tree
from bot.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Renamed:
    """One renamed key, both names as dotted paths; ``*`` stands for any name of an entry."""

    old: str
    new: str
    until: tuple[int, int]
    """The first version (major, minor) that no longer reads the old name."""


RENAMED: tuple[Renamed, ...] = ()


def apply_renames(document: Document, renames: Sequence[Renamed], version: tuple[int, int]) -> list[str]:
    """Move values from old keys to new ones; return the sentences about it, and add problems to the document."""
    notices: list[str] = []
    for renamed in renames:
        for old in list(_matches(document.tree, parse_place(renamed.old))):
            new = _filled(parse_place(renamed.new), parse_place(renamed.old), old)
            line = document.line_of(old, key=True)
            sentence = f"`{dotted(old)}` is now called `{dotted(new)}`"
            if version >= renamed.until or _find(document.tree, new) is not None:
                document.problems.append(
                    ConfigError(f"{sentence}; rename it or remove it.", file=document.file, line=line)
                )
                _take(document.tree, old)
                continue
            _put(document.tree, new, _take(document.tree, old))
            _move_marks(document, old, new)
            until = ".".join(map(str, renamed.until))
            notices.append(f"{document.file}:{line}: {sentence}; the old name works until version {until}.")
    return notices


def _matches(tree: Tree, pattern: Place, done: Place = ()) -> list[Place]:
    if not pattern:
        return [done]
    if not isinstance(tree, dict):
        return []
    first, *rest = pattern
    names = list(tree) if first == "*" else [str(first)] if first in tree else []
    return [found for name in names for found in _matches(tree[name], tuple(rest), (*done, name))]


def _filled(new: Place, pattern: Place, old: Place) -> Place:
    stars = iter([name for name, part in zip(old, pattern, strict=True) if part == "*"])
    return tuple(next(stars) if part == "*" else part for part in new)


def _find(tree: Tree, place: Place) -> Tree:
    for step in place:
        if not isinstance(tree, dict):
            return None
        tree = tree.get(str(step))
    return tree


def _take(tree: Tree, place: Place) -> Tree:
    within = _find(tree, place[:-1])
    return within.pop(str(place[-1])) if isinstance(within, dict) else None


def _put(tree: Tree, place: Place, value: Tree) -> None:
    for step in place[:-1]:
        if not isinstance(tree, dict):
            return
        tree = tree.setdefault(str(step), {})
    if isinstance(tree, dict):
        tree[str(place[-1])] = value


def _move_marks(document: Document, old: Place, new: Place) -> None:
    moved = {place: mark for place, mark in document.marks.items() if place[: len(old)] == old}
    for place, mark in moved.items():
        del document.marks[place]
        document.marks[(*new, *place[len(old) :])] = mark
    for end in range(1, len(new)):
        document.marks.setdefault(new[:end], Mark(document.line_of(new), document.line_of(new)))
