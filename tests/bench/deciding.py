"""How long agents take to propose, as a ratio to the slowest of them, from 2 to 10 agents; the control asks one after the other.

``python tests/bench/deciding.py`` starts a database of its own; the agents' models take between 0.2 and 0.6 seconds each.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import uuid4

from bot.agents.persona import Model
from bot.llm.protocol import Event, Finished, Request, TextDelta, Usage
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.work import runs_table
from bot.work.engine import Engine
from bot.work.runs_table import NewRun
from bot.work.settings import EngineSettings
from cogs.consensus.drafting import drafted
from cogs.consensus.wanted import Slot, Wanted
from cogswarm import Cog, Run
from tests.chaos.deciding import ASKER, services_on

AGENTS = (2, 3, 5, 10)
FASTEST, SLOWEST = 0.2, 0.6


@dataclass(slots=True)
class Slow:
    """A model that takes as long as stands in its prompt."""

    label: str = ""

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        await asyncio.sleep(float(request.turns[-1].text.partition("<")[2].partition(">")[0]))
        yield TextDelta("Done so.")
        yield Finished("stop", Usage(10, 10))

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        raise AssertionError((texts, model))

    async def aclose(self) -> None:
        """Nothing is open."""


lab = Cog("lab", summary="Drafts")
lasted: dict[str, float] = {}


@lab.workflow
async def together(run: Run, seconds: list[float]) -> None:
    """Let agents draft as the consensus cog does."""
    began = time.perf_counter()
    drafts = await drafted(run, _wanted(seconds))
    lasted[run.title] = time.perf_counter() - began
    assert all(one.text for one in drafts)


@lab.workflow
async def in_turn(run: Run, seconds: list[float]) -> None:
    """Let each of them draft when the one before has."""
    began = time.perf_counter()
    for number, one in enumerate(seconds):
        talk = run.agent(f"agent{number}").converse(f"<{one}>", tools=(), purpose="chat")
        assert (await talk).text
    lasted[run.title] = time.perf_counter() - began


def _wanted(seconds: Sequence[float]) -> Wanted:
    slots = tuple(Slot(agent=f"agent{number}", brief=f"<{one}>") for number, one in enumerate(seconds))
    return Wanted(question="How?", channel_id=1, slots=slots)


async def _timed(engine: Engine, database: Database, workflow: str, seconds: list[float]) -> float:
    run_id, title = uuid4(), f"{workflow} {len(seconds)}"
    async with database.transaction() as conn:
        new = NewRun(run_id, "lab", workflow, {"seconds": seconds}, title, ASKER)
        await runs_table.insert(conn, new, status_row=None, thread_row=None)
    await engine.advance(run_id)
    return lasted[title]


async def measure() -> None:
    """Print a line for each number of agents."""
    chance = Random(7)  # noqa: S311 - the same each time
    with tempfile.TemporaryDirectory(prefix="cogswarm-bench-") as folder:
        async with open_database(None, Path(folder)) as database:
            flows = {("lab", name): flow for name, flow in lab.workflows.items()}
            engine = Engine(services_on(database, Model("m", Slow(), "m")), flows, EngineSettings())
            for count in AGENTS:
                seconds = [round(chance.uniform(FASTEST, SLOWEST), 3) for _ in range(count)]
                whole = await _timed(engine, database, "together", seconds)
                control = await _timed(engine, database, "in_turn", seconds)
                slowest = max(seconds)
                print(
                    f"{count:2} agents, the slowest {slowest:.2f} s: proposals after {whole:.2f} s ({whole / slowest:.2f} times); "
                    f"one after the other {control:.2f} s ({control / slowest:.2f} times)"
                )


if __name__ == "__main__":
    asyncio.run(measure())
