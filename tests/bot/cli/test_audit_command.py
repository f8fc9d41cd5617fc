"""`cogswarm audit`: says whether the record of who decided what is whole, and prints it."""

import asyncio
import json
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import yaml

from bot.asks import audit_table
from bot.asks.audit_table import Deed
from bot.storage.database import Database
from tests.bot.cli.conftest import Run


@pytest.mark.usefixtures("logs_as_before")
async def test_the_record_is_verified_and_exported(
    run: Run, database: Database, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"database": {"url": database_url}}), "utf-8")

    async def told(*words: str) -> tuple[int, str, str]:
        return await asyncio.to_thread(run, "audit", *words)

    for number in range(3):
        async with database.transaction() as conn:
            await audit_table.add(
                conn, Deed(number % 2 + 1, "approve", uuid4(), 5, 1, "role 1", "", "a note")
            )
    code, out, _ = await told("erase", "--server", "2", "--member", "6", "--yes")
    assert code == 0
    assert "0 texts are erased" in out
    code, out, _ = await told("erase", "--server", "2", "--member", "5")
    assert code != 0, "nobody has said yes"
    code, out, _ = await told("erase", "--server", "2", "--member", "5", "--yes")
    assert "1 texts are erased" in out
    code, out, _ = await told("verify")
    assert code == 0
    assert "3 rows, 1 with erased texts." in out
    head = out.strip().rpartition(" ")[2]
    assert (await told("verify", "--head", head))[0] == 0
    code, out, err = await told("verify", "--head", "0" * 63 + "1")
    assert code == 1
    assert "cut off" in err
    _, exported, _ = await told("export", "--server", "1")
    rows = [json.loads(line) for line in exported.splitlines()]
    assert [(row["number"], row["text"], row["erased"]) for row in rows] == [
        (1, "a note", False),
        (3, "a note", False),
    ]

    async with await psycopg.AsyncConnection.connect(database_url) as owner:
        await owner.execute("UPDATE audit SET actor_id = 6 WHERE number = 2")
    code, out, err = await told("verify")
    assert code == 1
    assert "row 2: it was changed" in out
    assert "tampered" in err
    async with await psycopg.AsyncConnection.connect(database_url) as owner:
        await owner.execute("UPDATE audit SET actor_id = 5 WHERE number = 2")
    code, out, _ = await told("erase", "--server", "1", "--yes")
    assert "2 texts are erased" in out
    code, out, _ = await told("verify", "--head", head)
    assert code == 0
    assert "3 rows, 3 with erased texts." in out
