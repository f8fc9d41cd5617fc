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
    Snowflake,
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
    money: Number | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="US dollars, for models that have a `price`; left out: no limit.",
        examples=[0.5],
    )
    reserve: Number = Field(
        default=0.15,
        ge=0,
        le=0.5,
        description="The share that is kept for finishing: what is found by then is still put into words.",
    )


class DailySection(Section):
    """How much may be used in a day; it begins at midnight in `timezone`."""

    tokens: Whole | None = Field(
        default=None,
        ge=1_000,
        le=1_000_000_000_000,
        description="Tokens, read and written together; left out: no limit.",
        examples=[500_000],
    )
    calls: Whole | None = Field(
        default=None, ge=1, le=1_000_000_000, description="Calls of a model.", examples=[500]
    )
    money: Number | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="US dollars, for models that have a `price`.",
        examples=[2.0],
    )


class BudgetsSection(BudgetSection):
    """What one run may use, and what may be used in a day."""

    member_per_day: DailySection = Field(
        default=DailySection(),
        description="What one person on one server may use in a day.",
        examples=[{"tokens": 200_000, "money": 0.5}],
    )
    server_per_day: DailySection = Field(
        default=DailySection(),
        description="What one server may use in a day.",
        examples=[{"tokens": 2_000_000, "money": 5.0}],
    )
    all_per_day: DailySection = Field(
        default=DailySection(),
        description="What the bot may use in a day, everywhere together.",
        examples=[{"money": 20.0}],
    )


class LoopSection(Section):
    """How long an agent may go on with its tools before it has to answer."""

    rounds: Whole = Field(
        default=12, ge=1, le=200, description="How often it may look at what its tools answered."
    )
    calls: Whole = Field(
        default=8, ge=1, le=64, description="How many tools it may use in one round, side by side."
    )
    repeats: Whole = Field(
        default=2, ge=1, le=20, description="How often it may use a tool with the very same arguments."
    )
    seconds: Seconds = Field(default=60, description="How long one use of a tool may take, in seconds.")
    characters: Whole = Field(
        default=20_000,
        ge=500,
        le=500_000,
        description="How much of what a tool answers it reads; the rest is cut off, and it is told so.",
    )


class BetweenAgentsSection(Section):
    """How far agents may go among themselves before a person speaks again."""

    hops: Whole = Field(
        default=3, ge=1, le=20, description="How often a task may be handed on, from one to the next."
    )
    turns: Whole = Field(
        default=16, ge=2, le=500, description="How many times they may speak to each other in a row."
    )
    tokens: Whole = Field(
        default=50_000, ge=1_000, le=100_000_000, description="Tokens that this may use, together."
    )
    stalled: Whole = Field(
        default=3,
        ge=2,
        le=20,
        description="How often in a row they may say what was said before; then it is going nowhere.",
    )


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
    fallbacks: tuple[Name, ...] = Field(
        default=(),
        max_length=10,
        description="Which entries of `models` take over, in this order, when the first does not answer.",
        examples=[[OFFLINE]],
    )
    temperature: Number | None = Field(
        default=None,
        ge=0,
        le=2,
        description="How freely it writes, from 0 to 2; left out: as the provider thinks best.",
        examples=[0.3],
    )
    answer_tokens: Whole = Field(
        default=2_000,
        ge=64,
        le=200_000,
        description="How long one answer of the model may become, in tokens.",
    )
    options: FreeForm = Field(
        default={},
        description="Further options, which go before those of its model.",
        examples=[{"top_p": 0.9}],
    )
    capabilities: tuple[Line, ...] = Field(
        default=(),
        max_length=50,
        description="What it is good at, in a word each; people and other agents read it.",
        examples=[["python", "reviews"]],
    )
    roles: tuple[Snowflake, ...] = Field(
        default=(),
        max_length=100,
        description="Ids of the Discord roles whose members it works for; none named: everybody.",
        examples=[[123456789012345678]],
    )
    delegates: tuple[Name, ...] = Field(
        default=(),
        max_length=50,
        description="Which other agents it may hand a task to.",
        examples=[["reviewer"]],
    )
    concurrency: Whole = Field(
        default=8, ge=1, le=1_000, description="On how many things it works at once; the others wait."
    )
    limits: LoopSection = Field(
        default=LoopSection(),
        description="How long it may go on with its tools.",
        examples=[{"rounds": 20}],
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
    reads: tuple[Channel, ...] = Field(
        default=(),
        max_length=500,
        description="The channels it may read, by name or id; none named: those that the person it works for may read.",
        examples=[["research", "announcements"]],
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
