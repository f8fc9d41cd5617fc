"""What ``web:`` holds: the bot's own web address, and who may do what over it."""

from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints, model_validator

from bot.config.fields import Name, OptionalHttpAddress, Seconds, Section, Snowflake, Whole

SHORTEST_SECRET = 20
"""Characters; what `cogswarm init` makes has more than twice as many."""

TOKEN_SECRET = "COGSWARM_MCP_TOKEN"  # noqa: S105 - a variable's name
"""The variable in which `cogswarm init` keeps a new secret, ready to be named by a token."""

type Group = Literal["asks", "read", "messages", "direct", "channels", "members", "roles", "webhooks"]
"""Tools that belong together; a token names those that it may use."""


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _long_enough(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if len(text) < SHORTEST_SECRET or not text.isascii() or any(one.isspace() for one in text):
        raise ValueError(
            f"must be at least {SHORTEST_SECRET} letters and digits without spaces, such as `openssl rand -hex 32` prints"
        )
    return value


Secret = Annotated[Annotated[SecretStr, AfterValidator(_long_enough)] | None, BeforeValidator(_blank_is_none)]


class TokenSection(Section):
    """Somebody who may use the bot over its web address: what they may do, and where."""

    secret: Secret = Field(
        default=None,
        description="What the program sends to show that it may. A secret: keep it in .env. Without one the token "
        "is off.",
        examples=[f"${{{TOKEN_SECRET}}}"],
    )
    servers: tuple[Snowflake, ...] = Field(
        min_length=1,
        max_length=500,
        description="Ids of the Discord servers where it may do anything.",
        examples=[[123456789012345678]],
    )
    channels: tuple[Snowflake, ...] | None = Field(
        default=None,
        max_length=5_000,
        description="Ids of the channels (or categories) it may read and write, with their threads; left out: all of "
        "its servers'.",
        examples=[[123456789012345678]],
    )
    tools: tuple[Group, ...] = Field(
        default=("asks",),
        min_length=1,
        description="The groups of tools it may use: asks (ask people), read, messages (write), direct (private "
        "messages), channels, members, roles, webhooks.",
        examples=[["asks", "read", "messages"]],
    )
    questions_in: Snowflake | None = Field(
        default=None,
        description="The id of the channel where it asks people when it names none; left out: its only channel.",
        examples=[123456789012345678],
    )
    people: tuple[Snowflake, ...] = Field(
        default=(),
        max_length=100,
        description="Ids of the people it may ask, who are notified of each question. Neither people nor roles "
        "named: whoever may manage the server, and it may name others.",
        examples=[[123456789012345678]],
    )
    roles: tuple[Snowflake, ...] = Field(
        default=(),
        max_length=100,
        description="Ids of the roles it may ask; nobody is notified of that.",
        examples=[[123456789012345678]],
    )
    on_behalf_of: Snowflake | None = Field(
        default=None,
        description="The id of the person whose agent this is; they never approve what it asks an approval for.",
        examples=[123456789012345678],
    )
    per_minute: Whole = Field(
        default=120, ge=1, le=100_000, description="How many tools it may use a minute; more are refused."
    )


def _address(value: str) -> str:
    if value != "localhost":
        try:
            ip_address(value)
        except ValueError as error:
            raise ValueError("must be an address of this machine, such as 127.0.0.1 or 0.0.0.0") from error
    return value


class WebSection(Section):
    """The bot's own web address, where other programs use it over MCP. It is served only where a token can be used."""

    listen: Annotated[str, StringConstraints(max_length=64), AfterValidator(_address)] = Field(
        default="127.0.0.1",
        description="The address it is served at: only this machine reaches 127.0.0.1; 0.0.0.0 is every network.",
    )
    port: Whole = Field(
        default=8850, ge=0, le=65_535, description="The port it is served at; 0: any free one."
    )
    public_url: OptionalHttpAddress = Field(
        default=None,
        description="The address under which others reach it through a proxy, which has to bring https.",
        examples=["https://bot.example.org"],
    )
    max_body_mb: Whole = Field(
        default=12, ge=1, le=64, description="How large a request may be, in megabytes; files come in them."
    )
    request_seconds: Seconds = Field(
        default=30, description="How long a program may take to send a request, in seconds."
    )
    wait_seconds: Seconds = Field(
        default=50,
        description="How long a call waits for people before it answers with a ticket, in seconds; many programs give "
        "up after 60.",
    )
    progress_seconds: Annotated[float, Field(gt=0, le=15)] = Field(
        default=10, description="How often a call that waits says that it does, in seconds; 15 at most."
    )
    ask_hours: Whole = Field(
        default=24,
        ge=1,
        le=720,
        description="How long people have for an answer where nobody says, in hours.",
    )
    tokens: dict[Name, TokenSection] = Field(
        default={},
        max_length=100,
        description="Who may use it, each under a name that people see; none: there is no web address.",
        examples=[
            {
                "claude": {
                    "secret": f"${{{TOKEN_SECRET}}}",
                    "servers": [123456789012345678],
                    "tools": ["asks", "read"],
                    "questions_in": 123456789012345678,
                }
            }
        ],
    )

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        return self.listen == "localhost" or ip_address(self.listen).is_loopback

    @property
    def is_served(self) -> bool:
        """Whether there is a token that can be used."""
        return any(token.secret is not None for token in self.tokens.values())

    @model_validator(mode="after")
    def _reachable_and_told_apart(self) -> Self:
        if not self.is_local and self.public_url is None:
            raise ValueError(
                "needs `public_url`, the address others use, where `listen` is no address of this machine alone"
            )
        secrets = [one.secret.get_secret_value() for one in self.tokens.values() if one.secret is not None]
        if len(set(secrets)) != len(secrets):
            raise ValueError("has two tokens with the same secret; give each its own")
        return self
