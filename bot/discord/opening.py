"""The status message and the thread of work that somebody starts, written with it in one transaction."""

from dataclasses import dataclass
from uuid import UUID

from bot.work.speaking import status_header, stop_button
from bot.work.surface import Connection, Place, Say, Surface


@dataclass(frozen=True, slots=True)
class Opening:
    """A run that begins: what it is called, who wants it, and where."""

    run_id: UUID
    title: str
    member_id: int
    channel_id: int
    in_thread: bool


async def opened(
    conn: Connection, surface: Surface, run: Opening, *, quiet: bool, under: int | None
) -> tuple[int | None, int | None]:
    """The outbox rows of the status message and of the thread, where there are any.

    ``quiet`` posts no status message; ``under`` opens the thread under a message that is there instead.
    """
    if under is not None and not run.in_thread:
        thread = await surface.open_thread_on(conn, _thread(run), run.channel_id, under, run.title)
        return None, thread.opened_by
    return (None, None) if quiet or under is not None else await _with_status(conn, surface, run)


async def _with_status(conn: Connection, surface: Surface, run: Opening) -> tuple[int, int | None]:
    say = Say(
        f"{status_header(run.title, run.member_id)}\n… Starting",
        buttons=(stop_button(run.run_id),),
        urgency="progress",
    )
    place = Place(channel_id=run.channel_id)
    (status, *_) = await surface.post(conn, f"{run.run_id}:status", place, say, run_id=run.run_id)
    if run.in_thread:
        return status, None
    thread = await surface.open_thread(conn, _thread(run), status, run.title)
    return status, thread.opened_by


def _thread(run: Opening) -> str:
    return f"{run.run_id}:thread"
