"""The static tools together: what they read, what they leave out and say so, tests of changed functions, and advisories."""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.config.github import ChecksSection
from bot.review.advisories_tool import Advisories
from bot.review.confined import ToolFailed, ToolLimits
from bot.review.dependencies import dependencies
from bot.review.finding import Severity, Spotted
from bot.review.pull_request import FileText
from bot.review.semgrep_tool import Semgrep
from bot.review.static_checks import StaticChecks
from bot.review.tested import matched_tests
from bot.review.workspace import Workspace, workspace
from tests.bot.review.changes import changes
from tests.sizes import size

FILES = size("files of a large pull request", small=40, stated=300)


@pytest.mark.slow
async def test_a_large_pull_request_is_read_within_its_limits() -> None:
    code = "import os\n" + "".join(f"def f{one}(x):\n    return eval(x)\n\n\n" for one in range(20))
    files = {f"p{one:03}/mod.py": code for one in range(FILES)}
    checks = StaticChecks.configured(ChecksSection(), Path())
    report = await checks.look(*changes(files))
    assert len(report.ran) == 3
    assert {one.path for one in report.findings["security"]} == set(files)
    assert len(report.findings["security"]) == 20 * FILES
    assert len({one.fingerprint for one in report.findings["security"]}) == 20 * FILES
    assert len(report.untested) == 20 * FILES


@pytest.mark.slow
async def test_a_tool_that_fails_stops_no_other() -> None:
    async def broken(_work: Workspace, _limits: ToolLimits) -> Sequence[Spotted]:
        raise ToolFailed("semgrep fell over.")

    files, texts = changes({"a.py": "import os\n", "b.py": "def (:\n", "c.bin": "x"})
    texts.append(FileText("huge.py", None, "is larger than 512 KB"))
    report = await StaticChecks(ToolLimits(60), semgrep=broken).look(files, texts)  # pyright: ignore[reportArgumentType] - stands in for it
    assert [one.why for one in report.not_checked if one.tool == "semgrep"] == ["semgrep fell over."]
    assert [one.why for one in report.not_checked if one.path] == ["huge.py is larger than 512 KB."]
    assert {one.spotted.rule for one in report.findings["lint"]} == {"F401", "invalid-syntax"}


@pytest.mark.slow
async def test_only_what_the_pull_request_changes_is_told() -> None:
    old = "import os\n\n\ndef f(x):\n    return eval(x)\n"
    report = await StaticChecks(ToolLimits(60)).look(
        *changes({"a.py": old + "\n\ny = eval('1')\n"}, {"a.py": old})
    )
    assert {(one.line, one.spotted.by) for one in report.findings["security"]} == {(8, "bandit")}
    assert report.findings["lint"] == ()


@pytest.mark.slow
async def test_semgrep_is_asked_with_the_owners_rules_and_nothing_else(tmp_path: Path) -> None:
    program = tmp_path / "semgrep"
    program.write_text(
        "#!/usr/bin/env python3\n"
        "import json, os, sys\n"
        "names = sorted(os.listdir('code'))\n"
        "told = {'check_id': 'opt.rules.no-eval', 'path': 'code/' + names[0], 'start': {'line': 1}, 'end': {'line': 1},\n"
        "        'extra': {'severity': 'ERROR', 'message': json.dumps([sys.argv[1:], sorted(os.environ), os.listdir('.')])}}\n"
        "print(json.dumps({'results': [told]}))\n"
    )
    program.chmod(0o755)
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: []\n")
    with workspace([FileText("a.py", "eval('1')\n"), FileText(".semgrepignore", "*")]) as work:
        (found,) = await Semgrep(str(program), rules)(work, ToolLimits(20))
    assert (found.rule, found.path, found.severity) == ("no-eval", "a.py", Severity.HIGH)
    arguments, environ, _folder = json.loads(found.message)
    assert arguments[:3] == ["scan", "--config", str(rules)]
    assert {"--metrics=off", "--disable-nosem", "--no-git-ignore", "--disable-version-check"} <= set(
        arguments
    )
    assert not [name for name in environ if "TOKEN" in name]


TESTED = {
    "shop/cart.py": "def total(x):\n    return x\n\n\ndef lonely(x):\n    return x\n\n\nclass Cart:\n    def __init__(self):\n        self.x = 1\n\n    def add(self):\n        return 2\n",
    "tests/test_cart.py": "from shop.cart import Cart, total\n\n\ndef test_total():\n    assert total(1)\n\n\nclass TestCart:\n    def test_add(self):\n        assert Cart().add()\n",
    "tests/test_other.py": "def test_lonely():\n    assert lonely\n",
    "broken.py": "def (:\n",
}  # fmt: skip


