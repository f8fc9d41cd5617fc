"""The typed model of ``config.yaml``: what may stand in it, with the description people read."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.config.agents import (
    NO_EMBEDDINGS,
    OFFLINE,
    AgentSection,
    BetweenAgentsSection,
    BudgetSection,
    BudgetsSection,
    ModelSection,
    default_agents,
    default_models,
    with_offline,
)
from bot.config.bridge import BridgeSection
from bot.config.fields import (
    DiscordToken,
    FreeForm,
    Language,
    Line,
    Name,
    OptionalHttpAddress,
    PostgresUrl,
    Seconds,
    Section,
    Snowflake,
    TimeZone,
    Whole,
)
from bot.config.github import GitHubSection
from bot.config.tools import ToolSection, default_tools
from bot.config.web import WebSection
from bot.errors import ConfigError


class DiscordSection(Section):
    """The connection to Discord."""

    token: DiscordToken = Field(
        default=None,
        description="The bot's token from https://discord.com/developers/applications. A secret: keep it in .env.",
        examples=["${DISCORD_TOKEN}"],
    )
    message_content: bool = Field(
        default=False,
        description="May the bot read messages that do not mention it? Only then are questions in a thread answered "
        "without a mention. Needs the Message Content intent, switched on for the bot at the same address.",
    )
    api_url: OptionalHttpAddress = Field(
        default=None,
        description="Where Discord's API is, if not at Discord: the local Discord's address.",
        examples=["http://127.0.0.1:8787/api/v10"],
    )
    request_seconds: Seconds = Field(
        default=10,
        ge=1,
        le=60,
        description="How long one request to Discord may take, in seconds. After a crash, messages go on after twice as long.",
    )

    behind_proxy: bool = Field(
        default=False,
        description="Is `api_url` a proxy that keeps Discord's rate limits for several programs? Then the bot leaves "
        "them to it.",
    )
    most_chunks: int = Field(
        default=10,
        ge=1,
        le=50,
        description="How many messages a long answer may become; a longer one goes as an attached file.",
    )
    mention_after: Seconds = Field(
        default=60,
        ge=0,
        le=86_400,
        description="Whoever asked for something that takes longer than this, in seconds, is mentioned when it ends; "
        "0 means never.",
    )
    keep_delivered: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="How many days the bot remembers what it has said and done on Discord. What it said stays there.",
    )
    read_back_minutes: int = Field(
        default=60,
        ge=0,
        le=10_080,
        description="After a restart or a lost connection the bot reads what was said meanwhile, as far back as this, in "
        "minutes; 0 means never.",
    )
    read_back_messages: int = Field(
        default=500,
        ge=1,
        le=10_000,
        description="How many messages it then reads in each channel at most, the newest.",
    )

    @property
    def bot_token(self) -> str:
        """The token in plain text, for the one place that connects."""
        if self.token is None:
            raise ConfigError("There is no Discord token; set DISCORD_TOKEN or run `cogswarm init`.")
        return self.token.get_secret_value()


class DatabaseSection(Section):
    """Where everything is kept."""

    url: PostgresUrl = Field(
        default=None,
        description="A Postgres server with pgvector. Left empty, the bot runs a database of its own in `data_dir`.",
        examples=["${COGSWARM_DATABASE_URL:}"],
    )
    bot_url: PostgresUrl = Field(
        default=None,
        description="The same server with a login for the bot that owns nothing, where the login of `url` may not "
        "make one. Left empty, the bot makes and takes the role cogswarm_bot itself.",
        examples=["${COGSWARM_DATABASE_BOT_URL:}"],
    )


class LimitsSection(Section):
    """What the owner lets servers have; a server's admins choose within it."""

    cogs: tuple[Name, ...] | None = Field(
        default=None,
        max_length=500,
        description="The features a server may switch on; left out: all that are loaded.",
        examples=[["research"]],
    )
    agents: tuple[Name, ...] | None = Field(
        default=None,
        max_length=500,
        description="The entries of `agents` that may work there; left out: all.",
        examples=[["researcher"]],
    )
    models: tuple[Name, ...] | None = Field(
        default=None,
        max_length=500,
        description="The entries of `models` that may be used there; left out: all.",
        examples=[["offline"]],
    )
    tools: tuple[Line, ...] | None = Field(
        default=None,
        max_length=500,
        description="The entries of `tools` that may be used there; `feeds.search_feeds` allows a single tool of one; "
        "left out: all.",
        examples=[["feeds"]],
    )
    budget: BudgetSection | None = Field(
        default=None,
        description="The most that one run may use there, whatever its agent's budget; left out: no further limit.",
        examples=[{"tokens": 20_000}],
    )


