"""What ``models:``, ``agents:`` and ``budgets:`` hold: who answers, with which language model, within what."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bot.config.fields import (
    Channel,
    FreeForm,
    Line,
    Name,
    Number,
    OptionalHttpAddress,
    OptionalLine,
    OptionalSecret,
    PromptName,
    Seconds,
    Section,
    Whole,
)

OFFLINE = "offline"
"""The model that is always there, and the embedder that needs no network."""

NO_EMBEDDINGS = "none"


class PriceSection(Section):
    """What a model costs, in US dollars for a million tokens."""

    input: Number = Field(
        default=0, ge=0, le=100_000, description="For a million tokens it reads.", examples=[0.15]
    )
    output: Number = Field(
        default=0, ge=0, le=100_000, description="For a million tokens it writes.", examples=[0.6]
    )


class TimeoutsSection(Section):
    """How long a model may let people wait."""

    connect: Seconds = Field(default=10, description="Seconds until it is connected.")
    first: Seconds = Field(
        default=120, description="Seconds until its first sign of life; a local model may have to be loaded."
    )
    silence: Seconds = Field(default=60, description="Seconds between two signs of life.")
    total: Seconds = Field(default=600, description="Seconds for a whole answer.")


class ModelSection(Section):
    """A language model and how to reach it."""

    backend: Name = Field(
        description="Who provides it: openai, anthropic, ollama, offline, or the name of a plugin's backend.",
        examples=["openai"],
    )
    model: OptionalLine = Field(
        default=None, description="The provider's own name of the model.", examples=["gpt-5.4-mini"]
    )
    base_url: OptionalHttpAddress = Field(
        default=None,
        description="Where the provider is, if not at its usual address.",
        examples=["http://127.0.0.1:11434"],
    )
    api_key: OptionalSecret = Field(
        default=None, description="The key the provider gave you.", examples=["${OPENAI_API_KEY}"]
    )
    api: Literal["auto", "responses", "chat"] = Field(
        default="auto",
        description="For `openai`: which of its two APIs is spoken. `auto` is `responses` with OpenAI itself, and "
        "`chat` with servers at a `base_url`, of which hardly any know the other.",
        examples=["chat"],
    )
    pull: bool = Field(
        default=False,
        description="For `ollama`: may it download a model that it does not have? That can be many gigabytes.",
        examples=[True],
    )
    timeouts: TimeoutsSection = Field(
        default=TimeoutsSection(),
        description="How long it may let people wait.",
        examples=[{"first": 600}],
    )
    price: PriceSection | None = Field(
        default=None,
        description="What it costs, in US dollars for a million tokens; left out, no cost is counted.",
        examples=[{"input": 0.15, "output": 0.6}],
    )
    options: FreeForm = Field(
        default={},
        description="Further options, passed on to the provider as they are.",
        examples=[{"temperature": 0.2}],
    )


class BudgetSection(Section):
    """How much one run (such as one /research) may use before it has to stop."""

    tokens: Whole = Field(
        default=100_000, ge=1_000, le=100_000_000, description="Tokens, read and written together."
    )
    calls: Whole = Field(default=40, ge=1, le=10_000, description="Calls of a model.")
    seconds: Seconds = Field(default=900, description="Seconds from start to end.")


class AgentSection(Section):
    """A persona that speaks in Discord under a name of its own."""

    display_name: Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\r\n@#:`]*$")] = Field(
        default="",
        description="The name people see, left out: the agent's name here with a capital letter.",
        examples=["Researcher"],
    )
    avatar: OptionalHttpAddress = Field(
        default=None,
        description="The address of a picture that people see beside the name.",
        examples=["https://example.org/researcher.png"],
    )
    model: Name = Field(default=OFFLINE, description="Which entry of `models` it uses.", examples=[OFFLINE])
    prompt: PromptName | None = Field(
        default=None,
        description="Which template in the folder prompts/ says who it is; left out: the one named as the agent.",
        examples=["researcher"],
    )
    tools: tuple[Line, ...] = Field(
        default=(),
        max_length=100,
        description="Which entries of `tools` it may use; `feeds.search_feeds` allows a single tool of one.",
        examples=[["feeds"]],
    )
    channels: tuple[Channel, ...] = Field(
        default=(),
        max_length=500,
        description="The channels it works in, by name or id; none named: every channel it can see.",
        examples=[["research"]],
    )
    budget: BudgetSection | None = Field(
        default=None,
        description="What one of its runs may use; left out: what `budgets` says.",
        examples=[{"tokens": 50_000}],
    )


def default_models() -> dict[Name, ModelSection]:
    """Return the one model that needs no key and no network."""
    return {OFFLINE: ModelSection(backend="offline")}


def default_agents() -> dict[Name, AgentSection]:
    """Return the agent that /research speaks as."""
    return {"researcher": AgentSection(display_name="Researcher", model=OFFLINE, tools=("feeds",))}


def with_offline(models: dict[Name, ModelSection]) -> dict[Name, ModelSection]:
    """Add the model that is always there, where the file does not define one of that name."""
    return models if OFFLINE in models else {**models, **default_models()}
