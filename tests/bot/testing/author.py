"""A plugin author's own project in a folder, and its tests run as they run them: pytest in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.tools import ROOT

TIMEOUT = 120
STANDUP = ROOT / "plugins" / "standup" / "src"


def write_project(folder: Path, files: dict[str, str], *, asyncio_mode: str = "auto") -> Path:
    """Write test files and a pyproject.toml that has nothing in it but pytest's settings."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = (
        "[tool.pytest.ini_options]",
        f'asyncio_mode = "{asyncio_mode}"',
        'asyncio_default_fixture_loop_scope = "function"',
        'filterwarnings = ["error"]',
    )
    (folder / "pyproject.toml").write_text("\n".join(settings), "utf-8")
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a project; the answer has all that pytest printed."""
    paths = os.pathsep.join([str(ROOT), str(STANDUP)])
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COGSWARM_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder, env={**kept, "PYTHONPATH": paths},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=TIMEOUT,
    )  # fmt: skip