def test_changed_functions_and_the_tests_that_name_them() -> None:
    files, texts = changes({"shop/cart.py": TESTED["shop/cart.py"], "broken.py": "def (:\n"})
    tests = {path: text for path, text in TESTED.items() if path.startswith("tests/")}
    tested, untested = matched_tests(files, texts, tests)
    assert {one.function: one.tests for one in tested} == {
        "total": ("tests/test_cart.py::test_total",),
        "Cart.add": ("tests/test_cart.py::TestCart::test_add",),
        "Cart.__init__": ("tests/test_cart.py::TestCart::test_add",),
    }
    assert [(one.function, one.line) for one in untested] == [("lonely", 5)]
    files, texts = changes({"shop/cart.py": TESTED["shop/cart.py"].replace("return 2", "return 3")}, TESTED)
    tested, untested = matched_tests(files, texts, tests)
    assert ([one.function for one in tested], untested) == (["Cart.add"], ())


LOCKS = {
    "requirements.txt": "Django==4.2.0  # web\nrequests[socks] == 2.30.0 ; python_version > '3'\nflask>=2\n",
    "uv.lock": 'version = 1\n[[package]]\nname = "jinja2"\nversion = "3.1.2"\n',
    "web/package-lock.json": json.dumps({"packages": {"": {"version": "1.0.0"}, "node_modules/lodash": {"version": "4.17.20"}}}, indent=1),
    "go.mod": "module x\nrequire (\n\tgolang.org/x/net v0.17.0\n)\n",
    "Cargo.lock": '[[package]]\nname = "time"\nversion = "0.1.43"\n',
    "poetry.lock": "not toml [",
}  # fmt: skip


def affected(
    ecosystem: str, name: str, *events: dict[str, str], kind: str = "ECOSYSTEM"
) -> dict[str, object]:
    return {
        "package": {"ecosystem": ecosystem, "name": name},
        "ranges": [{"type": kind, "events": list(events)}],
    }


ADVISORIES: dict[str, dict[str, object]] = {
    "A-1": {"affected": [affected("PyPI", "Django", {"introduced": "4.2"}, {"fixed": "4.2.1"})], "summary": "Bad SQL", "database_specific": {"severity": "CRITICAL"}},
    "A-2": {"affected": [affected("PyPI", "django", {"introduced": "0"}, {"fixed": "4.1"})]},
    "A-3": {"affected": [{"package": {"ecosystem": "PyPI", "name": "Jinja2"}, "versions": ["3.1.2"]}]},
    "A-4": {"affected": [affected("npm", "lodash", {"introduced": "0"}, {"last_affected": "4.17.20"}, kind="SEMVER")]},
    "A-5": {"affected": [affected("Go", "golang.org/x/net", {"introduced": "0"}, {"fixed": "0.17.0"}, kind="SEMVER")]},
    "A-6": {"affected": [affected("crates.io", "time", {"introduced": "0.1.0"}, {"fixed": "0.2.0-rc.1"}, kind="SEMVER")], "withdrawn": "2024-01-01T00:00:00Z"},
    "A-7": {"affected": [affected("crates.io", "time", {"introduced": "0.1.0"}, {"fixed": "0.2.0-rc.1"}, kind="SEMVER")]},
    "A-8": {"affected": "nonsense"},
}  # fmt: skip


def test_dependencies_are_read_off_their_files() -> None:
    texts = [FileText(path, text) for path, text in LOCKS.items()]
    assert {(one.ecosystem, one.name, one.version, one.line) for one in dependencies(texts)} == {
        ("PyPI", "django", "4.2.0", 1), ("PyPI", "requests", "2.30.0", 2), ("PyPI", "jinja2", "3.1.2", 3),
        ("npm", "lodash", "4.17.20", 6), ("Go", "golang.org/x/net", "0.17.0", 3), ("crates.io", "time", "0.1.43", 2),
    }  # fmt: skip


@pytest.mark.slow
async def test_dependencies_are_held_against_an_export(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name, one in ADVISORIES.items():
            archive.writestr(f"{name}.json", json.dumps({"id": name, **one}))
    (tmp_path / "more.json").write_text("not json")
    texts = [FileText(path, text) for path, text in LOCKS.items()]
    with workspace(texts) as work:
        found = {one.rule: one for one in await Advisories(tmp_path, texts)(work, ToolLimits(60))}
        assert set(found) == {"A-1", "A-3", "A-4", "A-7"}
        assert found["A-1"].message == "django 4.2.0 has a known weakness, A-1: Bad SQL."
        assert (found["A-1"].severity, found["A-1"].line) == (Severity.HIGH, 1)
        for folder in ("empty", "none"):
            (tmp_path / "empty").mkdir(exist_ok=True)
            with pytest.raises(ToolFailed, match=r"github\.checks\.advisories"):
                await Advisories(tmp_path / folder, texts)(work, ToolLimits(60))
