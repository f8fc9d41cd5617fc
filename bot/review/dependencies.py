"""Which versions of which packages a pull request depends on, by the lock and requirement files it changes."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast

from bot.review.pull_request import FileText

_PINNED = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*={2,3}\s*([A-Za-z0-9.!+_-]+)")
_GO = re.compile(r"^\s*(?:require\s+)?([a-z0-9][^\s]*\.[^\s]+)\s+v([0-9][^\s/]*)")
MOST = 5_000


@dataclass(frozen=True, slots=True)
class Dependency:
    """A package in a version, as OSV calls them, and where it stands."""

    ecosystem: str
    name: str
    version: str
    path: str
    line: int


def dependencies(texts: Sequence[FileText]) -> Sequence[Dependency]:
    """All that are pinned to one version; a file that cannot be read holds none."""
    found: list[Dependency] = []
    for one in texts:
        reader = _reader(PurePosixPath(one.path).name) if one.text is not None else None
        if reader is None or one.text is None:
            continue
        try:
            found += [
                Dependency(eco, name, version, one.path, line)
                for eco, name, version, line in reader(one.text)
            ]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return found[:MOST]


type _Read = Callable[[str], Iterator[tuple[str, str, str, int]]]


def _reader(name: str) -> _Read | None:
    if name in {"poetry.lock", "uv.lock", "pylock.toml"}:
        return lambda text: _toml(text, "PyPI")
    if name == "Cargo.lock":
        return lambda text: _toml(text, "crates.io")
    if name in {"package-lock.json", "npm-shrinkwrap.json"}:
        return _npm
    if name == "go.mod":
        return _go
    if "requirements" in name and name.endswith((".txt", ".in")):
        return _requirements
    return None


def _requirements(text: str) -> Iterator[tuple[str, str, str, int]]:
    for number, line in enumerate(text.splitlines(), 1):
        if found := _PINNED.match(line.partition("#")[0]):
            yield "PyPI", _python_name(found[1]), found[2], number


def _go(text: str) -> Iterator[tuple[str, str, str, int]]:
    for number, line in enumerate(text.splitlines(), 1):
        if found := _GO.match(line.partition("//")[0]):
            yield "Go", found[1], found[2], number


def _toml(text: str, ecosystem: str) -> Iterator[tuple[str, str, str, int]]:
    read = tomllib.loads(text)
    packages = cast("list[dict[str, Any]]", read.get("package") or read.get("packages") or [])
    lines = _lines(text, re.compile(r'\s*name\s*=\s*"([^"]+)"'))
    for one in packages:
        name, version = str(one["name"]), one.get("version")
        if isinstance(version, str):
            shown = _python_name(name) if ecosystem == "PyPI" else name
            yield ecosystem, shown, version, lines.get(name, 1)


def _npm(text: str) -> Iterator[tuple[str, str, str, int]]:
    read: dict[str, Any] = json.loads(text)
    lines = _lines(text, re.compile(r'\s*"((?:node_modules/)?[^"]+)"\s*:\s*\{'))
    for path, one in cast("dict[str, dict[str, Any]]", read.get("packages") or {}).items():
        name, version = path.rpartition("node_modules/")[2], one.get("version")
        if name and isinstance(version, str):
            yield "npm", name, version, lines.get(path, 1)


def _lines(text: str, pattern: re.Pattern[str]) -> Mapping[str, int]:
    return {
        found[1]: number for number, line in enumerate(text.splitlines(), 1) if (found := pattern.match(line))
    }


def _python_name(name: str) -> str:
    """As PyPI compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()
