"""A process that works on a run with a tool loop, and kills itself (SIGKILL) at its n-th event; 0: never.

Each event (a model or a tool is asked, or has answered) is a line of the file, with the process's own effect.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from bot.importing import importing

with importing():
    from bot.agents.permit import StandardPermit
    from bot.agents.persona import Model, Persona
    from bot.agents.talk_table import Talks
    from bot.clock import Clock
    from bot.config.agents import BetweenAgentsSection
    from bot.discord.surface import DiscordSurface
    from bot.llm.protocol import Event, Finished, Request, TextDelta, ToolCall, Usage
    from bot.memory.library import Library
    from bot.plugins.cog import Cog
    from bot.storage.opening import open_database
    from bot.work.agency import Agency
    from bot.work.budget import RunMeter
    from bot.work.engine import Engine, EngineSettings
    from bot.work.run import Run
    from bot.work.services import RunServices
    from bot.work.surface import Speaker
    from tests.bot.agents.at_work import INSTRUCTIONS, People, Tools, tool

ROUNDS = 3
cog = Cog("lab", summary="Test cog")


@cog.workflow
async def talk(run: Run) -> None:
    conversation = run.agent("writer").converse("Find out")
    await run.stream(conversation, speaker=Speaker("Writer"))
    reply = await conversation
    await run.step("reply", _given, reply.text, reply.used)


async def _given(text: str, used: tuple[str, ...]) -> list[str]:
    return [text, *used]


class Diary:
    """What happened, on disk before anything else goes on; at the n-th line the process dies."""

    def __init__(self, path: Path, last: int) -> None:
        self._path = path
        self._last = last
        self._count = 0

    def note(self, event: str) -> None:
        with self._path.open("a") as file:
            file.write(f"{event}\n")
            file.flush()
            os.fsync(file.fileno())
        self._count += 1
        if self._count == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


class Inquisitive:
    """A model that asks for two tools in each of its rounds, then answers."""

    label = ""

    def __init__(self, diary: Diary) -> None:
        self._diary = diary

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        number = sum(turn.role == "assistant" for turn in request.turns)
        self._diary.note(f"model {number}")
        yield TextDelta(f"Round {number}. ")
        self._diary.note(f"answered {number}")
        if number < ROUNDS:
            yield ToolCall(f"{number}a", "feeds__search", {"q": number})
            yield ToolCall(f"{number}b", "feeds__read", {"id": number})
        yield Finished("tool_calls" if number < ROUNDS else "stop", Usage(10, 10))

    async def embed(self, texts: Any, *, model: str) -> list[list[float]]:
        raise AssertionError((texts, model))

    async def aclose(self) -> None: ...


class OnePersona:
    """Everybody is the writer."""

    def __init__(self, model: Inquisitive) -> None:
        self._model = Model("m", model)

    def get(self, name: str) -> Persona:
        return Persona(
            name, "Writer", None, INSTRUCTIONS, (self._model,), lambda: "", tools=frozenset({"feeds"})
        )


async def main(url: str, run_id: UUID, path: Path, last: int) -> None:
    diary = Diary(path, last)
    tools = Tools()
    for name in ("search", "read"):

        def does(given: Mapping[str, Any], name: str = name) -> str:
            diary.note(f"{name} {given}")
            return "found"

        tools.add(tool("feeds", name), does)
    nothing: Any = None
    personas: Any = OnePersona(Inquisitive(diary))
    people = People()
    async with open_database(url, path.parent) as database:
        services = RunServices(
            database=database,
            surface=DiscordSurface(nothing, Clock()),
            personas=personas,
            tools=tools,
            library=Library(database, None, Clock()),
            clock=Clock(),
            meter=lambda run, principal, budget: RunMeter(database, Clock(), run, principal, budget),
            agency=Agency(
                permit=StandardPermit(people),
                members=people,
                holder=uuid4(),
                model=lambda _guild, _name: None,
                talks=Talks(database, BetweenAgentsSection()),
            ),
        )
        engine = Engine(services, {("lab", "talk"): cog.workflows["talk"]}, EngineSettings(lease=0.5))
        # The one that died holds the run for its lease.
        await asyncio.sleep(0.6)
        await engine.advance(run_id)


asyncio.run(main(sys.argv[1], UUID(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])))
