"""What looks after memory goes on whatever fails, and searching goes on while everything gets another model's vectors."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from structlog.testing import capture_logs

from bot.memory.embedder import EmbedderUnavailable, EmbeddingSpace, Vector
from bot.memory.library import Library
from bot.memory.recall import Question
from bot.memory.store import Place
from bot.memory.upkeep import look_after_memory
from bot.storage.database import Database
from cogswarm.testing import FakeClock
from tests.waiting import eventually

WHEN = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(slots=True)
class Slow:
    """Embeds alike; to a batch it answers when it is let, and it fails as often as it is told."""

    name: str
    fails: int = 0
    asked: int = 0
    let: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def space(self) -> EmbeddingSpace:
        return EmbeddingSpace(self.name, 2)

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.asked += 1
        if self.fails:
            self.fails -= 1
            raise EmbedderUnavailable("It is not running; start it.")
        if any("lighthouse" in text and "?" not in text for text in texts):
            await self.let.wait()
        return [[1.0, float(len(text) % 7)] for text in texts]

    async def aclose(self) -> None: ...


async def test_searching_goes_on_while_another_model_takes_over_and_after_it_failed(
    database: Database, fake_clock: FakeClock
) -> None:
    old, new = Slow("old"), Slow("new", fails=1)
    old.let.set()
    first, second = (Library(database, one, fake_clock.clock) for one in (old, new))
    for number in range(3):
        text = f"The lighthouse number {number} is red"
        made = await first.prepare(Place(1, 11), kind="fact", key=str(number), title=text, body=text, at=WHEN)
        async with database.transaction() as conn:
            await first.write(conn, made)

    async def found(library: Library) -> int:
        asked = Question(1, "Which lighthouse is red?", {11})
        return len(await library.search(asked, await library.embedded(asked.text)))

    assert await found(first) == 3
    with capture_logs() as logs:
        looking = asyncio.create_task(look_after_memory(second, database, fake_clock.clock, every=60))
        await fake_clock.until_asleep(60)
    assert [one["event"] for one in logs].count("memory_upkeep_failed") == 1

    before = new.asked
    await fake_clock.advance(60)

    async def at_work() -> bool:
        return new.asked > before

    await eventually(at_work)
    # by their words meanwhile, and by the old model where a process still has it
    assert await found(second) == 3
    assert await found(first) == 3
    new.let.set()

    async def done() -> bool:
        async with database.within(1).connection() as conn:
            cursor = await conn.execute(
                "SELECT count(*) FROM memory JOIN embedding_space ON embedding_space.id = space_id WHERE model = 'new'"
            )
            return await cursor.fetchone() == (3,)

    await eventually(done)
    assert await found(second) == 3
    assert await found(first) == 3
    looking.cancel()
    await asyncio.wait({looking})