class ServerSection(LimitsSection):
    """What one server may have, where it differs from `limits`."""

    id: Snowflake = Field(description="the server's id.", examples=[123456789012345678])


class ChannelSection(Section):
    """What the owner sets for one channel."""

    id: Snowflake = Field(description="the channel's id.", examples=[123456789012345678])
    cogs: dict[Name, FreeForm] = Field(
        max_length=500,
        description="Settings of features there, by their names, as in `cogs`.",
        examples=[{"tasks": {"queue": True}}],
    )


class ServersSection(Section):
    """Which Discord servers the bot works in."""

    allow: tuple[Snowflake, ...] = Field(
        default=(),
        max_length=10_000,
        description="Ids of the servers it may work in; it leaves all others alone. None named: every server.",
        examples=[[123456789012345678]],
    )
    defaults: tuple[Name, ...] = Field(
        default=(),
        max_length=500,
        description="The features that are switched on in a server from the start. None named: only /cogs, /help and "
        "/why are there, and the server's admins switch on what they want.",
        examples=[["research"]],
    )
    limits: LimitsSection = Field(
        default=LimitsSection(),
        description="What servers may have; their admins choose within it.",
        examples=[{"cogs": ["research"]}],
    )
    each: tuple[ServerSection, ...] = Field(
        default=(),
        max_length=10_000,
        description="Servers that may have something else than `limits` says, each under the server's id.",
        examples=[[{"id": 123456789012345678, "cogs": ["research"], "budget": {"tokens": 20_000}}]],
    )
    channels: tuple[ChannelSection, ...] = Field(
        default=(),
        max_length=10_000,
        description="Channels with settings of their own, each under the channel's id. Settings of features there, by "
        "their names, as in `cogs`. A server's admins can choose others with /cogs config.",
        examples=[[{"id": 123456789012345678, "cogs": {"tasks": {"queue": True}}}]],
    )
    direct_messages: bool = Field(
        default=False,
        description="May people use the bot in direct messages? What they do there belongs to one of the servers they share "
        "with it, with its features and limits.",
    )
    alert_channel: Snowflake | None = Field(
        default=None,
        description="The id of the channel where the bot says that a model provider or a tool server is out of order, "
        "and when it works again. A server's admins can choose one of their own with /cogs config admin.",
        examples=[123456789012345678],
    )
    may_accept_tools: tuple[Snowflake, ...] = Field(
        default=(),
        max_length=100,
        description="Ids of the people who are asked, where it is needed, whether a tool that has changed may be used as it "
        "is now; that holds on all servers. None named: only `cogswarm tools accept` does it.",
        examples=[[123456789012345678]],
    )
    trusted_bots: tuple[Snowflake, ...] = Field(
        default=(),
        max_length=500,
        description="Ids of other bots whose messages are listened to; all others are ignored.",
        examples=[[123456789012345678]],
    )


class RunsSection(Section):
    """How much work is done at once, and what becomes of work that fails."""

    at_once: Whole = Field(
        default=20,
        ge=1,
        le=1_000,
        description="How many runs (such as one /research) each process works on at once.",
    )
    per_server: Whole = Field(
        default=10,
        ge=1,
        le=1_000,
        description="How many of one server's runs are worked on at once, in all processes together; the others wait "
        "for their turn, and servers take turns.",
    )
    retries: Whole = Field(
        default=4,
        ge=0,
        le=100,
        description="How often in a row a run is tried again by itself after something outside (a model, a tool) "
        "failed; after that people see a button to retry.",
    )
    retry_seconds: Seconds = Field(
        default=2,
        ge=0.1,
        le=3_600,
        description="The pause before that, in seconds; each further pause is twice as long.",
    )
    keep_days: Whole = Field(
        default=90,
        ge=0,
        le=36_500,
        description="After how many days a run that has ended is forgotten (what it said stays in Discord, what it "
        "remembered stays known); 0 means never.",
    )


