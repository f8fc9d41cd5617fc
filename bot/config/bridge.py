"""What ``bridge:`` holds: the agent bus that the bot speaks to, who may use it, and what its agents may do."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from bot.config.fields import Channel, OptionalSecret, Seconds, Section, Snowflake, Whole

IN_PROCESS = "in-process:"
ON_BUS = "bus:"
"""Begins what queues call an agent of the bus, such as ``bus:kasra``, so that it is none of the bot's own."""
ECHO = "echo"
"""The agent of that bus."""
DEFAULT_URL = "https://mcp.mumega.com/sse"
DEFAULT_AGENT = "kasra"
DEFAULT_NAME = "discord-connector"
_PLAIN = re.compile(r"http://(?!127\.|localhost[:/]|\[::1\])", re.IGNORECASE)

AgentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,63}$", to_lower=True)]
"""What an agent is called on a bus, without ``agent:``."""


Capability = Annotated[str, StringConstraints(min_length=1, max_length=100, to_lower=True)]


def _address(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s/]+\S*", value) and value != IN_PROCESS:
        raise ValueError(f"must be an address that starts with https:// or http://, or be {IN_PROCESS}")
    return value


class BusWorkerSection(Section):
    """An agent of the bus that may be given work."""

    channels: tuple[Snowflake, ...] = Field(
        min_length=1,
        max_length=500,
        description="Ids of the channels that are queues whose tasks it may be sent, and bid for.",
    )
    capabilities: tuple[Capability, ...] = Field(
        default=(), max_length=100, description="What it can do, as `capabilities` of the bot's own agents."
    )
    concurrency: Whole = Field(
        default=1, ge=1, le=100, description="How many tasks it has at a time at most."
    )


class BridgeSection(Section):
    """The connection to an agent bus (docs/mumega.md). It is there where an address is given."""

    url: Annotated[str, StringConstraints(max_length=2000), AfterValidator(_address)] = Field(
        default="",
        description="Where the bus is: the address of an SOS bus (ends with /sse), of its HTTP bridge (no path) or of a mupot "
        f"(ends with /mcp); `{IN_PROCESS}` is a bus for trying, inside the bot, with an agent called echo.",
        examples=[DEFAULT_URL],
    )
    bus_token: OptionalSecret = Field(
        default=None,
        description="What the bot logs in with there. A secret: keep it in .env.",
        examples=["${MUMEGA_BUS_TOKEN}"],
    )
    protocol: Literal["auto", "sos", "sos-http", "mupot"] = Field(
        default="auto", description="What the bus speaks, where that cannot be told from its address."
    )
    name: AgentName = Field(default=DEFAULT_NAME, description="What the bot is called on the bus.")
    channels: dict[Channel, AgentName] = Field(
        default={},
        max_length=5_000,
        description="Channels by their ids, and for each the agent that everything written there is for.",
        examples=[{"123456789012345678": "kasra"}],
    )
    default_agent: AgentName = Field(
        default=DEFAULT_AGENT,
        description="The agent for direct messages, and for messages that mention the bot in other channels.",
    )
    agents: tuple[AgentName, ...] = Field(
        default=(),
        max_length=500,
        description="Further agents that people may write to, such as with `/chat agent:`; those above always may be.",
        examples=[["loom"]],
    )
    urgent_agents: tuple[AgentName, ...] = Field(
        default=(),
        max_length=500,
        description="Agents that are asked again after 30 seconds of silence; all others after 60.",
        examples=[["kasra"]],
    )
    people: tuple[Snowflake, ...] = Field(
        default=(),
        max_length=1_000,
        description="Ids of the people who may write to agents. Neither people nor roles named: everybody who may use the "
        "feature.",
        examples=[[123456789012345678]],
    )
    roles: tuple[Snowflake, ...] = Field(
        default=(), max_length=500, description="Ids of the roles that may.", examples=[[123456789012345678]]
    )
    trusted_people: tuple[Snowflake, ...] = Field(
        default=(),
        max_length=1_000,
        description="Ids of the people who speak for you; what all others write is marked as untrusted on the bus.",
        examples=[[123456789012345678]],
    )
    may_write: dict[AgentName, tuple[Snowflake, ...]] = Field(
        default={},
        max_length=500,
        description="Agents that may begin to speak by themselves, each with the ids of the channels where; a message of theirs "
        "for a channel begins with `[channel:ID]`.",
        examples=[{"kasra": [123456789012345678]}],
    )
    workers: dict[AgentName, BusWorkerSection] = Field(
        default={},
        max_length=500,
        description="Agents that may work on tasks and bid in auctions, each with the ids of the queues where. A queue has to "
        "name them, too, as `bus:NAME`. What is asked for in such a queue is sent to them, whoever asks.",
        examples=[{"kasra": {"channels": [123456789012345678], "capabilities": ["python"]}}],
    )
    review_channel: Snowflake | None = Field(
        default=None,
        description="The id of the channel where people decide about what cannot be placed; left out: the alert channel, or else "
        "the first of `channels`. Only on that channel's server it is shown what waits.",
        examples=[123456789012345678],
    )
    mentions: bool = Field(
        default=True,
        description="Are messages that mention the bot for the default agent? In channels where no other agent answers.",
    )
    poll_seconds: Seconds = Field(
        default=15, description="How often the inbox is looked at while nothing is waited for, in seconds."
    )
    read_replies: bool = Field(
        default=True, description="Is what the agents answer brought to Discord? Where not, they only hear."
    )
    dry_run: bool = Field(
        default=False,
        description="Nothing is sent to the bus or read from it; the log says exactly what would have been sent.",
    )
    signing_key: OptionalSecret = Field(
        default=None,
        description="Signs what is sent along, so that an answer that only echoes it finds its way back. A secret; left out, "
        "one is made out of the token.",
        examples=["${BRIDGE_SIGNING_KEY}"],
    )
    pending_file: str = Field(
        default="",
        max_length=2_000,
        description="A file in which another connector kept what it waits for; it is read once at the start.",
        examples=["pending.json"],
    )
    keep_days: Whole = Field(
        default=30,
        ge=1,
        le=3_650,
        description="After how many days the texts of messages are forgotten here.",
    )

    @property
    def is_on(self) -> bool:
        """Whether there is a bus."""
        return bool(self.url)

    @property
    def may_be_asked(self) -> tuple[str, ...]:
        """The agents that people may write to."""
        return tuple(dict.fromkeys((self.default_agent, *self.channels.values(), *self.agents)))

    @property
    def is_plain_elsewhere(self) -> bool:
        """Whether the token would travel where others can read it."""
        return _PLAIN.match(self.url) is not None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.url and self.url != IN_PROCESS and not self.dry_run and self.bus_token is None:
            raise ValueError("needs `bus_token`, since a bus is named in `url`")
        wrong = [one for one in self.channels if not one.isdigit()]
        if wrong:
            raise ValueError(f"has {wrong[0]!r} under `channels`, where a channel's id is wanted")
        return self
