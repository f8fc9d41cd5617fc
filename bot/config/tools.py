"""What ``tools:`` holds: MCP servers, the bundled ones (feeds, fetch) among them."""

import json
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from bot.config.fields import (
    HostPattern,
    HostPort,
    HttpAddress,
    Line,
    Name,
    OptionalHttpAddress,
    OptionalSecret,
    Seconds,
    Section,
    Whole,
)

FEEDS_COMMAND = "cogswarm-mcp-feeds"
"""The bundled feeds server; it is found even where the environment's programs are not on the PATH."""

FEEDS_VARIABLE = "COGSWARM_FEEDS"
"""The environment variable that carries the feeds to the bundled feeds server, as JSON."""

FETCH_COMMAND = "cogswarm-mcp-fetch"
"""The bundled server that reads web pages."""

FETCH_VARIABLE = "COGSWARM_FETCH"
"""The environment variable that carries its settings to the bundled fetch server, as JSON."""

BUNDLED = frozenset({FEEDS_COMMAND, FETCH_COMMAND})
"""The commands of servers that are part of the program; all their tools only read."""


class FeedSection(Section):
    """One feed the bundled feeds server reads."""

    name: str = Field(
        min_length=1,
        max_length=100,
        description="What people see as the feed's name.",
        examples=["Planet Python"],
    )
    url: HttpAddress = Field(
        description="Where the feed (RSS, Atom or JSON) is.", examples=["https://planetpython.org/rss20.xml"]
    )


class ToolSection(Section):
    """An MCP server: a command that is started (stdio), or the address of one that runs already."""

    command: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = Field(
        default=(),
        max_length=100,
        description="The program to start and its arguments; give this or `url`.",
        examples=[["npx", "-y", "@modelcontextprotocol/server-memory"]],
    )
    url: OptionalHttpAddress = Field(
        default=None,
        description="The address of a server that runs already; give this or `command`.",
        examples=["https://mcp.example.org/mcp"],
    )
    env: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], SecretStr] = Field(
        default={},
        description="Environment variables for the command. Of the bot's own it sees only harmless ones, such as PATH.",
        examples=[{"API_KEY": "${WEATHER_API_KEY}"}],
    )
    token: OptionalSecret = Field(
        default=None,
        description="The token that the server at `url` asks for (sent as Bearer). A secret: keep it in .env.",
        examples=["${WEATHER_TOKEN}"],
    )
    transport: Literal["http", "sse"] = Field(
        default="http",
        description="How to talk to the server at `url`: `http` (streamable HTTP), or `sse` for servers of 2024.",
    )
    timeout: Seconds = Field(default=30, description="How long one call may take, in seconds.")
    timeouts: dict[Line, Seconds] = Field(
        default={},
        max_length=500,
        description="The same for single tools that take longer, or must not.",
        examples=[{"render_map": 120}],
    )
    max_bytes: Whole = Field(
        default=5_000_000,
        ge=10_000,
        le=100_000_000,
        description="The largest answer that is read; a server that sends more is cut off.",
    )
    read_only: Literal["all"] | tuple[Line, ...] = Field(
        default=(),
        description="The tools that change nothing, by name, or `all`. Every other one needs an approval for each "
        "call, whatever the server says about it. Those of the bundled servers are read-only from the start.",
        examples=[["forecast"]],
    )
    feeds: tuple[FeedSection, ...] = Field(
        default=(),
        max_length=500,
        description="For the bundled server cogswarm-mcp-feeds: the feeds it reads.",
        examples=[[{"name": "Planet Python", "url": "https://planetpython.org/rss20.xml"}]],
    )
    allow_hosts: tuple[HostPort, ...] = Field(
        default=(),
        max_length=100,
        description="Private addresses (host or host:port) that may be fetched all the same; all others are refused.",
        examples=[["127.0.0.1:8080"]],
    )
    hosts: tuple[HostPattern, ...] = Field(
        default=(),
        max_length=1_000,
        description="For the bundled server cogswarm-mcp-fetch: the only hosts it reads pages of; `*.example.org` is "
        "every host below example.org. None named: all public ones.",
        examples=[["docs.python.org", "*.wikipedia.org"]],
    )
    deny_hosts: tuple[HostPattern, ...] = Field(
        default=(),
        max_length=1_000,
        description="For the bundled server cogswarm-mcp-fetch: hosts it never reads pages of.",
        examples=[["*.example.org"]],
    )

    @model_validator(mode="after")
    def _one_way_to_reach_it(self) -> Self:
        if bool(self.command) == (self.url is not None):
            raise ValueError(
                "needs either `command` (a program to start) or `url` (a running server), not both"
            )
        if self.url is not None and (self.feeds or self.env):
            raise ValueError("can have `feeds` and `env` only beside `command`, not beside `url`")
        if self.url is None and (self.token is not None or self.transport != "http"):
            raise ValueError("can have `token` and `transport` only beside `url`, not beside `command`")
        names = [feed.name for feed in self.feeds]
        if len(set(names)) != len(names):
            raise ValueError("has two feeds of the same name; give each its own")
        return self

    @property
    def is_bundled(self) -> bool:
        """Whether it is a server that comes with the bot."""
        return bool(self.command) and self.command[0] in BUNDLED

    def is_read_only(self, tool: str) -> bool:
        """Whether the owner has marked a tool as one that changes nothing."""
        return self.is_bundled or self.read_only == "all" or tool in self.read_only

    def seconds(self, tool: str) -> float:
        """How long one call of a tool may take."""
        return self.timeouts.get(tool, self.timeout)

    def environment(self, cache_dir: Path | None = None) -> dict[str, str]:
        """Return the variables to start the command with, plain: `env`, and the feeds as JSON.

        Args:
            cache_dir: where the feeds server may keep what it fetched.
        """
        variables = {name: value.get_secret_value() for name, value in self.env.items()}
        if self.command[:1] == (FETCH_COMMAND,):
            fetch = {"allow_hosts": self.allow_hosts, "hosts": self.hosts, "deny_hosts": self.deny_hosts}
            variables[FETCH_VARIABLE] = json.dumps(fetch)
        elif self.feeds or self.allow_hosts:
            feeds: dict[str, object] = {
                "feeds": [{"name": feed.name, "url": feed.url} for feed in self.feeds],
                "allow_hosts": list(self.allow_hosts),
            }
            if cache_dir is not None:
                feeds["cache_dir"] = str(cache_dir)
            variables[FEEDS_VARIABLE] = json.dumps(feeds)
        return variables


def default_tools() -> dict[Name, ToolSection]:
    """Return the bundled servers: feeds that are worth reading, and web pages."""
    arxiv = "https://export.arxiv.org/api/query?search_query=cat:cs.AI"
    return {
        "feeds": ToolSection(
            command=(FEEDS_COMMAND,),
            feeds=(
                FeedSection(
                    name="arXiv: artificial intelligence",
                    url=f"{arxiv}&sortBy=submittedDate&sortOrder=descending&max_results=50",
                ),
                FeedSection(name="Hacker News", url="https://hnrss.org/frontpage"),
                FeedSection(name="Planet Python", url="https://planetpython.org/rss20.xml"),
            ),
            read_only="all",
        ),
        "fetch": ToolSection(command=(FETCH_COMMAND,), read_only="all"),
    }
