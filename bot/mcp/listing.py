"""Asking a server for its tools, resources and prompts, however many pages it pretends to have."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog
from mcp.client import ClientSession
from mcp.types import ListToolsResult, PaginatedRequestParams, Prompt, Resource, ResourceTemplate

from bot.mcp.contents import tool_info
from bot.mcp.results import ToolInfo
from bot.mcp.shown_text import hides_something

_log = structlog.get_logger(__name__)

MOST_TOOLS = 1_000
MOST_PAGES = 100
LONGEST_NAME = 128
MOST_LISTED = 500
"""Resources, templates or prompts."""


class Page(Protocol):
    """One page of a list."""

    @property
    def next_cursor(self) -> str | None:
        """Where the next one begins; None at the end."""
        ...


async def tools(server: str, session: ClientSession) -> list[ToolInfo]:
    """The server's tools, each name once, at most `MOST_TOOLS`."""

    async def page(params: PaginatedRequestParams) -> ListToolsResult:
        return await session.list_tools(params=params)

    listed = await _all(server, "tools", page, lambda one: one.tools, MOST_TOOLS)
    return _once(server, [tool_info(server, tool) for tool in listed])


async def resources(server: str, session: ClientSession) -> Sequence[Resource]:
    """The server's resources, at most `MOST_LISTED`."""
    return await _all(
        server,
        "resources",
        lambda at: session.list_resources(params=at),
        lambda one: one.resources,
        MOST_LISTED,
    )


async def templates(server: str, session: ClientSession) -> Sequence[ResourceTemplate]:
    """The patterns of further resources, at most `MOST_LISTED`."""
    return await _all(
        server,
        "resource templates",
        lambda at: session.list_resource_templates(params=at),
        lambda one: one.resource_templates,
        MOST_LISTED,
    )


async def prompts(server: str, session: ClientSession) -> Sequence[Prompt]:
    """The server's prompts, at most `MOST_LISTED`."""
    return await _all(
        server, "prompts", lambda at: session.list_prompts(params=at), lambda one: one.prompts, MOST_LISTED
    )


async def _all[P: Page, T](
    server: str,
    what: str,
    ask: Callable[[PaginatedRequestParams], Awaitable[P]],
    items: Callable[[P], Sequence[T]],
    most: int,
) -> list[T]:
    found: list[T] = []
    cursors: set[str] = set()
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await ask(PaginatedRequestParams(cursor=cursor))
        found += items(page)[: most - len(found) + 1]
        cursor = page.next_cursor
        if cursor is None:
            break
        if cursor in cursors or len(found) > most:
            break
        cursors.add(cursor)
    if cursor is not None or len(found) > most:
        _log.warning("tool_server_list_cut", server=server, list=what, kept=min(len(found), most))
    return found[:most]


def _once(server: str, listed: Sequence[ToolInfo]) -> list[ToolInfo]:
    """Of tools of the same name the first, as nobody can say which one a call would reach; none without a fit name."""
    kept: dict[str, ToolInfo] = {}
    for tool in listed:
        if 0 < len(tool.name) <= LONGEST_NAME and not hides_something(tool.name) and "\n" not in tool.name:
            kept.setdefault(tool.name, tool)
    if len(kept) < len(listed):
        _log.warning("tool_server_names_unfit", server=server, left_out=len(listed) - len(kept))
    return list(kept.values())
