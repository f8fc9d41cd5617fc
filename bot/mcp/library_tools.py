"""A server's resources and prompts, usable as tools: list them, read one.

They take the names ``list_resources``, ``read_resource``, ``list_prompts`` and ``get_prompt``, where the server has no
tool of that name itself. Their descriptions are ours, so there is nothing about them to pin.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from mcp.client import ClientSession
from mcp.shared.exceptions import MCPError
from mcp.types import Prompt, Resource, ResourceTemplate, ServerCapabilities
from pydantic import ValidationError

from bot.clock import Clock
from bot.mcp import listing, server_calls
from bot.mcp.contents import prompt_result, resource_result
from bot.mcp.results import Json, ToolInfo, ToolResult
from bot.mcp.shown_text import one_line

_ASK_SECONDS = 5.0
_NO_ARGUMENTS: Json = {"type": "object", "properties": {}, "additionalProperties": False}
_URI: Json = {
    "type": "object",
    "properties": {
        "uri": {"type": "string", "description": "The resource's address, as list_resources gives it"}
    },
    "required": ["uri"],
    "additionalProperties": False,
}
_PROMPT: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "The prompt's name, as list_prompts gives it"},
        "arguments": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["name"],
    "additionalProperties": False,
}


class WrongArgument(Exception):
    """An argument is missing or of the wrong kind; ``str()`` says which."""


@dataclass(frozen=True, slots=True)
class Offers:
    """Whether a server has resources and prompts at all; many say that they could and have none."""

    resources: bool
    prompts: bool


async def offers(server: str, session: ClientSession, says: ServerCapabilities) -> Offers:
    """Ask what there is; a server that does not answer, or answers with nonsense, has nothing."""

    async def any_of(ask: Callable[[str, ClientSession], Awaitable[Sequence[object]]]) -> bool:
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                return bool(await ask(server, session))
        except (MCPError, ValidationError, TimeoutError):
            return False

    has_resources = says.resources is not None and (
        await any_of(listing.resources) or await any_of(listing.templates)
    )
    return Offers(has_resources, says.prompts is not None and await any_of(listing.prompts))


def library_tools(server: str, has: Offers, taken: Sequence[ToolInfo]) -> list[ToolInfo]:
    """The tools for what ``server`` has, except where it has ``taken`` a name for a tool of its own."""
    ours: list[ToolInfo] = []
    if has.resources:
        ours += [
            ToolInfo(server, "list_resources", f"List what can be read at {server}.", _NO_ARGUMENTS),
            ToolInfo(server, "read_resource", f"Read something at {server} by its address.", _URI),
        ]
    if has.prompts:
        ours += [
            ToolInfo(server, "list_prompts", f"List the prompts that {server} has prepared.", _NO_ARGUMENTS),
            ToolInfo(server, "get_prompt", f"Get one of the prompts that {server} has prepared.", _PROMPT),
        ]
    names = {tool.name for tool in taken}
    return [tool for tool in ours if tool.name not in names]


async def use(
    server: str, session: ClientSession, tool: str, arguments: Mapping[str, Any], clock: Clock
) -> ToolResult:
    """Do what one of the tools says. Raises `WrongArgument`, and as `server_calls`."""
    match tool:
        case "list_resources":
            found = await listing.resources(server, session)
            patterns = await _templates(server, session)
            return _lines([*(_resource(one) for one in found), *(_template(one) for one in patterns)])
        case "read_resource":
            return resource_result(
                await server_calls.read_resource(session, _argument(arguments, "uri"), clock)
            )
        case "list_prompts":
            return _lines([_prompt(one) for one in await listing.prompts(server, session)])
        case _:
            values: object = arguments.get("arguments") or {}
            if not isinstance(values, dict):
                raise WrongArgument("arguments must be an object")
            given = {str(key): str(value) for key, value in cast("Json", values).items()}
            name = _argument(arguments, "name")
            return prompt_result(await server_calls.get_prompt(session, name, given, clock))


async def _templates(server: str, session: ClientSession) -> Sequence[ResourceTemplate]:
    """Servers without any often do not know the question."""
    try:
        return await listing.templates(server, session)
    except MCPError:
        return ()


def _argument(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not value:
        raise WrongArgument(f"{name} must be given, as text")
    return value


def _lines(lines: Sequence[str]) -> ToolResult:
    return ToolResult("\n".join(lines) or "There is nothing.")


def _resource(one: Resource) -> str:
    return _described(str(one.uri), one.title or one.name, one.description, one.mime_type)


def _template(one: ResourceTemplate) -> str:
    return _described(one.uri_template, one.title or one.name, one.description, one.mime_type)


def _prompt(one: Prompt) -> str:
    wanted = [f"{it.name}{'' if it.required else '?'}" for it in one.arguments or ()]
    return _described(f"{one.name}({', '.join(wanted)})", one.title or "", one.description, None)


def _described(what: str, title: str, description: str | None, kind: str | None) -> str:
    parts = [one_line(what, 500), *(one_line(part) for part in (title, description, kind) if part)]
    return " - ".join(parts)
