import asyncio
import hashlib
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.mcp.feeds.settings import VARIABLE
from bot.mcp.specs import StdioServer
from tests import tools
from tests.conftest import needed
from tests.tools import ROOT

TEST_DATA = ROOT / ".cache" / "testdata"


@dataclass(frozen=True)
class DemoSite:
    url: str
    feeds: list[dict[str, str]]

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def settings(self, **more: Any) -> dict[str, Any]:
        return {"feeds": self.feeds, "allow_hosts": [self.host], **more}


def feeds_server(settings: Mapping[str, Any]) -> StdioServer:
    """The bundled feeds server with ``settings``, run by this very Python."""
    environment = {VARIABLE: json.dumps(dict(settings)), "PYTHONPATH": str(ROOT)}
    return StdioServer("feeds", sys.executable, ("-P", "-m", "bot.mcp.feeds.server"), environment)


@pytest.fixture
async def demo_site() -> AsyncGenerator[DemoSite]:
    """The demo library, served by its own process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "bot.demo_library.server",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath},
    )
    assert process.stdin
    assert process.stdout
    async with asyncio.timeout(30):
        ready = json.loads(await process.stdout.readline())
    yield DemoSite(ready["url"], ready["feeds"])
    process.stdin.close()
    async with asyncio.timeout(30):
        await process.wait()


@pytest.fixture(scope="session")
def feedparser_suite() -> Path:
    """The source distribution whose tests are the corpus; its hash is checked."""
    lines = (ROOT / "requirements-testdata.txt").read_text().split()
    version = next(line.removeprefix("feedparser==") for line in lines if line.startswith("feedparser=="))
    expected = next(line.removeprefix("--hash=sha256:") for line in lines if line.startswith("--hash="))
    archive = TEST_DATA / f"feedparser-{version}.tar.gz"
    found = needed(
        archive if archive.is_file() else None, "feedparser's test suite (`make test` downloads it)"
    )
    assert hashlib.sha256(found.read_bytes()).hexdigest() == expected
    return found


@pytest.fixture
def everything(node_executable: Path, node_modules: Path) -> tuple[str, str]:
    script = node_modules / "@modelcontextprotocol/server-everything/dist/index.js"
    return str(node_executable), str(needed(script if script.is_file() else None, "server-everything"))


@pytest.fixture
def servers_folder() -> Path:
    python = needed(tools.clients(), "the environment with what others wrote (`make test` makes it)")
    folder = python.parent
    return needed(folder if (folder / "mcp-server-time").is_file() else None, "mcp-server-time")
