"""A pull request cannot talk the tools out of what they find, have them run anything, or have them tell what is not its own.

Each case is the same faulty code with settings that would silence a tool, beside the control: the tool as people run it.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.review.checking import CheckReport
from bot.review.confined import ToolLimits
from bot.review.static_checks import StaticChecks
from tests.bot.review.changes import changes
from tests.sizes import size

pytestmark = pytest.mark.slow

LIMITS = ToolLimits(seconds=60)
CASES = size("AC-C2 cases", small=1, stated=13)
CODE = {
    "shop/pay.py": (
        "import os\n"
        "import pickle\n"
        "import subprocess\n"
        "\n"
        "\n"
        "def run(command, data, cache={}):\n"
        "    subprocess.call(command, shell=True)\n"
        "    return pickle.loads(data)\n"
        "\n"
        "\n"
        "KEY = 'AKIAIOSFODNN7EXAMPLQ'\n"
    )
}
REMARKS = {
    7: "# nosec",
    8: "# nosec B301",
    1: "# no" + "qa",
    2: "# no" + "qa: F401",
    6: "# no" + "qa",
    11: "# pragma: allowlist secret",
}
CANARY = "canary-of-this-machine-4711"


def hostile(secret: Path, canary: Path) -> Mapping[str, Mapping[str, str]]:
    """Settings by what they would do."""
    touch = f"open({str(canary)!r}, 'w').write('run')\n"
    return {
        "ruff leaves everything out": {"pyproject.toml": "[tool.ruff]\nexclude = ['*']\n[tool.ruff.lint]\nselect = []\n"},
        "ruff reads a file of ours": {"ruff.toml": f"extend = {str(secret)!r}\n", "shop/ruff.toml": f"extend = {str(secret)!r}\n"},
        "bandit skips": {".bandit": "[bandit]\nskips = B301,B403,B404,B602,B105\n", "setup.cfg": "[bandit]\nskips = B602\n"},
        "semgrep and gitleaks leave out": {".semgrepignore": "*\n", ".gitleaks.toml": "[allowlist]\npaths=['.*']\n", ".gitleaksignore": "*\n"},
        "detect-secrets has a baseline": {".secrets.baseline": json.dumps({"results": {}, "filters_used": [{"path": "file://evil.py::x"}]}), "evil.py": touch},
        "osv-scanner ignores": {"osv-scanner.toml": "[[IgnoredVulns]]\nid = 'PYSEC-1'\n"},
        "mypy loads a plugin": {"mypy.ini": "[mypy]\nplugins = ./plugin.py\n", "plugin.py": touch},
        "pytest runs conftest": {"conftest.py": touch, "pytest.ini": "[pytest]\n"},
        "python runs what it finds": {"sitecustomize.py": touch, "usercustomize.py": touch, "ruff.py": touch, "bandit.py": touch, "json.py": touch, "ruff/__main__.py": touch},
        "git runs a filter or a hook": {".gitattributes": "*.py filter=evil\n", ".git/config": f'[filter "evil"]\nsmudge = touch {canary}\n', ".git/hooks/post-checkout": f"#!/bin/sh\ntouch {canary}\n"},
        "paths lead elsewhere": {"../../../etc/evil.py": "x = 1\n", "/etc/evil.py": "x = 1\n", "-rf.py": "x = 1\n", "--config=x.toml": "x\n", "a\nb.py": "x = 1\n"},
        "a link to a file of ours": {"passwd.py": str(secret)},
    }  # fmt: skip


async def found_in(
    files: Mapping[str, str],
) -> tuple[CheckReport, set[tuple[str, str, str, int | None, str]]]:
    """The report, and what was found in the code of `CODE`."""
    report = await StaticChecks(LIMITS).look(*changes(files))
    every = [one for findings in report.findings.values() for one in findings]
    return report, {
        (one.spotted.by, one.spotted.rule, one.path, one.line, one.spotted.message)
        for one in every
        if one.path in CODE
    }


async def test_settings_of_the_pull_request_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, canary = tmp_path / "secret.toml", tmp_path / "canary"
    secret.write_text(f"{CANARY} = {{\n")
    monkeypatch.setenv("GITHUB_TOKEN", CANARY)
    plain, baseline = await found_in(CODE)
    rules = {(by, rule) for by, rule, *_ in baseline}
    assert {
        ("ruff", "F401"),
        ("ruff", "B006"),
        ("bandit", "B602"),
        ("bandit", "B301"),
        ("detect-secrets", "aws-access-key"),
    } <= rules
    assert {one.tool for one in plain.not_checked} == {"advisories"}
    turns = asyncio.Semaphore(2)

    async def one(name: str, settings: Mapping[str, str]) -> None:
        async with turns:
            report, found = await found_in({**CODE, **settings})
        assert found == baseline, name
        assert len(report.ran) == 3, name
        assert CANARY not in repr(report), name

    async with asyncio.TaskGroup() as group:
        cases = hostile(secret, canary)
        every = {path: text for settings in cases.values() for path, text in settings.items()}
        for name, settings in (*list(cases.items())[: CASES - 1], ("all at once", every)):
            group.create_task(one(name, settings))
    assert not canary.exists()
    lines = CODE["shop/pay.py"].splitlines()
    said = [
        f"{line}  {REMARKS[number]}" if number in REMARKS else line for number, line in enumerate(lines, 1)
    ]
    report, found = await found_in({"shop/pay.py": "\n".join(said) + "\n"})
    assert {one[:4] for one in found} == {one[:4] for one in baseline}
    assert [one.of for one in report.touched] == ["a remark that silences a tool"]
    assert plain.touched == ()


async def test_the_control_the_tools_as_people_run_them(tmp_path: Path) -> None:
    secret, canary = tmp_path / "secret.toml", tmp_path / "canary"
    secret.write_text(f"{CANARY} = {{\n")

    def naive(name: str, *command: str) -> str:
        folder = tmp_path / name.replace(" ", "-")
        for path, text in {**CODE, **hostile(secret, canary)[name]}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        ran = subprocess.run(
            [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False,
            env={"PATH": os.environ["PATH"]},
        )  # fmt: skip
        return ran.stdout if command[0] == "bandit" else ran.stdout + ran.stderr

    run = asyncio.to_thread
    assert "All checks passed" in await run(naive, "ruff leaves everything out", "ruff", "check", ".")
    assert CANARY in await run(naive, "ruff reads a file of ours", "ruff", "check", ".")
    silenced = json.loads(await run(naive, "bandit skips", "bandit", "-q", "-r", ".", "-f", "json"))
    assert silenced["results"] == []
    assert not canary.exists()
    await run(naive, "pytest runs conftest", "pytest", "-q", "-p", "no:cacheprovider")
    assert canary.exists()
