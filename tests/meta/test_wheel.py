"""The wheel that a plain `pip install` takes: all that runs is in it, and it runs from where it was unpacked."""

import configparser
import subprocess
import sys
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.meta.tree import committed
from tests.tools import ROOT

AUTHORS_TEST = """
from pathlib import Path
import bot
from cogswarm import Cog, Context

greet = Cog("greet", summary="Says hello")

@greet.command("greet", help="Say hello")
async def greet_now(ctx: Context) -> None:
    await ctx.reply(f"from {Path(bot.__file__).parent.parent}")

async def test_it(bot_with, member):
    await bot_with(greet)
    answer = await (await member.slash("greet")).answer()
    print(answer.text)
"""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel"), pytest.mark.timeout(150)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked by pip into a folder of its own; its dependencies are those of this environment."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"),
            *("--no-compile", "--target", str(folder), str(wheel)),  # compiled is what is imported, then
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def author(tmp_path: Path) -> Path:
    """A plugin author's project: a test and pytest's settings."""
    settings = 'asyncio_mode = "auto"\nasyncio_default_fixture_loop_scope = "function"\n'
    (tmp_path / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\n{settings}", "utf-8")
    (tmp_path / "test_it.py").write_text(AUTHORS_TEST, "utf-8")
    return tmp_path


def _inside(wheel: Path, ending: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(f".dist-info/{ending}"))
        return archive.read(name).decode()


def _metadata(wheel: Path) -> Message:
    return message_from_string(_inside(wheel, "METADATA"))


def test_every_committed_file_of_the_packages_is_in_it(names: set[str]) -> None:
    ours = {path.relative_to(ROOT).as_posix() for path in committed()}
    packaged = {name for name in ours if name.split("/")[0] in {"bot", "cogs", "cogswarm"}}
    assert packaged
    assert packaged <= names


def test_the_data_of_the_root_is_in_it(names: set[str]) -> None:
    prompts = {path.relative_to(ROOT).as_posix() for path in (ROOT / "prompts").rglob("*.md")}
    assert prompts
    assert {f"bot/_data/{name}" for name in (*prompts, "config.yaml")} <= names


@pytest.mark.parametrize(
    ("folder", "ending"),
    [
        ("bot/storage/migrations/", ".sql"),
        ("bot/local_discord/page/", ".html"),
        ("bot/demo_library/", ".md"),
    ],
)
def test_what_the_parts_read_is_in_it(names: set[str], folder: str, ending: str) -> None:
    assert [name for name in names if name.startswith(folder) and name.endswith(ending)]


def test_nothing_else_is_in_it(names: set[str]) -> None:
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"bot", "cogs", "cogswarm"}
    assert not [name for name in names if "__pycache__" in name or name.startswith(("bot/tests", "tests"))]


def _requirement(line: str) -> Requirement:
    asked = Requirement(line)
    return Requirement(str(asked).replace(asked.name, canonicalize_name(asked.name), 1))


def test_it_asks_for_what_the_project_asks_for(wheel: Path) -> None:
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    asked = {_requirement(line) for line in (line.partition("#")[0].strip() for line in lines) if line}
    required = {_requirement(line) for line in _metadata(wheel).get_all("Requires-Dist", [])}
    assert asked
    assert {each for each in required if each.marker is None} == asked


def test_it_carries_the_licence_and_the_commands(wheel: Path, names: set[str]) -> None:
    assert _metadata(wheel)["License-Expression"] == "Apache-2.0"
    assert {name.rpartition("/")[2] for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    points = configparser.ConfigParser()
    points.read_string(_inside(wheel, "entry_points.txt"))
    assert set(points["console_scripts"]) == {"cogswarm", "cogswarm-mcp-feeds", "cogswarm-mcp-fetch"}
    assert "research" in points["cogswarm"]


def _run(installed: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=installed.parent, env={"PYTHONPATH": str(installed), "PATH": ""},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_the_installed_wheel_finds_its_data(installed: Path) -> None:
    lines = (
        "from bot.resources import Resources as R",
        "r = R()",
        "print(r.default_config, r.migrations, r.page, *r.prompt_folders, sep='\\n')",
        "assert r.default_config.is_file() and all(f.is_dir() for f in (r.migrations, r.page, *r.prompt_folders))",
    )
    asked = _run(installed, "-c", "\n".join(lines))
    assert asked.returncode == 0, asked.stderr
    assert all(Path(line).is_relative_to(installed) for line in asked.stdout.splitlines())


def test_the_installed_wheel_has_a_working_command_line(installed: Path) -> None:
    asked = _run(installed, "-m", "cogswarm", "--help")
    assert asked.returncode == 0, asked.stderr
    assert "demo" in asked.stdout


def test_an_authors_tests_run_with_the_installed_wheel(wheel: Path, installed: Path, author: Path) -> None:
    extra = {
        each.name
        for line in _metadata(wheel).get_all("Requires-Dist", [])
        if (each := _requirement(line)).marker and each.marker.evaluate({"extra": "testing"})
    }
    assert extra == {"pytest", "pytest-asyncio"}
    asked = subprocess.run(
        [sys.executable, "-m", "pytest", "-s", "-q", "-p", "no:cacheprovider"],
        cwd=author, env={"PYTHONPATH": str(installed), "PATH": ""},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "1 passed" in asked.stdout, asked.stdout + asked.stderr
    assert f"from {installed}" in asked.stdout
