"""What the tools are called with that ask people."""

from typing import Annotated

from pydantic import Field, JsonValue

from bot.mcp.serving.arguments import Arguments, Keyed, OptionalId, known_as

MOST_OPTIONS, LONGEST_OPTION = 24, 80
LONGEST_TEXT, LONGEST_TITLE = 20_000, 300

Key = Annotated[str | None, Field(max_length=200, validation_alias=known_as("ask_id", "askId"))]
Wait = Annotated[
    float | None,
    Field(
        ge=0,
        le=3600,
        validation_alias=known_as("wait_s", "waitS"),
        description="Seconds before a ticket is answered",
    ),
]
Timeout = Annotated[
    float | None,
    Field(
        ge=1,
        le=30 * 86_400,
        validation_alias=known_as("timeout_s", "timeoutS", "timeout_seconds"),
        description="Seconds that people have",
    ),
]


class AskHuman(Arguments):
    """What a program asks; with nothing but a question the answer is plain text."""

    question: str = Field(min_length=1, max_length=LONGEST_TEXT, description="One question at a time")
    options: (
        Annotated[
            list[Annotated[str, Field(min_length=1, max_length=LONGEST_OPTION)]],
            Field(max_length=MOST_OPTIONS),
        ]
        | None
    ) = Field(None, description="Answers to choose from")
    context: str | None = Field(None, max_length=LONGEST_TEXT, description="What people need to know first")
    timeout_s: Timeout = None
    wait_s: Wait = None
    ask_id: Key = Field(None, description="Your id; the same again waits for the same question")
    audience: list[str] | str | None = Field(None, description="Who is asked: <@user> or <@&role>")
    default: JsonValue = Field(None, description="The answer where nobody gives one in time")
    multi: bool = Field(default=False, description="Several options may be chosen")
    allow_free_text: bool = Field(
        default=True,
        validation_alias=known_as("allow_free_text", "allowFreeText"),
        description="Something else than an option may be answered",
    )
    channel_id: OptionalId = Field(
        None, validation_alias=known_as("channelId", "channel_id"), description="Where it is asked"
    )


class AskApproval(Arguments):
    """What a program wants to do and people may decide."""

    title: str = Field(
        min_length=1,
        max_length=LONGEST_TITLE,
        validation_alias=known_as("title", "action"),
        description="What is to be done",
    )
    payload: JsonValue = Field(
        None,
        validation_alias=known_as("payload", "details", "arguments"),
        description="All of it; exactly this is approved",
    )
    context: str | None = Field(None, max_length=LONGEST_TEXT)
    timeout_s: Timeout = None
    wait_s: Wait = None
    ask_id: Key = Field(None, description="Your id; the same again waits for the same decision")
    channel_id: OptionalId = Field(None, validation_alias=known_as("channelId", "channel_id"))


class AskStatus(Arguments):
    """Which question is meant."""

    ask_id: str = Field(
        max_length=200, validation_alias=known_as("ask_id", "askId"), description="The question's id"
    )
    wait_s: Wait = None


class OneAsk(Arguments):
    """Which question is meant."""

    ask_id: str = Field(
        max_length=200, validation_alias=known_as("ask_id", "askId"), description="The question's id"
    )


class Page(Arguments):
    """A part of a list."""

    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=100_000)


class Notify(Keyed):
    """What people are told."""

    text: str = Field(
        min_length=1,
        max_length=LONGEST_TEXT,
        validation_alias=known_as("text", "message", "msg"),
        description="What is said",
    )
    channel_id: OptionalId = Field(None, validation_alias=known_as("channelId", "channel_id"))
