"""Splits a piece of code into the coloured runs that the page draws."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, cast

from pygments.lexers import get_lexer_by_name  # pyright: ignore[reportUnknownVariableType] - its options are untyped
from pygments.token import (
    Comment,
    Generic,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    String,
)

type Run = tuple[str, str]
"""A class of the page's style sheet ("" for plain text), and the text that has it."""

LONGEST = 8000
PATIENCE = 0.5

_NAMES = """
asm awk bash bat batch c c# c++ clj clojure cmake cmd console cpp cs csharp css cypher dart diff docker dockerfile
elixir erl erlang ex f# fortran fsharp go golang gql graphql groovy haskell hcl hs html http ini java javascript
jinja jl js json jsonc jsx julia kotlin kt latex lisp llvm lua make makefile markdown matlab md mysql nasm nginx nim
nix objc objective-c ocaml pascal perl php pl plpgsql postgres postgresql powershell prolog properties proto
protobuf ps1 py py3 pycon python python3 pytb r rb rs rst ruby rust sass scala scheme scss sh shell shell-session
solidity sparql sql swift systemd systemverilog tcl terraform tex tf toml ts tsx typescript udiff vb.net verilog
vhdl vim vue wat xml xslt yaml yml zig zsh
"""
LANGUAGES = frozenset(_NAMES.split())
"""What may stand after the three backticks; others are shown plain. Exotic lexers stay out: not all end soon."""

_RENAMED = {
    "cmd": "batch",
    "gql": "graphql",
    "jl": "julia",
    "jsonc": "json",
    "kt": "kotlin",
}

_KINDS: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("comment", (Comment,)),
    ("type", (Keyword.Type, Name.Class, Name.Namespace, Name.Exception)),
    ("number", (Number, Keyword.Constant)),
    ("keyword", (Keyword, Operator.Word)),
    ("string", (String, Literal.Date, Literal)),
    ("function", (Name.Function, Name.Decorator, Name.Label)),
    ("tag", (Name.Tag,)),
    ("attribute", (Name.Attribute, Name.Property, Name.Builtin, Name.Constant, Name.Variable)),
    ("inserted", (Generic.Inserted,)),
    ("deleted", (Generic.Deleted, Generic.Error, Generic.Traceback)),
    ("heading", (Generic.Heading, Generic.Subheading, Generic.Prompt)),
    ("strong", (Generic.Strong,)),
    ("emphasis", (Generic.Emph,)),
)
KINDS = frozenset(kind for kind, _ in _KINDS)


class _Token(Protocol):
    def __contains__(self, other: object) -> bool: ...


class _Lexer(Protocol):
    def get_tokens(self, text: str) -> Iterable[tuple[object, str]]: ...


def runs_of(language: str, code: str, *, now: Callable[[], float] = time.monotonic) -> list[Run]:
    """The runs of a piece of code; joined they are the code again.

    An unknown language, code over 8,000 characters, and code that takes longer than half a second give one plain
    run. Waits between tokens only, so one token may take longer.
    """
    lexer = None if not code or len(code) > LONGEST else _lexer(language)
    if lexer is None:
        return _plain(code)
    try:
        runs = _joined(_in_time(lexer.get_tokens(code + "\n"), now))
    except TimeoutError:
        return _plain(code)
    # lexers know a line by its end; they also unify line ends and drop a byte order mark, but what was written
    # counts more than colours
    if "".join(text for _, text in runs) != code + "\n":
        return _plain(code)
    kind, last = runs[-1]
    return [*runs[:-1], (kind, last[:-1])] if len(last) > 1 else runs[:-1]


def _plain(code: str) -> list[Run]:
    return [("", code)] if code else []


def _lexer(language: str) -> _Lexer | None:
    name = language.lower()
    if name not in LANGUAGES:
        return None
    return cast("_Lexer", get_lexer_by_name(_RENAMED.get(name, name), stripnl=False, ensurenl=False))


def _in_time(tokens: Iterable[tuple[object, str]], now: Callable[[], float]) -> Iterator[tuple[object, str]]:
    end = now() + PATIENCE
    for token in tokens:
        if now() > end:
            raise TimeoutError
        yield token


def _joined(tokens: Iterable[tuple[object, str]]) -> list[Run]:
    runs: list[Run] = []
    for token, text in tokens:
        kind = _kind(token)
        if not text:
            continue
        if runs and runs[-1][0] == kind:
            runs[-1] = (kind, runs[-1][1] + text)
        else:
            runs.append((kind, text))
    return runs


def _kind(token: object) -> str:
    for kind, families in _KINDS:
        if any(token in cast("_Token", family) for family in families):
            return kind
    return ""
