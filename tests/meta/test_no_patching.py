"""No test changes a client library: what the suite shows is what an unmodified one does."""

import ast
from collections.abc import Iterator

import pytest

from tests.meta.tree import code
from tests.tools import ROOT

LIBRARIES = ("nextcord", "discord", "disnake")
ADDRESS = "BASE"
"""The one thing that is set: where each library keeps the address of the API, its way to another server."""
CHANGES = frozenset({"setattr", "setitem", "delattr", "delitem", "patch", "object"})


def changed_libraries(source: str) -> Iterator[int]:
    """The lines that set or replace something of a client library."""
    tree = ast.parse(source)
    theirs = set(LIBRARIES) | set(_imported(tree))
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = [one for one in node.targets if isinstance(one, ast.Attribute) and one.attr != ADDRESS]
        elif isinstance(node, ast.Call) and _name(node.func) in CHANGES and node.args:
            targets = [node.args[0]]
        if any(_root(target) in theirs for target in targets):
            yield targets[0].lineno


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in LIBRARIES:
            yield from (one.asname or one.name for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (
                one.asname for one in node.names if one.asname and one.name.split(".")[0] in LIBRARIES
            )


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _root(target: ast.expr) -> str:
    if isinstance(target, ast.Constant):
        return str(target.value).split(".")[0]
    while isinstance(target, ast.Attribute):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


@pytest.mark.parametrize(
    "line",
    [
        "import nextcord\nnextcord.Client.close = None",
        "from nextcord.http import Route as R\nmonkeypatch.setattr(R, 'url', 'x')",
        "import discord.http as h\nsetattr(h.Route, 'url', 'x')",
        "mock.patch('nextcord.http.HTTPClient.request')",
        "monkeypatch.setattr('disnake.http.Route.url', 'x')",
    ],
)
def test_a_change_is_found(line: str) -> None:
    assert list(changed_libraries(line))


def test_using_a_library_is_no_change() -> None:
    assert not list(
        changed_libraries(
            "import nextcord\nbot = nextcord.Client()\nbot.name = 'x'\nnextcord.http.Route.BASE = 'x'"
        )
    )


def test_no_test_changes_a_client_library() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in code(".py")
        if path.relative_to(ROOT).parts[0] == "tests"
        for line in changed_libraries(path.read_text("utf-8"))
    ]
    assert found == []
