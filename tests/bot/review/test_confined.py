"""What runs on files of strangers is limited in time, memory and output, and has no network, environment or input."""

import sys
from pathlib import Path

import psutil
import pytest

from bot.review.confined import ToolFailed, ToolLimits, ToolMissing, ToolTooSlow, run_confined

pytestmark = pytest.mark.slow

LIMITS = ToolLimits(seconds=20, memory_bytes=300 * 1024**2, output_bytes=1_000_000, file_bytes=1_000_000)


async def python(code: str, folder: Path, limits: ToolLimits = LIMITS) -> str:
    ran = await run_confined("probe", [sys.executable, "-I", "-c", code], folder, limits)
    return ran.output.decode() + ran.errors


async def test_no_network_no_environment_no_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "canary")
    said = await python(
        "import os, socket, sys, subprocess\n"
        "print(sorted(os.environ), sys.stdin.read(), os.getcwd())\n"
        "for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):\n"
        "    try: socket.socket(family); print('OPEN')\n"
        "    except OSError as error: print(error.strerror)\n"
        "socket.socketpair()\n"
        "code = 'import socket; socket.create_connection((\"127.0.0.1\", 1))'\n"
        "print(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stderr[-40:])\n",
        tmp_path,
    )
    assert "DISCORD_TOKEN" not in said
    assert str(tmp_path) in said
    if sys.platform == "linux":
        assert "OPEN" not in said
        assert said.count("Permission denied") == 4
        assert "could not be taken away" not in said


async def test_time_memory_and_output_have_an_end(tmp_path: Path) -> None:
    with pytest.raises(ToolTooSlow, match=r"took longer than 0\.3 seconds"):
        await python("while True: pass", tmp_path, ToolLimits(seconds=0.3))
    assert "MemoryError" in await python("x = bytearray(10**9)", tmp_path)
    with pytest.raises(ToolFailed, match="said more than"):
        await python("while True: print('x' * 100000)", tmp_path)
    assert "File too large" in await python("open('big', 'wb').write(b'x' * 2_000_000)", tmp_path)
    with pytest.raises(ToolMissing, match="no-such-tool is not installed"):
        await run_confined("no-such-tool", ["no-such-tool-anywhere"], tmp_path, LIMITS)


async def test_what_it_has_started_ends_with_it(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        "open('pid', 'w').write(str(child.pid)); time.sleep(600)\n"
    )
    with pytest.raises(ToolTooSlow):
        await python(code, tmp_path, ToolLimits(seconds=1.5))
    assert not _works(int((tmp_path / "pid").read_text()))


def _works(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
