"""kill -9 wherever a review records or delivers something: one thread, each finding once, GitHub hears it once as it was shown."""

from pathlib import Path

import pytest

from tests.chaos.breakpoints import BOTH, Point
from tests.chaos.review_story import Recorded, review_story
from tests.sizes import chosen

TELLING = (
    # The webhook was answered, and the review has its row; nobody has begun to look.
    [Point("review active", "after")],
    # The review stands on GitHub, and nobody knows.
    [Point("step posting 1, try 1", "before")],
    # The thread has been told of it, and the review is still open.
    [Point("review merged", "before")],
)
WAYS = ("telling",) if chosen() == "small" else ("hearing", "steps, before", "steps, after", "deliveries")

pytestmark = pytest.mark.timeout(120 if chosen() == "small" else 5_400)


def points_of(way: str, parts: list[Recorded]) -> list[list[Point]]:
    """All that the parts of the story write, as points at which the bot is killed."""
    if way == "deliveries":
        return [
            [
                Point(f"{state} {key}", moment)
                for key in part.deliveries
                # an edit may be replaced by the next before it is sent; that of a question has the number of its row
                if not key.startswith(("line:", "decided:"))
                for state in ("sending", "sent")
                for moment in BOTH
            ]
            for part in parts
        ]
    if way == "hearing":
        # What is heard is heard beside what it has begun, so this is no place in the order of the steps. That it was heard
        # is one statement, which the database completes although nobody is there any more.
        heard = Point("delivery heard", "after")
        return [
            [
                *(Point(event, moment) for event in ("delivery noted", "review active") for moment in BOTH),
                heard,
            ],
            [Point("run running", moment) for moment in BOTH],
            [
                *(Point(event, moment) for event in ("delivery noted", "review merged") for moment in BOTH),
                heard,
            ],
        ]
    moment = "before" if way == "steps, before" else "after"
    return [[Point(f"step {key}", moment) for key in part.steps] for part in parts]


@pytest.mark.parametrize("way", WAYS)
async def test_a_review_is_whole_wherever_its_bot_is_killed(
    tmp_path: Path, database_url: str, way: str
) -> None:
    parts: list[Recorded] = []
    async with review_story(tmp_path, database_url) as story:
        acts = (story.opened, story.decided, story.merged)

        async def undisturbed() -> None:
            """Another pull request whose bot nobody kills."""
            parts.extend([await story.undisturbed(one) for one in acts])

        if way == "telling":
            points = list(TELLING)
        else:
            async with story.house.bot(story.config):
                await undisturbed()
            points = points_of(way, parts)
        for act, killed in zip(acts, points, strict=True):
            await story.killed_at(killed, act, before=None if parts else undisturbed)
        await story.finished()
        first, thread = await story.threads()
        expected = await story.texts(first)
        # Marks are set beside what is said, so one may be there before the bot is killed at it.
        assert [one for one in story.missed if "react:" not in one.event] == []

        assert len(await story.started()) == 2
        assert sorted(await story.texts(thread)) == sorted(expected)
        assert await story.marks(thread) == ["🟣"]
        (stands,) = story.pull.reviews
        assert stands.commit == story.pull.head.sha
        assert stands.body.rpartition("\n\n<!-- ")[0] == (await story.shown(thread)).split("\n\n--- ")[0]
        assert [one.path for one in stands.remarks] == ["shop/coupons.py"] * 2
        posts = [one for one in story.host.asked if one.method == "POST" and one.path.endswith("/reviews")]
        assert len(posts) == 2  # one for each pull request, whatever was killed
        undelivered = "SELECT key, state, error FROM outbox WHERE state NOT IN ('sent', 'superseded')"
        assert await story.points.rows(undelivered) == []
        assert await story.points.rows("SELECT DISTINCT state, error FROM run") == [("done", None)]
        assert await story.points.rows(
            "SELECT count(*), count(DISTINCT title) FROM memory WHERE kind = 'review'"
        ) == [(2, 2)]
