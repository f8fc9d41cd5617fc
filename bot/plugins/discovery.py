"""Finds plugins without importing them: installed ones by entry point, local ones in the config's folders."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

GROUP = "cogswarm"
_SOURCE_FOLDERS = ("src", ".")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that was found: what to import, and where it came from. ``problem`` says why it cannot be."""

    name: str
    module: str
    version: str
    source: str
    folder: Path | None = None
    problem: str = ""


def find(paths: Sequence[Path]) -> list[Candidate]:
    """Every plugin, local ones first, by name; nothing is imported.

    A local plugin goes before an installed one of the same name, which is listed with that as its problem.
    """
    local = {candidate.name: candidate for candidate in _local(paths)}
    installed = [
        replace(one, problem=f"The one in {local[one.name].folder} goes before it.")
        if one.name in local
        else one
        for one in _installed()
    ]
    return sorted([*local.values(), *installed], key=lambda one: (one.folder is None, one.name))


def _installed() -> Iterable[Candidate]:
    seen: set[tuple[str, str]] = set()
    for point in metadata.entry_points(group=GROUP):
        # An editable install beside a checkout can list the same entry point twice.
        if (point.name, point.value) in seen:
            continue
        seen.add((point.name, point.value))
        dist = point.dist
        yield Candidate(
            name=point.name,
            module=point.value,
            version=dist.version if dist else "",
            source=dist.name if dist else "installed",
        )


def _local(paths: Sequence[Path]) -> Iterable[Candidate]:
    for path in paths:
        if not path.is_dir():
            continue
        for folder in sorted(path.iterdir()):
            if folder.is_dir() and not folder.name.startswith((".", "_")):
                yield from _in_folder(folder)


def _in_folder(folder: Path) -> Iterable[Candidate]:
    project = folder / "pyproject.toml"
    if not project.is_file():
        if (folder / "__init__.py").is_file():
            yield Candidate(folder.name, folder.name, "", str(folder), folder.parent)
        return
    try:
        table: dict[str, Any] = tomllib.loads(project.read_text("utf-8")).get("project", {})
        points: dict[str, Any] = table.get("entry-points", {}).get(GROUP, {})
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError, AttributeError) as error:
        yield Candidate(
            folder.name, "", "", str(folder), folder, f"Its pyproject.toml cannot be read: {error}."
        )
        return
    if not points:
        problem = f"Its pyproject.toml has no [project.entry-points.{GROUP}]; add one that names its module."
        yield Candidate(folder.name, "", str(table.get("version", "")), str(folder), folder, problem)
    for name, module in points.items():
        home = next(
            (folder / sub for sub in _SOURCE_FOLDERS if _has_module(folder / sub, str(module))), folder
        )
        yield Candidate(str(name), str(module), str(table.get("version", "")), str(folder), home)


def _has_module(folder: Path, module: str) -> bool:
    top = module.partition(":")[0].partition(".")[0]
    return (folder / top).is_dir() or (folder / f"{top}.py").is_file()
