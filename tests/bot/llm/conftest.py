"""aimock, a server that speaks the providers' protocols and that nobody here wrote."""

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.bot.llm.providers import KEY

_FIXTURES = Path(__file__).with_name("aimock_fixtures.json")
_START_SECONDS = 30


@pytest.fixture(scope="session")
def aimock(
    node_executable: Path, node_modules: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Its address; it knows one key and answers nothing that the fixtures file does not name."""
    program = node_modules / "@copilotkit/aimock/dist/cli.js"
    arguments = [
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--fixtures",
        str(_FIXTURES),
        "--strict",
        "--chunk-size",
        "7",
    ]
    with subprocess.Popen(
        [str(node_executable), str(program), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=tmp_path_factory.mktemp("aimock"),
        env={"PATH": os.environ.get("PATH", ""), "AIMOCK_API_KEYS": KEY},
        text=True,
    ) as child:
        assert child.stdout is not None
        try:
            yield _address(child.stdout)
        finally:
            child.kill()


def _address(output: IO[str]) -> str:
    """The address it prints; its output is read on, so that a full pipe never stops it."""
    found: list[str] = []
    said: list[str] = []
    ready = threading.Event()

    def read() -> None:
        for line in output:
            said.append(line)
            if not found and "listening on " in line:
                found.append(line.rpartition("listening on ")[2].strip())
                ready.set()
        ready.set()

    threading.Thread(target=read, daemon=True).start()
    assert ready.wait(_START_SECONDS), f"aimock did not start: {said}"
    assert found, f"aimock ended: {said}"
    return found[0]
