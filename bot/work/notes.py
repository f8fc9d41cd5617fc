"""What a cog keeps about a server by name: a choice, where a conversation begins. All SQL on the table ``cog_note``."""

import json
from dataclasses import dataclass

from psycopg.types.json import Jsonb
from pydantic import JsonValue

from bot.errors import ConfigError
from bot.storage.database import Database

LONGEST_NAME = 200
MOST_BYTES = 60_000


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of one cog about one server. They are kept until they are dropped; whoever writes last wins."""

    database: Database
    cog: str
    guild_id: int

    async def get(self, name: str) -> JsonValue:
        """What was kept under a name; None where nothing was."""
        async with self.database.connection() as conn:
            cursor = await conn.execute(
                "SELECT value FROM cog_note WHERE guild_id = %s AND cog = %s AND name = %s",
                (self.guild_id, self.cog, name),
            )
            row = await cursor.fetchone()
        return None if row is None else row[0]

    async def put(self, name: str, value: JsonValue) -> None:
        """Keep a value under a name, in place of what was there.

        Raises `ConfigError` for a name of over 200 characters and a value of over 60,000 bytes of JSON.
        """
        self._check(name, value)
        async with self.database.connection() as conn:
            await conn.execute(
                """
                INSERT INTO cog_note (guild_id, cog, name, value) VALUES (%s, %s, %s, %s)
                ON CONFLICT (guild_id, cog, name) DO UPDATE SET value = excluded.value, changed_at = now()
                """,
                (self.guild_id, self.cog, name, Jsonb(value)),
            )

    async def swap(self, name: str, before: JsonValue, value: JsonValue) -> bool:
        """Keep a value in place of what was read ``before`` (None: nothing); False where another has written since.

        Raises `ConfigError` as `put`.
        """
        self._check(name, value)
        async with self.database.connection() as conn:
            if before is None:
                cursor = await conn.execute(
                    "INSERT INTO cog_note (guild_id, cog, name, value) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                    (self.guild_id, self.cog, name, Jsonb(value)),
                )
            else:
                cursor = await conn.execute(
                    """
                    UPDATE cog_note SET value = %s, changed_at = now()
                    WHERE guild_id = %s AND cog = %s AND name = %s AND value = %s
                    """,
                    (Jsonb(value), self.guild_id, self.cog, name, Jsonb(before)),
                )
        return cursor.rowcount == 1

    def _check(self, name: str, value: JsonValue) -> None:
        if len(name) > LONGEST_NAME or len(json.dumps(value)) > MOST_BYTES:
            raise ConfigError(f"The note {name[:50]!r} of {self.cog} is too long; keep less in it.")

    async def drop(self, name: str) -> None:
        """Forget what was kept under a name."""
        async with self.database.connection() as conn:
            await conn.execute(
                "DELETE FROM cog_note WHERE guild_id = %s AND cog = %s AND name = %s",
                (self.guild_id, self.cog, name),
            )
