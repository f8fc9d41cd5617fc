"""A review: a pull request with its thread on one server, and what was found in it over all pushes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from bot.review.checking import Kind
from bot.review.finding import Finding
from bot.review.pull_request import PullId, Repository

type ReviewState = Literal["active", "paused", "skipped", "closed", "merged"]
"""``paused``: pushes are not looked at until it goes on. ``skipped``: this pull request is not reviewed any more."""

UNDER_REVIEW: Sequence[ReviewState] = ("active", "paused")


@dataclass(frozen=True, slots=True)
class Review:
    """A pull request that is reviewed on a server. ``title`` and ``author`` are text from outside.

    ``head`` is the commit that the last look was begun at, ``looked`` the one that was looked at to its end (empty: none).
    ``run_id`` is what works on it, or (``deciding``) waits for people. ``blobs`` says which content of which file a model has seen.
    ``verdict``, ``posted_at_head`` and ``url`` are of the last review that was posted.
    """

    id: UUID
    guild_id: int
    repository: str
    number: int
    named: str
    title: str
    author: str
    channel_id: int
    thread_id: int | None
    threads: int
    state: ReviewState
    head: str
    looked: str
    blobs: Mapping[str, str]
    run_id: UUID | None
    deciding: bool
    decided_run: UUID | None
    verdict: str
    posted_at_head: str
    url: str
    mark: str
    created_at: datetime

    @property
    def pull(self) -> PullId:
        """The pull request."""
        return PullId(Repository.read(self.named), self.number)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What people decided not to hear of in a repository: which finding, why, who, and until when (None: for good)."""

    fingerprint: str
    shown: str
    why: str
    by_id: int
    until: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A finding as it stands in a review. ``posted`` says that it stands in a review on the code host, too."""

    kind: Kind
    finding: Finding
    posted: bool = False
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What a look has changed. ``back`` was fixed before and is there again; nothing of it is suppressed but ``quiet``."""

    new: tuple[Kept, ...] = ()
    back: tuple[Kept, ...] = ()
    still: tuple[Kept, ...] = ()
    fixed: tuple[Kept, ...] = ()
    quiet: tuple[Kept, ...] = field(default=())

    @property
    def open(self) -> tuple[Kept, ...]:
        """All that people should see to."""
        return (*self.new, *self.back, *self.still)
