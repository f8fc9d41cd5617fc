"""What is asked of the code host. Agents never hold one of these: they are given texts, and code acts on what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.errors import NotDone, OutsideError, TimedOut, UserError
from bot.review.pull_request import (
    ChangedFile,
    Check,
    FileText,
    NewReview,
    PostedReview,
    PullId,
    PullRequest,
    PullState,
    Repository,
)


class GitHubError(OutsideError):
    """The code host failed, or answered nonsense; the same may succeed later."""


class GitHubRefused(GitHubError):
    """The code host refused what we may not do, or do not ask rightly; asking again changes nothing."""

    may_pass = False


class NotLetIn(GitHubRefused):
    """The code host does not accept the token or App, so it has certainly done nothing."""


class GitHubTimedOut(GitHubError, TimedOut):
    """The code host did not answer in time; what was asked for may have happened."""


class NotThere(UserError):
    """There is no such repository, pull request or file, or the bot may not see it."""


class GitHubBusy(NotDone):
    """The code host lets us ask no more for a while; ``seconds`` says how long."""

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds

    @property
    def retry_after(self) -> float:
        """The same, by the name at which runs look before they try again."""
        return self.seconds


class HeadMoved(NotDone):
    """The pull request was pushed to meanwhile: what was read or decided is of another commit."""


class PullEnded(NotDone):
    """The pull request was closed or merged meanwhile; ``state`` says which."""

    def __init__(self, message: str, *, state: PullState) -> None:
        super().__init__(message)
        self.state: PullState = state


@dataclass(frozen=True, slots=True)
class Listed:
    """The open pull requests of a repository. ``unchanged`` says that nothing happened since ``etag`` was given."""

    pulls: tuple[PullRequest, ...]
    etag: str | None = None
    unchanged: bool = False


class GitHub(Protocol):
    """A code host. Every method raises `OutsideError` (see `GitHubError`, `GitHubBusy`) and `NotThere`."""

    web: str
    """The address of its pages, such as ``https://github.com``."""

    async def pull(self, id: PullId) -> PullRequest:  # noqa: A002 - what everybody calls it
        """A pull request as it stands now."""
        ...

    async def open_pulls(self, repository: Repository, etag: str | None = None) -> Listed:
        """The open pull requests, last changed first, without their sizes."""
        ...

    async def changed(self, pull: PullRequest) -> Sequence[ChangedFile]:
        """The files it changes. Raises `HeadMoved` where it is not at ``pull.head`` any more."""
        ...

    async def texts(self, pull: PullRequest, files: Sequence[ChangedFile]) -> Sequence[FileText]:
        """The content of those of ``files`` that are there after the change, in their order; each is proven by its SHA."""
        ...

    async def file(self, repository: Repository, path: str) -> str | None:
        """A file of the default branch, None where there is none; the one place whose rules and guidelines are ours."""
        ...

    async def tests(self, pull: PullRequest, files: Sequence[ChangedFile]) -> Mapping[str, str]:
        """Test files at its head that it does not change and that are called after files it changes; path to text."""
        ...

    async def checks(self, pull: PullRequest) -> Sequence[Check]:
        """The check runs and commit statuses of its head."""
        ...

    async def post_review(self, id: PullId, review: NewReview, key: str) -> PostedReview:  # noqa: A002 - as above
        """Post a review, once for each ``key``: one that stands there already is found by it.

        Raises `HeadMoved` where the head is another by now, and `PullEnded` where it is not open any more: then nothing was
        posted.
        """
        ...

    async def rerun(self, pull: PullRequest, check: Check) -> None:
        """Ask for a check to run again. Raises `UserError` where it cannot be."""
        ...

    async def dispatch(
        self, repository: Repository, workflow: str, inputs: Mapping[str, str] | None = None
    ) -> None:
        """Start a workflow (``tests.yml``) as the default branch has it."""
        ...
