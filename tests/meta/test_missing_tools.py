"""A test whose tool is missing is skipped and counted, and in CI it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tools
from tests.conftest import needed
from tests.meta.fake_programs import program

TESTS = """
def test_plain(): pass
def test_browser(chromium_executable): pass
def test_other(chromium_executable): pass
"""


def _run(tmp_path: Path, **environ: str) -> tuple[int, str]:
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "pytest.ini").touch()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-c", "pytest.ini", "test_it.py"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tools.ROOT), **environ},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_they_are_skipped_and_counted(tmp_path: Path) -> None:
    code, out = _run(tmp_path, CHROMIUM="/no/such/browser")
    assert code == 0
    assert "2 tests skipped for missing tools\n  2 for Chromium" in out
    assert "1 passed, 2 skipped" in out.splitlines()[-1]


def test_in_ci_they_fail(tmp_path: Path) -> None:
    code, out = _run(tmp_path, CHROMIUM="/no/such/browser", CI="true")
    assert code == 1
    assert "missing tool: Chromium" in out
    assert "0 tests skipped for missing tools" in out


def test_with_the_tool_they_run(tmp_path: Path) -> None:
    code, out = _run(tmp_path, CHROMIUM=str(program(tmp_path / "browser", "exit 0")), CI="true")
    assert code == 0
    assert "3 passed" in out.splitlines()[-1]


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_missing_tool_is_named(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="missing tool: an anvil"):
        needed(None, "an anvil")
    assert needed(Path("anvil"), "an anvil") == Path("anvil")


def test_a_browser_is_found_by_any_of_its_names(tmp_path: Path) -> None:
    assert tools.chromium({"PATH": str(tmp_path), "CHROMIUM": str(tmp_path / "none")}) is None
    plain = program(tmp_path / "chromium-browser", "exit 0")
    assert tools.chromium({"PATH": str(tmp_path)}) == plain
    headless = program(tmp_path / "chromium-headless-shell", "exit 0")
    assert tools.chromium({"PATH": str(tmp_path)}) == headless


def test_half_installed_node_packages_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "node_modules/x").mkdir(parents=True)
    assert tools.node_modules(tmp_path) is None
    (tmp_path / "node_modules/.package-lock.json").touch()
    assert tools.node_modules(tmp_path) == tmp_path / "node_modules"


def test_the_tests_node_runs_the_packages_of_the_tests(node_executable: Path, node_modules: Path) -> None:
    asked = subprocess.run(
        [str(node_executable), "-p", "typeof require('@copilotkit/aimock')"],
        cwd=node_modules.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert asked.stdout.strip() == "object"


def test_the_other_libraries_count_only_when_their_set_up_was_finished(tmp_path: Path) -> None:
    python = tmp_path / ".cache/clients/bin/python"
    python.parent.mkdir(parents=True)
    program(python, "exit 0")
    assert tools.clients(tmp_path) is None
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/.done-clients").touch()
    assert tools.clients(tmp_path) == python
    python.unlink()
    assert tools.clients(tmp_path) is None
