"""Repositories in the hands of one server: `Context.code` and `Run.code`. What the owner does not let it see is not there."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.config.github import GitHubSection
from bot.errors import UserError
from bot.review import repository_table
from bot.review.checking import CheckReport, Checks
from bot.review.github import GitHub
from bot.review.pull_request import (
    ChangedFile,
    Check,
    FileText,
    NewReview,
    PostedReview,
    PullId,
    PullRequest,
    Repository,
)
from bot.storage.database import Database

NO_CODE = "Pull requests are not set up here: the bot's owner has to name repositories under `github` in its configuration."
NOT_HERE = "This server may not see {repository}; the bot's owner decides that (`github.repositories` in its configuration)."


type Reading = Callable[[str], Awaitable[None]]
"""Told of a source before text from outside is read from it."""


async def _unmarked(_source: str) -> None:
    """Nobody keeps account of what was read."""


@dataclass(frozen=True, slots=True)
class CodeParts:
    """What looking after repositories needs; made once by the app."""

    section: GitHubSection
    github: GitHub
    checks: Checks
    database: Database


class Code:
    """One server's repositories. Every method raises `UserError` for a repository that the server may not see.

    What is asked of the code host raises `OutsideError` besides: see `GitHub`.
    """

    def __init__(self, parts: CodeParts | None, guild_id: int, reading: Reading = _unmarked) -> None:
        """``reading`` is told before anything is asked of the code host, whose every answer is text from outside."""
        self._parts = parts
        self._guild_id = guild_id
        self._reading = reading

    @property
    def is_set_up(self) -> bool:
        """Whether this server may see any repository."""
        return bool(self.repositories)

    @property
    def repositories(self) -> tuple[str, ...]:
        """The repositories this server may see, as the owner wrote them: ``owner/name``, or ``owner/*``."""
        if self._parts is None:
            return ()
        named = self._parts.section.repositories
        return tuple(sorted(name for name, one in named.items() if self._guild_id in one.servers))

    @property
    def web(self) -> str:
        """The address of the code host's pages."""
        return "https://github.com" if self._parts is None else self._parts.section.web_url

    @property
    def hears(self) -> bool:
        """Whether the host tells what happens by webhooks; otherwise it is asked now and then."""
        return self._parts is not None and self._parts.section.webhook_secret is not None

    def repository(self, text: str) -> Repository:
        """The repository written as ``owner/name``."""
        return self._seen(Repository.read(text))

    def pull_id(self, text: str) -> PullId:
        """The pull request at an address, or written ``owner/name#12``."""
        found = PullId.read(text, self._with().section.web_url)
        self._seen(found.repository)
        return found

    async def pull(self, id: PullId) -> PullRequest:  # noqa: A002 - what everybody calls it
        """See `GitHub.pull`."""
        github = await self._github(id.repository)
        return await github.pull(id)

    async def open_pulls(self, repository: Repository) -> Sequence[PullRequest]:
        """The open pull requests, last changed first, without their sizes."""
        github = await self._github(repository)
        return (await github.open_pulls(repository)).pulls

    async def changed(self, pull: PullRequest) -> Sequence[ChangedFile]:
        """See `GitHub.changed`."""
        github = await self._github(pull.id.repository)
        return await github.changed(pull)

    async def texts(self, pull: PullRequest, files: Sequence[ChangedFile]) -> Sequence[FileText]:
        """See `GitHub.texts`."""
        github = await self._github(pull.id.repository)
        return await github.texts(pull, files)

    async def file(self, repository: Repository, path: str) -> str | None:
        """See `GitHub.file`."""
        github = await self._github(repository)
        return await github.file(repository, path)

    async def checks(self, pull: PullRequest) -> Sequence[Check]:
        """See `GitHub.checks`."""
        github = await self._github(pull.id.repository)
        return await github.checks(pull)

    async def examine(
        self, pull: PullRequest, files: Sequence[ChangedFile], texts: Sequence[FileText]
    ) -> CheckReport:
        """What the static tools make of it; nothing of it is run. See `Checks.look`."""
        github = await self._github(pull.id.repository)
        tests = await github.tests(pull, files)
        return await self._with().checks.look(files, texts, tests)

    async def post_review(self, id: PullId, review: NewReview, key: str) -> PostedReview:  # noqa: A002 - as above
        """See `GitHub.post_review`."""
        github = await self._github(id.repository)
        return await github.post_review(id, review, key)

    async def rerun(self, pull: PullRequest, check: Check) -> None:
        """See `GitHub.rerun`."""
        github = await self._github(pull.id.repository)
        await github.rerun(pull, check)

    async def dispatch(
        self, repository: Repository, workflow: str, inputs: Mapping[str, str] | None = None
    ) -> None:
        """See `GitHub.dispatch`."""
        github = await self._github(repository)
        await github.dispatch(repository, workflow, inputs)

    async def trouble(self, repository: Repository) -> str | None:
        """Why the last look at a repository failed; None where it did not."""
        self._seen(repository)
        async with self._with().database.connection() as conn:
            return await repository_table.trouble(conn, repository.key)

    def _with(self) -> CodeParts:
        if self._parts is None:
            raise UserError(NO_CODE)
        return self._parts

    def _seen(self, repository: Repository) -> Repository:
        if self._guild_id not in self._with().section.servers_of(str(repository)):
            raise UserError(NOT_HERE.format(repository=repository))
        return repository

    async def _github(self, repository: Repository) -> GitHub:
        self._seen(repository)
        await self._reading(str(repository))
        return self._with().github
