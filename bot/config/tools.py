"""What ``tools:`` holds: MCP servers, the bundled feeds server among them."""

import json
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from bot.config.fields import HostPort, HttpAddress, Name, OptionalHttpAddress, Seconds, Section

FEEDS_COMMAND = "cogswarm-mcp-feeds"
"""The bundled feeds server; it is found even where the environment's programs are not on the PATH."""

FEEDS_VARIABLE = "COGSWARM_FEEDS"
"""The environment variable that carries the feeds to the bundled feeds server, as JSON."""


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
    timeout: Seconds = Field(default=30, description="How long one call may take, in seconds.")
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

    @model_validator(mode="after")
    def _one_way_to_reach_it(self) -> Self:
        if bool(self.command) == (self.url is not None):
            raise ValueError(
                "needs either `command` (a program to start) or `url` (a running server), not both"
            )
        if self.url is not None and (self.feeds or self.env):
            raise ValueError("can have `feeds` and `env` only beside `command`, not beside `url`")
        names = [feed.name for feed in self.feeds]
        if len(set(names)) != len(names):
            raise ValueError("has two feeds of the same name; give each its own")
        return self

    def environment(self, cache_dir: Path | None = None) -> dict[str, str]:
        """Return the variables to start the command with, plain: `env`, and the feeds as JSON.

        Args:
            cache_dir: where the feeds server may keep what it fetched.
        """
        variables = {name: value.get_secret_value() for name, value in self.env.items()}
        if self.feeds or self.allow_hosts:
            feeds: dict[str, object] = {
                "feeds": [{"name": feed.name, "url": feed.url} for feed in self.feeds],
                "allow_hosts": list(self.allow_hosts),
            }
            if cache_dir is not None:
                feeds["cache_dir"] = str(cache_dir)
            variables[FEEDS_VARIABLE] = json.dumps(feeds)
        return variables


def default_tools() -> dict[Name, ToolSection]:
    """Return the bundled feeds server with feeds that are worth reading."""
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
        )
    }
