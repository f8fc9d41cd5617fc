"""Which changed functions have tests that name them: read from the texts, nothing is imported or run.

A test tells of a function where its body, or a fixture's in the same file, says the function's name (or its class's), in a
file that imports the module or says its name. That is a sign, not a proof: it finds what nobody thought of testing.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from bot.review.blobs import is_test
from bot.review.checking import Tested, Untested
from bot.review.diff_lines import diff_lines
from bot.review.pull_request import ChangedFile, FileText

_WORD = re.compile(r"[A-Za-z_]\w*")
_MOST_TESTS = 20
_MOST_CHARACTERS = 2_000_000
"""Larger files are not read: a parser's time and memory grow with them."""


@dataclass(frozen=True, slots=True)
class _Function:
    path: str
    name: str
    """With its class before a dot."""
    line: int
    end: int


@dataclass(frozen=True, slots=True)
class _Test:
    id: str
    words: frozenset[str]
    of_file: frozenset[str]


def matched_tests(
    files: Sequence[ChangedFile], texts: Sequence[FileText], tests: Mapping[str, str]
) -> tuple[tuple[Tested, ...], tuple[Untested, ...]]:
    """The changed functions with tests that name them, and those without."""
    lines = {file.path: diff_lines(file).added for file in files}
    here = {one.path: one.text for one in texts if one.text is not None and one.path.endswith(".py")}
    known = [
        test
        for path, text in {**tests, **{path: text for path, text in here.items() if is_test(path)}}.items()
        for test in _tests(path, text)
    ]
    tested: list[Tested] = []
    untested: list[Untested] = []
    for path, text in sorted(here.items()):
        if is_test(path) or PurePosixPath(path).name == "conftest.py":
            continue
        for one in _functions(path, text):
            if not any(one.line <= line <= one.end for line in lines.get(path, ())):
                continue
            ids = [test.id for test in known if _names(test, one)]
            if ids:
                tested.append(Tested(path, one.name, tuple(ids[:_MOST_TESTS])))
            else:
                untested.append(Untested(path, one.name, one.line))
    return tuple(tested), tuple(untested)


def _names(test: _Test, function: _Function) -> bool:
    module = PurePosixPath(function.path)
    called = module.stem if module.stem != "__init__" else module.parent.name
    *above, name = function.name.split(".")
    # What runs when something is made is tested by whoever makes it.
    wanted = {above[-1]} if above and name.startswith("__") else {name}
    return called in test.of_file and wanted <= test.words


def _tree(text: str) -> ast.Module | None:
    if len(text) > _MOST_CHARACTERS:
        return None
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _functions(path: str, text: str) -> Iterator[_Function]:
    tree = _tree(text)
    waiting: list[tuple[ast.AST, tuple[str, ...]]] = [(tree, ())] if tree else []
    while waiting:
        node, above = waiting.pop()
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    # With its decorators, whose change is a change of it.
                    begin = min([child.lineno, *(one.lineno for one in child.decorator_list)])
                    yield _Function(
                        path, ".".join((*above, child.name)), begin, child.end_lineno or child.lineno
                    )
                case ast.ClassDef():
                    waiting.append((child, (*above, child.name)))
                case ast.If() | ast.Try() | ast.With():
                    waiting.append((child, above))
                case _:
                    pass


def _tests(path: str, text: str) -> Iterator[_Test]:
    tree = _tree(text)
    if tree is None:
        return
    of_file = frozenset(_WORD.findall(text))
    helpers = set[str]()
    cases: list[tuple[str, frozenset[str]]] = []
    for name, node in _cases(tree.body, ()):
        words = frozenset(_words(node))
        if name.rpartition("::")[2].startswith("test"):
            cases.append((name, words))
        else:
            helpers |= words
    for name, words in cases:
        yield _Test(f"{path}::{name}", words | helpers, of_file)


def _cases(body: Iterable[ast.stmt], above: tuple[str, ...]) -> Iterator[tuple[str, ast.AST]]:
    for one in body:
        if isinstance(one, ast.ClassDef):
            yield from _cases(one.body, (*above, one.name))
        elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            yield "::".join((*above, one.name)), one


def _words(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        match one:
            case ast.Name():
                yield one.id
            case ast.Attribute():
                yield one.attr
            case ast.arg():
                yield one.arg
            case ast.Constant(value=str(text)):
                yield from _WORD.findall(text)
            case _:
                pass
