"""The tool servers that the config names, used within what the owner allows."""

import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.config.agents import AgentSection
from bot.config.loaded import LoadedConfig
from bot.config.models import Config
from bot.config.tools import FEEDS_COMMAND, FETCH_COMMAND, ToolSection
from bot.mcp.client import McpPool
from bot.mcp.errors import ToolRefused
from bot.mcp.people import NOBODY, People
from bot.mcp.results import ToolInfo, ToolResult
from bot.mcp.shown_text import one_line
from bot.mcp.specs import HttpServer, ServerSpec, StdioServer
from bot.mcp.toolbox import Progress
from bot.work.principal import Principal

_MODULES = {FEEDS_COMMAND: "bot.mcp.feeds.server", FETCH_COMMAND: "bot.mcp.fetch.server"}
"""Where the bundled servers are, for an environment whose programs are not on the PATH."""

type Allowed = Callable[[int, str, str], bool]
"""Whether a guild may use a server's tool."""


def server_specs(loaded: LoadedConfig, agents: Iterable[AgentSection]) -> list[ServerSpec]:
    """How each server of ``tools:`` that one of ``agents`` may use is started or reached."""
    used = used_servers(agents)
    return [
        _spec(name, tool, loaded.data_dir / "cache" / name)
        for name, tool in loaded.config.tools.items()
        if name in used
    ]


def used_servers(agents: Iterable[AgentSection]) -> frozenset[str]:
    """The servers that one of ``agents`` may use; no other one is started."""
    return frozenset(entry.partition(".")[0] for agent in agents for entry in agent.tools)


def bundled_servers(config: Config) -> frozenset[str]:
    """The servers that come with the bot."""
    return frozenset(name for name, tool in config.tools.items() if tool.is_bundled)


def _spec(name: str, tool: ToolSection, cache: Path) -> ServerSpec:
    if tool.url is not None:
        headers = {} if tool.token is None else {"Authorization": f"Bearer {tool.token.get_secret_value()}"}
        return HttpServer(name, tool.url, headers, tool.transport, tool.max_bytes)
    command, *arguments = tool.command
    environment = tool.environment(cache)
    module = _MODULES.get(command)
    if module is not None and shutil.which(command) is None:
        home = str(Path(__file__).resolve().parents[2])
        return StdioServer(
            name,
            sys.executable,
            ("-P", "-m", module),
            {**environment, "PYTHONPATH": home},
            most_bytes=tool.max_bytes,
        )
    return StdioServer(name, command, tuple(arguments), environment, most_bytes=tool.max_bytes)


@dataclass(frozen=True, slots=True)
class ConfiguredTools:
    """Implements `bot.mcp.toolbox.Toolbox`: the pool's tools, each within the owner's marks, lists and time limits."""

    pool: McpPool
    sections: Mapping[str, ToolSection]
    allowed: Allowed = lambda _guild_id, _server, _tool: True

    def tools(self, principal: Principal | None = None) -> Sequence[ToolInfo]:
        """Every tool known, those that are unavailable or blocked just now included."""
        return [self._marked(tool, principal) for tool in self.pool.tools()]

    async def call(
        self,
        server: str,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        principal: Principal,
        progress: Progress | None = None,
        people: People = NOBODY,
    ) -> ToolResult:
        """Call a tool within its time limit, where it may be called; what may change something only as it was approved."""
        section = self.sections.get(server)
        if not self.allowed(principal.guild_id, server, tool):
            raise ToolRefused(_not_here(server, tool), server=server, tool=tool, kind="not_here")
        free = section is not None and section.is_read_only(tool)
        if section is None or not (free or people.have_approved(server, tool, arguments)):
            self.pool.check(server, tool)  # what is wrong with it anyway is said first
            raise ToolRefused(_consequential(server, tool), server=server, tool=tool, kind="consequential")
        return await self.pool.call(
            server,
            tool,
            arguments,
            timeout=section.seconds(tool),
            principal=principal,
            progress=progress,
            elicitor=people.elicitor,
        )

    def _marked(self, tool: ToolInfo, principal: Principal | None) -> ToolInfo:
        section = self.sections.get(tool.server)
        read_only = section is not None and section.is_read_only(tool.name)
        allowed = principal is None or self.allowed(principal.guild_id, tool.server, tool.name)
        blocked = tool.blocked if allowed else _not_here(tool.server, tool.name)
        ours = section is not None and section.is_bundled
        return replace(
            tool,
            read_only=read_only,
            blocked=blocked,
            ours=ours,
            acceptable=tool.acceptable and allowed,
        )


def _not_here(server: str, tool: str) -> str:
    return f"The owner of this bot does not let {one_line(tool, 128)} of {server} be used on this server."


def _consequential(server: str, tool: str) -> str:
    shown = one_line(tool, 128)
    return (
        f"The tool {shown} of {server} may change something, so each call needs people's approval, and this one has "
        f"none; if it only reads, the owner can name it in tools.{server}.read_only in config.yaml."
    )
