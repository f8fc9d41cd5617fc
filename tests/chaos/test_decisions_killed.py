"""kill -9 of whoever makes a decision, around every commit: it is decided once, told once, and kept once."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bot.storage.opening import open_database
from tests.chaos.deciding import begin
from tests.chaos.workplace import Workplace, matrix, points_of, workplace
from tests.sizes import size

KILLS = size("kill -9 matrix of decisions", small=2, stated=400)
COMMITS = {"commit", "committed"}
"""Where a death leaves something else behind than at the point before."""
SAID = (
    "status", "🗳️ **Decision", "**2 proposals**", "", "", "**Compared blind**", "🗳️ **Decision", "",
)  # fmt: skip
"""What is said, in order: the proposals themselves are in either order, and the card has no words outside of it."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 15 * KILLS)]


async def _each_is_whole(place: Workplace, subjects: Sequence[UUID]) -> None:
    for subject in subjects:
        ((state, ended, voters, superseded),) = await place.rows(
            "SELECT state, outcome->>'ended', (outcome->>'voters')::int, superseded_by FROM vote WHERE id = %s",
            subject,
        )
        assert (state, ended, voters, superseded) == ("closed", "chosen", 3, None)
        said = await place.rows(
            "SELECT coalesce(payload->>'content', '') FROM outbox WHERE kind = 'post' AND run_id = %s ORDER BY id",
            subject,
        )
        assert [text.startswith(start) for (text,), start in zip(said, SAID, strict=True)] == [True] * len(
            SAID
        )
        ballots = await place.rows("SELECT voter FROM vote_ballot WHERE vote_id = %s ORDER BY voter", subject)
        assert [one for (one,) in ballots] == [
            "agent:agent0",
            "agent:agent1",
            "member:1",
            "member:2",
            "member:3",
        ]
        assert await place.rows("SELECT count(*) FROM memory WHERE run_id = %s", subject) == [(1,)]
        asked = Counter(await place.rows("SELECT name FROM effect WHERE run_id = %s", subject))
        assert {name.split()[0] for (name,) in asked} == {"draft", "comparison", "ballot"}
        # Six calls, two at a time: each once, and the two that a kill cut off once more.
        assert subject in place.lost() or sum(asked.values()) <= 6 + 2
    assert await place.rows("SELECT 1 FROM run WHERE state <> 'done'") == []


async def test_killed_around_any_commit(
    database_url: str, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    async with (
        workplace("tests.chaos.deciding", database_url, tmp_path, measured=measured) as place,
        open_database(database_url, tmp_path) as database,
    ):
        first = uuid4()
        points = await points_of(place, first)
        assert set(points) >= {"begin", "statement", "commit", "committed"}

        async def over(subject: UUID) -> bool:
            await begin(database, subject)  # whoever asked and saw nothing come of it asks again
            return await place.runs_over([subject])

        subjects = await matrix(place, points, KILLS, over, COMMITS)
        await _each_is_whole(place, [first, *subjects])
