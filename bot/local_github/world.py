"""What there is on the local GitHub, and what can happen to it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

type Files = Mapping[str, bytes]


class Refused(Exception):
    """What is asked cannot be done; ``status`` and ``message`` are as GitHub would say them."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    login: str
    id: int
    kind: Literal["User", "Bot"] = "User"


@dataclass(frozen=True, slots=True)
class Commit:
    """A state of all files."""

    sha: str
    files: Files
    message: str


@dataclass(slots=True)
class CheckRun:
    """A check of a commit."""

    id: int
    name: str
    head: str
    status: Literal["queued", "in_progress", "completed"]
    conclusion: str | None
    title: str
    at: datetime
    reruns: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment on a line of the diff."""

    path: str
    line: int
    side: Literal["LEFT", "RIGHT"]
    body: str
    start_line: int | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A review as it was posted."""

    id: int
    by: Person
    state: str
    body: str
    commit: str
    remarks: tuple[Remark, ...]
    at: datetime


@dataclass(slots=True)
class Pull:
    """A pull request; its head is the last of its commits."""

    number: int
    title: str
    body: str
    author: Person
    branch: str
    commits: list[Commit]
    created_at: datetime
    updated_at: datetime
    state: Literal["open", "closed"] = "open"
    merged_at: datetime | None = None
    draft: bool = False
    labels: list[str] = field(default_factory=list[str])
    reviews: list[Review] = field(default_factory=list[Review])
    checks: list[CheckRun] = field(default_factory=list[CheckRun])
    fork: str | None = None

    @property
    def head(self) -> Commit:
        """The commit that would be merged."""
        return self.commits[-1]


@dataclass(slots=True)
class Repo:
    """A repository: its default branch, and its pull requests."""

    id: int
    owner: str
    name: str
    base: Commit
    default_branch: str = "main"
    private: bool = False
    pulls: dict[int, Pull] = field(default_factory=dict[int, Pull])
    dispatched: list[tuple[str, str, Mapping[str, str]]] = field(
        default_factory=list[tuple[str, str, Mapping[str, str]]]
    )
    """Workflows that were started: file, branch and inputs."""

    @property
    def full_name(self) -> str:
        """Owner and name."""
        return f"{self.owner}/{self.name}"


type Happened = Callable[[Repo, Pull, str, str], None]
"""Told of an event and its action."""


def _silent(_repo: Repo, _pull: Pull, _event: str, _action: str) -> None:
    """Nobody listens."""


class World:
    """All repositories. ``now`` says what time it is."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.repos: dict[str, Repo] = {}
        self.happened: Happened = _silent
        self.reviewer = Person("cogswarm[bot]", 9_001, "Bot")
        self._ids = 1_000

    def new_id(self) -> int:
        """A number that nothing else has."""
        self._ids += 1
        return self._ids

    def repository(self, full_name: str, files: Mapping[str, str | bytes], *, private: bool = False) -> Repo:
        """Make a repository with these files in its default branch."""
        owner, _, name = full_name.partition("/")
        base = _commit(_as_bytes(files), "Begin", "")
        repo = Repo(self.new_id(), owner, name, base, private=private)
        self.repos[full_name.lower()] = repo
        return repo

    def find(self, owner: str, name: str) -> Repo:
        """A repository by its names. Raises `Refused`."""
        repo = self.repos.get(f"{owner}/{name}".lower())
        if repo is None:
            raise Refused(404, "Not Found")
        return repo

    def pull(self, repo: Repo, number: int) -> Pull:
        """A pull request. Raises `Refused`."""
        found = repo.pulls.get(number)
        if found is None:
            raise Refused(404, "Not Found")
        return found

    def open(
        self,
        repo: Repo,
        title: str,
        changes: Mapping[str, str | bytes | None],
        *,
        author: Person | None = None,
        body: str = "",
        branch: str = "change",
        draft: bool = False,
        fork: str | None = None,
    ) -> Pull:
        """Open a pull request that changes files; None removes one."""
        now = self.now()
        first = _changed(repo.base, changes, title)
        who = author or Person("mona", 501)
        number = max(repo.pulls, default=0) + 1
        pull = Pull(number, title, body, who, branch, [first], now, now, draft=draft, fork=fork)
        repo.pulls[number] = pull
        self.happened(repo, pull, "pull_request", "opened")
        return pull

    def push(
        self, repo: Repo, pull: Pull, changes: Mapping[str, str | bytes | None], message: str = "More"
    ) -> Commit:
        """Add a commit."""
        pull.commits.append(_changed(pull.head, changes, message))
        self._touched(repo, pull, "synchronize")
        return pull.head

    def close(self, repo: Repo, pull: Pull, *, merge: bool = False) -> None:
        """Close it, or merge it."""
        pull.state = "closed"
        if merge:
            pull.merged_at = self.now()
            repo.base = pull.head
        self._touched(repo, pull, "closed")

    def reopen(self, repo: Repo, pull: Pull) -> None:
        """Open it again."""
        pull.state, pull.merged_at = "open", None
        self._touched(repo, pull, "reopened")

    def rename(self, repo: Repo, pull: Pull, title: str) -> None:
        """Give it another title."""
        pull.title = title
        self._touched(repo, pull, "edited")

    def ready(self, repo: Repo, pull: Pull) -> None:
        """It is no draft any more."""
        pull.draft = False
        self._touched(repo, pull, "ready_for_review")

    def check(self, repo: Repo, pull: Pull, name: str, conclusion: str | None, title: str = "") -> CheckRun:
        """A check of the head ends, or (with no conclusion) begins."""
        status: Literal["in_progress", "completed"] = "in_progress" if conclusion is None else "completed"
        run = CheckRun(self.new_id(), name, pull.head.sha, status, conclusion, title, self.now())
        pull.checks = [one for one in pull.checks if (one.name, one.head) != (name, run.head)] + [run]
        if conclusion is not None:
            self.happened(repo, pull, "check_run", "completed")
        return run

    def _touched(self, repo: Repo, pull: Pull, action: str) -> None:
        pull.updated_at = self.now()
        self.happened(repo, pull, "pull_request", action)


def blob_sha(content: bytes) -> str:
    """What git calls this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _as_bytes(files: Mapping[str, str | bytes]) -> dict[str, bytes]:
    return {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}


def _changed(before: Commit, changes: Mapping[str, str | bytes | None], message: str) -> Commit:
    files = dict(before.files)
    for path, content in changes.items():
        if content is None:
            files.pop(path, None)
        else:
            files[path] = content.encode() if isinstance(content, str) else content
    return _commit(files, message, before.sha)


def _commit(files: Files, message: str, parent: str) -> Commit:
    told = hashlib.sha1(f"{parent}\n{message}\n".encode(), usedforsecurity=False)
    for path in sorted(files):
        told.update(f"{path} {blob_sha(files[path])}\n".encode("utf-8", "surrogateescape"))
    return Commit(told.hexdigest(), files, message)
