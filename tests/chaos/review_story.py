"""The whole life of a pull request in a house whose bot is killed: it is opened, looked at, decided about, and merged."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from bot.errors import OutsideError
from bot.local_discord.client.member import Member
from bot.local_github.application import LocalGitHub
from bot.local_github.hooks import Hooks
from bot.local_github.server import TOKEN, api_of, local_github
from bot.local_github.world import Commit, Pull
from tests.bot.review.github_models import unlike_github
from tests.chaos.breakpoints import Breakpoints, Point, breakpoints
from tests.e2e.house import House, channel_of, house, killed
from tests.waiting import eventually

type Json = dict[str, Any]

NAME, SECRET = "octo-org/shop", "a-secret-of-a-webhook"
BASE = {"README.md": "# Shop\n"}
CODE = "import os\n\n\ndef apply(total, code):\n    return total * eval(code)\n"
REACH_SECONDS = 60.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a part of the story writes: its steps in order, and what it delivers."""

    steps: list[str]
    deliveries: list[str]


@dataclass(slots=True)
class Story:
    """Everything that the story is made of; ``ada`` decides."""

    house: House
    host: LocalGitHub
    hooks: Hooks
    points: Breakpoints
    config: Path
    ada: Member
    base: Commit
    missed: list[Point] = field(default_factory=list[Point])

    # its parts, each of which begins with what somebody does

    async def opened(self) -> None:
        """Somebody opens the next pull request, and GitHub tells of it."""
        repo = self.host.world.repos[NAME]
        repo.base = self.base  # as if what was merged had been taken back
        self.host.world.open(repo, "Coupons", {"shop/coupons.py": CODE})
        await self._tell()

    async def decided(self) -> None:
        """Ada decides about the newest."""
        thread = (await self.threads())[-1]
        asked = next(
            one for one in reversed(await self._said(thread)) if "post this review of" in one["content"]
        )
        await self.ada.click(asked, "Comment")
        # Discord is answered before what was said is written down.
        await eventually(self._answered)

    async def merged(self) -> None:
        """It is merged, and GitHub tells of it."""
        self.host.world.close(self.host.world.repos[NAME], self.pull, merge=True)
        await self._tell()

    async def undisturbed(self, begin: Callable[[], Awaitable[None]]) -> Recorded:
        """Let a part happen with nobody killed (a bot runs); what it has written."""
        await eventually(self.quiet, REACH_SECONDS)
        before = await self._recorded()
        await begin()
        await eventually(self.quiet, REACH_SECONDS)
        after = await self._recorded()
        return Recorded(after.steps[len(before.steps) :], after.deliveries[len(before.deliveries) :])

    async def killed_at(
        self,
        points: Sequence[Point],
        begin: Callable[[], Awaitable[None]],
        *,
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Let a part begin (``before`` is what happens first) and kill the bot at each of ``points`` in turn.

        Those that it never comes to are noted.
        """
        begun: asyncio.Task[None] | None = None
        for point in points:
            if begun is not None:
                await self.points.arm(point)
            await self._to_be_looked_at()
            async with self.house.bot(self.config) as bot:
                if begun is None:
                    await eventually(self.quiet, REACH_SECONDS)
                    if before is not None:
                        await before()
                    await self.points.arm(point)
                    begun = asyncio.create_task(_whatever_comes(begin))
                    await eventually(partial(self._reached, begun), REACH_SECONDS)
                elif not await self._comes_to_it():
                    self.missed.append(point)
                await killed(bot)
            await self.points.release()
        if begun is not None:
            await begun

    async def finished(self) -> None:
        """Let the bot do whatever is left."""
        await self._to_be_looked_at()
        async with self.house.bot(self.config):
            await eventually(self.quiet, REACH_SECONDS)

    async def quiet(self) -> bool:
        """Whether it was looked for what is new, everything was heard and delivered, and whatever is not over waits for people."""
        ((left,),) = await self.points.rows(
            "SELECT (SELECT count(*) FROM code_delivery WHERE heard_at IS NULL)"
            " + (SELECT count(*) FROM run WHERE state IN ('ready', 'running'))"
            " + (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending'))"
            " + (SELECT count(*) FROM code_repository WHERE next_look < now() + interval '10 minutes')"
            # what was answered, and nobody has gone on with
            " + (SELECT count(*) FROM run_wait WHERE answered_at IS NOT NULL AND NOT EXISTS"
            " (SELECT FROM run_step WHERE (run_step.run_id, run_step.key) = (run_wait.run_id, run_wait.key)))"
        )
        return int(left) == 0

    # what people see

    @property
    def pull(self) -> Pull:
        """The newest pull request."""
        return list(self.host.world.repos[NAME].pulls.values())[-1]

    async def threads(self) -> list[str]:
        """The threads of the channel, oldest first."""
        guild = next(
            guild_id
            for guild_id, guild in self.ada.guilds.items()
            if any(channel["id"] == self._channel for channel in guild["channels"])
        )
        active: Any = await self.ada.request("GET", f"/guilds/{guild}/threads/active")
        return sorted((str(one["id"]) for one in active["threads"]), key=int)

    async def texts(self, thread: str) -> list[str]:
        """What stands in a thread, without what makes one pull request differ from another."""
        unlike = re.compile(r"octo-org/shop#\d+|/pull/\d+\S*|[0-9a-f]{12}|<t:\d+:\w>|-[0-9a-f]{7}\b")
        return [
            unlike.sub("…", f"{one['author']['username']}: {one['content']}")
            for one in await self._said(thread)
        ]

    async def shown(self, thread: str) -> str:
        """The draft, letter for letter, as people were given it."""
        (address,) = [
            str(one["url"]) for message in await self._said(thread) for one in message.get("attachments", [])
        ]
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(address)).text

    async def marks(self, thread: str) -> list[str]:
        """The reactions under the message that the thread hangs on."""
        first = next(one for one in await self.ada.messages(self._channel) if one["id"] == thread)
        return [str(one["emoji"]["name"]) for one in first.get("reactions", [])]

    async def started(self) -> list[str]:
        """The messages of the channel that began something."""
        return [
            str(one["id"])
            for one in await self.ada.messages(self._channel)
            if "Asked by" in str(one["content"])
        ]

    @property
    def _channel(self) -> str:
        return channel_of(self.ada, "general")

    async def _said(self, thread: str) -> list[Json]:
        return [one for one in await self.ada.messages(thread, limit=100) if one["type"] in {0, 19}]

    async def _tell(self) -> None:
        log = (self.house.folder / "bot.log").read_text("utf-8", "replace").splitlines()
        ready = next(line for line in reversed(log) if "web_ready" in line)
        found = _ADDRESS.search(ready)
        assert found, ready
        self.hooks.url = f"{found[0]}/github/webhook"
        await self.hooks.flush()

    async def _to_be_looked_at(self) -> None:
        """Have it wait for the look with which a bot begins: before that, nobody knows whether anything is left to do."""
        await self.points.rows("UPDATE code_repository SET next_look = now() RETURNING 1")

    async def _reached(self, begun: asyncio.Task[None]) -> bool:
        if begun.done():
            begun.result()
        return await self.points.reached()

    async def _answered(self) -> bool:
        open_ones = "SELECT 1 FROM run_wait WHERE key = 'decision' AND answered_at IS NULL"
        return not await self.points.rows(open_ones)

    async def _recorded(self) -> Recorded:
        steps = await self.points.rows("SELECT key FROM run_step ORDER BY done_at, key")
        sent = await self.points.rows(
            "SELECT substr(key, 38) FROM outbox WHERE state = 'sent' AND key ~ '^[0-9a-f-]{36}:' ORDER BY id"
        )
        return Recorded([key for (key,) in steps], [key for (key,) in sent])

    async def _comes_to_it(self) -> bool:
        outcome: list[bool] = []

        async def known() -> bool:
            if await self.points.reached():
                outcome.append(True)
            elif await self.quiet() and not await self.points.reached():
                outcome.append(False)
            return bool(outcome)

        await eventually(known, REACH_SECONDS)
        return outcome[0]


async def _whatever_comes(begin: Callable[[], Awaitable[None]]) -> None:
    """Do what somebody does; that the bot dies in the middle of answering is what the test is about."""
    try:
        await begin()
    except (OutsideError, TimeoutError):
        return


@asynccontextmanager
async def review_story(folder: Path, database_url: str) -> AsyncGenerator[Story]:
    """The story in ``folder``, on a database that only the test uses."""
    async with (
        house(folder) as home,
        local_github() as host,
        breakpoints(database_url) as points,
        home.member("ada") as ada,
    ):
        base = host.world.repository(NAME, BASE).base
        hooks = Hooks("", SECRET, host.shapes)
        host.world.happened = hooks.happened
        guild, channel = next(
            (int(guild_id), int(channel["id"]))
            for guild_id, guild in ada.guilds.items()
            for channel in guild["channels"]
            if channel["name"] == "general"
        )
        here = {"id": channel, "cogs": {"code_review": {"repositories": [NAME]}}}
        settings = home.settings(
            {},
            database={"url": database_url},
            embeddings="none",
            web={"port": 0},
            # how long anything takes says how often the bot was killed
            discord={"mention_after": 3_600},
            servers={"defaults": ["code_review"], "channels": [here]},
            github={
                "api_url": api_of(host), "access_token": TOKEN, "webhook_secret": SECRET, "look_seconds": 3600,
                "repositories": {NAME: {"servers": [guild]}},
            },
        )  # fmt: skip
        settings["tools"] = {}
        yield Story(home, host, hooks, points, home.write(settings), ada, base)
        assert await home.mentions_allowed() == []
        assert unlike_github(host.asked) == []
