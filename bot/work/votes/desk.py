"""A server's votes as cogs use them: `Run.votes` for holding one, `Context.votes` for people's ballots and for finding it again."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from bot.discord.missed import watch_table
from bot.errors import UserError
from bot.memory.whereabouts import place_of
from bot.work import waits_table
from bot.work.sealed.keeping import in_time
from bot.work.sealed.seal import random_salt
from bot.work.surface import Connection, Delivered, Place, Say
from bot.work.tasks.giving import TaskServices
from bot.work.votes import ballot_table, proposal_table, vote_table
from bot.work.votes.counting import ballots_hash, counted
from bot.work.votes.polled import VotePolls
from bot.work.votes.vote import (
    MOST_PROPOSALS,
    OPTIONS,
    OUTCOME,
    RULES,
    Counted,
    NewBallot,
    NewVote,
    Option,
    Outcome,
    Proposal,
    SealedBallot,
    Vote,
)

UNKNOWN = "I do not know that vote any more."
TOO_LATE = "This vote closed <t:{when}:R>, so your ballot was not counted."
NOT_OPEN = "This vote is not open, so there is nothing to vote for."
ALL_SHOWN = "The proposals have been shown already, so no more can be added."
UNKNOWN_CHOICE = "That is nothing to vote for here; please choose again from the message itself."
IN_POLL = "People vote in the poll here; please choose there."
NO_BALLOT = "You have not voted here."
TOO_OFTEN = "You have changed your ballot so often that this vote takes no more changes from you."
TOO_MANY = "People have made {most} proposals already, which is as many as a vote can hold."
NOT_DECIDED = "Decision {number} is not decided yet, so nothing can take its place."
ITSELF = "A decision cannot take its own place."
REPLACED = "Decision {number} was replaced by decision {other} before."
CIRCLE = "Decision {other} was itself replaced by decision {number}, so it cannot take its place."
MOST_BALLOTS = 100
MOST_REPLACED = 1_000


type Opened = Callable[[Connection], Awaitable[None]]
type Render = Callable[[Vote, int], Say]
"""How the message to vote under looks, with so many votes so far."""


class Votes:
    """The votes of one server. Whatever changes one is a transaction that looks at its state first."""

    def __init__(
        self,
        services: TaskServices,
        guild_id: int,
        cog: str,
        still_on: Callable[[Connection], Awaitable[None]] | None = None,
        salt: Callable[[], bytes] = random_salt,
    ) -> None:
        self._services = services
        self._guild_id = guild_id
        self._cog = cog
        self._still_on = still_on
        self._salt = salt

    @property
    def polls(self) -> VotePolls:
        """The polls of Discord's in which people vote, where they do."""
        return VotePolls(self._services, self._guild_id, self._cog)

    # how one is held, step by step; each can be done again and changes nothing then

    async def begin(self, new: NewVote) -> Vote:
        """Make a vote, in which proposals are collected. What it takes the place of is looked at when it is decided."""
        async with self._services.database.transaction() as conn:
            if self._still_on is not None:
                await self._still_on(conn)
            place = await place_of(conn, self._guild_id, new.channel_id)
            # Of a public thread whoever can read its channel may know, of a private one who is in it.
            home = new.channel_id if place.private else place.channel_id
            await vote_table.insert(conn, self._guild_id, replace(new, channel_id=home))
            return await self._get(conn, new.id)

    async def propose(self, vote_id: UUID, proposal: Proposal, event_id: int) -> bool:
        """Keep what a person proposes, in place of what they proposed before; whether there was something before.

        Raises `UserError` where all has been shown, or there is no room.
        """
        async with self._services.database.transaction() as conn:
            vote = await self._locked(conn, vote_id)
            if vote.state != "collecting":
                raise UserError(ALL_SHOWN)
            known = await proposal_table.of_vote(conn, vote_id)
            if len(known) >= MOST_PROPOSALS and all(one.author != proposal.author for one in known):
                raise UserError(TOO_MANY.format(most=MOST_PROPOSALS))
            return await proposal_table.put(conn, vote_id, proposal, event_id)

    async def proposals(self, vote_id: UUID) -> list[Proposal]:
        """What people have proposed by now."""
        async with self._services.database.connection() as conn:
            return await proposal_table.of_vote(conn, vote_id)

    async def collected(self, vote_id: UUID) -> list[Proposal]:
        """Take no more proposals; those that people made. None of them where the vote was ended meanwhile."""
        async with self._services.database.transaction() as conn:
            vote = await self._locked(conn, vote_id)
            if vote.state == "collecting":
                vote = await vote_table.change(conn, vote_id, {"state": "revealed"})
            return [] if vote.is_over else await proposal_table.of_vote(conn, vote_id)

    async def open(
        self,
        vote_id: UUID,
        options: Sequence[Option],
        *,
        seconds: float,
        wake: UUID,
        thread_id: int,
        poll: Delivered | None = None,
    ) -> Vote:
        """Let people vote for so many seconds, in a ``poll`` where there is one; without options it is closed at once."""
        async with self._services.database.transaction() as conn:
            vote = await self._locked(conn, vote_id)
            if vote.state not in {"collecting", "revealed"}:
                return vote
            if not options:
                nothing = OUTCOME.dump_python(Outcome("nothing"), mode="json")
                return await vote_table.change(
                    conn, vote_id, {"state": "closed", "outcome": nothing, "thread_id": thread_id}
                )
            if poll is not None:
                await self.polls.watch(conn, vote_id, poll)
            rules = replace(vote.how, poll=poll is not None)
            now = await vote_table.now(conn)
            ends = await (
                await conn.execute("SELECT %s::timestamptz + make_interval(secs => %s)", (now, seconds))
            ).fetchone()
            return await vote_table.change(
                conn,
                vote_id,
                {
                    "state": "open", "options": OPTIONS.dump_python(tuple(options), mode="json"), "wake": wake,
                    "opened_at": now, "closes_at": None if ends is None else ends[0], "thread_id": thread_id,
                    "rules": RULES.dump_python(rules, mode="json"), "poll_id": None if poll is None else poll.message_id,
                },
            )  # fmt: skip

    async def held_in(self, vote_id: UUID, thread_id: int) -> None:
        """Note in which thread it is held."""
        async with self._services.database.transaction() as conn:
            vote = await self._locked(conn, vote_id)
            if vote.thread_id != thread_id:
                await vote_table.change(conn, vote_id, {"thread_id": thread_id})

    async def show(self, vote_id: UUID, render: Render) -> None:
        """Let the message to vote under say what it should; nothing where there is none."""
        async with self._services.database.transaction() as conn:
            vote = await self._locked(conn, vote_id)
            if vote.said_row is not None:
                await self._show(conn, vote, render, ())

    def shown(self, vote_id: UUID, render: Render, *, marks: Sequence[str] = ()) -> Opened:
        """What posts the message to vote under (with ``marks`` under it) where a run waits: for `Run.wait_answer`.

        So nobody can close a vote that nothing waits for yet; and one that was called off by then is not waited for.
        """

        async def opened(conn: Connection) -> None:
            vote = await self._locked(conn, vote_id)
            if vote.is_over:
                if vote.wake is not None:
                    await waits_table.decide(conn, vote.wake, vote.state, 0)
                return
            await self._show(conn, vote, render, marks)

        return opened

    async def _show(self, conn: Connection, vote: Vote, render: Render, marks: Sequence[str]) -> None:
        surface = self._services.surface
        look = render(vote, await ballot_table.turnout(conn, vote.id))
        if vote.thread_id is None or look.text == vote.shown:
            return
        key, row = f"{self._cog}:vote:{vote.id}:{vote.edits + 1}", vote.said_row
        if row is None:
            place = Place(channel_id=vote.thread_id)
            row = (await surface.post(conn, key, place, look, run_id=vote.id))[-1]
            await watch_table.watch_row(conn, self._cog, self._guild_id, f"vote {vote.id}", row)
            for mark in marks:
                await surface.mark(conn, f"{key}:{mark}", row, mark, on=True)
        else:
            await surface.edit(conn, key, row, look)
        to = {"said_row": row, "shown": look.text, "edits": vote.edits + 1}
        await vote_table.change(conn, vote.id, to)

    async def close(self, vote_id: UUID, *, early: bool = False, polled: Sequence[NewBallot] = ()) -> Vote:
        """Close a vote whose time has come (or ``early``) and count it, once; the vote as it is then.

        ``polled`` are the ballots of its poll, which are cast with this.
        """
        async with self._services.database.transaction() as conn:
            vote = await self._locked(conn, vote_id)
            if vote.state != "open" or vote.closes_at is None:
                return vote
            if not early and await vote_table.now(conn) < vote.closes_at:
                return vote
            for ballot in polled:
                self._check(vote, ballot)
                await ballot_table.put(conn, vote_id, ballot, self._salt())
            # Only now can the ballots be read, and no more can come.
            vote = await vote_table.change(conn, vote_id, {"state": "closed"})
            ballots = await ballot_table.last_of_all(conn, vote_id)
            vote = await vote_table.change(conn, vote_id, {"ballots_hash": ballots_hash(ballots)})
            outcome = OUTCOME.dump_python(counted(vote, ballots), mode="json")
            vote = await vote_table.change(conn, vote_id, {"outcome": outcome})
            await self._replace(conn, vote)
            return vote

    async def cancel(self, vote_id: UUID, why: str) -> Vote:
        """End a vote without a decision; nobody ever reads its ballots. One that is over stays as it is."""
        async with self._services.database.transaction() as conn:
            vote = await self._locked(conn, vote_id)
            if vote.is_over:
                return vote
            return await vote_table.change(conn, vote_id, {"state": "cancelled", "reason": why})

    async def note(self, vote_id: UUID, record: Mapping[str, Any]) -> None:
        """Keep what belongs to the decision beside the counts: reasoning, dissent, cost."""
        async with self._services.database.transaction() as conn:
            vote = await self._locked(conn, vote_id)
            await vote_table.change(conn, vote_id, {"record": {**vote.record, **record}})

    # what people and agents do

    async def cast(self, vote_id: UUID, ballot: NewBallot) -> Counted:
        """Seal a ballot in place of the same voter's before; the caller has checked that they may vote, and its weight.

        What was done earlier, or is told twice, changes nothing. Raises `UserError` when it is too late.
        """

        async def tried(conn: Connection) -> Counted | None:
            vote = await vote_table.shared(conn, self._guild_id, vote_id)
            if vote is None:
                raise UserError(UNKNOWN)
            self._check(vote, ballot)
            if vote.closes_at is None or await vote_table.now(conn) >= vote.closes_at:
                return None
            return await self._sealed(conn, vote_id, ballot)

        counted = await in_time(self._services.database, tried)
        if counted is not None:
            return counted
        vote = await self.get(vote_id)
        when = None if vote is None else vote.closed_at or vote.closes_at
        raise UserError(TOO_LATE.format(when=int(when.timestamp())) if when is not None else NOT_OPEN)

    # what there is to know

    async def get(self, vote_id: UUID) -> Vote | None:
        """One vote."""
        async with self._services.database.connection() as conn:
            return await vote_table.get(conn, self._guild_id, vote_id)

    async def find(
        self, *, number: int | None = None, message_id: int | None = None, place_id: int = 0
    ) -> Vote | None:
        """The vote of a number, or the one that is held under a message of ``place_id``."""
        async with self._services.database.connection() as conn:
            if number is not None:
                return await vote_table.of_number(conn, self._guild_id, number)
            if message_id is None:
                return None
            return await vote_table.of_message(conn, self._guild_id, place_id, message_id)

    async def in_thread(self, thread_id: int) -> list[Vote]:
        """The votes that go on in a thread."""
        async with self._services.database.connection() as conn:
            return await vote_table.of_thread(conn, self._guild_id, thread_id)

    async def decided_in(self, thread_id: int) -> list[Vote]:
        """What was decided in a thread."""
        async with self._services.database.connection() as conn:
            return await vote_table.decided_in(conn, self._guild_id, thread_id)

    async def turnout(self, vote_id: UUID) -> int:
        """How many people have voted by now. Raises `OutsideError` where a poll cannot be read."""
        vote = await self.get(vote_id)
        if vote is not None and vote.poll_id is not None and not vote.is_over:
            return await self.polls.turnout(vote)
        async with self._services.database.connection() as conn:
            return await ballot_table.turnout(conn, vote_id)

    async def ballots(self, vote_id: UUID) -> list[SealedBallot]:
        """The last ballot of each; what they chose only when the vote is closed."""
        async with self._services.database.connection() as conn:
            return await ballot_table.last_of_all(conn, vote_id)

    async def standing(self, vote_id: UUID, voter: str) -> SealedBallot | None:
        """Somebody's ballot, without what it says; None where they have none."""
        async with self._services.database.connection() as conn:
            return await ballot_table.standing(conn, vote_id, voter)

    async def listed(
        self, words: str = "", *, readable: Collection[int], asker: int, limit: int = 25
    ) -> list[Vote]:
        """Votes in places that somebody can read, and what they asked themselves; those that go on first."""
        async with self._services.database.connection() as conn:
            return await vote_table.listed(conn, self._guild_id, words, readable, asker, limit)

    async def search(
        self, text: str, *, readable: Collection[int], asker: int, limit: int = 10
    ) -> list[Vote]:
        """Votes whose question, proposals or reasoning hold words of ``text``, the best first; as `listed`."""
        async with self._services.database.connection() as conn:
            return await vote_table.found(conn, self._guild_id, text, readable, asker, limit)

    async def supersede(self, vote_id: UUID, by: UUID) -> tuple[Vote, Vote]:
        """Let one decision take the place of another; the older and the newer one, linked both ways. Raises `UserError`."""
        async with self._services.database.transaction() as conn:
            # One at a time, so that no circle can close behind anybody's back.
            await conn.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('vote', %s))", (self._guild_id,)
            )
            older, newer = await self._locked(conn, vote_id), await self._locked(conn, by)
            for one in (older, newer):
                if one.state != "closed":
                    raise UserError(NOT_DECIDED.format(number=one.number))
            if older.id == newer.id:
                raise UserError(ITSELF)
            if older.superseded_by is not None and older.superseded_by != newer.id:
                other = await self._get(conn, older.superseded_by)
                raise UserError(REPLACED.format(number=older.number, other=other.number))
            after = newer
            for _ in range(MOST_REPLACED):
                if after.superseded_by is None:
                    break
                after = await self._get(conn, after.superseded_by)
                if after.id == older.id:
                    raise UserError(CIRCLE.format(number=older.number, other=newer.number))
            return await self._linked(conn, older, newer)

    async def _replace(self, conn: Connection, vote: Vote) -> None:
        """What a new decision was meant to replace is replaced when it is decided, unless something else has done so."""
        found = vote.result
        if vote.supersedes is None or found is None or found.ended != "chosen":
            return
        older = await vote_table.get(conn, self._guild_id, vote.supersedes)
        if older is not None and older.state == "closed" and older.superseded_by is None:
            await vote_table.change(conn, older.id, {"superseded_by": vote.id})

    async def _linked(self, conn: Connection, older: Vote, newer: Vote) -> tuple[Vote, Vote]:
        return (
            await vote_table.change(conn, older.id, {"superseded_by": newer.id}),
            await vote_table.change(conn, newer.id, {"supersedes": older.id}),
        )

    def _check(self, vote: Vote, ballot: NewBallot) -> None:
        if vote.state in {"collecting", "revealed", "cancelled"}:
            raise UserError(NOT_OPEN)
        if ballot.via not in {"agent", "poll"} and vote.poll_id is not None:
            raise UserError(IN_POLL)
        chosen = ballot.choice
        most = 1 if vote.how.method == "plurality" else len(vote.letters)
        if len(set(chosen)) != len(chosen) or not set(chosen) <= set(vote.letters) or len(chosen) > most:
            raise UserError(UNKNOWN_CHOICE)

    async def _sealed(self, conn: Connection, vote_id: UUID, ballot: NewBallot) -> Counted:
        voter = ballot.voter.key
        if await ballot_table.count_of(conn, vote_id, voter) >= MOST_BALLOTS:
            raise UserError(TOO_OFTEN)
        before = await ballot_table.standing(conn, vote_id, voter)
        if not ballot.choice and before is None:
            raise UserError(NO_BALLOT)
        await ballot_table.put(conn, vote_id, ballot, self._salt())
        after = await ballot_table.standing(conn, vote_id, voter)
        return Counted(after and after.seal, await ballot_table.turnout(conn, vote_id), before is not None)

    async def _get(self, conn: Connection, vote_id: UUID) -> Vote:
        vote = await vote_table.get(conn, self._guild_id, vote_id)
        if vote is None:
            raise UserError(UNKNOWN)
        return vote

    async def _locked(self, conn: Connection, vote_id: UUID) -> Vote:
        vote = await vote_table.locked(conn, self._guild_id, vote_id)
        if vote is None:
            raise UserError(UNKNOWN)
        return vote
