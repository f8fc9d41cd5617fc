"""`cogswarm commands`: says what would change at Discord, changes it, and nothing when asked only to look."""

import asyncio
from pathlib import Path

import pytest
import yaml

from bot.local_discord.server import LocalDiscord
from tests.bot.cli.conftest import Run

PLUGIN = """
from cogswarm import Cog, Context, hookimpl
waver = Cog("waver", summary="Waves")
loud = Cog("loud", summary="Is refused")

@waver.command("wave", help="Wave")
async def wave(ctx: Context) -> None: ...

@loud.command("shout", help="")
async def shout(ctx: Context) -> None: ...

@hookimpl
def cogswarm_cogs() -> list[Cog]:
    return [waver, loud]
"""


@pytest.fixture
def guild(
    tmp_path: Path, local_discord: LocalDiscord, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> int:
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    folder = tmp_path / "plugins" / "waver_of_a_test"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(PLUGIN, "utf-8")
    config = {
        "discord": {"token": local_discord.bot_token, "api_url": local_discord.api_url},
        "database": {"url": database_url},
        "servers": {"defaults": ["waver", "loud"]},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    return next(iter(local_discord.stage.world.guilds))


@pytest.mark.usefixtures("logs_as_before")
async def test_diff_tells_and_sync_does(run: Run, guild: int, local_discord: LocalDiscord) -> None:
    here = f"Harbour Lab ({guild})"

    async def of_this_server(word: str) -> tuple[int, str]:
        code, said, _ = await asyncio.to_thread(run, "commands", word, "--server", str(guild))
        # The local Discord in this process logs to the same place, before the first line.
        return code, said[said.index(here) :]

    assert await of_this_server("diff") == (0, f"{here}:\n  + /shout\n  + /wave\n")
    world = local_discord.stage.world
    assert world.commands == {}
    code, said = await of_this_server("sync")
    assert (code, said.splitlines()[0]) == (0, f"{here}: 1 features registered.")
    assert "loud was left out" in said
    assert [one.name for one in world.commands_of(local_discord.application_id, guild)] == ["wave"]
    assert (await of_this_server("diff"))[1] == f"{here}:\n  + /shout\n"
    code, _, told = await asyncio.to_thread(run, "commands", "diff", "--server", "7")
    assert (code, told.splitlines()[-1]) == (1, "The bot is on no server with the id 7.")
    assert "everywhere:" in (await asyncio.to_thread(run, "commands", "diff"))[1]
