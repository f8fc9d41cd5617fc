"""What ``github:`` holds: how the bot reaches GitHub, which repositories it may read for whom, and what it checks with."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints, model_validator

from bot.config.fields import HttpAddress, OptionalSecret, Seconds, Section, Snowflake, Whole

PUBLIC_API = "https://api.github.com"
SHORTEST_SECRET = 16
"""Characters of a webhook's secret; what `openssl rand -hex 32` prints has 64."""

RepositoryName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/([A-Za-z0-9._-]{1,100}|\*)$")
]
"""``owner/name``, or ``owner/*`` for all of an owner's."""


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(
            f"must have at least {SHORTEST_SECRET} characters, such as `openssl rand -hex 32` prints"
        )
    return value


def _without_final_slash(value: str) -> str:
    return value.rstrip("/")


WebhookSecret = Annotated[
    Annotated[SecretStr, AfterValidator(_long_enough)] | None, BeforeValidator(_blank_is_none)
]
Program = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None, BeforeValidator(_blank_is_none)
]


class RepositorySection(Section):
    """Who may see a repository."""

    servers: tuple[Snowflake, ...] = Field(
        min_length=1,
        max_length=500,
        description="Ids of the Discord servers whose admins may have this repository's pull requests in their channels.",
        examples=[[123456789012345678]],
    )


class ChecksSection(Section):
    """What static tools may use, and what they work with besides."""

    seconds: Seconds = Field(default=300, description="How long one tool may take, in seconds.")
    memory_mb: Whole = Field(
        default=2048, ge=256, le=65_536, description="How much memory one tool may use, in megabytes."
    )
    most_files: Whole = Field(
        default=500,
        ge=1,
        le=3_000,
        description="How many changed files are read; the others are named as not checked.",
    )
    most_file_kb: Whole = Field(
        default=512,
        ge=1,
        le=10_240,
        description="How large a file may be to be read, in kilobytes; larger ones are named as not checked.",
    )
    advisories: Path | None = Field(
        default=None,
        description="A folder of OSV advisories to hold changed dependencies against, such as an unpacked or zipped "
        "export of osv.dev; relative to this file.",
        examples=["advisories"],
    )
    semgrep: Program = Field(
        default=None,
        description="The semgrep program, which has to be installed by itself and not beside the bot.",
        examples=["/opt/semgrep/bin/semgrep"],
    )
    semgrep_rules: Path | None = Field(
        default=None,
        description="The file or folder of rules that semgrep checks with; relative to this file.",
        examples=["semgrep-rules"],
    )

    @model_validator(mode="after")
    def _rules_for_semgrep(self) -> Self:
        if self.semgrep is not None and self.semgrep_rules is None:
            raise ValueError("needs `semgrep_rules` where `semgrep` is set; rules are never downloaded")
        return self


class GitHubSection(Section):
    """The connection to GitHub or a GitHub Enterprise Server, and what is checked in pull requests."""

    api_url: Annotated[HttpAddress, AfterValidator(_without_final_slash)] = Field(
        default=PUBLIC_API,
        description="The address of its API; a GitHub Enterprise Server's is https://HOST/api/v3.",
    )
    access_token: OptionalSecret = Field(
        default=None,
        description="A fine-grained token that may read contents, pull requests and checks, and write pull requests. It "
        "is a secret, so keep it in .env. A GitHub App is the better choice, and goes before it.",
        examples=["${GITHUB_TOKEN}"],
    )
    app_id: Whole | None = Field(
        default=None, ge=1, description="The id of a GitHub App, instead of a token.", examples=[123456]
    )
    private_key: OptionalSecret = Field(
        default=None,
        description="The App's private key, the whole file, which is a secret.",
        examples=["$file:github-app.pem"],
    )
    webhook_secret: WebhookSecret = Field(
        default=None,
        description="What GitHub signs its webhooks with, which go to /github/webhook of the bot's web address. It "
        "is a secret, so keep it in .env. Without one no webhook is taken, and GitHub is asked now and then instead.",
        examples=["${GITHUB_WEBHOOK_SECRET}"],
    )
    request_seconds: Seconds = Field(
        default=20, description="How long GitHub may take to answer, in seconds."
    )
    look_seconds: Seconds = Field(
        default=300,
        ge=1,
        description="How often GitHub is asked what is new, in seconds; webhooks that went missing are found so, too.",
    )
    repositories: dict[RepositoryName, RepositorySection] = Field(
        default={},
        max_length=1_000,
        description="The repositories the bot may read, each as owner/name or owner/*, and for which Discord servers.",
        examples=[{"octo-org/octo-repo": {"servers": [123456789012345678]}}],
    )
    checks: ChecksSection = Field(
        default=ChecksSection(), description="What the static tools may use, and what they work with."
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.app_id is None) != (self.private_key is None):
            raise ValueError("needs both `app_id` and `private_key` for a GitHub App")
        return self

    @property
    def web_url(self) -> str:
        """The address of its pages: an Enterprise Server's API is below its pages, the public one beside them."""
        if self.api_url == PUBLIC_API:
            return "https://github.com"
        return self.api_url.removesuffix("/api/v3")

    def servers_of(self, repository: str) -> frozenset[int]:
        """The Discord servers that may see a repository, written ``owner/name``."""
        wanted = repository.lower()
        anyone = f"{wanted.partition('/')[0]}/*"
        return frozenset(
            server
            for name, section in self.repositories.items()
            if name.lower() in {wanted, anyone}
            for server in section.servers
        )
