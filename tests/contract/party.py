"""The other side of a client program: starts it, and takes in what it tells."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.local_discord.server import LocalDiscord
from tests import tools

WAIT = 20.0


@dataclass(slots=True)
class Party:
    """A running client program."""

    process: asyncio.subprocess.Process
    _lines: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def tells(self, what: str) -> dict[str, Any]:
        """The oldest observation of this kind that was not yet taken, without its name."""
        while (found := next((line for line in self._lines if line["what"] == what), None)) is None:
            self._lines.append(await self._line())
        self._lines.remove(found)
        return {name: value for name, value in found.items() if name != "what"}

    async def until(self, what: str) -> list[dict[str, Any]]:
        """All that was told before the next observation of this kind, which is taken too."""
        while (
            found := next((i for i, line in enumerate(self._lines) if line["what"] == what), None)
        ) is None:
            self._lines.append(await self._line())
        before, self._lines = self._lines[:found], self._lines[found + 1 :]
        return before

    async def _line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(WAIT):
            raw = await self.process.stdout.readline()
        assert raw, f"the client ended; it had told of {self._lines}"
        line: dict[str, Any] = json.loads(raw)
        return line

    async def leaves(self) -> list[dict[str, Any]]:
        """Wait until the program has ended well; gives what nobody asked it for."""
        assert await self.tells("left") == {}
        async with asyncio.timeout(WAIT):
            assert await self.process.wait() == 0
        return self._lines


@asynccontextmanager
async def party(
    python: Path, program: str, local: LocalDiscord, bot: str, *, guild_id: int, shards: int = 0
) -> AsyncGenerator[Party]:
    """Run ``tests.contract.clients.<program>`` as one of the scene's bots while the block runs.

    What the program writes to standard error goes to ours, so that a failed test shows it.
    """
    where = local.as_json()
    arguments: dict[str, object] = {
        "api-url": where["api_url"],
        "gateway-url": where["gateway_url"],
        "base-url": where["base_url"],
        "token": where["bot_tokens"][bot],
        "guild-id": guild_id,
        "shards": shards,
    }
    process = await asyncio.create_subprocess_exec(
        python,
        *("-m", f"tests.contract.clients.{program}"),
        # a token may begin with a dash
        *(f"--{name}={value}" for name, value in arguments.items()),
        cwd=tools.ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Party(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
