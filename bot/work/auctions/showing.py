"""Shows in Discord what stands in the tables: the call with how many have bid, and what happened."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.work.auctions import auction_table, bid_table, event_table
from bot.work.auctions.auction import Auction, AuctionEvent
from bot.work.surface import Connection, Say, Surface
from bot.work.tasks import task_table
from bot.work.tasks.showing import place_of
from bot.work.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Told:
    """What happened, to which auction of which task, and how many bid by now."""

    event: AuctionEvent
    auction: Auction
    task: Task
    count: int


type TellAuction = Callable[[Told], Awaitable[tuple[Say | None, Say]]]
"""What is said of an event in the task's thread, and how the message with the call looks now. It is asked outside of any
transaction, so it may draw a picture."""


async def untold(conn: Connection, guild_id: int) -> Told | AuctionEvent | None:
    """The first thing that nobody was told yet; the event alone where its auction is gone, None when all is told."""
    event = await event_table.first_untold(conn, guild_id)
    if event is None:
        return None
    auction = await auction_table.get(conn, guild_id, event.auction_id)
    task = None if auction is None else await task_table.get(conn, guild_id, auction.task_id)
    if auction is None or task is None:
        return event
    return Told(event, auction, task, len(await bid_table.standing(conn, auction.id)))


async def tell(
    conn: Connection, surface: Surface, cog: str, guild_id: int, told: Told, words: tuple[Say | None, Say]
) -> None:
    """Say what was put into ``words``, unless somebody else has said it meanwhile.

    The call may have changed since; whatever changed it is an event that comes after this one, and shows that.
    """
    await event_table.in_turn(conn, guild_id)
    event = await event_table.first_untold(conn, guild_id)
    if event is None or event.id != told.event.id:
        return
    await event_table.told(conn, event.id)
    auction = await auction_table.locked(conn, guild_id, event.auction_id)
    if auction is None:
        return
    say, look = words
    await _show(conn, surface, cog, auction, told.task, look)
    if say is not None:
        place = place_of(await task_table.get(conn, guild_id, auction.task_id) or told.task)
        await surface.post(conn, f"{cog}:auction:{auction.id}:event:{event.id}", place, say)


async def _show(
    conn: Connection, surface: Surface, cog: str, auction: Auction, task: Task, look: Say
) -> None:
    """Let the message with the call say what it should."""
    if auction.shown == look.text:
        return
    key = f"{cog}:auction:{auction.id}:call:{auction.edits + 1}"
    row = auction.said_row
    if row is None:
        (row, *_) = await surface.post(conn, key, place_of(task), look)
    else:
        await surface.edit(conn, key, row, look)
    to = {"said_row": row, "shown": look.text, "edits": auction.edits + 1}
    await auction_table.change(conn, auction, to)
