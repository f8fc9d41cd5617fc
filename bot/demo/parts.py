"""Starts the demo's parts in order and keeps them running until the end."""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.demo.children import Child, running
from bot.demo.settings import TOKEN_VARIABLE, Wishes, demo_config, write_config
from bot.demo_library import EXAMPLE_QUESTIONS, subjects, topics
from bot.errors import OutsideError, UserError

PORT = 8787
LIBRARY_PORT = 8788
BOT_SECONDS = 180.0
MAX_RESTARTS = 20

type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: what the local Discord says of itself, and what is answered from."""

    discord: dict[str, Any]
    ended: "asyncio.Future[str]"
    """Done with a sentence when a part has ended by itself."""

    @property
    def page_url(self) -> str:
        """The one address to open."""
        return str(self.discord["page_url"])


@asynccontextmanager
async def demo(
    state: Path, wishes: Wishes, environ: Mapping[str, str], say: Say, *, port: int = PORT
) -> AsyncGenerator[Demo]:
    """Everything a newcomer needs, until the block ends. Both halves of its state lie under ``state``."""
    logs = _prepared(state)
    with alone(state):
        say("Starting the local Discord, the library and a small GitHub …")
        async with (
            running(
                "The local Discord",
                [
                    "-m",
                    "bot.local_discord",
                    "--port",
                    str(port),
                    "--state",
                    str(state / "discord"),
                    "--stdin-eof",
                ],
                log_file=logs / "discord.log",
                environ=environ,
            ) as discord,
            _library(logs / "library.log", environ) as library,
            running(
                "The local GitHub", ["-m", "bot.local_github"], log_file=logs / "github.log", environ=environ
            ) as github,
        ):
            config = demo_config(
                api_url=discord.ready["api_url"],
                library=library.ready,
                topics=topics(),
                examples=EXAMPLE_QUESTIONS,
                about=subjects(),
                welcome_channel=int(discord.ready["welcome_channel"]),
                channels={name: int(one) for name, one in discord.ready["channels"].items()},
                data_dir=(state / "bot").absolute(),
                wishes=wishes,
                github=github.ready,
                guilds=[int(one) for one in discord.ready["guilds"].values()],
            )
            write_config(config, state / "config.yaml")
            say("Starting the bot; the first time its database is set up …")
            bot_environ = {**environ, TOKEN_VARIABLE: str(discord.ready["bot_token"])}
            async with _kept_running(state / "config.yaml", logs / "bot.log", bot_environ, say) as bot_ended:
                ended = asyncio.ensure_future(_first_end(bot_ended, discord, library, github))
                try:
                    yield Demo(discord.ready, ended)
                finally:
                    ended.cancel()


def _prepared(state: Path) -> Path:
    """Make the demo's folder; the answer is where its parts log."""
    logs = state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    return logs


@asynccontextmanager
async def _library(log_file: Path, environ: Mapping[str, str]) -> AsyncGenerator[Child]:
    """The library, at its usual port where that is free, so that links of an earlier day still work."""
    for port in (LIBRARY_PORT, 0):
        arguments = ["-m", "bot.demo_library.server", "--port", str(port)]
        try:
            async with running("The library", arguments, log_file=log_file, environ=environ) as child:
                yield child
                return
        except OutsideError:
            if port == 0:
                raise


@asynccontextmanager
async def _kept_running(
    config: Path, log_file: Path, environ: Mapping[str, str], say: Say
) -> AsyncGenerator["asyncio.Future[str]"]:
    """The bot; when it is killed it is started again, and goes on where it was."""
    first_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    keeping = asyncio.ensure_future(_keep(config, log_file, environ, say, first_ready))
    try:
        await asyncio.wait({keeping, first_ready}, return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            raise OutsideError(keeping.result())
        yield keeping
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})


async def _keep(
    config: Path, log_file: Path, environ: Mapping[str, str], say: Say, first_ready: "asyncio.Future[None]"
) -> str:
    arguments = ["-m", "cogswarm", "--config", str(config), "run", "--child"]
    why = ""
    for _ in range(MAX_RESTARTS):
        try:
            async with running(
                "The bot", arguments, log_file=log_file, environ=environ, ready_seconds=BOT_SECONDS
            ) as bot:
                if first_ready.done():
                    say("The bot is back.")
                else:
                    first_ready.set_result(None)
                why = await bot.ended()
        except OutsideError as error:
            return str(error)
        say("The bot was ended from outside; starting it again …")
    return f"The bot ended too often: {why}"


async def _first_end(bot_ended: "asyncio.Future[str]", *children: Child) -> str:
    ends = {bot_ended, *(asyncio.ensure_future(child.ended()) for child in children)}
    done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    return next(iter(done)).result()


@contextmanager
def alone(state: Path) -> Generator[None]:
    """Hold a demo's folder for this process. Raises `UserError` where another one has it."""
    descriptor = os.open(state / "demo.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise UserError(
            f"A demo is running in {state} already; end it, or choose another --state."
        ) from error
    finally:
        os.close(descriptor)
