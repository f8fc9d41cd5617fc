"""The import contracts are kept, and each of them notices when it is broken."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.meta.tree import code
from tests.tools import ROOT

LINT_IMPORTS = (
    sys.executable,
    "-c",
    "from importlinter.cli import lint_imports_command as run; run()",
    "--no-cache",
)

BREACHES = [
    ("cogs/research/breach.py", "import bot.work", "A cog imports nothing of ours but cogswarm"),
    ("cogs/research/breach.py", "import nextcord", "Only bot.discord sees nextcord"),
    ("bot/work/breach.py", "import nextcord", "Only bot.discord sees nextcord"),
    ("bot/local_discord/breach.py", "from nextcord import Client", "Only bot.discord sees nextcord"),
    ("bot/local_discord/breach.py", "import bot.storage", "it knows nothing of the bot"),
    ("bot/discord/breach.py", "import bot.local_discord", "does not reach into the local Discord"),
    ("bot/llm/breach.py", "import bot.agents", "imports point one way"),
    ("bot/config/breach.py", "import bot.storage", "imports point one way"),
    ("bot/errors.py", "import bot.config", "imports point one way"),
    ("bot/work/breach.py", "import cogswarm", "cogs -> cogswarm -> bot"),
    ("cogswarm/breach.py", "import bot.cli", "does not reach the program above it"),
    ("bot/afterthought/__init__.py", "", "every package has its place"),
]


def _broken(root: Path) -> set[str]:
    done = subprocess.run(
        [*LINT_IMPORTS, "--config", str(ROOT / "pyproject.toml")],
        cwd=root, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    broken = {line.removesuffix(" BROKEN") for line in done.stdout.splitlines() if line.endswith(" BROKEN")}
    assert done.returncode == bool(broken)
    return broken


@pytest.fixture
def empty_house(tmp_path: Path) -> Path:
    """The packages and modules of the real tree without their contents, and with the one import that is allowed."""
    for module in code(".py"):
        inside = module.relative_to(ROOT)
        if inside.parts[0] in {"bot", "cogs", "cogswarm"}:
            (tmp_path / inside).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / inside).touch()
    (tmp_path / "bot/discord/__init__.py").write_text("import nextcord\n", encoding="utf-8")
    return tmp_path


def test_the_contracts_are_kept() -> None:
    assert _broken(ROOT) == set()


def test_an_empty_house_keeps_them(empty_house: Path) -> None:
    assert _broken(empty_house) == set()


@pytest.mark.parametrize(("file", "line", "contract"), BREACHES, ids=lambda value: str(value)[:40])
def test_a_breach_is_noticed(empty_house: Path, file: str, line: str, contract: str) -> None:
    (empty_house / file).parent.mkdir(exist_ok=True)
    (empty_house / file).write_text(f"{line}\n", encoding="utf-8")
    assert any(contract in name for name in _broken(empty_house))
