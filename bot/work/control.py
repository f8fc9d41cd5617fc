"""What people do to runs: stop them, and let those that failed or were stopped go on."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from bot.work import runs_table
from bot.work.runs_table import RunRow
from bot.work.services import Ring
from bot.work.surface import Connection


def may_decide(row: RunRow, member_id: int, *, manages: bool) -> bool:
    """Whether somebody may stop, retry or decide for a run: whoever asked for it, and those who manage the server."""
    return manages or row.member_id == member_id


async def stop(conn: Connection, row: RunRow, by: int, ring: Ring) -> str:
    """Ask for a run, and those that it has started, to be stopped; its state before."""
    state = await runs_table.ask_to_stop(conn, row.id, by)
    if state in runs_table.UNDER_WAY:
        await ring(conn, row.id)
    return state or row.state


def stopping(by: int, ring: Ring) -> Callable[[Connection, UUID, str], Awaitable[None]]:
    """A function that asks for a run to be stopped in the caller's transaction, with the reason that people read."""

    async def stop_for(conn: Connection, run_id: UUID, reason: str) -> None:
        state = await runs_table.ask_to_stop(conn, run_id, by, reason)
        if state in runs_table.UNDER_WAY:
            await ring(conn, run_id)

    return stop_for


async def retry(conn: Connection, run_id: UUID, ring: Ring, ahead: float = 0.0) -> bool:
    """Let a run that failed or was stopped go on from its recorded steps; False where it is neither (any more)."""
    if not await runs_table.try_again(conn, run_id, ahead):
        return False
    await ring(conn, run_id)
    return True
