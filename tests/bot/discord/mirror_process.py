"""A process that keeps the mirror until it is killed: ``python -m tests.bot.discord.mirror_process API TOKEN DATABASE``."""

import asyncio
import sys
import tempfile
from pathlib import Path

from bot.discord.api import point_at
from bot.storage.opening import open_database
from tests.bot.discord.mirrored import mirroring


async def keep(api_url: str, token: str, database_url: str) -> None:
    point_at(api_url)
    with tempfile.TemporaryDirectory() as folder:
        async with open_database(database_url, Path(folder)) as database, mirroring(token, database):
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(keep(*sys.argv[1:]))
