"""A Postgres as an administrator might run it: nobody starts it again, and it has no roles of ours and no extension."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from bot.errors import OutsideError
from bot.storage.binaries import Binaries
from bot.storage.cluster import ADMIN_ROLE, SETTINGS, Layout, prepare_cluster
from bot.storage.connecting import connected
from bot.storage.postmaster import Postmaster, StopTimes, start_postmaster
from bot.storage.server_address import socket_folder
from bot.storage.server_user import ServerUser, server_user
from tests.bot.storage.probe import LIMIT_S


@dataclass(slots=True)
class BareServer:
    binaries: Binaries
    layout: Layout
    user: ServerUser
    socket_dir: Path
    postmaster: Postmaster | None = None
    where: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.where = {"host": str(self.socket_dir), "port": SETTINGS["port"]}

    def url(self, role: str = ADMIN_ROLE, database: str = "postgres") -> str:
        return f"postgresql://{role}@/{database}?{urlencode(self.where)}"

    async def start(self) -> None:
        self.launch()
        await self.answering()

    def launch(self) -> None:
        self.postmaster = start_postmaster(
            self.binaries, self.layout, self.user, socket_dir=self.socket_dir, settings=SETTINGS, tie=True
        )

    async def answering(self) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not await self._answers():  # noqa: ASYNC110 -- nothing here could set an event
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        if self.postmaster is not None:
            await self.postmaster.stop(StopTimes())

    async def _answers(self) -> bool:
        try:
            async with connected({**self.where, "user": ADMIN_ROLE, "dbname": "postgres"}):
                return True
        except OutsideError:
            return False


@asynccontextmanager
async def bare_server(binaries: Binaries, folder: Path) -> AsyncGenerator[BareServer]:
    layout = Layout(folder / "elsewhere")
    layout.folder.mkdir()
    user = server_user(layout.data)
    prepare_cluster(layout, binaries, user, sync=False)
    server = BareServer(binaries, layout, user, socket_folder(layout, user))
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        shutil.rmtree(server.socket_dir)
