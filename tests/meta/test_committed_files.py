"""What may stand in a committed file: no address of a registry, no path of one machine, no vague name, no long module."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.meta.tree import code, committed, text
from tests.tools import ROOT

LONGEST_MODULE = 600
VAGUE_NAMES = frozenset(
    {"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common", "stuff"}
)

# Written in pieces, so that this file does not hold what it forbids.
REGISTRIES = (
    "pypi.org/" + "simple",
    "files.python" + "hosted.org",
    "registry." + "npmjs.org",
    "registry." + "yarnpkg",
)
PIP_SOURCES = re.compile(
    r"^\s*(--index-url|-i |--extra-index-url|--find-links|-f |--trusted-host)", re.MULTILINE
)
MACHINE_PATHS = re.compile(r"(?<![\w./~:-])/(root|work|opt/py" + r"pi)/[\w.]")
BESIDE_CHECKOUT = ".." + "/shared"


def _lines_with(pattern: re.Pattern[str], words: str) -> Iterator[str]:
    return (line for line in words.splitlines() if pattern.search(line))


def _each_text() -> Iterator[tuple[Path, str]]:
    for path in committed():
        words = text(path)
        if words is not None:
            yield path.relative_to(ROOT), words


def test_no_file_names_a_registry() -> None:
    found = [f"{path}: {name}" for path, words in _each_text() for name in REGISTRIES if name in words]
    assert not found


def test_no_requirements_file_says_where_to_install_from() -> None:
    locks = [*ROOT.glob("requirements*"), *ROOT.glob("bot/**/requirements*.txt")]
    assert len(locks) > 4
    assert not [str(path) for path in locks if PIP_SOURCES.search(path.read_text(encoding="utf-8"))]


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [f"{path}: {line}" for path, words in _each_text() for line in _lines_with(MACHINE_PATHS, words)]
    assert not found


def test_only_tests_look_beside_the_checkout() -> None:
    found = [
        str(path) for path, words in _each_text() if path.parts[0] != "tests" and BESIDE_CHECKOUT in words
    ]
    assert not found


@pytest.mark.parametrize("line", ["see /ro" + "ot/x", "cd /wo" + "rk/main", "'/opt/py" + "pi/simple'"])
def test_the_pattern_knows_machine_paths(line: str) -> None:
    assert MACHINE_PATHS.search(line)


@pytest.mark.parametrize(
    "line", ["https://example.org/root/x", "~/work/x", "a/work/b", "/workers/1", "./work/x"]
)
def test_the_pattern_leaves_other_paths_alone(line: str) -> None:
    assert not MACHINE_PATHS.search(line)


def test_every_file_is_named_for_what_is_in_it() -> None:
    named = {
        path: {part.lower() for part in path.relative_to(ROOT).with_suffix("").parts} for path in committed()
    }
    assert not [str(path) for path, parts in named.items() if parts & VAGUE_NAMES]


def test_no_name_holds_a_space() -> None:
    assert not [str(path) for path in committed() if " " in str(path.relative_to(ROOT))]


def test_no_module_is_too_long_to_read() -> None:
    modules = code(".py", ".js", ".sh")
    assert modules
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules
    }
    assert not {path: lines for path, lines in lengths.items() if lines >= LONGEST_MODULE}
