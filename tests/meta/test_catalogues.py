"""What a built-in cog says stands in its messages.py, so that it can be read, checked and translated in one place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEAKS = frozenset(
    {"reply", "post", "say_once", "stage", "note", "button", "UserError", "setting", "entry", "option"}
    | {"Cog", "command", "group", "user_command", "message_command", "tool", "select", "open_form", "Choice"}
)
"""Calls whose texts people read."""
SHOWN = frozenset(
    {"help", "label", "hint", "placeholder", "summary", "title", "labels", "hints", "text", "done", "now"}
)
"""Arguments by name that people read; the others are names and numbers."""
WORDS = re.compile(r"[A-Za-z]{2,}[.!?…]?\s+\S*[A-Za-z]{2,}")
"""Two words: what is shorter is a name, a mark or a key."""


def spoken(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Texts that people would read and that are written right here."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _name(node.func) not in SPEAKS:
            continue
        named = [(word.value, word.arg in SHOWN) for word in node.keywords]
        for value, is_shown in [*((one, False) for one in node.args), *named]:
            for text in _texts(value):
                if WORDS.search(text) or (is_shown and re.search(r"[A-Za-z]{2,}", text)):
                    yield value.lineno, text


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _texts(value: ast.expr) -> Iterator[str]:
    """The literals of an expression; what calls within it say is found at those."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    for part in _parts(value):
        yield from _texts(part)


def _parts(value: ast.expr) -> list[ast.expr]:
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Constant() | ast.JoinedStr() as literal)):
            return [literal, *value.args]  # "…".join(…), "…".format(…)
        case ast.Call():
            return []
        case ast.Dict():
            return value.values
        case _:
            return [inner for inner in ast.iter_child_nodes(value) if isinstance(inner, ast.expr)]


def test_what_cogs_say_stands_in_their_catalogues() -> None:
    found: list[str] = []
    for folder in sorted(one for one in (ROOT / "cogs").iterdir() if (one / "__init__.py").is_file()):
        assert (folder / "messages.py").is_file(), f"{folder.name} has no messages.py"
        for path in sorted(folder.rglob("*.py")):
            if path.name != "messages.py":
                tree = ast.parse(path.read_text("utf-8"))
                found += [
                    f"{path.relative_to(ROOT)}:{line}: {text!r} belongs into messages.py"
                    for line, text in spoken(tree)
                ]
    assert found == []


def test_the_check_finds_what_is_said() -> None:
    said = """
raise UserError("That is taken.")
await ctx.reply(f"Hello {name}, you are late.")
await ctx.reply("\\n".join([*lines, head if early else "It is late."]))
cog = Cog("lab", summary="Experiments")
@cog.command("echo", help=messages.ECHO, suggest={"text": suggest})
async def echo(ctx): await ctx.select("value", key, kind="choice", placeholder="Pick")
log.info("run taken up", run=1)
"""
    found = [text for _, text in spoken(ast.parse(said))]
    assert sorted(found) == [", you are late.", "Experiments", "It is late.", "Pick", "That is taken."]
