"""Starting is quick: a bot imports what only some bots need where they need it."""

import subprocess
import sys

import pytest

from tests.tools import ROOT

pytestmark = pytest.mark.slow

FOR_SOME = frozenset(
    {
        "PIL",
        "anthropic",
        "mcp",
        "mcp_types",
        "numpy",
        "ollama",
        "openai",
        "starlette",
        "tokenizers",
        "uvicorn",
    }
)
"""Each takes from a tenth of a second to a whole one to import."""


def _imported(*modules: str) -> frozenset[str]:
    code = f"import sys, {', '.join(modules)}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return FOR_SOME.intersection(done.stdout.split())


def test_a_bot_and_its_cogs_import_only_what_every_bot_needs() -> None:
    cogs = sorted(f"cogs.{path.parent.name}" for path in (ROOT / "cogs").glob("*/__init__.py"))
    assert len(cogs) >= 11
    assert _imported("bot.app", "cogswarm", *cogs) == frozenset()


def test_what_only_some_need_is_noticed() -> None:
    assert _imported("bot.mcp.connection") >= {"mcp", "mcp_types"}
