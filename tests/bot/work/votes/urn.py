"""Votes on a real database, without Discord, and a clock for them that a test moves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from bot.clock import Clock
from bot.discord.surface import DiscordSurface
from bot.storage.database import Database
from bot.work.services import unheard
from bot.work.tasks.giving import TaskServices
from bot.work.tasks.task import Worker
from bot.work.votes.desk import Votes
from bot.work.votes.vote import NewBallot, NewVote, Option, Vote, VoteRules
from tests.owned_clock import stands_at

GUILD, CHANNEL, THREAD = 1, 77 << 22, 78 << 22
ASKER = Worker("member", "5", "Ada")
SECONDS = 600.0


def member(number: int) -> Worker:
    return Worker("member", str(number), f"Member {number}")


def options(letters: str) -> list[Option]:
    return [Option(one, f"Proposal {one}", f"agent:{one}", one) for one in letters]


@dataclass(slots=True)
class Urn:
    """A server on which votes are held."""

    database: Any
    url: str
    events: int = 0

    @property
    def votes(self) -> Votes:
        return self.on(self.database)

    def on(self, database: Database, guild_id: int = GUILD) -> Votes:
        """The votes as another process has them."""
        nothing: Any = None
        surface = DiscordSurface(nothing, Clock())
        return Votes(TaskServices(database, surface, unheard, uuid4, Clock()), guild_id, "lab")

    async def begin(self, rules: VoteRules | None = None, **more: Any) -> Vote:
        new = NewVote(
            uuid4(), CHANNEL, ASKER, more.pop("question", "Which boat?"), rules or VoteRules(), **more
        )
        return await self.votes.begin(new)

    async def open(self, letters: str = "ABC", rules: VoteRules | None = None, **more: Any) -> Vote:
        vote = await self.begin(rules, **more)
        return await self.votes.open(
            vote.id, options(letters), seconds=SECONDS, wake=uuid4(), thread_id=THREAD
        )

    async def cast(self, vote: Vote, number: int, choice: str, **more: Any) -> None:
        """Let somebody vote, later than everything before."""
        self.events += 1
        event_id = more.pop("event_id", self.events)
        await self.votes.cast(vote.id, NewBallot(member(number), tuple(choice), event_id, **more))

    async def now(self, vote: Vote) -> Vote:
        found = await self.votes.get(vote.id)
        assert found is not None
        return found

    async def pass_until(self, moment: datetime) -> None:
        """Let the clock that votes go by stand at a moment; only the database's owner can."""
        await self.owner(stands_at("vote_now", moment))

    async def closed(self, vote: Vote) -> Vote:
        """Let its time come, and whoever looks next close it."""
        assert vote.closes_at is not None
        await self.pass_until(vote.closes_at)
        return await self.votes.close(vote.id)

    async def rows(self, query: Any, *values: object) -> list[tuple[Any, ...]]:
        """What the bot's own role can read."""
        async with self.database.connection() as conn:
            return await (await conn.execute(query, values)).fetchall()

    async def owner(self, query: Any, *values: object) -> None:
        """Change what only the owner of the database can."""
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as owner:
            await owner.execute(query, values or None)

    async def refused(self, query: Any, *values: object) -> None:
        """What not even the bot's own role can do."""
        try:
            async with self.database.transaction() as conn:
                cursor = await conn.execute(query, values)
                assert cursor.rowcount == 0, query
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation):
            return


def ids(votes: list[Vote]) -> list[UUID]:
    return [one.id for one in votes]
