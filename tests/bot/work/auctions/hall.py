"""Auctions on a real database, without Discord, and a clock for them that a test moves."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg

from bot.clock import Clock
from bot.discord.surface import DiscordSurface
from bot.storage.database import Database
from bot.work.allocation.claim import Claim
from bot.work.auctions.auction import Auction, AuctionRules, BidBy, NewAuction
from bot.work.auctions.desk import Auctions
from bot.work.principal import Principal
from bot.work.services import unheard
from bot.work.tasks.giving import TaskServices
from bot.work.tasks.task import Task, Worker
from tests.bot.work.tasks.bench import TaskBench
from tests.owned_clock import stands_at

SECONDS = 600.0


@dataclass(slots=True)
class Hall:
    """A server with one queue, in which auctions are held."""

    database: Database
    url: str
    bench: TaskBench = field(init=False)
    asker: Principal = field(init=False)

    def __post_init__(self) -> None:
        self.bench = TaskBench(self.database)
        self.asker = Principal(self.bench.guild_id, self.bench.queue_id, 5, "Ada")

    @property
    def auctions(self) -> Auctions:
        return self.on(self.database)

    def on(self, database: Any) -> Auctions:
        """The auctions as another process has them."""
        nothing: Any = None
        surface = DiscordSurface(nothing, Clock())
        services = TaskServices(database, surface, unheard, uuid4, Clock())
        return Auctions(services, self.bench.guild_id, "lab")

    async def call(
        self, *, rules: AuctionRules | None = None, seconds: float = SECONDS, bids: tuple[BidBy, ...] = ()
    ) -> tuple[Auction, Task]:
        task = await self.bench.add()
        new = NewAuction(
            task.id, seconds, "hold", rules or AuctionRules(), bids, reserved="#{number} is kept."
        )
        return await self.auctions.call(new, self.asker), task

    async def now(self, auction: Auction) -> Auction:
        found = await self.auctions.get(auction.id)
        assert found is not None
        return found

    async def pass_until(self, moment: datetime) -> None:
        """Let the clock that auctions go by stand at a moment; only the database's owner can."""
        await self.owner(stands_at("auction_now", moment))

    async def closed(self, auction: Auction) -> Auction:
        """Let its time come, and whoever looks next close it."""
        await self.pass_until(auction.closes_at)
        await self.auctions.advance(auction.id)
        return await self.now(auction)

    async def rows(self, query: Any, *values: object) -> list[tuple[Any, ...]]:
        """What the bot's own role can read."""
        async with self.database.connection() as conn:
            return await (await conn.execute(query, values)).fetchall()

    async def owner(self, query: Any, *values: object) -> None:
        """Change what only the owner of the database can."""
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as owner:
            await owner.execute(query, values or None)

    async def work(self, task: Task, worker: Worker, seconds: float) -> None:
        """Let a task have taken its holder so long, and be done."""
        await self.owner(
            "UPDATE auction SET awarded_at = awarded_at - make_interval(secs => %s) WHERE task_id = %s",
            seconds,
            task.id,
        )
        await self.bench.tasks.move(task.id, "finish", by=worker)


def bid(worker: Worker, seconds: float, cost: float = 0.0) -> BidBy:
    return BidBy(worker, Claim(seconds, cost), "bus")
