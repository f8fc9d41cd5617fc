"""The code host as GitHub's REST API has it, on github.com and Enterprise Servers, through githubkit and the guarded transport.

Reading is tried again after a failure; what changes something never is, but looked up.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import structlog
from githubkit import Response

from bot.clock import Clock
from bot.config.github import PUBLIC_API, ChecksSection, GitHubSection
from bot.errors import UserError
from bot.fetch.transport import GuardedTransport
from bot.review import answers
from bot.review.blobs import as_text, is_blob, tests_called_after
from bot.review.github import (
    GitHubBusy,
    GitHubError,
    GitHubRefused,
    HeadMoved,
    Listed,
    NotLetIn,
    NotThere,
    PullEnded,
)
from bot.review.pull_request import (
    ChangedFile,
    Check,
    FileText,
    InlineComment,
    NewReview,
    PostedReview,
    PullId,
    PullRequest,
    Repository,
    Verdict,
)
from bot.review.refusals import is_unknown, told
from bot.review.sessions import VERSION, Access, Kit, Sessions

log = structlog.get_logger(__name__)

PAGE = 100
MOST_PAGES = 30
"""GitHub lists 3,000 files of a pull request at most."""
MOST_OPEN = 1_000
AT_ONCE = 8
MOST_TEXT_BYTES = 64 * 1024 * 1024
"""Of all files of a pull request together."""
MOST_OWN_FILE = 256 * 1024
RETRY_SECONDS = (0.5, 2.0)
JSON = "application/vnd.github+json"
RAW = "application/vnd.github.raw+json"
_NOT_MODIFIED = 304
_EVENTS: Mapping[Verdict, str] = {
    "approve": "APPROVE",
    "request_changes": "REQUEST_CHANGES",
    "comment": "COMMENT",
}
MOVED = "{id} was pushed to meanwhile, so nothing was done."
ENDED = "{id} is {state} by now, so nothing was done."
NO_RERUN = "{name} cannot be asked to run again."
NO_WORKFLOW = "A workflow is named by its file, such as tests.yml."
_MARK = "<!-- cogswarm review {key} -->"


@asynccontextmanager
async def github_opened(section: GitHubSection, clock: Clock) -> AsyncGenerator["GitHubClient"]:
    """A client until the block ends. Raises `ConfigError` for a private key that is none."""
    transport = GuardedTransport(
        urlsplit(section.api_url).netloc.rpartition("@")[2], trusted=section.api_url != PUBLIC_API
    )
    try:
        yield GitHubClient(section.web_url, Sessions(section, transport, clock), section.checks, clock)
    finally:
        await transport.aclose()


class GitHubClient:
    """See `bot.review.github.GitHub`."""

    def __init__(self, web: str, sessions: Sessions, limits: ChecksSection, clock: Clock) -> None:
        self.web = web
        self._sessions = sessions
        self._limits = limits
        self._clock = clock
        self._busy_until = 0.0

    async def pull(self, id: PullId) -> PullRequest:  # noqa: A002 - see the protocol
        """See `GitHub.pull`."""
        with told(str(id)):
            answer = await self._get(id.repository, f"pulls/{id.number}")
            return answers.pull_of(answer.json(), id.repository)

    async def open_pulls(self, repository: Repository, etag: str | None = None) -> Listed:
        """See `GitHub.open_pulls`."""
        found: list[PullRequest] = []
        first = etag
        with told(str(repository)):
            for page in range(1, MOST_OPEN // PAGE + 1):
                params = {
                    "state": "open",
                    "sort": "updated",
                    "direction": "desc",
                    "per_page": PAGE,
                    "page": page,
                }
                headers = {"If-None-Match": etag} if etag and page == 1 else {}
                answer = await self._get(repository, "pulls", params=params, headers=headers)
                if answer.status_code == _NOT_MODIFIED:
                    return Listed((), etag, unchanged=True)
                if page == 1:
                    first = answer.headers.get("etag")
                listed = answers.sequence(answer.json())
                found += [answers.pull_of(one, repository) for one in listed]
                if len(listed) < PAGE:
                    break
        # The tag is of the first page alone: with more of them it would hide what changes on the others.
        return Listed(tuple(found), first if len(found) < PAGE else None)

    async def changed(self, pull: PullRequest) -> Sequence[ChangedFile]:
        """See `GitHub.changed`."""
        found: list[ChangedFile] = []
        with told(str(pull.id)):
            for page in range(1, MOST_PAGES + 1):
                params = {"per_page": PAGE, "page": page}
                answer = await self._get(pull.id.repository, f"pulls/{pull.id.number}/files", params=params)
                listed = answers.sequence(answer.json())
                found += [answers.file_of(one) for one in listed]
                if len(listed) < PAGE:
                    break
        # The list is of whatever the head is at the moment; what was read in between must be of the same one.
        await self._check_head(pull.id, pull.head)
        return found

    async def texts(self, pull: PullRequest, files: Sequence[ChangedFile]) -> Sequence[FileText]:
        """See `GitHub.texts`."""
        there = [one for one in files if one.change != "removed"]
        turns, left = asyncio.Semaphore(AT_ONCE), [MOST_TEXT_BYTES]

        async def one(file: ChangedFile, position: int) -> FileText:
            if position >= self._limits.most_files:
                return FileText(file.path, None, f"is not among the first {self._limits.most_files} files")
            if not file.blob:
                return FileText(file.path, None, "has no content that GitHub names")
            async with turns:
                return await self._text(pull.id.repository, file.path, file.blob, left)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(file, position)) for position, file in enumerate(there)]
        except ExceptionGroup as failed:
            # Whoever asks tries again for what may pass, which nobody sees in a group.
            raise failed.exceptions[0] from failed
        return [task.result() for task in tasks]

    async def tests(self, pull: PullRequest, files: Sequence[ChangedFile]) -> Mapping[str, str]:
        """See `GitHub.tests`."""
        with told(str(pull.id)):
            answer = await self._get(pull.id.repository, f"git/trees/{pull.head}", params={"recursive": "1"})
            tree = [
                answers.mapping(one)
                for one in answers.sequence(answers.mapping(answer.json()).get("tree", []))
            ]
        shas = {str(one.get("path")): str(one.get("sha")) for one in tree if one.get("type") == "blob"}
        left = [MOST_TEXT_BYTES]
        wanted = tests_called_after(files, list(shas))
        found = [await self._text(pull.id.repository, path, shas[path], left) for path in wanted]
        return {one.path: one.text for one in found if one.text is not None}

    async def file(self, repository: Repository, path: str) -> str | None:
        """See `GitHub.file`."""
        with told(str(repository)):
            try:
                content = await self._bytes(repository, f"contents/{quote(path)}", MOST_OWN_FILE)
            except NotThere:
                return None
        return None if content is None else as_text(content)

    async def checks(self, pull: PullRequest) -> Sequence[Check]:
        """See `GitHub.checks`."""
        found: list[Check] = []
        repository = pull.id.repository
        with told(str(pull.id)):
            for page in range(1, MOST_PAGES + 1):
                params = {"per_page": PAGE, "page": page}
                answer = await self._get(repository, f"commits/{pull.head}/check-runs", params=params)
                runs, total = answers.runs_of(answer.json())
                found += runs
                if not runs or len(found) >= total:
                    break
            answer = await self._get(repository, f"commits/{pull.head}/status", params={"per_page": PAGE})
            found += answers.statuses_of(answer.json())
        return found

    async def post_review(self, id: PullId, review: NewReview, key: str) -> PostedReview:  # noqa: A002 - as above
        """See `GitHub.post_review`."""
        mark = _MARK.format(key=key)
        found = await self._review_with(id, mark)
        if found is not None:
            return found
        await self._check_open(id, review.head)
        body = {
            "commit_id": review.head,
            "event": _EVENTS[review.verdict],
            "body": f"{review.body}\n\n{mark}" if review.body else mark,
            "comments": [_comment(one) for one in review.comments],
        }
        try:
            with told(str(id)):
                answer = await self._change(
                    "POST", id.repository, f"pulls/{id.number}/reviews", "review", body
                )
                posted = answers.Review.model_validate(answer.json())
        except GitHubError as error:
            # It may stand there although no answer came; asking again would make two of it.
            found = await self._review_with(id, mark) if is_unknown(error) else None
            if found is None:
                raise
            return found
        return PostedReview(posted.id, posted.html_url)

    async def rerun(self, pull: PullRequest, check: Check) -> None:
        """See `GitHub.rerun`."""
        if check.rerun_id is None:
            raise UserError(NO_RERUN.format(name=check.name))
        with told(str(pull.id)):
            await self._change("POST", pull.id.repository, f"check-runs/{check.rerun_id}/rerequest", "run")

    async def dispatch(
        self, repository: Repository, workflow: str, inputs: Mapping[str, str] | None = None
    ) -> None:
        """See `GitHub.dispatch`."""
        if not workflow.endswith((".yml", ".yaml")) or "/" in workflow:
            raise UserError(NO_WORKFLOW)
        with told(str(repository)):
            about = answers.mapping((await self._get(repository, "")).json())
            body = {"ref": str(about.get("default_branch", "main")), "inputs": dict(inputs or {})}
            await self._change(
                "POST", repository, f"actions/workflows/{quote(workflow)}/dispatches", "run", body
            )

    async def _text(self, repository: Repository, path: str, blob: str, left: list[int]) -> FileText:
        """One file; ``left`` is how many bytes all files together may still have."""
        if left[0] <= 0:
            return FileText(path, None, "was left out, because the others are very large already")
        most = self._limits.most_file_kb * 1024
        try:
            with told(path):
                content = await self._bytes(repository, f"git/blobs/{quote(blob)}", most)
        except (NotThere, GitHubRefused):
            return FileText(path, None, "is not a file that GitHub gives")
        if content is None:
            return FileText(path, None, f"is larger than {self._limits.most_file_kb} KB")
        left[0] -= len(content)
        if not is_blob(blob, content):
            raise GitHubError(f"GitHub gave something else than what {path} holds.")
        text = as_text(content)
        return FileText(path, text, "" if text is not None else "is no text")

    async def _bytes(self, repository: Repository, path: str, most: int) -> bytes | None:
        """The content at an address of the API; None where it is larger than ``most``."""
        answer = await self._get(repository, path, headers={"Accept": RAW}, stream=True)
        raw, content = answer.raw_response, bytearray()
        try:
            async for piece in raw.aiter_bytes():
                content += piece
                if len(content) > most:
                    return None
        finally:
            await raw.aclose()
        return bytes(content)

    async def _check_head(self, id: PullId, head: str) -> PullRequest:  # noqa: A002 - as above
        seen = await self.pull(id)
        if seen.head != head:
            raise HeadMoved(MOVED.format(id=id))
        return seen

    async def _check_open(self, id: PullId, head: str) -> None:  # noqa: A002 - as above
        seen = await self._check_head(id, head)
        if seen.state != "open":
            raise PullEnded(ENDED.format(id=id, state=seen.state), state=seen.state)

    async def _review_with(self, id: PullId, mark: str) -> PostedReview | None:  # noqa: A002 - as above
        with told(str(id)):
            for page in range(1, MOST_PAGES + 1):
                params = {"per_page": PAGE, "page": page}
                answer = await self._get(id.repository, f"pulls/{id.number}/reviews", params=params)
                listed = [answers.Review.model_validate(one) for one in answers.sequence(answer.json())]
                for review in listed:
                    if mark in review.body:
                        return PostedReview(review.id, review.html_url, found=True)
                if len(listed) < PAGE:
                    break
        return None

    async def _get(
        self,
        repository: Repository,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
    ) -> Response[Any]:
        async def ask() -> Response[Any]:
            async with self._session(repository, "read") as kit:
                return await kit.arequest(
                    "GET", _url(repository, path), params=params, headers=_headers(headers), stream=stream
                )

        for pause in (*RETRY_SECONDS, None):
            try:
                return await self._let_in(ask)
            except (GitHubBusy, GitHubRefused):
                raise
            except GitHubError as error:
                if pause is None:
                    raise
                log.info("github_asked_again", path=path, reason=str(error))
                await self._clock.sleep(pause)
        raise AssertionError  # the last round returns or raises

    async def _change(
        self,
        method: Literal["POST", "DELETE"],
        repository: Repository,
        path: str,
        access: Access,
        body: Mapping[str, Any] | None = None,
    ) -> Response[Any]:
        async def ask() -> Response[Any]:
            async with self._session(repository, access) as kit:
                return await kit.arequest(
                    method, _url(repository, path), json=dict(body or {}), headers=_headers(None)
                )

        return await self._let_in(ask)

    async def _let_in[T](self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask once more with a new token where an App's is not accepted, which somebody may take back at any time."""
        try:
            return await ask()
        except NotLetIn:
            if not self._sessions.renews:
                raise
            return await ask()

    @asynccontextmanager
    async def _session(self, repository: Repository, access: Access) -> AsyncGenerator[Kit]:
        wait = self._busy_until - self._clock.monotonic()
        if wait > 0:
            raise GitHubBusy(f"GitHub lets the bot ask nothing more for {wait:.0f} seconds.", seconds=wait)
        try:
            with told(str(repository)):
                async with self._sessions.session(repository, access) as kit:
                    yield kit
        except GitHubBusy as error:
            self._busy_until = self._clock.monotonic() + error.seconds
            raise
        except (GitHubRefused, NotThere):
            self._sessions.forget(repository)
            raise


def _url(repository: Repository, path: str) -> str:
    return f"/repos/{quote(repository.owner)}/{quote(repository.name)}" + (f"/{path}" if path else "")


def _headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {"Accept": JSON, "X-GitHub-Api-Version": VERSION, **(headers or {})}


def _comment(one: InlineComment) -> dict[str, Any]:
    side = one.side.upper()
    comment: dict[str, Any] = {"path": one.path, "line": one.line, "side": side, "body": one.body}
    if one.start_line is not None and one.start_line < one.line:
        comment |= {"start_line": one.start_line, "start_side": side}
    return comment
