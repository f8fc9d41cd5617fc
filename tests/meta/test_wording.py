"""The sentences that the bot shows use people's words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bot.wording import SHOWN

ROOT = Path(__file__).parents[2]
SPEAKING = ("cogs", "bot/discord", "bot/work", "bot/agents", "bot/plugins")
"""What speaks to people on a server; the owner, who writes the config, knows its keys."""
OURS = re.compile(rf"\b({'|'.join(SHOWN)})s?\b", re.IGNORECASE)
SENTENCE = re.compile(r"^[A-Z“/*].*\s.*[.!?:]$", re.DOTALL)


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Texts that read like a sentence and are not documentation."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    lone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if id(node) not in docs | lone and SENTENCE.match(text.strip()):
            yield node.lineno, text.strip()


def test_what_people_read_is_in_their_words() -> None:
    found: list[str] = []
    seen = 0
    for folder in SPEAKING:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for line, text in sentences(ast.parse(path.read_text("utf-8"))):
                seen += 1
                if OURS.search(text):
                    found.append(f"{path.relative_to(ROOT)}:{line}: {text}")
    assert seen > 40
    assert found == []
