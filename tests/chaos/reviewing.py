"""A process that posts the review that people have decided on to a GitHub of the test's.

Killed where a test wants it: at ``before`` the decision is known and GitHub was not asked, at ``amid`` the review stands
there and that is not recorded yet.
"""

import asyncio
import json
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from bot.importing import importing

with importing():
    from bot.clock import Clock
    from bot.config.github import GitHubSection
    from bot.review.desk import CodeParts
    from bot.review.github_client import GitHubClient, github_opened
    from bot.review.pull_request import NewReview, PostedReview, PullId
    from bot.review.static_checks import StaticChecks
    from bot.storage.opening import open_database
    from bot.work.engine import Engine
    from bot.work.settings import EngineSettings
    from cogs.code_review import code_review
    from tests.bot.work.test_engine import services_of


@dataclass(frozen=True, slots=True)
class Watched:
    """GitHub, and a word before and after a review is posted. ``ordinary`` forgets the key, as a plain request does."""

    github: GitHubClient
    stop_at: str
    ordinary: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.github, name)

    async def post_review(self, id: PullId, review: NewReview, key: str) -> PostedReview:  # noqa: A002 - as in the protocol
        await reached("before", self.stop_at)
        own = f"{key}-{os.getpid()}" if self.ordinary else key  # no other process has it
        posted = await self.github.post_review(id, review, own)
        await reached("amid", self.stop_at)
        return posted


async def reached(place: str, stop_at: str) -> None:
    """Say where it stands, and stand still where the test wants that."""
    sys.stdout.write(f"{place}\n")
    sys.stdout.flush()
    if place == stop_at:
        await asyncio.Event().wait()


async def work(url: str, folder: str, run_id: str, stop_at: str, github: str, ordinary: str) -> None:
    """Take the run up and do all that can be done of it."""
    section = GitHubSection.model_validate(json.loads(github))
    async with github_opened(section, Clock()) as client, open_database(url, Path(folder)) as database:
        watched: Any = Watched(client, stop_at, bool(ordinary))
        code = CodeParts(section, watched, StaticChecks.configured(section.checks, Path(folder)), database)
        flows = {("lab", name): flow for name, flow in code_review.workflows.items()}
        services = replace(services_of(database), code=code)
        await Engine(services, flows, EngineSettings(lease=0.5, heartbeat=0.1, grace=0.0)).advance(
            UUID(run_id)
        )
    await reached("over", stop_at)


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:7]))
