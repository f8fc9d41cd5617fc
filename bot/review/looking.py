"""Asks the code host what is new: for those who receive no webhooks, and for what went missing while we were away.

The first look at a repository only notes what is there. Later ones make events of what differs from what was last told, in
the transaction that notes it, so that a crash loses nothing and tells nothing twice.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.clock import Clock
from bot.config.github import GitHubSection
from bot.errors import CogswarmError, OutsideError
from bot.review import delivery_table, pull_table, repository_table
from bot.review.events import PullLook, RepositoryEvent, digest_of
from bot.review.github import GitHub, GitHubBusy, Listed, NotThere
from bot.review.pull_request import PullId, PullRequest, Repository
from bot.review.repository_table import Due
from bot.storage.database import Database

log = structlog.get_logger(__name__)

LONGEST_PAUSE = 3_600.0
KEEP_HOURS = 72.0
TIDY_SECONDS = 3_600.0
_MOST_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Looking:
    """Looks at every repository in turn. ``pause`` is how often it is asked whose turn it is, in seconds."""

    github: GitHub
    database: Database
    section: GitHubSection
    clock: Clock
    pause: float = 5.0

    async def look_forever(self) -> None:
        """Look until cancelled, through any outage; whatever was missed before the start is found first."""
        begun, tidied = False, self.clock.monotonic()
        while True:
            try:
                if not begun:
                    await self.begin()
                    begun = True
                while await self.look_once():
                    pass
                if self.clock.monotonic() - tidied >= TIDY_SECONDS:
                    tidied = self.clock.monotonic()
                    await self.tidy()
            except OutsideError as error:
                log.warning("repositories_not_looked_at", reason=str(error))
            await self.clock.sleep(self.pause)

    async def begin(self) -> None:
        """Have every repository that the configuration names looked at now."""
        named = {name.lower() for name in self.section.repositories if not name.endswith("/*")}
        async with self.database.transaction() as conn:
            await repository_table.follow(conn, named)
            await repository_table.at_once(conn)

    async def tidy(self) -> None:
        """Forget deliveries that can come no more."""
        async with self.database.connection() as conn:
            gone = await delivery_table.forget(conn, KEEP_HOURS)
        log.debug("deliveries_forgotten", count=gone)

    async def look_once(self) -> bool:
        """Look at the repository whose turn it is; False where it is nobody's."""
        async with self.database.connection() as conn:
            due = await repository_table.take(conn)
        if due is None:
            return False
        try:
            told = await self._look(due) if self.section.servers_of(due.repository) else 0
        except CogswarmError as error:
            pause = min(self.section.look_seconds * 2**due.failures, LONGEST_PAUSE)
            if isinstance(error, GitHubBusy):
                pause = max(pause, error.seconds)
            log.warning("repository_not_looked_at", repository=due.repository, reason=str(error))
            async with self.database.connection() as conn:
                await repository_table.failed(conn, due.repository, str(error), pause)
        else:
            log.info("repository_looked_at", repository=due.repository, told=told)
        return True

    async def _look(self, due: Due) -> int:
        """Look; gives how much was told of."""
        repository = Repository.read(due.repository)
        listed = await self.github.open_pulls(repository, due.etag)
        gone = () if listed.unchanged else await self._gone(repository, listed)
        looks = {one.id.number: (one, _look_of(one)) for one in (*listed.pulls, *gone)}
        told = 0
        async with self.database.transaction() as conn:
            known = await pull_table.known(conn, due.repository, list(looks))
            for number, (pull, look) in sorted(looks.items()):
                await pull_table.note(conn, due.repository, look)
                if due.first:
                    continue
                for action in _differences(known.get(number), look):
                    told += await delivery_table.add(conn, _event(pull, look, action, self.clock.now))
            await repository_table.looked(conn, due.repository, listed.etag, self.section.look_seconds)
        return told

    async def _gone(self, repository: Repository, listed: Listed) -> tuple[PullRequest, ...]:
        """Those that were open and are not listed any more."""
        if len(listed.pulls) >= _MOST_LISTED:
            return ()  # the list has no end that could be seen
        there = {one.id.number for one in listed.pulls}
        async with self.database.connection() as conn:
            known: Mapping[int, PullLook] = await pull_table.known(conn, repository.key, [])
        found: list[PullRequest] = []
        for number in sorted(set(known) - there):
            try:
                found.append(await self.github.pull(PullId(repository, number)))
            except NotThere:
                log.info("pull_request_vanished", repository=repository.key, number=number)
        return tuple(found)


def _look_of(pull: PullRequest) -> PullLook:
    digest = digest_of(pull.title, pull.labels)
    return PullLook(pull.id.number, pull.head, pull.state, pull.draft, digest, pull.updated_at)


def _differences(before: PullLook | None, now: PullLook) -> Iterator[str]:
    """What has happened, in the words of webhooks."""
    if before is None:
        yield "opened"
        return
    if now.updated_at < before.updated_at:
        return  # a webhook has told what is newer meanwhile
    if now.state != before.state:
        yield "reopened" if now.state == "open" else "closed"
    if now.head != before.head:
        yield "synchronize"
    if now.draft != before.draft:
        yield "converted_to_draft" if now.draft else "ready_for_review"
    if now.digest != before.digest:
        yield "edited"


def _event(pull: PullRequest, look: PullLook, action: str, now: Callable[[], datetime]) -> RepositoryEvent:
    told = f"{pull.id}:{action}:{look.head}:{look.state}:{look.draft}:{look.digest}:{look.updated_at}"
    return RepositoryEvent(
        id=f"look-{hashlib.sha256(told.lower().encode()).hexdigest()[:40]}",
        event="pull_request",
        action=action,
        repository=pull.id.repository,
        numbers=(look.number,),
        head=look.head,
        actor=pull.author,
        actor_is_bot=pull.author_is_bot,
        text="",
        url=pull.url or None,
        path=None,
        line=None,
        at=now(),
        by="look",
    )
