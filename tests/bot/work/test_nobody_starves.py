"""Whatever other guilds do, and however urgent: each guild's runs have their turn, and none has more than it may."""

from collections import Counter
from itertools import count
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.storage.database import Database
from bot.work import runs_queue, runs_table
from bot.work.principal import Principal
from bot.work.runs_table import NewRun
from tests.sizes import size

EXAMPLES = size("loads of guilds", small=5, stated=200)
STEP = 60.0
"""Seconds that pass between two looks."""
LEAST_URGENT = 3
QUIET = 1
LONG = 40
_GUILDS = count(1_000, 100)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 2 * EXAMPLES)]


async def _ask(database: Database, guild: int, *priorities: int) -> None:
    async with database.transaction() as conn:
        for priority in priorities:
            new = NewRun(uuid4(), "lab", "nothing", {}, "t", Principal(guild, 7, 5, "Ada"), priority=priority)
            await runs_table.insert(conn, new, status_row=None, thread_row=None)


async def _look(database: Database, room: int, per_guild: int, worth: float) -> Counter[int]:
    """Take up as many runs as there is room for, and end them; how many of each guild."""
    taken = Counter[int]()
    async with database.transaction() as conn:
        rows = [
            await runs_queue.claim(conn, run_id, uuid4(), [60.0], per_guild)
            for run_id in await runs_queue.turns(conn, room, per_guild, worth)
        ]
        for row in rows:
            assert row is not None, "whose turn it is may begin"
            taken[row.guild_id] += 1
            assert await runs_table.finish(conn, row.id, row.fence, "done")
        await conn.execute("UPDATE run SET due_at = due_at - make_interval(secs => %s)", (STEP,))
    return taken


async def _looks_until_served(
    database: Database, busy: list[list[int]], room: int, per_guild: int, worth: float = runs_queue.WORTH
) -> int | None:
    """After how many looks what a quiet guild wants in the background is done; None: not in a long time.

    At each look every busy guild has new runs, of such priorities, more than there is room for.
    """
    async with database.connection() as conn:
        await conn.execute("DELETE FROM run")
    guilds = next(_GUILDS)
    await _ask(database, guilds + QUIET, LEAST_URGENT)
    for look in range(LONG):
        for number, priorities in enumerate(busy, QUIET + 1):
            await _ask(database, guilds + number, *[priorities[look % len(priorities)]] * room)
        taken = await _look(database, room, per_guild, worth)
        assert taken.total() <= room
        assert max(taken.values()) <= per_guild
        if taken[guilds + QUIET]:
            return look
    return None


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    busy=st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=4), min_size=1, max_size=4),
    room=st.integers(1, 3),
    per_guild=st.integers(1, 3),
)
async def test_what_a_quiet_guild_wants_is_done_however_urgent_the_others_are(
    database: Database, busy: list[list[int]], room: int, per_guild: int
) -> None:
    looks = await _looks_until_served(database, busy, room, per_guild)
    assert looks is not None
    # Before it comes only what was asked for until it had waited long enough, one at a look at least.
    patience = round((LEAST_URGENT - 1) * runs_queue.WORTH / STEP)
    assert looks <= (patience + 1) * len(busy) * room


async def test_control_with_priorities_that_nothing_outweighs_it_is_never_done(database: Database) -> None:
    assert await _looks_until_served(database, [[1]], 1, 1, worth=1e9) is None
