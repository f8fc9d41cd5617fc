"""What the code review cog is called, and what is set for each channel."""

from pydantic import field_validator

from cogs.code_review import messages
from cogswarm import Cog, Context, Settings, Who, setting


class CodeReviewSettings(Settings):
    """Which repositories a channel is for, and how their pull requests are reviewed."""

    repositories: tuple[str, ...] = setting((), label=messages.REPOSITORIES, help=messages.REPOSITORIES_HELP)
    drafts: bool = setting(False, label=messages.DRAFTS, help=messages.DRAFTS_HELP)
    bots: bool = setting(False, label=messages.BOTS, help=messages.BOTS_HELP)
    confidence: int = setting(80, ge=0, le=100, label=messages.CONFIDENCE, help=messages.CONFIDENCE_HELP)
    most: int = setting(8, ge=0, le=50, label=messages.MOST, help=messages.MOST_HELP)
    hours: float = setting(72.0, ge=0.001, le=672, label=messages.HOURS, help=messages.HOURS_HELP)
    reviewers: int | None = setting(
        None, label=messages.REVIEWERS, help=messages.REVIEWERS_HELP, picks="role"
    )
    needed: int = setting(1, ge=1, le=20, label=messages.NEEDED, help=messages.NEEDED_HELP)
    own: bool = setting(False, label=messages.OWN, help=messages.OWN_HELP)
    workflow: str = setting("", max_length=100, label=messages.WORKFLOW, help=messages.WORKFLOW_HELP)

    @field_validator("repositories")
    @classmethod
    def _trimmed(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one.strip() for one in value if one.strip())

    def wants(self, repository: str) -> bool:
        """Whether pull requests of a repository (``owner/name``) get a thread here."""
        key = repository.lower()
        return any(one.lower() in {key, f"{key.partition('/')[0]}/*"} for one in self.repositories)

    @property
    def deciders(self) -> Who:
        """Who decides, beside whoever asked where that is set."""
        return Who(managers=True) if self.reviewers is None else Who(roles=(self.reviewers,))


code_review = Cog(
    "code_review",
    summary=messages.SUMMARY,
    settings=CodeReviewSettings,
    permissions={"add_reactions", "create_public_threads"},
)

type Ctx = Context[CodeReviewSettings]
