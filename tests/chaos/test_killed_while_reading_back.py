"""kill -9 while what was missed is being read back: the next start goes on, and no message is handled twice."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.chaos.breakpoints import Breakpoints, breakpoints
from tests.e2e.house import House, channel_of, house, killed
from tests.sizes import size
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(120)

MESSAGES = size("missed events: messages around a kill", small=12, stated=120)
PLUGIN = """
from cogswarm import Cog, Context, Message, Run, hookimpl

scribe = Cog("scribe", summary="Starts a run for every message", intents={"message_content"})

@scribe.workflow
async def note(run: Run, text: str) -> None:
    await run.step("note", noted)

async def noted() -> str:
    return "noted"

@scribe.on_message
async def heard(ctx: Context, message: Message) -> None:
    await ctx.start(note, quiet=True, text=message.text)

@hookimpl
def cogswarm_cogs() -> list[Cog]:
    return [scribe]
"""
PROJECT = """
[project]
name = "scribe"
version = "1"
[project.entry-points.cogswarm]
scribe = "scribe_plugin"
"""


def _with_plugin(home: House, database_url: str) -> Path:
    folder = home.folder / "plugins" / "scribe"
    folder.mkdir(parents=True)
    (folder / "scribe_plugin.py").write_text(PLUGIN, "utf-8")
    (folder / "pyproject.toml").write_text(PROJECT, "utf-8")
    settings = home.settings({}, database={"url": database_url}, embeddings="none")
    settings["servers"] = {"defaults": ["scribe"]}
    settings["tools"] = {}
    return home.write(settings)


def _handled(points: Breakpoints, least: int) -> Callable[[], Awaitable[bool]]:
    async def handled() -> bool:
        ((count,),) = await points.rows("SELECT count(*) FROM run")
        return int(count) >= least

    return handled


async def test_killed_in_the_middle_of_reading_back(tmp_path: Path, database_url: str) -> None:
    async with house(tmp_path) as home, breakpoints(database_url) as points, home.member() as ben:
        config = _with_plugin(home, database_url)
        first, second = channel_of(ben, "research"), channel_of(ben, "general")
        async with home.bot(config) as bot:
            await ben.say(first, "before")
            await eventually(_handled(points, 1), 30)
            await killed(bot)
        for number in range(MESSAGES):
            await ben.say((first, second)[number % 2], f"missed {number}")
        # One channel is read and handled while the other hangs.
        await home.fault(method="GET", path=f"/api/v10/channels/{second}/messages", hang=True, times=None)
        async with home.bot(config) as bot:
            await eventually(_handled(points, 1 + MESSAGES // 2), 30)
            await killed(bot)
        await home.no_faults()
        for _ in range(2):
            async with home.bot(config) as bot:
                await eventually(_handled(points, 1 + MESSAGES), 30)
                await killed(bot)
        async with home.bot(config):
            await ben.say(first, "the end")
            await eventually(_handled(points, 2 + MESSAGES), 30)
        texts = await points.rows("SELECT args->>'text', count(*) FROM run GROUP BY 1")
        expected = {"before", "the end", *(f"missed {number}" for number in range(MESSAGES))}
        assert dict(texts) == dict.fromkeys(expected, 1)
