"""A server's auctions as cogs use them: `Context.auctions` for people's wishes, `Run.auctions` for waking them in time."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from uuid import UUID

from bot.errors import UserError
from bot.work import runs_table
from bot.work.auctions import (
    auction_table,
    awarding,
    bid_table,
    event_table,
    following,
    record_table,
    showing,
)
from bot.work.auctions.auction import (
    Auction,
    AuctionBid,
    AuctionEvent,
    BidBy,
    NewAuction,
    Placed,
    Record,
)
from bot.work.auctions.replaying import Replay, replayed
from bot.work.auctions.showing import TellAuction
from bot.work.principal import Principal
from bot.work.runs_table import NewRun
from bot.work.sealed.keeping import in_time
from bot.work.sealed.seal import random_salt
from bot.work.surface import Connection
from bot.work.tasks import making, reserved_table, task_table
from bot.work.tasks.giving import TaskServices
from bot.work.tasks.states import HELD, OVER
from bot.work.tasks.task import BOT, Task, Worker

UNKNOWN = "I do not know that auction any more."
NO_TASK = "I do not know that task any more."
NOT_FREE = "#{number} is not available, so there is nothing to bid for."
GOES_ON = "There is an auction of #{number} already."
TOO_LATE = "This auction closed <t:{when}:R>, so your bid was not taken."
OVER_NOW = "This auction is over."
NO_NUMBER = "A bid needs a time above nothing, and a cost that is not below nothing."
NO_BID = "You have not bid in this auction."
NOT_YET = "Auction {number} closes <t:{when}:R>; until then nobody sees the bids."
NO_VETO = "There is nothing to object to any more."
TOO_OFTEN = "You have changed your bid so often that this auction takes no more changes from you."
MOST_BIDS = 50
MOST = 50
"""How many auctions of a server are looked after at a time; more have their turn with the next look."""
SPARE_SECONDS = 3_600.0
"""How much longer than an auction takes its task is kept from being claimed, should everything stand still."""


type Then = Callable[[], Awaitable[None]]


async def nothing_more() -> None:
    """Nobody is to be told of anything yet."""


class Auctions:
    """The auctions of one server. Whatever changes one is a transaction that looks at its state first."""

    def __init__(
        self,
        services: TaskServices,
        guild_id: int,
        cog: str,
        still_on: Callable[[Connection], Awaitable[None]] | None = None,
        salt: Callable[[], bytes] = random_salt,
    ) -> None:
        self._services = services
        self._guild_id = guild_id
        self._cog = cog
        self._still_on = still_on
        self._salt = salt

    # what people and agents do

    async def call(self, new: NewAuction, principal: Principal) -> Auction:
        """Call for bids for a task, whom nobody else can claim until the auction is over; start what wakes it in time.

        Raises `UserError` where the task is not available or has an auction already.
        """
        services = self._services
        async with services.database.transaction() as conn:
            if self._still_on is not None:
                await self._still_on(conn)
            task = await self._task(conn, new, principal)
            auction_id = services.new_id()
            auction = await auction_table.insert(
                conn,
                auction_id,
                guild_id=self._guild_id,
                task_id=task.id,
                asked_by=principal.member_id,
                seconds=new.seconds,
                rules=new.rules,
            )
            if auction is None:
                raise UserError(GOES_ON.format(number=task.number))
            await reserved_table.put(
                conn, task, new.reserved.format(number=task.number), new.seconds + SPARE_SECONDS
            )
            for bid in new.bids:
                await bid_table.put(conn, auction_id, bid, self._salt())
            await event_table.add(conn, auction, "called")
            await self._wake(conn, auction, task, new.workflow, principal)
        return auction

    async def bid(self, auction_id: UUID, bid: BidBy) -> Placed:
        """Seal somebody's bid; another one of theirs before takes effect no more. Raises `UserError` when it is too late."""
        if not bid.claim.could_be_true:
            raise UserError(NO_NUMBER)

        async def put(conn: Connection, auction: Auction) -> Placed:
            before = await bid_table.standing(conn, auction_id)
            seal = await bid_table.put(conn, auction_id, bid, self._salt())
            await event_table.add(conn, auction, "bid", (bid.worker.key, bid.worker.name))
            return Placed(seal, len({*before, bid.worker.key}), bid.worker.key in before)

        return await self._in_time(auction_id, bid.worker, put)

    async def withdraw(self, auction_id: UUID, by: Worker) -> Auction:
        """Take a bid back. Raises `UserError` where there is none, or it is too late."""

        async def take_back(conn: Connection, auction: Auction) -> Auction:
            if by.key not in await bid_table.standing(conn, auction_id):
                raise UserError(NO_BID)
            await bid_table.take_back(conn, auction_id, by)
            await event_table.add(conn, auction, "withdrawn", (by.key, by.name))
            return auction

        return await self._in_time(auction_id, by, take_back)

    async def veto(self, auction_id: UUID, by: Worker) -> Auction:
        """Object to the winner, while there is time; the caller has checked that ``by`` may.

        The runner-up follows with the next `advance`, or, where the rules say so, the auction ends. Raises `UserError`
        where it is too late.
        """
        async with self._services.database.transaction() as conn:
            auction = await self._locked(conn, auction_id)
            now = await auction_table.now(conn)
            if auction.state != "veto" or auction.veto_until is None or now >= auction.veto_until:
                raise UserError(NO_VETO)
            who = (auction.winner or "", auction.winner_name)
            await event_table.add(conn, auction, "vetoed", who, {"by": by.key, "by_name": by.name})
            if auction.how.again:
                await reserved_table.drop(conn, auction.task_id)
                return await auction_table.change(conn, auction, {"state": "vetoed"})
            return await awarding.passed_on(conn, auction)

    async def cancel(self, auction_id: UUID, by: Worker = BOT, why: str = "") -> Auction:
        """End an auction before its task is given to anybody; the queue's own rules hold for it again.

        The caller has checked that ``by`` may. Raises `UserError` where it is over, or the task was given.
        """
        async with self._services.database.transaction() as conn:
            auction = await self._locked(conn, auction_id)
            if auction.state not in {"open", "decided", "veto"}:
                raise UserError(OVER_NOW)
            await reserved_table.drop(conn, auction.task_id)
            await event_table.add(conn, auction, "cancelled", body={"by": by.key, "why": why})
            return await auction_table.change(conn, auction, {"state": "cancelled", "reason": why})

    # what happens by the clock

    async def advance(self, auction_id: UUID, then: Then = nothing_more) -> datetime | None:
        """Do what is due in an auction; when it wants to be looked at next, None where time alone changes nothing.

        ``then`` is called after each step, so that people are told of it before the next.
        """
        while True:
            async with self._services.database.transaction() as conn:
                before = await auction_table.get(conn, self._guild_id, auction_id)
                after = await following.step(conn, self._services, self._guild_id, auction_id)
            await then()
            if after is None or before is None or _stage(after) == _stage(before):
                return following.due(after)

    async def follow(self, then: Then = nothing_more) -> None:
        """Do what is due in every auction of this server: also where the run that should have woken it is gone."""
        async with self._services.database.connection() as conn:
            found = await auction_table.live(conn, self._guild_id, MOST)
        for auction_id in found:
            await self.advance(auction_id, then)

    # what there is to know

    async def get(self, auction_id: UUID) -> Auction | None:
        """One auction."""
        async with self._services.database.connection() as conn:
            return await auction_table.get(conn, self._guild_id, auction_id)

    async def find(self, *, number: int | None = None, task_id: UUID | None = None) -> Auction | None:
        """The auction of a number, or the newest one of a task."""
        async with self._services.database.connection() as conn:
            if number is not None:
                return await auction_table.of_number(conn, self._guild_id, number)
            return None if task_id is None else await auction_table.of_task(conn, task_id)

    async def listed(self, words: str = "", *, limit: int = 25) -> list[Auction]:
        """Auctions of this server, those that go on first, then the newest."""
        async with self._services.database.connection() as conn:
            return await auction_table.listed(conn, self._guild_id, words, limit)

    async def bids(self, auction_id: UUID) -> list[AuctionBid]:
        """Every bid, the oldest first; what they say, and their salt, only when the auction is over."""
        async with self._services.database.connection() as conn:
            return await bid_table.of_auction(conn, auction_id)

    async def bidders(self, auction_id: UUID) -> frozenset[str]:
        """Who bids in an auction at this moment, by their keys."""
        async with self._services.database.connection() as conn:
            return await bid_table.standing(conn, auction_id)

    async def log(self, auction_id: UUID) -> list[AuctionEvent]:
        """Everything that happened to an auction, oldest first."""
        async with self._services.database.connection() as conn:
            return await event_table.of_auction(conn, auction_id)

    async def records(self, bidders: Collection[str]) -> dict[str, Record]:
        """What is known of some bidders, by their keys."""
        async with self._services.database.connection() as conn:
            return await record_table.of_bidders(conn, self._guild_id, bidders)

    async def replay(self, auction_id: UUID) -> Replay:
        """Reckon an auction again from the log. Raises `UserError` before it is closed."""
        async with self._services.database.connection() as conn:
            auction = await auction_table.get(conn, self._guild_id, auction_id)
            if auction is None:
                raise UserError(UNKNOWN)
            if auction.decision is None:
                if auction.ended_at is not None:
                    raise UserError(OVER_NOW)
                when = int(auction.closes_at.timestamp())
                raise UserError(NOT_YET.format(number=auction.number, when=when))
            bids = await bid_table.of_auction(conn, auction_id)
            return replayed(auction, bids, await event_table.of_auction(conn, auction_id))

    async def tell(self, tell: TellAuction) -> None:
        """Show people what happened and nobody has shown yet, each once; what a crash leaves untold the next call tells."""
        services = self._services
        while True:
            async with services.database.connection() as conn:
                found = await showing.untold(conn, self._guild_id)
            if found is None:
                return
            if isinstance(found, AuctionEvent):
                async with services.database.connection() as conn:
                    await event_table.told(conn, found.id)
                continue
            words = await tell(found)
            async with services.database.transaction() as conn:
                await showing.tell(conn, services.surface, self._cog, self._guild_id, found, words)

    async def _task(self, conn: Connection, new: NewAuction, principal: Principal) -> Task:
        services = self._services
        if isinstance(new.task, UUID):
            task = await task_table.locked(conn, self._guild_id, new.task)
            if task is None:
                raise UserError(NO_TASK)
            if task.state in {*HELD, *OVER, "blocked"}:
                raise UserError(NOT_FREE.format(number=task.number))
            return task
        task = await making.made(
            conn, services.surface, services.new_id(), self._cog, new.task, principal, new.announcement
        )
        if task is None:
            raise UserError(NO_TASK)
        return task

    async def _wake(
        self, conn: Connection, auction: Auction, task: Task, workflow: str, principal: Principal
    ) -> None:
        services, run_id = self._services, self._services.new_id()
        run = NewRun(
            id=run_id,
            cog=self._cog,
            workflow=workflow,
            args={"auction": str(auction.id)},
            title=task.title,
            principal=principal,
            thread_id=task.thread_id,
        )
        # A thread that is still being opened tells the run its id when it is.
        thread_row = None if task.thread_id else task.thread_row
        await runs_table.insert(conn, run, status_row=None, thread_row=thread_row, ahead=services.ahead())
        await services.ring(conn, run_id)

    async def _in_time[T](
        self, auction_id: UUID, by: Worker, do: Callable[[Connection, Auction], Awaitable[T]]
    ) -> T:
        """Do something in an auction that nobody closes meanwhile; who comes too late is told, and that is noted."""

        async def tried(conn: Connection) -> T | None:
            auction = await auction_table.shared(conn, self._guild_id, auction_id)
            if auction is None:
                raise UserError(UNKNOWN)
            if auction.state == "cancelled":
                raise UserError(OVER_NOW)
            if auction.state != "open" or await auction_table.now(conn) >= auction.closes_at:
                return None
            if await bid_table.count_of(conn, auction_id, by.key) >= MOST_BIDS:
                raise UserError(TOO_OFTEN)
            return await do(conn, auction)

        done = await in_time(self._services.database, tried)
        if done is not None:
            return done
        auction = await self.get(auction_id)
        if auction is None:
            raise UserError(UNKNOWN)
        async with self._services.database.transaction() as conn:
            await event_table.add_late(conn, auction, (by.key, by.name))
        raise UserError(TOO_LATE.format(when=int(auction.closes_at.timestamp())))

    async def _locked(self, conn: Connection, auction_id: UUID) -> Auction:
        auction = await auction_table.locked(conn, self._guild_id, auction_id)
        if auction is None:
            raise UserError(UNKNOWN)
        return auction


def _stage(auction: Auction) -> tuple[str, str | None, int]:
    """What is different where a step did something."""
    return auction.state, auction.winner, len(auction.gone)
