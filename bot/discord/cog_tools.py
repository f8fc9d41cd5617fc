"""The tools that cogs bring, for agents: the gate decides at every call, with the person on whose behalf it is made."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from bot.discord.entrance import Entrance
from bot.discord.events import Author, Where
from bot.discord.guild_members import GuildMembers
from bot.discord.homes import Homes
from bot.discord.reporting import broken
from bot.errors import CogswarmError, OutsideError
from bot.mcp.errors import ToolRefused, ToolTimedOut, ToolUnavailable
from bot.mcp.people import NOBODY, People
from bot.mcp.results import ToolInfo, ToolResult
from bot.mcp.toolbox import Progress
from bot.plugins.cog import Cog
from bot.plugins.gate import Refused
from bot.plugins.tools import Tool
from bot.work.principal import Principal

STARTING = "the bot is still starting"
UNAPPROVED = "The tool {tool} of {cog} may change something, so each use needs people's approval, and this one has none."
LEFT = Refused("member_left", "The person who asked for this is not on this server any more.")

log = structlog.get_logger(__name__)


class CogTools:
    """Implements `bot.mcp.toolbox.Toolbox` for the tools of cogs, each under its cog's name.

    Until `serve` was called, the tools are there and cannot be called.
    """

    def __init__(self, cogs: Mapping[str, Cog]) -> None:
        self._cogs = {name: cog for name, cog in cogs.items() if cog.tools}
        self._entrance: Entrance | None = None
        self._homes: Homes | None = None
        self._members: GuildMembers | None = None

    def serve(self, entrance: Entrance, homes: Homes, members: GuildMembers) -> None:
        """From now on calls go through ``entrance``."""
        self._entrance, self._homes, self._members = entrance, homes, members

    @property
    def servers(self) -> frozenset[str]:
        """The names under which there are tools."""
        return frozenset(self._cogs)

    def tools(self, principal: Principal | None = None) -> Sequence[ToolInfo]:
        """Every tool; with a ``principal``, those are blocked whose cog is off in its guild."""
        return [
            _info(cog, tool, self._off(cog, principal))
            for cog in self._cogs.values()
            for tool in cog.tools.values()
        ]

    async def call(
        self,
        server: str,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        principal: Principal,
        progress: Progress | None = None,  # noqa: ARG002 - a function has nothing to tell before it ends
        people: People = NOBODY,
    ) -> ToolResult:
        """Call a tool for ``principal``. What it or its arguments do wrong is a result with ``is_error``.

        Raises `ToolRefused` with the gate's reason, `ToolUnavailable` where there is no such tool, and `ToolTimedOut`.
        """
        cog = self._cogs.get(server)
        found = None if cog is None else cog.tools.get(tool)
        if cog is None or found is None:
            raise _unavailable(server, tool, f"There is no tool {tool} of {server}.")
        if not found.read_only and not people.have_approved(server, tool, arguments):
            raise ToolRefused(
                UNAPPROVED.format(tool=tool, cog=server), server=server, tool=tool, kind="consequential"
            )
        if self._entrance is None:
            raise _unavailable(server, tool, f"The tool {tool} of {server} cannot be called: {STARTING}.")
        with structlog.contextvars.bound_contextvars(cog=server, tool=tool):
            try:
                where, author = await self._who_and_where(self._entrance, cog, principal)
            except OutsideError as error:
                raise _unavailable(
                    server, tool, f"Whether {tool} may be used here is unknown: {error}"
                ) from error
            refused = LEFT if author is None else self._entrance.knock(server, where, author, "tool")
            if author is None or refused is not None:
                sentence = (refused or LEFT).sentence
                raise ToolRefused(sentence, server=server, tool=tool, kind="not_here")
            context = self._entrance.context(cog, 0, where, author)
            return await _called(server, found, arguments, context)

    async def _who_and_where(
        self, entrance: Entrance, cog: Cog, principal: Principal
    ) -> tuple[Where, Author | None]:
        """What the gate has to know; Discord is asked for no more than this cog's rules speak of."""
        home_id, in_thread = principal.channel_id, False
        if self._homes is not None and not principal.direct:
            home = await self._homes.home(principal.channel_id)
            home_id, in_thread = home.base_id, home.is_thread
        where = Where(
            principal.guild_id, principal.channel_id, in_thread, home_id=home_id, direct=principal.direct
        )
        roles: frozenset[int] | None = frozenset()
        is_me = principal.member_id == entrance.me
        if not is_me and self._members is not None and entrance.asks_for_roles(cog.name, principal.guild_id):
            roles = await self._members.roles(principal.guild_id, principal.member_id)
        author = None if roles is None else Author(principal.member_id, principal.name, is_me, tuple(roles))
        return where, author

    def _off(self, cog: Cog, principal: Principal | None) -> str:
        if principal is None or self._entrance is None:
            return ""
        refused = self._entrance.off_in(cog.name, principal.guild_id)
        return "" if refused is None else refused.sentence


async def _called(server: str, tool: Tool, arguments: Mapping[str, Any], context: Any) -> ToolResult:
    seconds = tool.limit.total_seconds()
    limit = asyncio.timeout(seconds)
    try:
        checked = tool.checked(arguments)
        async with limit:
            text, structured = tool.told(await tool.handler(context, **checked))
    except TimeoutError as error:
        if not limit.expired():
            return ToolResult(broken(server, error), is_error=True)
        raise ToolTimedOut(
            f"The tool {tool.name} of {server} did not answer within {seconds:g} seconds.",
            server=server,
            tool=tool.name,
        ) from error
    except CogswarmError as error:
        log.info("tool_refused", reason=str(error))
        return ToolResult(str(error), is_error=True)
    except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
        return ToolResult(broken(server, error), is_error=True)
    return ToolResult(text, structured)


def _info(cog: Cog, tool: Tool, blocked: str) -> ToolInfo:
    return ToolInfo(
        server=cog.name,
        name=tool.name,
        description=tool.help,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        read_only=tool.read_only,
        ours=True,
        blocked=blocked,
    )


def _unavailable(server: str, tool: str, sentence: str) -> ToolUnavailable:
    return ToolUnavailable(sentence, server=server, tool=tool, reason=sentence)
