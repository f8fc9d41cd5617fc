"""Reviews in the hands of one server: `Context.reviews` and `Run.reviews`. Whatever changes one is one transaction."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from bot.errors import UserError
from bot.review import finding_table, review_table, suppressed_table
from bot.review.checking import Kind
from bot.review.finding import Finding, pushed
from bot.review.finding_table import FindingRow
from bot.review.pull_request import PullId, PullRequest, Verdict
from bot.review.review import UNDER_REVIEW, Kept, Review, ReviewState, Settled, Suppressed
from bot.storage.database import Connection, Database

GONE = "This pull request is not reviewed here any more."
OVERTAKEN = "Something newer looks at this pull request by now."

type Stop = Callable[[Connection, UUID, str], Awaitable[None]]
"""Asks for a run to be stopped, with the reason that people read, in the caller's transaction."""


class Reviews:
    """The reviews of one server."""

    def __init__(self, database: Database, stop: Stop, guild_id: int) -> None:
        self._database = database
        self._stop = stop
        self._guild_id = guild_id

    async def of(self, pull: PullId) -> Review | None:
        """The review of a pull request."""
        async with self._database.connection() as conn:
            return await review_table.of_pull(conn, self._guild_id, pull)

    async def in_thread(self, thread_id: int) -> Review | None:
        """The review that a thread is of."""
        async with self._database.connection() as conn:
            return await review_table.in_thread(conn, self._guild_id, thread_id)

    async def listed(
        self, states: Sequence[ReviewState] = UNDER_REVIEW, *, words: str = "", limit: int = 25
    ) -> list[Review]:
        """The newest in some states whose pull request's name or title holds ``words``."""
        async with self._database.connection() as conn:
            return await review_table.listed(conn, self._guild_id, states, words, limit)

    async def put(self, pull: PullId, channel_id: int) -> Review:
        """The review of a pull request; where there is none, one whose thread opens in that channel."""
        async with self._database.transaction() as conn:
            return await review_table.put(conn, self._guild_id, pull, channel_id)

    async def attach(self, review_id: UUID, thread_id: int) -> None:
        """Note which thread is its own."""
        async with self._database.transaction() as conn:
            await review_table.attach(conn, review_id, thread_id)

    async def begin(self, review_id: UUID, run_id: UUID, pull: PullRequest) -> Review:
        """Let a run look at a pull request as it stands; what worked on it, or waited for people, is stopped.

        Raises `UserError` where it is not reviewed any more.
        """
        async with self._database.transaction() as conn:
            review = await self._locked(conn, review_id)
            if review.run_id not in {None, run_id}:
                await self._let_go(conn, review, OVERTAKEN)
            await review_table.begin(conn, review_id, run_id, pull.head, pull.title, pull.author)
            return await self._locked(conn, review_id)

    async def hold(self, review_id: UUID, after: UUID, run_id: UUID) -> bool:
        """Let a run that goes on ``after`` another wait for people; False where something newer works on it by now."""
        async with self._database.transaction() as conn:
            review = await self._locked(conn, review_id)
            if review.run_id not in {after, run_id}:
                return False
            await review_table.hold(conn, review_id, run_id)
            return True

    async def decided(self, review_id: UUID, run_id: UUID, fingerprints: Collection[str] = ()) -> bool:
        """Note that people have decided, and that ``fingerprints`` are on their way to the code host.

        From here on nothing stops the run, and nobody else tells the host of these. False where something newer works on
        it by now: then the decision is void. Asked again by the same run the answer is the same.
        """
        async with self._database.transaction() as conn:
            review = await self._locked(conn, review_id)
            if review.run_id != run_id:
                return review.decided_run == run_id
            await review_table.decided(conn, review_id, run_id)
            await finding_table.posted(conn, review_id, fingerprints)
            return True

    async def not_posted(self, review_id: UUID, fingerprints: Collection[str]) -> None:
        """Note that the code host was not told after all."""
        async with self._database.transaction() as conn:
            await finding_table.posted(conn, review_id, fingerprints, posted=False)

    async def ask_again(self, review_id: UUID, run_id: UUID, fingerprints: Collection[str]) -> bool:
        """As `not_posted`, and let the run that people have decided for wait for them again.

        False where something newer works on it by now, or it is not reviewed any more. Asked again by the same run the
        answer is the same.
        """
        async with self._database.transaction() as conn:
            review = await self._locked(conn, review_id)
            await finding_table.posted(conn, review_id, fingerprints, posted=False)
            if review.run_id is not None:
                return review.run_id == run_id
            if review.decided_run != run_id or review.state != "active":
                return False
            await review_table.hold(conn, review_id, run_id)
            return True

    async def let_go(self, review_id: UUID, reason: str, *, unless_at: str = "") -> Review:
        """Stop what works on it or waits for people; ``reason`` is what people read. The review as it was.

        What is of the commit ``unless_at`` goes on.
        """
        async with self._database.transaction() as conn:
            review = await self._locked(conn, review_id)
            if not unless_at or review.head != unless_at:
                await self._let_go(conn, review, reason)
            return review

    async def move(self, review_id: UUID, state: ReviewState, reason: str = "") -> None:
        """Let it stand another way; with a ``reason`` what works on it is stopped."""
        async with self._database.transaction() as conn:
            review = await self._locked(conn, review_id)
            if reason:
                await self._let_go(conn, review, reason)
                await review_table.let_go(conn, review_id)
            await review_table.move(conn, review_id, state)

    async def describe(self, review_id: UUID, pull: PullRequest) -> None:
        """Note what the pull request is called by now."""
        async with self._database.transaction() as conn:
            await review_table.describe(conn, review_id, pull.title, pull.author)

    async def show(self, review_id: UUID, mark: str) -> str:
        """Note which reaction stands under its thread's first message; the one that stood there before."""
        async with self._database.transaction() as conn:
            return await review_table.show(conn, review_id, mark)

    async def lost_thread(self, thread_id: int, reason: str) -> Review | None:
        """Note that somebody has deleted a thread: what works there is stopped, and `put` leads to another."""
        async with self._database.transaction() as conn:
            found = await review_table.lost_thread(conn, self._guild_id, thread_id)
            if found is not None:
                await self._let_go(conn, found, reason)
            return found

    async def settle(
        self,
        review_id: UUID,
        run_id: UUID,
        found: Mapping[Kind, Sequence[Finding]],
        *,
        renamed: Mapping[str, str],
        blobs: Mapping[str, str],
    ) -> Settled:
        """Note what a look has found, and say what that changes; asked again for the same run the answer is the same.

        Kinds that ``found`` does not name were not looked for: they stay as they were. Raises `UserError` where something
        newer looks at it.
        """
        async with self._database.transaction() as conn:
            review = await self._locked(conn, review_id)
            if review.run_id != run_id:
                raise UserError(OVERTAKEN)
            rows = await finding_table.of_review(conn, review_id)
            for kind, after in found.items():
                before = [one.finding for one in rows if one.kind == kind and one.state == "open"]
                changed = pushed(before, after, renamed)
                for one in changed.new:
                    await finding_table.add(conn, review_id, kind, one, run_id)
                for one in changed.still:
                    await finding_table.renew(conn, review_id, one)
                gone = [one.fingerprint for one in changed.fixed]
                await finding_table.fixed(conn, review_id, gone, run_id)
            await review_table.looked(conn, review_id, review.head, blobs)
            return _settled(await finding_table.of_review(conn, review_id), run_id)

    async def findings(self, review_id: UUID) -> tuple[Kept, ...]:
        """All that is open, suppressed or not."""
        async with self._database.connection() as conn:
            rows = await finding_table.of_review(conn, review_id)
        return tuple(_kept(one) for one in rows if one.state == "open")

    async def tally(self, review_id: UUID) -> tuple[int, int, int]:
        """How much is open, was fixed, and is open but suppressed."""
        async with self._database.connection() as conn:
            rows = await finding_table.of_review(conn, review_id)
        open_ones = [one for one in rows if one.state == "open"]
        quiet = sum(one.suppressed for one in open_ones)
        return len(open_ones) - quiet, len(rows) - len(open_ones), quiet

    async def posted(self, review_id: UUID, head: str, verdict: Verdict, url: str) -> None:
        """Note a review that stands on the code host."""
        async with self._database.transaction() as conn:
            await review_table.posted(conn, review_id, head, verdict, url)

    async def suppress(self, review: Review, one: Suppressed) -> None:
        """Let a finding be heard of no more in its repository."""
        async with self._database.transaction() as conn:
            await suppressed_table.put(conn, self._guild_id, review.repository, one)

    async def suppress_no_more(self, review: Review, fingerprint: str) -> bool:
        """Let it be heard of again; False where it was not suppressed."""
        async with self._database.transaction() as conn:
            return await suppressed_table.drop(conn, self._guild_id, review.repository, fingerprint)

    async def suppressed(self, review: Review, now: datetime, *, limit: int = 25) -> list[Suppressed]:
        """What is suppressed in its repository at a moment."""
        async with self._database.connection() as conn:
            return await suppressed_table.listed(conn, self._guild_id, review.repository, now, limit)

    async def _locked(self, conn: Connection, review_id: UUID) -> Review:
        found = await review_table.locked(conn, self._guild_id, review_id)
        if found is None:
            raise UserError(GONE)
        return found

    async def _let_go(self, conn: Connection, review: Review, reason: str) -> None:
        if review.run_id is not None:
            await self._stop(conn, review.run_id, reason)


def _settled(rows: Sequence[FindingRow], run_id: UUID) -> Settled:
    new: list[Kept] = []
    back: list[Kept] = []
    still: list[Kept] = []
    fixed: list[Kept] = []
    quiet: list[Kept] = []
    for row in rows:
        one = _kept(row)
        if row.state == "fixed":
            if row.fixed_run == run_id and not row.suppressed:
                fixed.append(one)
        elif row.suppressed:
            quiet.append(one)
        elif row.back_run == run_id:
            back.append(one)
        else:
            (new if row.since_run == run_id else still).append(one)
    return Settled(tuple(new), tuple(back), tuple(still), tuple(fixed), tuple(quiet))


def _kept(row: FindingRow) -> Kept:
    return Kept(row.kind, row.finding, row.posted, row.suppressed)
