"""`cogswarm runs`: lists, shows, stops and retries runs of all servers, from the shell."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from bot.storage.database import Database
from bot.work import runs_table
from bot.work.principal import Principal
from bot.work.runs_table import NewRun
from tests.bot.cli.conftest import Run


@pytest.mark.usefixtures("logs_as_before")
async def test_runs_are_listed_shown_stopped_and_retried(
    run: Run, database: Database, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"database": {"url": database_url}}), "utf-8")

    async def told(*words: str) -> tuple[int, str]:
        code, out, err = await asyncio.to_thread(run, "runs", *words)
        return code, out + err

    assert "There are none." in (await told("list"))[1]
    waits, failed = uuid4(), uuid4()
    async with database.transaction() as conn:
        for run_id, guild, title in ((waits, 1, "Waits\x1b[2J here"), (failed, 2, "Has failed")):
            who = Principal(guild, 77 << 22, 5, "Ada")
            new = NewRun(run_id, "lab", "nothing", {}, title, who)
            await runs_table.insert(conn, new, status_row=None, thread_row=None)
        await conn.execute(
            "UPDATE run SET state = 'failed', error = 'No.', finished_at = now() WHERE id = %s", (failed,)
        )
    _, listed = await told("list")
    assert "Waits [2J here" in listed  # nothing that a terminal would take for an order
    assert "Has failed" not in listed
    assert "Has failed" in (await told("list", "--failed", "--server", "2"))[1]
    assert "Has failed" not in (await told("list", "--all", "--server", "1"))[1]

    _, shown = await told("show", str(failed)[:8])
    assert "error        No." in shown
    assert (await told("retry", str(failed)[:8]))[0] == 0
    code, again = await told("retry", str(failed))
    assert (code, "that failed or was stopped can be retried" in again) == (1, True)
    assert (await told("stop", str(waits)))[0] == 0
    async with database.connection() as conn:
        row = await runs_table.get(conn, waits)
        other = await runs_table.get(conn, failed)
    assert row is not None
    assert other is not None
    assert (row.stop_by, other.state, other.round) == (0, "ready", 1)
    code, nothing = await told("show", "ffffffff-none")
    assert (code, "no run whose id begins" in nothing) == (1, True)
    assert (await told("show", ""))[0] == 1
