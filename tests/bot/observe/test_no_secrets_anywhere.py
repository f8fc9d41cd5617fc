"""AC-S4: no configured secret, in whatever form, leaves through logs, answers, prompts, the database or exports."""

import io
import logging
import sys
from base64 import b64encode
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import structlog
from psycopg import sql

from bot.local_discord.server import LocalDiscord
from bot.observe.logging import configure_logging
from bot.observe.redaction import forms_of
from cogs.admin import admin
from cogs.research.commands import cogswarm_cogs
from cogswarm import Cog, Context, Run
from cogswarm.testing import BotWith, Person, ScriptedModel
from tests.bot.mcp.desk import desk

pytestmark = pytest.mark.slow

KEY = "model-key/+?0123456789"
TOKEN = "tool-token/+?9876543210"
ODD = Path(__file__).parents[1] / "mcp" / "odd_server.py"


def told(secret: str) -> str:
    """The secret in the forms in which careless code prints it."""
    return f"{secret} {b64encode(secret.encode()).decode()} {quote(secret, safe='')} {secret!r}"


def careless() -> Cog:
    """A cog that breaks in each of its handlers with what it should not say."""
    cog = Cog("careless", summary="Breaks")

    @cog.workflow
    async def work(run: Run, where: str) -> None:
        if where == "step":
            await run.step("broken", _raise)
        raise RuntimeError(f"In the run of {run.title}: {told(KEY)} {told(TOKEN)}")

    async def _raise() -> None:
        raise ValueError(told(KEY))

    @cog.command("break", help="Break")
    async def now(ctx: Context, where: str) -> None:
        if where == "command":
            raise RuntimeError(told(TOKEN))
        await ctx.start(work, title="Break", where=where)

    assert now
    return cog


@pytest.fixture
def logged(local_discord: LocalDiscord) -> Generator[io.StringIO]:
    """All that is logged, as the command line sets it up."""
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level, before = list(root.handlers), root.level, structlog.get_config()
    configure_logging("info", [KEY, TOKEN, local_discord.bot_token], stream=stream)
    yield stream
    structlog.configure(**before)
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


async def stored(url: str) -> str:
    """Every row of every table, as text."""
    rows: list[str] = []
    async with await psycopg.AsyncConnection.connect(url) as conn:
        tables = await conn.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in await tables.fetchall():
            cursor = await conn.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table)))
            rows += [f"{table}: {row[0]}" for row in await cursor.fetchall()]
    assert any(row.startswith("run:") for row in rows)
    return "\n".join(rows)


async def test_ac_s4_what_breaks_tells_no_secret(
    bot_with: BotWith,
    scripted_model: ScriptedModel,
    member: Person,
    members: Any,
    local_discord: LocalDiscord,
    database_url: str,
    logged: io.StringIO,
) -> None:
    tools: dict[str, Any] = {
        "odd": {
            "command": [sys.executable, str(ODD)],
            "env": {"PYTHONPATH": str(Path.cwd()), "ODD_TOKEN": TOKEN},
            "read_only": "all",
        }
    }
    config: dict[str, Any] = {
        "models": {"main": {"backend": "scripted", "api_key": KEY}},
        "agents": {name: {"model": "main", "tools": ["odd"]} for name in ("writer", "researcher")},
        "tools": tools,
        "cogs": {"research": {}},
    }
    (research,) = cogswarm_cogs()
    await bot_with(desk(), careless(), research, admin, config=config)
    for where in ("step", "run"):
        broke = await (await member.slash("break", where=where)).finished()
        assert "Something broke here" in broke.text
    assert "Something broke here" in (await (await member.slash("break", where="command")).answer()).text
    scripted_model.will_call_all(("odd__environment", {}), ("odd__refuse", {}), ("odd__die", {}))
    scripted_model.will_say("I have seen it.")
    await (await member.slash("ask", text="What is there?")).finished()
    scripted_model.will_refuse()
    await (await member.slash("research", topic="tides")).finished()
    ada: Person = await members("ada")
    exported = (await (await ada.slash("cogs export")).answer()).text
    assert "cogs:" in exported

    world = local_discord.stage.world
    shown = [one.content for channel in world.channels for one in world.messages(channel)]
    prompts = [
        text
        for asked in scripted_model.asked
        for text in (
            asked.instructions,
            repr(asked.request.tools),
            *(turn.text for turn in asked.request.turns),
        )
    ]
    places = {
        "logs": logged.getvalue(),
        "messages": "\n".join(shown),
        "prompts": "\n".join(prompts),
        "database": await stored(database_url),
        "export": exported,
    }
    assert "run_broken" in places["logs"]
    assert "[redacted]" in places["logs"]
    assert 'ODD_TOKEN": "[redacted]"' in places["prompts"]
    for place, text in places.items():
        for secret in (KEY, TOKEN, local_discord.bot_token):
            leaked = [form for form in forms_of(secret) if form in text]
            assert leaked == [], (place, text[max(0, text.index(leaked[0]) - 200) :][:400])
