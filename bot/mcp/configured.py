"""The tool servers that the config names, and calling them with the time limits it gives."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.config.loaded import LoadedConfig
from bot.config.tools import FEEDS_COMMAND, ToolSection
from bot.mcp.client import McpPool
from bot.mcp.results import ToolInfo, ToolResult
from bot.mcp.specs import HttpServer, ServerSpec, StdioServer
from bot.mcp.toolbox import Progress
from bot.work.principal import Principal

DEFAULT_SECONDS = 30.0


def server_specs(loaded: LoadedConfig) -> list[ServerSpec]:
    """How each server of ``tools:`` is started or reached."""
    return [_spec(name, tool, loaded.data_dir / "cache" / name) for name, tool in loaded.config.tools.items()]


def _spec(name: str, tool: ToolSection, cache: Path) -> ServerSpec:
    if tool.url is not None:
        return HttpServer(name, tool.url)
    command, *arguments = tool.command
    environment = tool.environment(cache)
    if command == FEEDS_COMMAND and shutil.which(command) is None:
        # The bundled server works also where the environment's programs are not on the PATH.
        home = str(Path(__file__).resolve().parents[2])
        return StdioServer(
            name, sys.executable, ("-P", "-m", "bot.mcp.feeds.server"), {**environment, "PYTHONPATH": home}
        )
    return StdioServer(name, command, tuple(arguments), environment)


class ConfiguredTools:
    """Implements `bot.mcp.toolbox.Toolbox`: the pool's tools, each server with its own time limit."""

    def __init__(self, pool: McpPool, sections: Mapping[str, ToolSection]) -> None:
        self._pool = pool
        self._sections = sections

    def tools(self, principal: Principal | None = None) -> Sequence[ToolInfo]:  # noqa: ARG002  # the same everywhere
        """Every tool known, those that are unavailable just now included."""
        return self._pool.tools()

    async def call(
        self,
        server: str,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        principal: Principal,  # noqa: ARG002  # as above
        progress: Progress | None = None,  # noqa: ARG002  # not told yet
    ) -> ToolResult:
        """Call a tool within its server's time limit."""
        section = self._sections.get(server)
        seconds = section.timeout if section is not None else DEFAULT_SECONDS
        return await self._pool.call(server, tool, arguments, timeout=seconds)
