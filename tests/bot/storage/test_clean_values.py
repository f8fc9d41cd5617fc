"""What is stored holds no secret, whatever kind of value carries it; what is looked for is cleaned in the same way."""

from pathlib import Path
from uuid import uuid4

from psycopg.types.json import Json, Jsonb

from bot.asks import asks_table, audit_table
from bot.asks.audit_table import Deed
from bot.asks.payload import hash_of
from bot.observe.known_secrets import REDACTED, Secrets
from bot.storage.opening import DatabaseOptions, open_database

SECRET = "Tr0ub4dor&3/ü"
CLEAN = f"say {REDACTED}!"


async def test_every_kind_of_value_is_cleaned(database_url: str, tmp_path: Path) -> None:
    text = f"say {SECRET}!"
    options = DatabaseOptions(secrets=Secrets([SECRET]))
    async with open_database(database_url, tmp_path, options=options) as database:
        async with database.connection() as conn:
            cursor = await conn.execute(
                "SELECT %s::text, %s::text[], %s::jsonb, %s::json, %s = ANY(%s), %s::text IS NULL, %s::int, %s",
                (text, [text, "b"], Jsonb({text: [text, 1]}), Json([text]), text, [text], None, 5, "plain"),
            )
            row = await cursor.fetchone()
        assert row == (CLEAN, [CLEAN, "b"], {CLEAN: [CLEAN, 1]}, [CLEAN], True, True, 5, "plain")
        async with database.transaction() as conn:
            # What is hashed is what is stored: the record stays sound, and what people approve can be done.
            await audit_table.add(conn, Deed(1, "no", uuid4(), 2, text=text))
            (found,) = [one async for one in audit_table.checked(conn)]
            kept = await asks_table.as_kept(conn, {"to": text})
            again = await asks_table.as_kept(conn, kept)
    assert (found.text, found.wrong) == (CLEAN, "")
    assert kept == {"to": CLEAN}
    assert hash_of(again) == hash_of(kept)
