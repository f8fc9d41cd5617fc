"""Two processes keep the same jobs: one does what is due, and kill -9 of it loses nothing and doubles nothing."""

import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from tests.e2e.house import house
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(120)

SOURCE = """
import asyncio
import os
from datetime import timedelta
from pathlib import Path
from cogswarm import Cog, Context, Run, hookimpl

HERE = Path(__file__).parent
bell = Cog("bell", summary="Rings")

@bell.workflow
async def ring(run: Run) -> None:
    await run.post("Ding dong.")

@bell.job(every=timedelta(days=1), jitter=timedelta())
async def noon(ctx: Context) -> None:
    await ctx.at(int((HERE / "channel").read_text())).start(ring, title="Noon", quiet=True)
    with (HERE / "begun").open("a") as begun:
        begun.write(f"{os.getpid()}\\n")
    while (HERE / "hold").exists():
        await asyncio.sleep(0.02)

@hookimpl
def cogswarm_cogs() -> list[Cog]:
    return [bell]
"""


async def test_a_job_whose_process_is_killed_is_done_by_the_other_and_begins_its_work_once(
    tmp_path: Path, database_url: str
) -> None:
    plugin = tmp_path / "plugins" / "bell_of_noon"
    plugin.mkdir(parents=True)
    (plugin / "__init__.py").write_text(SOURCE, "utf-8")
    (plugin / "hold").touch()

    async def rows(query: LiteralString) -> list[tuple[Any, ...]]:
        async with (
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn,
            await conn.execute(query) as cursor,
        ):
            return await cursor.fetchall() if cursor.description else []

    def begun() -> list[int]:
        told = plugin / "begun"
        return [int(line) for line in told.read_text("utf-8").split()] if told.exists() else []

    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(house(tmp_path))
        (plugin / "channel").write_text(str(home.welcome_channel), "utf-8")
        async with home.member() as member:
            guild = next(
                guild_id
                for guild_id, guild in member.guilds.items()
                if any(channel["id"] == str(home.welcome_channel) for channel in guild["channels"])
            )
        servers = {"defaults": ["bell"], "allow": [int(guild)]}
        settings = home.settings({}, database={"url": database_url}, embeddings="none", servers=servers)
        settings["tools"] = {}
        settings["plugins"] = {"paths": [str(tmp_path / "plugins")]}
        config = home.write(settings)
        bots = [await stack.enter_async_context(home.bot(config)) for _ in range(2)]
        pids = {bot.process.pid for bot in bots}

        async def job_is_there() -> bool:
            return len(await rows("SELECT 1 FROM cog_job")) == 1

        await eventually(job_is_there)
        await rows("UPDATE cog_job SET due_at = due_at - interval '2 days'")

        async def one_has_begun() -> bool:
            return len(begun()) == 1

        await eventually(one_has_begun)
        (first,) = begun()
        assert first in pids
        os.kill(first, signal.SIGKILL)
        await rows("UPDATE cog_job SET lease_until = now()")  # as if its time were over
        (plugin / "hold").unlink()

        async def done() -> bool:
            return await rows("SELECT 1 FROM cog_job WHERE lease_until IS NULL AND due_at > now()") == [(1,)]

        await eventually(done)
        assert begun() == [first, *(pids - {first})]

        async def said() -> bool:
            return await rows("SELECT state FROM run") == [("done",)]

        await eventually(said)

        async def all_is_said() -> bool:
            return await rows("SELECT 1 FROM outbox WHERE state IN ('pending', 'sending')") == []

        await eventually(all_is_said)
        async with home.member() as member:
            messages = await member.messages(str(home.welcome_channel))
        assert [one["content"] for one in messages].count("Ding dong.") == 1
