"""The server on which the stories play, and the few words they are told in."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app import Bot
from bot.local_discord.server import Config
from cogs.admin import admin
from cogs.tasks import tasks
from cogswarm.testing import BotWith, Heard, Members, Person, ScriptedModel

AGENTS = {
    "reviewer": {"capabilities": ["code", "debug"]},
    "designer": {"capabilities": ["ui", "mockup"]},
    "deployer": {"capabilities": ["infra", "k8s"]},
}


@dataclass(frozen=True, slots=True)
class Swarm:
    """A server with a bot, three people and three agents. ``ada`` owns the server."""

    bot: Bot
    ada: Person
    bo: Person
    chen: Person
    model: ScriptedModel

    async def makes_queue(self, channel: str, **settings: str) -> None:
        """Ada makes a channel a queue, as admins do: with ``/cogs config`` there."""
        here = await self.ada.in_channel(channel)
        panel = await (await here.slash("cogs config", cog="tasks", channel=here.channel_id)).answer()
        chooser = await self._picks(here, panel, "This channel is a queue", "queue")
        panel = await self._picks(here, chooser, "**This channel is a queue**: yes", "yes")
        for name, value in settings.items():
            form = await here.select(panel, None, name)
            await here.submit(form, value=value)
            panel = await here.sees(panel, value.split("\n")[-1])

    async def time_passes_in_silence(self) -> None:
        """Nobody who has a task shows any life for longer than its queue allows."""
        async with self.bot.database.connection() as conn:
            await conn.execute("UPDATE task SET lease_until = now() WHERE lease_until IS NOT NULL")
            await conn.execute("UPDATE cog_job SET due_at = now()")

    async def _picks(self, here: Person, panel: Heard, then: str, choice: str) -> Heard:
        await here.select(panel, None, choice)
        return await here.sees(panel, then)


@pytest.fixture
def local_discord_config() -> Config:
    return Config(scene=Path(__file__).with_name("swarm.yaml"))


@pytest.fixture
async def swarm(bot_with: BotWith, members: Members, scripted_model: ScriptedModel) -> Swarm:
    bot = await bot_with(tasks, admin, config={"agents": AGENTS}, model=scripted_model)
    ada, bo, chen = [await members(name, channel="requests") for name in ("ada", "bo", "chen")]
    return Swarm(bot, ada, bo, chen, scripted_model)
