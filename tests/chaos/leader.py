"""A process in which agents lead tasks, with a model that always says the same: to be killed in the middle of it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from bot.agents.permit import StandardPermit
from bot.agents.persona import Model, Persona
from bot.agents.talk_table import Talks
from bot.clock import Clock
from bot.config.agents import BetweenAgentsSection
from bot.llm.protocol import Event, Finished, Request, TextDelta, Usage
from bot.storage.opening import open_database
from bot.work.agency import Agency
from bot.work.budget import RunMeter
from bot.work.engine import Engine
from bot.work.settings import EngineSettings
from cogs.tasks import tasks
from tests.bot.agents.at_work import INSTRUCTIONS, People, Tools
from tests.bot.work.test_engine import services_of

ANSWER = "All of it is done."
PLAN: dict[str, Any] = {
    "parts": [
        {"title": "Paint", "text": "Paint it.", "takes": [], "after": []},
        {"title": "Write", "text": "Write it.", "takes": [], "after": [1]},
    ]
}


class Sure:
    """A model that has one plan, and one answer."""

    label = ""

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """Answer by what it is asked for."""
        yield TextDelta(ANSWER if request.schema is None else json.dumps(PLAN))
        yield Finished("stop", Usage(10, 10))

    async def embed(self, texts: Any, *, model: str) -> list[list[float]]:
        """Never asked for."""
        raise AssertionError((texts, model))

    async def aclose(self) -> None:
        """Nothing is open."""


class Everybody:
    """Each agent is called what it is."""

    def get(self, name: str) -> Persona:
        """An agent."""
        return Persona(name, name.capitalize(), None, INSTRUCTIONS, (Model("m", Sure()),), lambda: "")


async def live(url: str, folder: str) -> None:
    """Work on what is due until killed."""
    personas: Any = Everybody()
    people = People()
    async with open_database(url, Path(folder)) as database:
        services = replace(
            services_of(database),
            personas=personas,
            tools=Tools(),
            meter=partial(RunMeter, database, Clock()),
            agency=Agency(
                permit=StandardPermit(people),
                members=people,
                holder=uuid4(),
                model=lambda _guild, _name: None,
                talks=Talks(database, BetweenAgentsSection()),
            ),
        )
        flows = {("tasks", name): flow for name, flow in tasks.workflows.items()}
        settings = EngineSettings(lease=0.8, heartbeat=0.1, sweep=0.05)
        await Engine(services, flows, settings).work_forever()


if __name__ == "__main__":
    asyncio.run(live(*sys.argv[1:3]))
