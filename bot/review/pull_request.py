"""Pull requests as everybody here sees them, whatever the code host calls things. All text in them is from outside."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from bot.errors import UserError

_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?")
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_MOST_NUMBER = 10
NO_ADDRESS = "That is no pull request's address; it looks like {web}/owner/name/pull/12."
NO_REPOSITORY = "A repository is written as owner/name, such as octo-org/octo-repo."


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, by its names; compared without regard to case, as GitHub does."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def key(self) -> str:
        """What it is looked up by."""
        return str(self).lower()

    @classmethod
    def read(cls, text: str) -> "Repository":
        """The repository written as ``owner/name``. Raises `UserError`."""
        owner, slash, name = text.strip().partition("/")
        if not slash or not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name):
            raise UserError(NO_REPOSITORY)
        return cls(owner, name)


@dataclass(frozen=True, slots=True)
class PullId:
    """Which pull request; written ``owner/name#12``."""

    repository: Repository
    number: int

    def __str__(self) -> str:
        return f"{self.repository}#{self.number}"

    @classmethod
    def read(cls, text: str, web: str = "https://github.com") -> "PullId":
        """The pull request at an address of the code host whose pages are at ``web``, or written ``owner/name#12``.

        Raises `UserError`, also for an address of another host.
        """
        text = text.strip().removeprefix("<").removesuffix(">")
        short, hash_, number = text.partition("#")
        if hash_ and "://" not in short and _is_number(number):
            return cls(Repository.read(short), int(number))
        try:
            parts, ours = urlsplit(text), urlsplit(web)
            host, our_host = parts.netloc.lower(), ours.netloc.lower()
        except ValueError:
            raise UserError(NO_ADDRESS.format(web=web)) from None
        below = ours.path.rstrip("/")
        path = parts.path.removeprefix(below) if parts.path.startswith(f"{below}/") else ""
        match path.strip("/").split("/"):
            case [owner, name, "pull", number, *_] if (
                parts.scheme in {"https", ours.scheme} and host == our_host and _is_number(number)
            ):
                return cls(Repository.read(f"{owner}/{name}"), int(number))
            case _:
                raise UserError(NO_ADDRESS.format(web=web))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_NUMBER and int(text) > 0


type PullState = Literal["open", "closed", "merged"]


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as it stood when it was asked for.

    ``head`` is the commit that would be merged, by its SHA; an approval is bound to it. ``head_repository`` is None where
    the fork is gone. Sizes are 0 where the host leaves them out, as it does in lists.
    """

    id: PullId
    title: str
    body: str
    author: str
    author_is_bot: bool
    state: PullState
    draft: bool
    head: str
    head_branch: str
    head_repository: Repository | None
    base: str
    base_branch: str
    default_branch: str
    labels: tuple[str, ...]
    url: str
    private: bool
    created_at: datetime
    updated_at: datetime
    additions: int = 0
    deletions: int = 0
    changed_files: int = 0
    commits: int = 0
    author_avatar: str | None = None

    @property
    def is_from_fork(self) -> bool:
        """Whether its code comes from elsewhere, so that its author need not be allowed to write here."""
        return self.head_repository is None or self.head_repository.key != self.id.repository.key


type Change = Literal["added", "removed", "modified", "renamed", "copied", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that a pull request changes. ``patch`` is the host's unified diff, None where it gives none (binary, huge).

    ``blob`` is the SHA of its content at the head, by which exactly that content is fetched.
    """

    path: str
    change: Change
    additions: int
    deletions: int
    patch: str | None = None
    previous_path: str | None = None
    blob: str | None = None


@dataclass(frozen=True, slots=True)
class FileText:
    """The content of a changed file; where ``text`` is None, ``why`` is the end of a sentence that begins with its path."""

    path: str
    text: str | None
    why: str = ""


type CheckState = Literal["waiting", "running", "passed", "failed", "skipped", "unknown"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check run (or commit status) of a head. ``rerun_id`` is None where it cannot be asked to run again."""

    name: str
    state: CheckState
    said: str = ""
    url: str | None = None
    rerun_id: int | None = None
    suite: int | None = None


type Verdict = Literal["approve", "request_changes", "comment"]


@dataclass(frozen=True, slots=True)
class InlineComment:
    """A remark on a line of the diff. ``line`` is of the file after the change, or before it with ``side`` "left"."""

    path: str
    line: int
    body: str
    start_line: int | None = None
    side: Literal["left", "right"] = "right"


@dataclass(frozen=True, slots=True)
class NewReview:
    """A review exactly as it goes to the host: bound to the commit ``head``."""

    verdict: Verdict
    head: str
    body: str
    comments: tuple[InlineComment, ...] = ()


@dataclass(frozen=True, slots=True)
class PostedReview:
    """A review that stands on the host. ``found`` says that it stood there already, from a try whose answer was lost."""

    id: int
    url: str
    found: bool = False
