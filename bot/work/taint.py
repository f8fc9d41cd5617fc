"""Whether a run has read text from outside: a mark that stays, through restarts and whatever the run does later."""

from dataclasses import dataclass, field
from uuid import UUID

from bot.storage.database import Database
from bot.work.surface import Connection

LONGEST = 200


@dataclass(slots=True)
class RunTaint:
    """Implements `bot.agents.surroundings.Taint`."""

    database: Database
    run_id: UUID
    _known: bool = field(default=False, init=False)

    async def mark(self, source: str) -> None:
        """Note it before the text is read, so that a crash cannot lose it."""
        if self._known:
            return
        async with self.database.connection() as conn:
            await mark(conn, self.run_id, source)
        self._known = True

    async def marked(self) -> bool:
        """Ask once; a mark is never taken away."""
        if not self._known:
            async with self.database.connection() as conn:
                self._known = await is_marked(conn, self.run_id)
        return self._known


async def mark(conn: Connection, run_id: UUID, source: str) -> None:
    """Note that a run has read text from ``source``; the first source is kept."""
    await conn.execute(
        "INSERT INTO run_taint (run_id, source) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (run_id, source[:LONGEST]),
    )


async def is_marked(conn: Connection, run_id: UUID) -> bool:
    """Whether a run has read text from outside."""
    cursor = await conn.execute("SELECT 1 FROM run_taint WHERE run_id = %s", (run_id,))
    return await cursor.fetchone() is not None
