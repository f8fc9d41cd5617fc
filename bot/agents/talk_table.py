"""What agents say to each other in a thread: all SQL on the table ``agent_talk``."""

from dataclasses import dataclass

from bot.agents.talk import Spoken, signature, why_stop
from bot.config.agents import BetweenAgentsSection
from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Talks:
    """Keeps agents' talk in threads within ``limits``, however slow it is and whichever process carries it."""

    database: Database
    limits: BetweenAgentsSection

    async def person_spoke(self, thread_id: int) -> None:
        """A person's word begins everything anew."""
        async with self.database.connection() as conn:
            await conn.execute("DELETE FROM agent_talk WHERE thread_id = %s", (thread_id,))

    async def spoke(self, thread_id: int, speaker: str, to: str, text: str, *, tokens: int = 0) -> str | None:
        """One agent has addressed another. The answer is None where that one may react, else why not, for people."""
        said = Spoken(speaker, to, signature(text), tokens)
        async with self.database.transaction() as conn:
            # One at a time for each thread: two at once would not see each other.
            await conn.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('agent_talk', %s))", (thread_id,)
            )
            cursor = await conn.execute(
                "SELECT speaker, addressed, signature, tokens FROM agent_talk WHERE thread_id = %s ORDER BY number",
                (thread_id,),
            )
            before = [
                Spoken(str(row[0]), str(row[1]), tuple(row[2]), int(row[3]))
                for row in await cursor.fetchall()
            ]
            turns = [*before, said]
            stopped = why_stop(turns, self.limits)
            if stopped is None:
                await conn.execute(
                    """
                    INSERT INTO agent_talk (thread_id, number, speaker, addressed, signature, tokens)
                    VALUES (%s, %s, %s, %s, %s, %s)
                    """,
                    (thread_id, len(turns), speaker, to, list(said.signature), tokens),
                )
        return stopped
