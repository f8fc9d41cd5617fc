"""The connector's document, done as it is written: set up, checked, rehearsed, run between a Discord and a bus, its tests run."""

import asyncio
import os
import re
import shutil
import signal
import sys
import sysconfig
from pathlib import Path

import pytest

from bot.local_discord.client.member import join
from bot.local_discord.server import LocalDiscord
from tests.bot.bus.servers import TOKEN, Bus, serving
from tests.cogs.mumega_bridge.answering import answering
from tests.meta.tree import committed
from tests.tools import ROOT
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(240)

DOCUMENT = ROOT / "docs" / "mumega.md"
SEED = ROOT.parent / "shared" / "seeds" / "mumega-connect-discord.md"
SETUP, RUN = (
    found[1].strip() for found in re.finditer(r"```bash\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
)


def commands(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_commands_are_those_of_the_connectors_own_document() -> None:
    if not SEED.is_file():
        pytest.skip("the connector's document does not lie beside this checkout")
    seed = SEED.read_text("utf-8")
    missing = [line for line in [*commands(SETUP), *commands(RUN)] if line not in seed]
    assert not missing


def environment(**more: str) -> dict[str, str]:
    """What is installed here takes the place of a package index; nothing else is different from a newcomer's."""
    installed = {
        "PYTHONPATH": sysconfig.get_paths()["purelib"],
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # which is how pip reads that it is wanted
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": os.environ.get("HOME", "/"), **installed, **more}


async def shell(script: str, folder: Path, **more: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        "bash", "-ec", script, cwd=folder, env=environment(**more),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 150)
    assert process.returncode is not None
    return process.returncode, out.decode()


async def test_setup_and_run_as_written(
    local_discord: LocalDiscord, database_url: str, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    for path in committed():
        target = checkout / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    code, said = await shell(SETUP, checkout)
    assert code == 0, said
    folder = checkout / "connectors" / "discord"
    check, rehearse, live = commands(RUN)

    code, said = await shell(f"source venv/bin/activate; {check}", folder)
    assert code == 78
    assert "DISCORD_BOT_TOKEN is not set" in said

    bus = Bus(answering)
    async with (
        serving(bus) as urls,
        join(local_discord.base_url, local_discord.key, None) as member,
    ):
        channel = await member.channel("general")
        minimum = [
            f"DISCORD_BOT_TOKEN={local_discord.bot_token}",
            f"MUMEGA_BUS_TOKEN={TOKEN}",
            "MUMEGA_DEFAULT_AGENT=loom",
        ]
        here = [
            f"MUMEGA_BUS_URL={urls['sos']}", f'MUMEGA_AGENT_MAP={{"{channel}": "kasra"}}', "POLL_INTERVAL=1",
            f"DISCORD_API_URL={local_discord.api_url}", f"COGSWARM_DATABASE_URL={database_url}",
        ]  # fmt: skip
        (folder / ".env").write_text("\n".join(minimum) + "\n", "utf-8")
        for script in (check, rehearse):
            code, said = await shell(f"source venv/bin/activate; {script}", folder)
            assert code == 0, said
            assert "loom" in said
            assert not any(TOKEN[start : start + 6] in said for start in range(len(TOKEN) - 5))
        assert "send    to=loom text='[request_id:" in said
        (folder / ".env").write_text("\n".join([*minimum, *here]) + "\n", "utf-8")

        logged_to = tmp_path / "log"
        log = logged_to.open("wb")
        process = await asyncio.create_subprocess_exec(
            "bash", "-ec", f"source venv/bin/activate; exec {live}", cwd=folder, env=environment(),
            stdin=asyncio.subprocess.DEVNULL, stderr=log,
        )  # fmt: skip
        try:

            async def at_work() -> bool:
                assert process.returncode is None, logged_to.read_text("utf-8")
                return "guild_ready" in logged_to.read_text("utf-8")

            await eventually(at_work, 60)
            said_message = await member.say(channel, "how deep is the harbour?")
            answer = await member.message_where(
                lambda one: "I heard" in one["content"] and one["channel_id"] == channel, timeout=60
            )
            assert answer["content"].startswith("**kasra**: ")
            assert answer["message_reference"]["message_id"] == said_message["id"]
            direct = await member.direct(local_discord.application_id)
            await member.say(direct, "and in private?")
            await member.message_where(
                lambda one: one["channel_id"] == direct and "**loom**" in one["content"], timeout=60
            )
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.wait(), 30)
            log.close()
    logged = logged_to.read_text("utf-8")
    for token in (TOKEN, local_discord.bot_token):
        assert not any(token[start : start + 6] in logged for start in range(len(token) - 5))
    assert [one.to for one in bus.sent] == ["kasra", "loom"]

    code, said = await shell(
        "source connectors/discord/venv/bin/activate; python -m pytest connectors/discord/tests/ -v", checkout
    )
    assert code == 0, said
    assert "9 passed" in said
