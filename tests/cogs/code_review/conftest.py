"""A server with the bot, a local GitHub that delivers webhooks to it, and people who look at what comes."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from bot.app import Bot
from bot.local_github.application import LocalGitHub
from bot.local_github.hooks import Hooks
from bot.local_github.server import TOKEN, api_of, local_github
from bot.local_github.world import Pull, Repo
from cogs.code_review import code_review
from cogswarm.testing import BotWith, Heard, Members, Person, ScriptedModel
from tests.bot.review.github_models import unlike_github

NAME = "octo-org/shop"
SECRET = "a-secret-of-a-webhook"
BASE = {
    "shop/cart.py": "def total(items):\n    return sum(items)\n",
    "tests/test_cart.py": "from shop.cart import total\n\n\ndef test_total():\n    assert total([1]) == 1\n",
    ".github/cogswarm.toml": 'ignore = ["docs/*"]\nguidelines = "Money is in cents."\n',
}


@dataclass(slots=True)
class House:
    """What the tests act on; ``ada`` manages the server."""

    host: LocalGitHub
    repo: Repo
    hooks: Hooks
    bot_with: BotWith
    ada: Person
    bo: Person
    model: ScriptedModel | None = None
    address: str | None = None
    bot: Bot | None = None

    @property
    def guild(self) -> int:
        """The server's id."""
        return int(next(iter(self.bo.client.guilds)))

    @property
    def running(self) -> Bot:
        """The bot that runs."""
        assert self.bot is not None
        return self.bot

    async def start(self, **settings: object) -> None:
        """Run the bot with the person's channel as the one for the repository."""
        channel = {
            "id": int(self.bo.channel_id),
            "cogs": {"code_review": {"repositories": [NAME], **settings}},
        }
        config: dict[str, Any] = {
            "web": {"port": 0},
            "servers": {"channels": [channel]},
            "github": {
                "api_url": api_of(self.host), "access_token": TOKEN, "webhook_secret": SECRET, "request_seconds": 2,
                "look_seconds": 3600, "repositories": {NAME: {"servers": [self.guild]}},
            },
        }  # fmt: skip
        self.bot = await self.bot_with(code_review, config=config, model=self.model)
        self.address = self.bot.web

    async def tell(self) -> None:
        """Let GitHub deliver what has happened."""
        self.hooks.url = f"{self.address}/github/webhook"
        answers = await self.hooks.flush()
        assert set(answers) <= {200, 202}, answers

    async def restart(self) -> None:
        """End the bot and start it again."""
        self.bot = await self.bot_with.restart()
        self.address = self.bot.web

    async def open(self, title: str, changes: Mapping[str, str | None], **more: Any) -> Pull:
        """Open a pull request and tell of it."""
        pull = self.host.world.open(self.repo, title, changes, **more)
        await self.tell()
        return pull

    async def push(self, pull: Pull, changes: Mapping[str, str | None]) -> str:
        """Push to it and tell of that; the new head."""
        head = self.host.world.push(self.repo, pull, changes).sha
        await self.tell()
        return head

    def posted(self) -> list[dict[str, Any]]:
        """The reviews that GitHub was asked to take, as they were asked for."""
        return [one.body for one in self.host.asked if one.method == "POST" and one.path.endswith("/reviews")]

    @staticmethod
    async def says(person: Person, message: Heard, label: str) -> str:
        """Press a button; what one is told."""
        return (await person.answer_to(await person.click(message, label))).text


@pytest.fixture
async def house(bot_with: BotWith, members: Members) -> AsyncGenerator[House]:
    """The house; whatever GitHub answered must be something that GitHub could have answered."""
    async with local_github() as host:
        repo = host.world.repository(NAME, BASE)
        hooks = Hooks("", SECRET, host.shapes)
        host.world.happened = hooks.happened
        yield House(host, repo, hooks, bot_with, await members("ada"), await members())
        await bot_with.stop()
        assert unlike_github(host.asked) == []
