"""A local GitHub with a repository, and the bot's client of it."""

from collections.abc import AsyncGenerator

import pytest
from pydantic import SecretStr

from bot.clock import Clock
from bot.config.github import GitHubSection
from bot.local_github.application import LocalGitHub
from bot.local_github.server import TOKEN, api_of, local_github
from bot.local_github.world import Repo
from bot.review.github_client import GitHubClient, github_opened
from tests.bot.review.github_models import unlike_github

NAME = "octo-org/shop"
BASE = {
    "shop/cart.py": "def total(items):\n    return sum(items)\n\n\ndef empty():\n    return []\n",
    "tests/test_cart.py": "from shop.cart import total\n\n\ndef test_total():\n    assert total([1]) == 1\n",
    "README.md": "# Shop\n",
}


async def no_pause(_seconds: float) -> None:
    """Do not wait."""


@pytest.fixture
async def host() -> AsyncGenerator[LocalGitHub]:
    """A local GitHub, whose every answer has to be one that GitHub could have given."""
    async with local_github() as host:
        host.world.repository(NAME, BASE)
        yield host
    assert unlike_github(host.asked) == []


@pytest.fixture
def repo(host: LocalGitHub) -> Repo:
    """Its repository."""
    return host.world.repos[NAME]


@pytest.fixture
async def github(host: LocalGitHub) -> AsyncGenerator[GitHubClient]:
    """The client."""
    section = GitHubSection(api_url=api_of(host), access_token=SecretStr(TOKEN), request_seconds=5)
    async with github_opened(section, Clock(sleep=no_pause)) as github:
        yield github
