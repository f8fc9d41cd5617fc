"""An ignored rule has its reason beside it, in the configuration and in the code."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.meta.tree import code
from tests.tools import ROOT

# Split, so that ruff and basedpyright do not take these lines for orders to themselves.
_NOQA = re.compile(r"#\s*no" + r"qa\b(?P<rest>.*)", re.IGNORECASE)
_PYRIGHT = re.compile(r"#\s*py" + r"right:\s*ignore(?P<rest>.*)")
_MYPY = re.compile(r"#\s*ty" + r"pe:\s*ignore")
_NOQA_WITH_REASON = re.compile(r":\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*[\s#(:—-]+\w")
_PYRIGHT_WITH_REASON = re.compile(r"\[[\w, ]+\][\s#(:—-]+\w")


def _unexplained(line: str) -> bool:
    noqa, pyright = _NOQA.search(line), _PYRIGHT.search(line)
    return bool(
        (noqa and not _NOQA_WITH_REASON.match(noqa["rest"]))
        or (pyright and not _PYRIGHT_WITH_REASON.match(pyright["rest"]))
        or _MYPY.search(line)
    )


def test_every_ignored_rule_of_ruff_has_a_reason() -> None:
    words = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lint: dict[str, Any] = tomllib.loads(words)["tool"]["ruff"]["lint"]
    ignored = {*lint["ignore"], *(rule for rules in lint["per-file-ignores"].values() for rule in rules)}
    assert ignored
    for rule in ignored:
        lines = [line for line in words.splitlines() if f'"{rule}"' in line]
        assert lines
        assert all(re.search(r"#\s*\w", line) for line in lines), f"{rule}: say why, on the same line"


def test_every_ignore_in_the_code_has_a_reason() -> None:
    found: list[str] = []
    for path in code(".py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, (above, line) in enumerate(pairwise(["", *lines]), start=1):
            if path != Path(__file__) and _unexplained(line) and not above.lstrip().startswith("# "):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not found, "say why, on the same line or the one above"


@pytest.mark.parametrize(
    "bare", ["# noqa", "# noqa: S310", "# pyright: ignore", "# pyright: ignore[reportAny]"]
)
def test_a_bare_ignore_is_found(bare: str) -> None:
    assert _unexplained(f"x = 1  {bare}")
    assert not _unexplained("x = 1  # noqa: S310 # the address is checked above")
    assert not _unexplained("x = 1  # pyright: ignore[reportAny] # the library has no types")
