"""A Postgres as an administrator might run it: nobody starts it again, and it has no roles of ours and no extension."""

import asyncio
import shutil
import socket
from collections.abc import AsyncGenerator, Mapping
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
    settings: Mapping[str, str]
    postmaster: Postmaster | None = None
    where: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.where = {"host": str(self.socket_dir), "port": self.settings["port"]}

    def url(self, role: str = ADMIN_ROLE, database: str = "postgres") -> str:
        return f"postgresql://{role}@/{database}?{urlencode(self.where)}"

    def tcp_url(self, role: str = ADMIN_ROLE, database: str = "postgres") -> str:
        return f"postgresql://{role}@127.0.0.1:{self.settings['port']}/{database}"

    async def start(self) -> None:
        self.launch()
        await self.answering()

    def launch(self) -> None:
        self.postmaster = start_postmaster(
            self.binaries,
            self.layout,
            self.user,
            socket_dir=self.socket_dir,
            settings=self.settings,
            tie=True,
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
async def bare_server(binaries: Binaries, folder: Path, *, tcp: bool = False) -> AsyncGenerator[BareServer]:
    layout = Layout(folder / "elsewhere")
    layout.folder.mkdir()
    user = server_user(layout.data)
    prepare_cluster(layout, binaries, user, sync=False)
    settings = dict(SETTINGS)
    if tcp:
        with (layout.data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.write("host all all 127.0.0.1/32 trust\n")
        settings.update(listen_addresses="127.0.0.1", port=str(_free_port()))
    server = BareServer(binaries, layout, user, socket_folder(layout, user), settings)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        shutil.rmtree(server.socket_dir)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
