"""The server on which the stories play, and the few words they are told in."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app import Bot
from bot.local_discord.server import Config
from bot.testing.heard import heard
from cogs.admin import admin
from cogs.auction import auction
from cogs.tasks import tasks
from cogs.tasks.cog import TasksSettings
from cogswarm.testing import BotWith, Heard, Members, Person, ScriptedModel
from tests.owned_clock import set_clock

AGENTS = {
    "reviewer": {"capabilities": ["code", "debug"], "concurrency": 1},
    "designer": {"capabilities": ["ui", "mockup"], "concurrency": 1},
    "deployer": {"capabilities": ["infra", "k8s"], "concurrency": 1},
}


@dataclass(frozen=True, slots=True)
class Swarm:
    """A server with a bot, three people and three agents. ``ada`` owns the server."""

    bot: Bot
    ada: Person
    bo: Person
    chen: Person
    model: ScriptedModel
    database_url: str

    async def makes_queue(self, channel: str, **settings: str) -> None:
        """Ada makes a channel a queue, as admins do: with ``/cogs config`` there."""
        here = await self.ada.in_channel(channel)
        panel = await (await here.slash("cogs config", cog="tasks", channel=here.channel_id)).answer()
        for name, value in {"queue": "yes", **settings}.items():
            panel = await self._sets(here, panel, name, value)

    async def time_passes_in_silence(self) -> None:
        """Nobody who has a task shows any life for longer than its queue allows."""
        async with self.bot.database.connection() as conn:
            await conn.execute("UPDATE task SET lease_until = now() WHERE lease_until IS NOT NULL")
        await self.the_bot_looks_around()

    async def the_bot_looks_around(self) -> None:
        """The bot looks after everything, as it does every few seconds."""
        async with self.bot.database.connection() as conn:
            await conn.execute("UPDATE cog_job SET due_at = now()")

    async def bids_are_over(self) -> None:
        """The time for bids is up; only the owner of the database can move the clock that they go by."""
        await set_clock(self.database_url, "auction_now", "clock_timestamp() + interval '1 hour'")
        await self.the_bot_looks_around()

    async def somebody_hears(self, text: str, who: Person | None = None) -> Heard:
        """A message with that text, wherever it is said; by Bo, if it is not said by whom."""
        seen = (who or self.bo).client.seen

        def said() -> Heard | None:
            return next((heard(one) for one in seen.values() if text in one["content"]), None)

        return await (who or self.bo).wait(said, f"A message “{text}” anywhere")

    def role(self, name: str) -> str:
        """How a role is mentioned."""
        (guild,) = self.ada.client.guilds.values()
        return next(f"<@&{role['id']}>" for role in guild["roles"] if role["name"] == name)

    async def _sets(self, here: Person, panel: Heard, name: str, value: str) -> Heard:
        label = TasksSettings.model_fields[name].title
        opened = await here.select(panel, None, name)
        if opened.modal is not None:
            await here.submit(opened, value=value)
        else:
            chooser = await here.sees(panel, f"**{label}** of")
            await here.select(chooser, None, value)
        shown = self.role(value) if name.endswith("role") else "; ".join(value.split("\n"))
        await self.somebody_hears(
            f"**{label}**: {shown}", here
        )  # what does not fit into the panel is below it
        return await here.sees(panel, lambda now: "Change a setting…" in now.buttons)


@pytest.fixture
def local_discord_config() -> Config:
    return Config(scene=Path(__file__).with_name("swarm.yaml"))


@pytest.fixture
async def swarm(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, database_url: str
) -> Swarm:
    bot = await bot_with(tasks, auction, admin, config={"agents": AGENTS}, model=scripted_model)
    ada, bo, chen = [await members(name, channel="requests") for name in ("ada", "bo", "chen")]
    return Swarm(bot, ada, bo, chen, scripted_model, database_url)