class PluginsSection(Section):
    """Features that others wrote."""

    paths: tuple[Path, ...] = Field(
        default=(Path("plugins"),),
        max_length=100,
        description="Folders that hold plugins, each in a folder of its own; relative to this file.",
        examples=[["plugins"]],
    )
    disabled: tuple[Name, ...] = Field(
        default=(), max_length=500, description="Plugins that are not to be loaded.", examples=[["standup"]]
    )


class Config(Section):
    """Everything ``config.yaml`` can say."""

    version: Literal[1] = Field(default=1, description="The version of this file's format.")
    discord: DiscordSection = Field(default=DiscordSection(), description="The connection to Discord.")
    database: DatabaseSection = Field(default=DatabaseSection(), description="Where everything is kept.")
    data_dir: Path = Field(
        default=Path("data"),
        description="The folder for what the bot keeps on disk (its database, caches, error reports); relative to "
        "this file.",
    )
    language: Language = Field(default="en", description="The language the bot writes in.")
    timezone: TimeZone = Field(default="UTC", description="The time zone for dates that people see and type.")
    models: Annotated[dict[Name, ModelSection], AfterValidator(with_offline)] = Field(
        default_factory=default_models,
        description="Language models, each under a name of your choice. `offline` is always there: it needs no key "
        "and no network, and answers with sentences quoted from its sources.",
        examples=[
            {
                "gpt": {"backend": "openai", "model": "gpt-5.4-mini", "api_key": "${OPENAI_API_KEY}"},
                "claude": {
                    "backend": "anthropic",
                    "model": "claude-sonnet-5-5",
                    "api_key": "${ANTHROPIC_API_KEY}",
                },
                "llama": {"backend": "ollama", "model": "llama3.2", "base_url": "http://127.0.0.1:11434"},
            }
        ],
    )
    embeddings: Name = Field(
        default=OFFLINE,
        description=f"How past research is found again by meaning: `{OFFLINE}` (built in), the name of an entry of "
        f"`models` whose provider offers embeddings, or `{NO_EMBEDDINGS}` (search by words only).",
    )
    agents: dict[Name, AgentSection] = Field(
        default_factory=default_agents,
        description="Who answers: each agent speaks in Discord under its own name.",
        examples=[{"writer": {"display_name": "Writer", "model": "gpt"}}],
    )
    between_agents: BetweenAgentsSection = Field(
        default=BetweenAgentsSection(),
        description="How far agents may go among themselves before a person speaks again.",
    )
    budgets: BudgetsSection = Field(
        default=BudgetsSection(),
        description="How much one run (such as one /research) may use before it stops, and how much a day may cost.",
    )
    tools: dict[Name, ToolSection] = Field(
        default_factory=default_tools,
        description="Tools agents can use: MCP servers, each under a name of your choice. Take out the feeds you do "
        "not care for and add your own.",
        examples=[
            {"weather": {"command": ["weather-mcp", "--metric"], "env": {"API_KEY": "${WEATHER_API_KEY}"}}}
        ],
    )
    cogs: dict[Name, FreeForm] = Field(
        default={},
        description="Settings of features, by the feature's name; `cogswarm plugins list` shows the features.",
        examples=[{"standup": {"hours": 24}}],
    )
    servers: ServersSection = Field(
        default=ServersSection(), description="Which Discord servers the bot works in."
    )
    runs: RunsSection = Field(
        default=RunsSection(),
        description="How much work is done at once, and what becomes of work that fails.",
    )
    plugins: PluginsSection = Field(default=PluginsSection(), description="Features that others wrote.")
    web: WebSection = Field(
        default=WebSection(),
        description="The bot's own web address, where other programs use it over MCP (docs/mcp-server.md).",
    )
    github: GitHubSection = Field(
        default=GitHubSection(),
        description="Pull requests on GitHub: who may see which, and what they are checked with (docs/plugins.md).",
    )
    bridge: BridgeSection = Field(
        default=BridgeSection(),
        description="The connection to an agent bus (docs/mumega.md). It is there where an address is given.",
    )
