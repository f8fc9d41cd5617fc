"""The Makefile and the scripts: bare `make` lists every target, and an old make and a plain sh can run them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SCRIPTS = [*sorted((ROOT / "scripts").glob("*.sh")), ROOT / ".ci" / "run"]
INTERNAL = frozenset({"setup-run", "setup-test", "lint"})
# What GNU make 3.81 (macOS) does not know.
NEWER_MAKE = re.compile(r"^\.ONESHELL|!=|::=|\$\(file |\$\(guile |\$\(let |^define .*=", re.MULTILINE)
BASH_ONLY = re.compile(r"\[\[|<<<|\bfunction\b|^\s*local |\$'|&>|\bpipefail\b|^\s*source ", re.MULTILINE)
AS_ROOT = re.compile(r"^\s*(exec )?sudo\b|[;&|]\s*sudo\b", re.MULTILINE)


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("arguments", [[], ["help"]])
def test_make_lists_every_target(arguments: list[str]) -> None:
    make = shutil.which("make")
    assert make
    listed = subprocess.run([make, *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert set(re.findall(r"^ {2}make (\S+) +\S", listed, re.MULTILINE)) == _targets() - INTERNAL
    assert {"demo", "test", "check", "fix", "accept", "soak", "bench", "demo-reset", "lock"} <= _targets()


def test_every_target_is_phony() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == _targets()


def test_the_makefile_suits_an_old_make() -> None:
    assert not NEWER_MAKE.search(MAKEFILE)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_is_plain_sh_and_never_calls_sudo(script: Path) -> None:
    words = script.read_text(encoding="utf-8")
    code = "\n".join(line for line in words.splitlines() if not line.lstrip().startswith("#"))
    assert words.startswith("#!/bin/sh\n")
    assert script.stat().st_mode & 0o111, "make it executable"
    assert not BASH_ONLY.search(code)
    assert not AS_ROOT.search(code)
    subprocess.run(["/bin/sh", "-n", str(script)], check=True)


def test_ci_runs_make_test_and_nothing_else() -> None:
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("exec make test")
