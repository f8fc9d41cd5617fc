"""What reviewing pull requests is made of: `Context.code` and `Run.code` hand these out."""

from bot.review.checking import CheckReport, Checks, ConfigTouched, NotChecked, Tested, Untested
from bot.review.desk import Code
from bot.review.diff_lines import DiffLines, Placed, diff_lines, placed, renames
from bot.review.events import RepositoryEvent
from bot.review.finding import Finding, Pushed, Severity, Source, Spotted, identified, pushed, worst_first
from bot.review.github import (
    GitHub,
    GitHubBusy,
    GitHubError,
    GitHubRefused,
    GitHubTimedOut,
    HeadMoved,
    Listed,
    NotThere,
)
from bot.review.pull_request import (
    ChangedFile,
    Check,
    CheckState,
    FileText,
    InlineComment,
    NewReview,
    PostedReview,
    PullId,
    PullRequest,
    PullState,
    Repository,
    Verdict,
)
from bot.review.review import UNDER_REVIEW, Kept, Review, ReviewState, Settled, Suppressed
from bot.review.reviews import Reviews

__all__ = [
    "UNDER_REVIEW",
    "ChangedFile",
    "Check",
    "CheckReport",
    "CheckState",
    "Checks",
    "Code",
    "ConfigTouched",
    "DiffLines",
    "FileText",
    "Finding",
    "GitHub",
    "GitHubBusy",
    "GitHubError",
    "GitHubRefused",
    "GitHubTimedOut",
    "HeadMoved",
    "InlineComment",
    "Kept",
    "Listed",
    "NewReview",
    "NotChecked",
    "NotThere",
    "Placed",
    "PostedReview",
    "PullId",
    "PullRequest",
    "PullState",
    "Pushed",
    "Repository",
    "RepositoryEvent",
    "Review",
    "ReviewState",
    "Reviews",
    "Settled",
    "Severity",
    "Source",
    "Spotted",
    "Suppressed",
    "Tested",
    "Untested",
    "Verdict",
    "diff_lines",
    "identified",
    "placed",
    "pushed",
    "renames",
    "worst_first",
]
