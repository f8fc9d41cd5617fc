"""How soon the first words of an agent stand in Discord after its model's first token, against one edit interval.

``python tests/bench/first_words.py [RUNS]``. The model writes a word every twentieth of a second for five seconds. The
control is the same agent whose answer is said when it is whole, in turn with it.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.app import running_bot
from bot.config.load import load_text
from bot.llm.factory import BUILT_IN
from bot.llm.protocol import Event, Finished, Request, TextDelta, Usage
from bot.local_discord.client.member import Member, join
from bot.local_discord.server import Config, LocalDiscord, running
from bot.observe.logging import configure_logging
from bot.plugins.loading import Loaded
from bot.work.streaming import PACE
from cogswarm import Cog, Context, Run

WORDS, PAUSE = 100, 0.05


@dataclass(slots=True)
class Slow:
    """A model that writes as slowly as most do, and knows when it began."""

    label: str = ""
    began: float = 0.0

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        assert request.turns
        self.began = time.perf_counter()
        for number in range(WORDS):
            yield TextDelta(f"word{number} ")
            await asyncio.sleep(PAUSE)
        yield Finished("stop", Usage(1, WORDS))

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        raise AssertionError((texts, model))

    async def aclose(self) -> None: ...


def teller() -> Cog:
    """An agent that answers while it writes, or when all is written."""
    cog = Cog("teller", summary="Tells")

    @cog.workflow
    async def tell(run: Run, streamed: bool) -> None:  # noqa: FBT001 - an argument of a run is given by name
        talk = run.agent("writer").converse("Tell me")
        if streamed:
            await run.stream(talk)
        else:
            await run.post((await talk).text)

    @cog.command("tell", help="Tell")
    async def now(ctx: Context, streamed: bool) -> None:  # noqa: FBT001 - an option of a command
        await ctx.start(tell, title="Tell", streamed=streamed)

    assert now
    return cog


@asynccontextmanager
async def house(folder: Path, model: Slow) -> AsyncGenerator[Member]:
    """The bot with the model in a local Discord, as it paces itself by default."""
    async with running(Config()) as local:
        text = yaml.safe_dump(settings(local, folder)).encode()
        loaded = load_text(text, folder / "config.yaml", {}, folder=folder)
        plugins = Loaded(cogs={"teller": teller()}, backends={**BUILT_IN, "slow": lambda _: model})
        async with running_bot(loaded, plugins) as bot, join(local.base_url, local.key) as member:
            await bot.router.ready.wait()
            yield member


def settings(local: LocalDiscord, folder: Path) -> dict[str, object]:
    return {
        "discord": {"token": local.bot_token, "api_url": local.api_url},
        "data_dir": str(folder / "data"),
        "embeddings": "none",
        "models": {"slow": {"backend": "slow"}},
        "agents": {"writer": {"model": "slow"}},
        "tools": {},
        "servers": {"defaults": ["teller"]},
    }


async def shown_after(member: Member, model: Slow, *, streamed: bool) -> float:
    """Seconds from the model's first token until somebody reads the first words."""
    guild = next(iter(member.guilds.values()))
    channel = next(str(one["id"]) for one in guild["channels"] if one["name"] == "general")
    seen = set(member.seen)
    outcome = await member.slash(channel, "tell", streamed=streamed)
    assert outcome.ok
    await member.message_where(
        lambda message: message["id"] not in seen and str(message["content"]).startswith("word0"), timeout=30
    )
    took = time.perf_counter() - model.began
    await member.message_where(
        lambda message: message["id"] not in seen and "✓ Done" in str(message["content"]), timeout=30
    )
    return took


async def measure(runs: int) -> None:
    """Print both medians, and what part of one edit interval the first words take."""
    model = Slow()
    with tempfile.TemporaryDirectory(prefix="cogswarm-bench-") as folder:
        async with house(Path(folder), model) as member:
            pairs = [
                (
                    await shown_after(member, model, streamed=True),
                    await shown_after(member, model, streamed=False),
                )
                for _ in range(runs)
            ]
    shown, whole = zip(*pairs, strict=True)
    part = [one / PACE for one in shown]
    print(f"first words shown: median {statistics.median(shown):.2f} s after the first token")
    print(f"said when whole: median {statistics.median(whole):.2f} s after the first token")
    print(
        f"first words, in edit intervals of {PACE:g} s: {min(part):.2f} / {statistics.median(part):.2f} / {max(part):.2f} "
        "(min/median/max)"
    )
    ratios = [one / other for one, other in pairs]
    print(f"ratio to the control, pair by pair: {statistics.median(ratios):.2f} (median)")


if __name__ == "__main__":
    configure_logging("warning")
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
