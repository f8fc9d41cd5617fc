"""The examples of docs/testing.md are whole test files, and they pass."""

import re
from pathlib import Path

import pytest

from tests.bot.testing.author import run_pytest, write_project
from tests.tools import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

_BLOCK = re.compile(r"^## (.+?)$|^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples() -> dict[str, str]:
    """The Python blocks of the document as test files, named for the section they stand in."""
    text = (ROOT / "docs" / "testing.md").read_text("utf-8")
    files: dict[str, str] = {}
    section = ""
    for found in _BLOCK.finditer(text):
        if found[1]:
            section = re.sub(r"\W+", "_", found[1].lower()).strip("_")
        else:
            files[f"test_{section}.py"] = found[2]
    return files


def test_every_example_passes(tmp_path: Path) -> None:
    files = examples()
    assert len(files) == 9
    tests = sum(text.count("def test_") for text in files.values())
    ended = run_pytest(write_project(tmp_path / "project", files), "-q")
    assert f"{tests} passed" in ended.stdout, ended.stdout + ended.stderr
    assert "warning" not in ended.stdout
