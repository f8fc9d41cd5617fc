"""The tool servers that agents use, running: their tools, how people accept them, and what others see of them."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from bot.clock import Clock
from bot.config.agents import AgentSection
from bot.config.loaded import LoadedConfig
from bot.config.models import Config
from bot.llm.breakers import Breakers
from bot.mcp.acceptance import PoolAcceptance
from bot.mcp.client import McpPool, PoolSettings
from bot.mcp.configured import ConfiguredTools, bundled_servers, server_specs
from bot.mcp.keeper import keep
from bot.mcp.pins import Pins
from bot.observe.known_secrets import telling
from bot.plugins.owner import tool_allowed
from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class ToolServers:
    """The servers of ``tools:`` that some agent may use."""

    config: Config
    database: Database
    pool: McpPool
    pins: Pins
    machinery: Clock

    @property
    def tools(self) -> ConfiguredTools:
        """Their tools, within what the owner allows."""
        return ConfiguredTools(self.pool, self.config.tools, partial(tool_allowed, self.config))

    @property
    def acceptance(self) -> PoolAcceptance:
        """How people accept tools that are not what was accepted."""
        return PoolAcceptance(self.pins, self.pool, self.config.servers.may_accept_tools, self.machinery)

    async def keep(self) -> None:
        """Keep what others see of them true, until cancelled."""
        await keep(self.pool, self.pins, self.database, self.machinery)


@asynccontextmanager
async def tool_servers(
    loaded: LoadedConfig,
    agents: Iterable[AgentSection],
    database: Database,
    breakers: Breakers,
    clock: Clock,
    machinery: Clock,
) -> AsyncGenerator[ToolServers]:
    """The servers that ``agents`` may use, started, until the block ends. See `bot.app.running_bot` for the two clocks."""
    pins = Pins(database, clock, bundled_servers(loaded.config))
    secrets = telling(loaded.secrets()).values
    settings = PoolSettings(judge=pins.judge, breakers=breakers, secrets=secrets)
    async with McpPool(server_specs(loaded, agents), settings, clock=machinery) as pool:
        yield ToolServers(loaded.config, database, pool, pins, machinery)
