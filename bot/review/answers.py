"""GitHub's answers as pull requests and files, read leniently: Enterprise Servers leave out what is newer than they are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.review.pull_request import (
    Change,
    ChangedFile,
    Check,
    CheckState,
    PullId,
    PullRequest,
    PullState,
    Repository,
)

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_CONCLUSIONS: Mapping[str, CheckState] = {
    "success": "passed", "neutral": "passed", "skipped": "skipped", "failure": "failed", "timed_out": "failed",
    "cancelled": "failed", "action_required": "failed", "stale": "skipped", "startup_failure": "failed",
    "error": "failed", "pending": "waiting",
}  # fmt: skip
_CHANGES: frozenset[str] = frozenset(
    {"added", "removed", "modified", "renamed", "copied", "changed", "unchanged"}
)


def _none_is_blank(value: object) -> object:
    return "" if value is None else value


def _none_is_nothing(value: object) -> object:
    return [] if value is None else value


type _Text = Annotated[str, BeforeValidator(_none_is_blank)]


class _Answer(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore", frozen=True)


class _User(_Answer):
    login: _Text = ""
    type: _Text = "User"
    avatar_url: _Text = ""


class _Label(_Answer):
    name: _Text = ""


class _Repo(_Answer):
    full_name: str
    default_branch: _Text = "main"
    private: bool = False


class _Side(_Answer):
    sha: str
    ref: _Text = ""
    repo: _Repo | None = None


class _Pull(_Answer):
    number: int
    title: _Text = ""
    body: _Text = ""
    user: _User | None = None
    state: _Text = "open"
    draft: bool | None = False
    merged: bool | None = False
    merged_at: datetime | None = None
    head: _Side
    base: _Side
    labels: Annotated[list[_Label], BeforeValidator(_none_is_nothing)] = []
    html_url: _Text = ""
    created_at: datetime = _LONG_AGO
    updated_at: datetime = _LONG_AGO
    additions: int = 0
    deletions: int = 0
    changed_files: int = 0
    commits: int = 0


class _File(_Answer):
    filename: str
    status: str = "modified"
    additions: int = 0
    deletions: int = 0
    patch: str | None = None
    previous_filename: str | None = None
    sha: str | None = None


class _Output(_Answer):
    title: _Text = ""
    summary: _Text = ""


class _Suite(_Answer):
    id: int


class _Run(_Answer):
    id: int
    name: _Text = ""
    status: _Text = ""
    conclusion: _Text = ""
    html_url: _Text = ""
    output: _Output = Field(default=_Output())
    check_suite: _Suite | None = None


class _Runs(_Answer):
    total_count: int = 0
    check_runs: list[_Run] = []


class _Status(_Answer):
    context: _Text = ""
    state: _Text = ""
    description: _Text = ""
    target_url: _Text = ""


class _Statuses(_Answer):
    statuses: list[_Status] = []


class Review(_Answer):
    """A review that stands on the host."""

    id: int
    body: _Text = ""
    html_url: _Text = ""


class Blob(_Answer):
    """A file's content."""

    content: str
    encoding: str
    size: int = 0


class Installation(_Answer):
    """Where an App is installed."""

    id: int


def pull_of(answer: object, repository: Repository) -> PullRequest:
    """A pull request. Raises `pydantic.ValidationError`, as all of these do."""
    pull = _Pull.model_validate(answer)
    user = pull.user or _User(login="ghost")
    state: PullState = (
        "open" if pull.state == "open" else "merged" if pull.merged or pull.merged_at else "closed"
    )
    head = pull.head.repo
    owner, _, name = (head.full_name if head else "").partition("/")
    base = pull.base.repo
    return PullRequest(
        id=PullId(repository, pull.number),
        title=pull.title,
        body=pull.body,
        author=user.login,
        author_is_bot=user.type == "Bot",
        state=state,
        draft=bool(pull.draft),
        head=pull.head.sha.lower(),
        head_branch=pull.head.ref,
        head_repository=Repository(owner, name) if head else None,
        base=pull.base.sha.lower(),
        base_branch=pull.base.ref,
        default_branch=base.default_branch if base else "main",
        labels=tuple(label.name for label in pull.labels if label.name),
        url=pull.html_url,
        private=base.private if base else True,
        created_at=pull.created_at,
        updated_at=pull.updated_at,
        additions=pull.additions,
        deletions=pull.deletions,
        changed_files=pull.changed_files,
        commits=pull.commits,
        author_avatar=user.avatar_url or None,
    )


def file_of(answer: object) -> ChangedFile:
    """A changed file."""
    file = _File.model_validate(answer)
    change: Change = file.status if file.status in _CHANGES else "changed"  # pyright: ignore[reportAssignmentType] - looked up
    return ChangedFile(
        path=file.filename,
        change=change,
        additions=file.additions,
        deletions=file.deletions,
        patch=file.patch,
        previous_path=file.previous_filename,
        blob=file.sha,
    )


def runs_of(answer: object) -> tuple[Sequence[Check], int]:
    """Check runs of a page, and how many there are in all."""
    runs = _Runs.model_validate(answer)
    return [_check(run) for run in runs.check_runs], runs.total_count


def statuses_of(answer: object) -> Sequence[Check]:
    """Commit statuses, as checks that nobody can ask to run again."""
    return [
        Check(one.context, _CONCLUSIONS.get(one.state, "unknown"), one.description, one.target_url or None)
        for one in _Statuses.model_validate(answer).statuses
    ]


def _check(run: _Run) -> Check:
    state: CheckState = "unknown"
    if run.status == "completed":
        state = _CONCLUSIONS.get(run.conclusion, "unknown")
    elif run.status == "in_progress":
        state = "running"
    elif run.status:
        state = "waiting"
    suite = None if run.check_suite is None else run.check_suite.id
    return Check(
        run.name, state, run.output.title or run.output.summary[:300], run.html_url or None, run.id, suite
    )


def mapping(answer: object) -> Mapping[str, Any]:
    """An answer that has to be an object. Raises `ValueError`."""
    if not isinstance(answer, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - as pydantic reports what is not as it should be
    return answer  # pyright: ignore[reportUnknownVariableType] - read by the models above


def sequence(answer: object) -> Sequence[object]:
    """An answer that has to be a list. Raises `ValueError`."""
    if not isinstance(answer, list):
        raise ValueError("it is no list")  # noqa: TRY004 - as above
    return answer  # pyright: ignore[reportUnknownVariableType] - as above
