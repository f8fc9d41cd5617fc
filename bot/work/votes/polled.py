"""Votes whose ballots come from a poll of Discord's: posted once, ended at the close, and read as one ballot a member."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from bot.discord.missed import watch_table
from bot.errors import OutsideError
from bot.work.polls import Delivered, Poll, PollVotes
from bot.work.surface import Connection, Place, Say
from bot.work.tasks.giving import TaskServices
from bot.work.tasks.task import Worker
from bot.work.votes import vote_table
from bot.work.votes.vote import NewBallot, Vote, VoteRules

MEMBER = "Member {id}"
CANNOT_TELL = "Who has which role cannot be told here."
LOOKS, PAUSE = 25, 0.2
"""How often, and after how many seconds each, is looked for what Discord does in a moment."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll says: ``later`` where it is still being counted or Discord does not answer, ``gone`` where it is."""

    state: Literal["read", "later", "gone"]
    ballots: tuple[NewBallot, ...] = ()


class VotePolls:
    """The polls of one server's votes."""

    def __init__(self, services: TaskServices, guild_id: int, cog: str) -> None:
        self._services = services
        self._guild_id = guild_id
        self._cog = cog

    async def post(self, vote_id: UUID, thread_id: int, poll: Poll) -> int:
        """Post the poll of a vote in its thread, once; the outbox row that does it."""
        async with self._services.database.transaction() as conn:
            key, place = f"{self._cog}:poll:{vote_id}", Place(thread_id)
            say = Say("", poll=poll, urgency="question")
            return (await self._services.surface.post(conn, key, place, say, run_id=vote_id))[-1]

    async def delivered(self, row: int) -> Delivered:
        """What became of a poll that was to be posted, which is waited for for a moment."""
        return await self._soon(lambda: self._delivered(row), lambda found: found.state != "waits")

    async def _delivered(self, row: int) -> Delivered:
        async with self._services.database.connection() as conn:
            return await self._services.surface.delivered(conn, row)

    async def _soon[T](self, look: Callable[[], Awaitable[T]], fits: Callable[[T], bool]) -> T:
        """What ``look`` finds when it fits, or after some looks."""
        for _ in range(LOOKS):
            found = await look()
            if fits(found):
                return found
            await self._services.machinery.sleep(PAUSE)
        return await look()

    async def watch(self, conn: Connection, vote_id: UUID, posted: Delivered) -> None:
        """Let the cog be told when the poll is deleted."""
        note, where = f"vote {vote_id} poll", (posted.channel_id, posted.message_id)
        await watch_table.watch(conn, self._cog, self._guild_id, note, *where)

    async def end(self, vote_id: UUID) -> None:
        """End a vote's poll, so that nobody can vote in it any more; nothing where there is none, or it is over.

        Where Discord does not answer it is still running: `read` says ``later`` then.
        """
        vote = await self._vote(vote_id)
        if vote is None or vote.poll_id is None or vote.thread_id is None:
            return
        try:
            await self._services.surface.end_poll(vote.thread_id, vote.poll_id)
        except OutsideError:
            return

    async def read(self, vote_id: UUID) -> Polled:
        """The ballots of a poll that has ended; that they are counted is waited for for a moment."""
        return await self._soon(lambda: self._read(vote_id), lambda found: found.state != "later")

    async def _read(self, vote_id: UUID) -> Polled:
        vote = await self._vote(vote_id)
        if vote is None:
            return Polled("gone")
        try:
            found = await self._found(vote)
            if found is None:
                return Polled("gone")
            if not found.counted:
                return Polled("later")
            return Polled("read", await self._ballots(vote, found))
        except OutsideError:
            return Polled("later")

    async def turnout(self, vote: Vote) -> int:
        """How many who may vote have done so by now. Raises `OutsideError`."""
        found = await self._found(vote)
        return 0 if found is None else len(await self._ballots(vote, found))

    async def _vote(self, vote_id: UUID) -> Vote | None:
        async with self._services.database.connection() as conn:
            return await vote_table.get(conn, self._guild_id, vote_id)

    async def _found(self, vote: Vote) -> PollVotes | None:
        if vote.poll_id is None or vote.thread_id is None:
            return None
        return await self._services.surface.poll_votes(vote.thread_id, vote.poll_id)

    async def _ballots(self, vote: Vote, found: PollVotes) -> tuple[NewBallot, ...]:
        ballots = ballots_of(vote, found.voters)
        rules = vote.how
        if rules.voters in {None, self._guild_id} and not rules.weights:
            return ballots
        weighed = [await self._weighed(rules, one) for one in ballots]
        return tuple(one for one in weighed if one is not None)

    async def _weighed(self, rules: VoteRules, ballot: NewBallot) -> NewBallot | None:
        """A ballot with what it counts for by the roles that they have now; None where they may not vote."""
        if self._services.present is None:
            raise OutsideError(CANNOT_TELL)
        member = await self._services.present.voter(self._guild_id, int(ballot.voter.id))
        if member is None or rules.voters not in {None, self._guild_id, *member.roles}:
            return None
        return replace(ballot, weight=rules.weight_of(member.roles))


def ballots_of(vote: Vote, voters: Sequence[Sequence[int]]) -> tuple[NewBallot, ...]:
    """One ballot a member, from who chose each answer; the answers stand in the order of the vote's letters."""
    chosen: dict[int, list[str]] = {}
    for letter, members in zip(vote.letters, voters, strict=False):
        for member in members:
            chosen.setdefault(member, []).append(letter)
    most = 1 if vote.how.method == "plurality" else len(vote.letters)
    return tuple(
        NewBallot(
            Worker("member", str(member), MEMBER.format(id=member)), tuple(letters[:most]), 0, via="poll"
        )
        for member, letters in sorted(chosen.items())
    )
