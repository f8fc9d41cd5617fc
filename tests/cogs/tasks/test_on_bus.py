"""What agents of a bus answer about tasks: what it means, and that it is done once, wherever a crash lets it be heard again."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from bot.bus import letter_table, request_table
from bot.bus.letters import Letter
from bot.bus.request_table import NewRequest
from bot.bus.work import AgentSays, BusEnd, BusWork
from bot.clock import Clock
from bot.config.bridge import BridgeSection
from bot.storage.database import Database
from bot.work.tasks.states import State
from bot.work.tasks.task import Task
from cogs.tasks.on_bus import Meaning, asked, hear, meaning, request_of
from cogswarm import Passage, QueueRules, Worker
from tests.bot.work.tasks.bench import TaskBench, agent

SAYS = AgentSays(1, UUID(int=1), "kasra", "", "", "", None, datetime(2026, 1, 5, tzinfo=UTC))
KASRA = Worker("agent", "bus:kasra", "kasra")


@pytest.mark.parametrize(
    ("text", "ok", "means"),
    [
        ("", None, "receipt"), ("", True, "receipt"), ("ACK", True, "receipt"), ("On it!", None, "receipt"),
        ("**Received.**", None, "receipt"), ("", False, "refusal"), ("ok", False, "refusal"),
        ("I cannot.", False, "refusal"), ("progress: 3 of 7", None, "progress"), ("**Progress**: 3", True, "progress"),
        ("working: still", None, "progress"), ("Working-class heroes", None, "result"), ("Done.", True, "result"),
        ("Forty gulls", None, "result"), ("Ok, here it is: 40", None, "result"), ("status: done", None, "result"),
    ],
)  # fmt: skip
def test_what_an_answer_says_of_the_task(text: str, ok: bool | None, means: Meaning) -> None:  # noqa: FBT001 - as agents say it
    assert meaning(replace(SAYS, text=text, ok=ok)) == means


class Bench:
    """A queue, and the bus as the cog that looks after it sees it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tasks = TaskBench(database)
        section = BridgeSection.model_validate({"url": "in-process:"})
        end = BusEnd(section, lambda: None, lambda _guild, _channel: True, Clock())
        self.ctx = cast(
            "Any", SimpleNamespace(tasks=self.tasks.tasks, bus_work=BusWork(end, database, 1, "tasks"))
        )

    async def claimed(self) -> Task:
        task = await self.tasks.add()
        return await self.tasks.tasks.move(task.id, "claim", by=KASRA)

    async def says(self, task: Task, text: str) -> None:
        """An answer comes to the question that went with a claim."""
        request = request_of(task.hold)
        note = asked(task, task.hold, "bus:kasra", (), 60).note
        new = NewRequest(request, 1, task.queue_id, None, 5, "Ada", "kasra", "x", cog="tasks", note=note)
        letter = Letter(str(uuid4()), "kasra", f"{{ack_for: {request}{text}")
        async with self.database.transaction() as conn:
            await request_table.add(conn, new)
            await letter_table.add(conn, "a bus", letter, "unheard", request_id=request)

    async def heard(self) -> None:
        await hear(self.ctx)
        assert not await self.ctx.bus_work.unheard()

    async def heard_as_after_a_crash(self) -> None:
        """Everything is done, but that it was heard is not noted; then the process that comes after it hears it, too."""
        async with self.database.transaction() as conn:
            rows = await (await conn.execute("SELECT number, body FROM bus_letter")).fetchall()
        await hear(self.ctx)
        async with self.database.transaction() as conn:
            for number, body in rows:
                await conn.execute(
                    "UPDATE bus_letter SET state = 'unheard', body = %s WHERE number = %s", (body, number)
                )
        await self.heard()

    async def posts(self) -> list[str]:
        async with self.database.connection() as conn:
            cursor = await conn.execute(
                "SELECT payload->>'content' FROM outbox WHERE kind = 'post' ORDER BY id"
            )
            return [
                str(row[0]) for row in await cursor.fetchall() if row[0] and not str(row[0]).startswith("#")
            ]


@pytest.mark.parametrize(
    ("text", "state", "kinds"),
    [
        (", ok: true} Forty.", "done", ["result"]),
        (", ok: false} Cloudy.", "available", []),
        ("} progress: ten", "claimed", ["checkpoint"]),
        ("} on it", "claimed", []),
    ],
)
async def test_an_answer_that_is_heard_twice_does_what_it_does_once(
    database: Database, text: str, state: State, kinds: list[str]
) -> None:
    bench = Bench(database)
    await bench.tasks.open()
    task = await bench.claimed()
    await bench.says(task, text)
    await bench.heard_as_after_a_crash()
    assert (await bench.tasks.now(task)).state == state
    assert [one.kind for one in await bench.tasks.tasks.results(task.id)] == kinds
    said = text.partition("} ")[2]
    assert await bench.posts() == ([] if said == "on it" else [said])
    events = [one.kind for one in await bench.tasks.tasks.history(task.id)]
    assert "late" not in events
    assert len(events) == (2 if state == "claimed" else 3)


async def test_what_comes_with_an_old_token_changes_nothing_and_is_kept(database: Database) -> None:
    bench = Bench(database)
    await bench.tasks.open(QueueRules(most_attempts=9))
    task = await bench.claimed()
    await bench.says(task, ", ok: true} Forty.")
    await bench.says(task, ", ok: false} Too late to say no.")
    await bench.says(task, "} progress: half")
    await bench.says(task, "}")
    await bench.tasks.run_out(task)
    await bench.tasks.tasks.sweep()
    other = await bench.tasks.tasks.move(task.id, "claim", by=agent("other"))
    await bench.heard_as_after_a_crash()
    after = await bench.tasks.now(task)
    assert (after.state, after.fence, after.worker) == ("claimed", other.fence, "agent:other")
    kept = [(one.kind, one.body) for one in await bench.tasks.tasks.results(task.id)]
    assert {kind for kind, _ in kept} == {"late"}
    assert ("late", "Forty.") in kept
    assert await bench.posts() == []
    # nor once it is his again: another claim is another question
    await bench.tasks.tasks.move(task.id, "release", by=agent("other"))
    mine = await bench.tasks.tasks.move(task.id, "claim", by=KASRA)
    assert request_of(mine.hold) != request_of(task.hold)
    await bench.says(task, ", ok: true} Still forty.")
    await bench.heard()
    assert (await bench.tasks.now(task)).state == "claimed"
    await bench.says(mine, ", ok: true} Forty-one.")
    await bench.heard()
    assert (await bench.tasks.now(task)).state == "done"


async def test_what_is_sent_holds_what_is_known(database: Database) -> None:
    bench = Bench(database)
    await bench.tasks.open()
    task = await bench.claimed()
    material = [Passage("1", "there are\nmany gulls", author="Bo"), Passage("2", "x" * 5_000, title="Before")]
    sent = asked(task, task.hold, "bus:kasra", material, 90)
    assert sent.text == "Task #1: A task"
    how, first, second = sent.context.splitlines()
    assert "You have 1.5 minutes." in how
    assert "{ack_for: <request_id>, ok: true}" in how
    assert first == "[known] said in the thread, Bo: there are many gulls"
    assert len(second) < 1_100
