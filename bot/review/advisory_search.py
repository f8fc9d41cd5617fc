"""Finds advisories for packages in an OSV export: reads ``{"packages": …}`` on stdin, the export's folder is the argument.

A process of its own, because an export holds gigabytes of JSON that others wrote. Answers with one JSON object:
``{"found": [[position, id, summary, severity], …], "read": number of advisories looked at}``. Runs by path.
https://ossf.github.io/osv-schema/
"""

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from packaging.version import InvalidVersion, Version

LARGEST = 4_000_000
"""Bytes of one advisory; larger ones are passed over."""


def main() -> None:
    """Search, and say what was found."""
    packages: list[list[str]] = json.loads(sys.stdin.buffer.read())["packages"]
    wanted: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for position, (ecosystem, name, version) in enumerate(packages):
        wanted.setdefault((ecosystem.lower(), name.lower()), []).append((position, version))
    # Most advisories are of other packages: looking for the names in the bytes is a hundred times quicker than reading.
    names = re.compile(
        b"|".join(re.escape(json.dumps(name).encode()) for name in {p[1] for p in packages}), re.IGNORECASE
    )
    found: list[list[Any]] = []
    read = 0
    for raw in _advisories(Path(sys.argv[1])):
        read += 1
        if packages and not names.search(raw):
            continue
        try:
            found += _matches(json.loads(raw), wanted)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue  # one that is no advisory
    sys.stdout.write(json.dumps({"found": found, "read": read}))


def _advisories(folder: Path) -> Iterator[bytes]:
    paths = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
    for path in paths:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for item in archive.infolist():
                    if item.filename.endswith(".json") and item.file_size <= LARGEST:
                        yield archive.read(item)
        elif path.suffix == ".json" and path.stat().st_size <= LARGEST:
            yield path.read_bytes()


def _matches(
    advisory: dict[str, Any], wanted: dict[tuple[str, str], list[tuple[int, str]]]
) -> Iterator[list[Any]]:
    if advisory.get("withdrawn"):
        return
    told = set[int]()
    for affected in _objects(advisory.get("affected")):
        package = _object(affected.get("package"))
        # `Debian:12` is Debian; ours have no such part.
        ecosystem = str(package.get("ecosystem", "")).lower()
        name = str(package.get("name", "")).lower()
        if ecosystem == "pypi":
            name = re.sub(r"[-_.]+", "-", name)
        for position, version in wanted.get((ecosystem, name), ()):
            if position not in told and _is_affected(affected, ecosystem, version):
                told.add(position)
                summary = str(advisory.get("summary") or advisory.get("details") or "")[:300]
                yield [position, str(advisory["id"])[:100], summary, _severity(advisory, affected)]


def _is_affected(affected: dict[str, Any], ecosystem: str, version: str) -> bool:
    if version in (affected.get("versions") or []):
        return True
    key = _key(ecosystem, version)
    if key is None:
        return False
    return any(
        _in_range(_objects(one.get("events")), ecosystem, key)
        for one in _objects(affected.get("ranges"))
        if one.get("type") in {"ECOSYSTEM", "SEMVER"}
    )


def _in_range(events: list[dict[str, Any]], ecosystem: str, version: Any) -> bool:
    """Whether a version is affected by a range's events, as OSV evaluates them: sorted, the last that applies decides."""
    sorted_events: list[tuple[Any, str]] = []
    for event in events:
        for kind, value in event.items():
            key = _key(ecosystem, str(value))
            if key is not None and kind in {"introduced", "fixed", "last_affected"}:
                sorted_events.append((key, kind))
    inside = False
    for key, kind in sorted(sorted_events, key=lambda one: one[0]):
        if kind == "introduced" and version >= key:
            inside = True
        elif (kind == "fixed" and version >= key) or (kind == "last_affected" and version > key):
            inside = False
    return inside


def _key(ecosystem: str, version: str) -> Any:
    """What versions are compared by; None for what is none."""
    if ecosystem == "pypi":
        try:
            return Version(version)
        except InvalidVersion:
            return None
    return _semver(version)


def _semver(version: str) -> tuple[Any, ...] | None:
    """https://semver.org §11, build metadata left out."""
    found = re.fullmatch(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?", version.strip())
    if found is None:
        return None
    numbers = tuple(int(part or 0) for part in found.groups()[:3])
    if found[4] is None:
        return (*numbers, 1, ())
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in found[4].split("."))
    return (*numbers, 0, parts)


def _object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [_object(one) for one in cast("list[object]", value)] if isinstance(value, list) else []


def _severity(advisory: dict[str, Any], affected: dict[str, Any]) -> str:
    for place in (advisory, affected):
        for field in ("database_specific", "ecosystem_specific"):
            said = _object(place.get(field)).get("severity")
            if isinstance(said, str):
                return said.upper()
    return ""


if __name__ == "__main__":
    main()
