"""A run that asks for an approval and then does what was approved, with people who say what a test tells them to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid5

from bot.agents.decisions import Rewrite
from bot.asks import asks_table, deciding
from bot.asks.asks_table import AskRow
from bot.asks.deciding import Ruling, Said
from bot.asks.payload import hash_of
from bot.asks.policy import Policy, Voter
from bot.asks.present import Present
from bot.clock import Clock
from bot.discord.surface import DiscordSurface
from bot.storage.database import Database
from bot.work import runs_queue
from bot.work.engine import Engine
from bot.work.run import Run
from bot.work.settings import EngineSettings
from tests.bot.discord.fate import Fate, FatedDatabase
from tests.bot.work.test_engine import ADA, Bench, services_of

CALM = EngineSettings(lease=60.0, heartbeat=20.0, retry_delay=0.01, grace=0.0)
GUILD, REQUESTER = ADA.guild_id, ADA.member_id
PAYLOAD: dict[str, Any] = {"to": "council", "amount": 1}
SURFACE = DiscordSurface(cast("Any", None), Clock())


@dataclass
class Ward:
    """Runs that wait for people, and what was done in the end, by the hash of its payload."""

    database: Database
    policy: Policy
    within: timedelta | None = timedelta(hours=2)
    done: list[str] = field(default_factory=list[str])
    reasons: list[str] = field(default_factory=list[str])
    ahead: float = 0.0
    present: Present | None = None
    rewrite: Rewrite | None = None

    def __post_init__(self) -> None:
        self.bench = Bench(self.database)

        @self.bench.cog.workflow
        async def pay(run: Run) -> None:
            approval = await run.approve(
                "pay",
                "Pay the bill",
                PAYLOAD,
                policy=self.policy,
                within=self.within,
                rewrite=self.rewrite,
            )
            if approval.approved:
                await run.once("the payment", self._pay, approval.payload)
            else:
                self.reasons.append(approval.reason)

        self.pay = pay

    async def _pay(self, payload: Mapping[str, Any]) -> None:
        self.done.append(hash_of(payload))

    def engine(self, fate: Fate | None = None) -> Engine:
        flows = {("lab", name): flow for name, flow in self.bench.cog.workflows.items()}
        seen = self.database if fate is None else cast("Any", FatedDatabase(self.database, fate))
        return Engine(
            replace(
                services_of(self.database), database=seen, ahead=lambda: self.ahead, present=self.present
            ),
            flows,
            CALM,
        )

    async def begin(self) -> UUID:
        """Start a run and let it come to its question; the question's id."""
        run_id = await self.bench.start(self.pay)
        await self.go_on()
        return uuid5(run_id, "ask pay")

    async def go_on(self, engine: Engine | None = None) -> None:
        """Let everything that is due go on until nothing is."""
        engine = engine or self.engine()
        while True:
            async with self.database.connection() as conn:
                await runs_queue.make_ready(conn, 50, self.ahead)
                due = await runs_queue.turns(conn, 500, 500)
            if not due:
                return
            for run_id in due:
                await engine.advance(run_id)

    async def say(self, ask_id: UUID, voter: Voter, version: int = 1, *, yes: bool = True) -> Ruling:
        async with self.database.transaction() as conn:
            return await deciding.say(conn, SURFACE, GUILD, voter, Said(ask_id, version, yes=yes), self.ahead)

    async def edit(self, ask_id: UUID, voter: Voter, version: int, payload: Mapping[str, Any]) -> Ruling:
        async with self.database.transaction() as conn:
            said = Said(ask_id, version, value=dict(payload))
            return await deciding.edit(conn, SURFACE, GUILD, voter, said, self.ahead)

    async def ask(self, ask_id: UUID) -> AskRow:
        async with self.database.connection() as conn:
            found = await asks_table.get(conn, ask_id)
        assert found is not None
        return found

    async def count(self, what: str, *values: object) -> int:
        async with self.database.connection() as conn:
            cursor = await conn.execute(f"SELECT count(*) FROM {what}", values)  # noqa: S608 # pyright: ignore[reportArgumentType] - of tests only
            row = await cursor.fetchone()
        return int(row[0]) if row else 0
