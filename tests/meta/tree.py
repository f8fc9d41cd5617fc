"""The files that a commit would hold, for tests that read the repository itself."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.tools import ROOT

CODE = ("bot", "cogs", "cogswarm", "scripts", "tests")


@cache
def committed() -> tuple[Path, ...]:
    """Every tracked file and every new one that git does not ignore; skips where this is no git checkout."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so nothing says which files are committed")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def code(*endings: str) -> list[Path]:
    """The committed source files with one of these endings, in the folders that hold our own code."""
    return [
        path
        for path in committed()
        if path.suffix in endings and path.relative_to(ROOT).parts[0] in CODE
    ]  # fmt: skip


def text(path: Path) -> str | None:
    """The file's text, or None for a file that is no UTF-8 text, such as a picture."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
