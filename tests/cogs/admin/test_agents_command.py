"""/agents and /usage: what agents do and have used, and what admins choose about them, kept and within the owner's limits."""

import sys
from typing import Any

import matplotlib.figure  # here and not in a command: its first import takes seconds
import pytest

from bot.storage.database import Database
from cogs.admin import admin
from cogswarm import Cog, Context, Run
from cogswarm.llm import Usage
from cogswarm.testing import BotWith, ScriptedModel
from tests.cogs.admin.conftest import Reader

CONFIG: dict[str, Any] = {
    "models": {
        "dear": {"backend": "scripted", "price": {"input": 100.0, "output": 1_000.0}},
        "cheap": {"backend": "scripted"},
        "hidden": {"backend": "scripted"},
    },
    "agents": {
        "writer": {
            "model": "dear",
            "fallbacks": ["cheap"],
            "capabilities": ["prose"],
            "concurrency": 1,
            "delegates": ["reviewer"],
        },
        "reviewer": {"model": "cheap"},
    },
    "servers": {"limits": {"models": ["dear", "cheap"]}},
}


def desk() -> Cog:
    cog = Cog("desk", summary="Answers")

    @cog.workflow
    async def answer(run: Run, text: str) -> None:
        agent = run.agent("writer")
        talk = agent.converse(text)
        await run.stream(talk, speaker=agent.speaker)
        for note in (await talk).notes:
            await run.note(note)

    @cog.command("ask", help="Ask the writer")
    async def ask(ctx: Context, text: str) -> None:
        await ctx.start(answer, title="Asked", text=text)

    assert ask
    return cog


@pytest.fixture
async def running(bot_with: BotWith, scripted_model: ScriptedModel) -> ScriptedModel:
    await bot_with(desk(), admin, config=CONFIG)
    return scripted_model


@pytest.mark.slow
async def test_admins_see_and_change_what_agents_do(
    running: ScriptedModel, boss: Reader, bo: Reader, bot_with: BotWith, database: Database
) -> None:
    assert "🟢 idle · **Writer** (`writer`), dear" in await boss.ask("agents list")
    held = running.will_hold("Once upon ", "a time.")
    asked = await bo.person.slash("ask", text="Tell me")
    await held.asked()
    busy = await bo.ask("agents list")
    assert "🔵 working · **Writer**" in busy
    assert f"for <@{bo.person.user_id}> since" in busy
    assert "1 of at most 1 things" in await bo.ask("agents info", agent="writer")
    held.release()
    said = await asked.next()  # it may be read while it grows
    await (await asked.thread()).sees(said, "Once upon a time.")
    await asked.finished()

    info = await boss.ask("agents info", agent="writer")
    assert "1 model calls, 100% answered, 15 tokens, about $0.0060" in info
    assert "Good at: prose" in info
    assert "if that does not answer: cheap" in info

    assert "Manage Server" in await bo.ask("agents pause", agent="writer")
    paused = await boss.answer("agents pause", agent="writer")
    assert "Writer** is paused" in paused["content"]
    refused = await bo.person.slash("ask", text="Again")
    assert "Writer is paused by" in (await refused.finished()).text
    await bot_with.restart()
    assert "⏸️ paused · **Writer**" in await boss.ask("agents list")
    assert (await boss.click(paused, "Resume")).ok
    await boss.shows(paused, "works again")

    assert "there are: cheap, dear" in await boss.ask("agents model", agent="writer", model="hidden")
    assert "uses the model `cheap`" in await boss.ask("agents model", agent="writer", model="cheap")
    running.will_say("Cheaper.")
    await (await bo.person.slash("ask", text="Go")).finished()
    info = await boss.ask("agents info", agent="writer")
    assert "Model: cheap (chosen by this server's admins); if that does not answer: dear" in info
    assert "cost not known" in info
    assert f"paused by <@{boss.person.user_id}>" in info
    assert "uses the model `dear`" in await boss.ask("agents model", agent="writer")
    assert "no agent called" in await boss.ask("agents info", agent="nobody")
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT array_agg(action ORDER BY id) FROM agent_change")
        assert await cursor.fetchone() == (["pause", "resume", "model", "model"],)
    # Breakers are of one process each; what one of them noticed is read by all.
    for name, shown in (
        ("dear", "dear does not answer, so it works with cheap"),
        ("cheap", "out of order · **Writer**"),
    ):
        async with database.connection() as conn:
            await conn.execute(
                "INSERT INTO service_outage (name, until) VALUES (%s, now() + interval '1 hour')",
                (f"the model {name}",),
            )
        assert shown in await boss.ask("agents list")


@pytest.mark.slow
async def test_usage_is_shown_to_admins_of_all_and_to_others_of_themselves(
    running: ScriptedModel, boss: Reader, bo: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert matplotlib.figure
    assert "Nothing was used" in await boss.ask("usage")
    running.will_say("One.", usage=Usage(1_000, 100))
    await (await bo.person.slash("ask", text="Go")).finished()
    running.will_say("Two.", usage=Usage(10, 5))
    await (await boss.person.slash("ask", text="Go")).finished()
    answer = await boss.answer("usage", days=3)
    text = answer["content"]
    assert "this server has used in the last 3 days" in text
    assert "2 model calls, 1,115 tokens, about $0.2060" in text
    assert f"person 1: <@{bo.person.user_id}> person 2: <@{boss.person.user_id}>" in text
    (picture,) = answer["attachments"]
    assert picture["description"].endswith("by agent. writer: 1,115")
    own = await bo.ask("usage")
    assert "1 model calls, 1,100 tokens" in own
    assert "You see your own" in own
    assert "others have used" in await bo.ask("usage", who=str(boss.person.user_id))
    assert "15 tokens" in await boss.ask("usage", who=str(boss.person.user_id))
    for name in ("matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)  # as where it is not installed
    assert "pip install cogswarm[charts]" in await boss.ask("usage")
