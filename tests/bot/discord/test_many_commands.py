"""Commands are acknowledged while every call of a language model hangs: nothing of the work stands before the answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bot.app import running_bot
from bot.clock import Clock
from bot.config.load import load_text
from bot.discord.api import pointed_at
from bot.llm.factory import BUILT_IN
from bot.llm.protocol import Event, Finished, Request, TextDelta, Usage
from bot.llm.provider import Connection
from bot.local_discord.client.member import join
from bot.local_discord.server import Config, running
from bot.local_discord.settings import Settings
from bot.plugins.loading import Loaded
from cogswarm import Cog, Context, Run
from tests.sizes import size
from tests.waiting import eventually

COMMANDS = size("AC-P5 commands", small=50, stated=200)
PATIENCE = 60.0


@dataclass(slots=True)
class Hanging:
    """A model provider whose answers wait until they are let go."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    answered: int = 0
    label: str = ""

    def opened(self, _connection: Connection) -> "Hanging":
        return self

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        assert request
        self.called.set()
        await self.go.wait()
        self.answered += 1
        yield TextDelta("At last.")
        yield Finished("stop", Usage(1, 1))

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        raise NotImplementedError(f"{texts} {model}")

    async def aclose(self) -> None:
        self.go.set()


def _thinker() -> Cog:
    cog = Cog("thinker", summary="Asks a model")

    @cog.workflow
    async def think(run: Run) -> None:
        await run.post(await run.step("think", run.agent("writer").answer, "Why?"))

    @cog.command("think", help="Ask the model")
    async def now(ctx: Context) -> None:
        await ctx.start(think)

    assert now
    return cog


async def test_commands_are_acknowledged_while_the_model_hangs(database_url: str, tmp_path: Path) -> None:
    model = Hanging()
    patient = Config(settings=Settings(interaction_timeout=PATIENCE))
    async with running(patient) as local, join(local.base_url, local.key) as member:
        with pointed_at(local.api_url):
            settings = {
                "discord": {"token": local.bot_token, "api_url": local.api_url},
                "database": {"url": database_url},
                "embeddings": "none",
                "tools": {},
                "models": {"slow": {"backend": "hanging", "model": "x"}},
                "agents": {"writer": {"model": "slow"}},
                "servers": {"defaults": ["thinker"]},
            }
            text = yaml.safe_dump(settings).encode()
            loaded = load_text(text, tmp_path / "config.yaml", {}, folder=tmp_path)
            plugins = Loaded(cogs={"thinker": _thinker()}, backends={**BUILT_IN, "hanging": model.opened})
            async with running_bot(loaded, plugins, clock=Clock()) as bot:
                await bot.router.ready.wait()
                channel = next(iter(local.stage.world.channels))
                asked = [member.slash(channel, "think", timeout=PATIENCE) for _ in range(COMMANDS)]
                outcomes = await asyncio.gather(*asked)
                await model.called.wait()
                # Nothing has been let go: whatever was acknowledged was so before any answer of the model.
                assert not model.go.is_set()
                assert model.answered == 0
                assert [outcome.ok for outcome in outcomes] == [True] * COMMANDS
                model.go.set()

                async def all_answered() -> bool:
                    return model.answered == COMMANDS

                await eventually(all_answered, PATIENCE)
