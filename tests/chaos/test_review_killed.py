"""kill -9 while a review is posted: GitHub has it once, whenever the process dies; a plain request leaves two of it."""

from pathlib import Path
from uuid import UUID, uuid4, uuid5

import pytest

from bot.asks import deciding
from bot.asks.deciding import Said
from bot.asks.policy import Voter
from bot.clock import Clock
from bot.config.github import GitHubSection
from bot.local_github.server import TOKEN, api_of, local_github
from bot.review.finding import Severity, Spotted, identified
from bot.review.github_client import github_opened
from bot.review.pull_request import PullId, Repository
from bot.review.reviews import Reviews
from bot.storage.database import Connection, Database
from cogs.code_review.deciding import decide
from tests.bot.asks.ward import SURFACE
from tests.bot.work.test_engine import ADA, Bench
from tests.chaos.standing_still import free, process

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
PULL = PullId(Repository("octo-org", "shop"), 1)
CODE = "x = eval('1')\n"


async def _nobody(_conn: Connection, _run: UUID, _reason: str) -> None:
    """Nothing works on it."""


@pytest.mark.parametrize(
    ("stop_at", "ordinary", "times"), [("before", "", 1), ("amid", "", 1), ("amid", "ordinary", 2)]
)
async def test_a_review_is_posted_once_whenever_the_process_is_killed(
    database: Database, database_url: str, tmp_path: Path, stop_at: str, ordinary: str, times: int
) -> None:
    async with local_github() as host:
        repo = host.world.repository(str(PULL.repository), {"README.md": "# Shop\n"})
        pull = host.world.open(repo, "One", {"x.py": CODE})
        section = GitHubSection.model_validate(
            {
                "api_url": api_of(host),
                "access_token": TOKEN,
                "repositories": {str(PULL.repository): {"servers": [ADA.guild_id]}},
            }
        )
        told = section.model_dump_json(include={"api_url", "repositories"})
        told = f'{told[:-1]},"access_token":"{TOKEN}"}}'
        async with github_opened(section, Clock()) as github:
            seen = await github.pull(PULL)
        reviews, look = Reviews(database, _nobody, ADA.guild_id), uuid4()
        review = await reviews.put(PULL, ADA.channel_id)
        await reviews.begin(review.id, look, seen)
        eval_ = Spotted("bandit", "tool", "B307", Severity.MEDIUM, "Unsafe.", "x.py", 1)
        await reviews.settle(
            review.id, look, {"security": identified([eval_], {"x.py": CODE})}, renamed={}, blobs={}
        )
        bench = Bench(database)
        run_id = await bench.start(
            decide, review=str(review.id), pull=str(PULL), head=pull.head.sha, after=str(look), fixed=0,
            settings={}, named=False, model=False,
        )  # fmt: skip
        house = "tests.chaos.reviewing", database_url, str(tmp_path), str(run_id)
        assert await process(*house, "", told, ordinary) == ["over"]  # it waits for people
        async with database.transaction() as conn:
            said = Said(uuid5(run_id, "ask decision"), 1, value="comment")
            assert (
                await deciding.say(conn, SURFACE, ADA.guild_id, Voter(9, manages=True), said, 0.0)
            ).decides
        assert stop_at in await process(*house, stop_at, told, ordinary, kill_at=stop_at)
        await free(database, run_id)
        assert "over" in await process(*house, "", told, ordinary)
        assert (await bench.row(run_id)).state == "done"
        assert [one.commit for one in pull.reviews] == [pull.head.sha] * times
        stands = await reviews.of(PULL)
        assert stands is not None
        assert (stands.verdict, stands.posted_at_head, stands.deciding) == ("comment", pull.head.sha, False)
        assert [one.posted for one in await reviews.findings(review.id)] == [True]
