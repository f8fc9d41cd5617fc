"""The server of MCP itself: lists the tools that a token may use, and sees each call through."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import structlog
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from bot.errors import CogswarmError, UserError
from bot.mcp.server_process import our_version
from bot.mcp.serving import arguments, catalogue, confirming, reach
from bot.mcp.serving.answers import result_of
from bot.mcp.serving.auditing import audited, digest_of
from bot.mcp.serving.grants import Grant, Turnstile
from bot.mcp.serving.spoken import INSTRUCTIONS, KEY, REPEATABLE
from bot.mcp.serving.tools import Again, Call, Desk, Outcome, Tool

log = structlog.get_logger(__name__)

GRANT = "cogswarm.grant"
"""Where the HTTP surface puts, in an ASGI scope, what the token of a request lets its holder do."""
WANTED = "tools"
"""The parameter of the address that names the groups or tools a client wants to load, with commas."""
NO_TOOL = "There is no tool {name} for this token; tools/list names those there are."
TOO_OFTEN = "This token may use {most} tools a minute; try again in {seconds:.0f} seconds."
BROKEN = "Something broke here (error {id}); the bot's log has the details."
NO_TOKEN = "This request came without a token."  # noqa: S105 - a sentence

type Context = ServerRequestContext[Any, Any]
type Redact = Callable[[str], str]
type Result = types.CallToolResult | types.InputRequiredResult


@dataclass(frozen=True, slots=True)
class Counter:
    """Where calls come in: it knows the desk, lets nobody call too often, and takes secrets out of what is answered."""

    desk: Desk
    turnstile: Turnstile
    redact: Redact

    def server(self) -> Server[Any]:
        """The SDK's server with these tools."""
        return Server(
            "cogswarm",
            title="cogswarm",
            version=our_version(),
            instructions=INSTRUCTIONS,
            on_list_tools=self.list_tools,
            on_call_tool=self.call_tool,
            get_tool_input_schema=_no_headers,
        )

    async def list_tools(
        self, ctx: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        """What the token may use, as far as the client wants to load it."""
        grant = _grant(ctx)
        offered = catalogue.offered(sorted(grant.groups, key=catalogue.GROUPS.index), _wanted(ctx))
        return types.ListToolsResult(tools=[_described(tool) for tool in offered])

    async def call_tool(self, ctx: Context, params: types.CallToolRequestParams) -> Result:
        """Do what a tool does; whatever goes wrong is a sentence in the result, which models read."""
        grant, call_id = _grant(ctx), self.desk.new_id()
        with structlog.contextvars.bound_contextvars(
            token=grant.name, tool=params.name[:64], call=str(call_id)
        ):
            try:
                outcome = await self._done(ctx, params, grant, call_id)
            except CogswarmError as error:
                log.info("mcp_call_refused", reason=self.redact(str(error)))
                return result_of(Outcome(str(error), bare=True), self.redact, failed=True)
            except Exception:
                log.exception("mcp_call_broken")
                said = BROKEN.format(id=call_id.hex[:8])
                return result_of(Outcome(said, bare=True), self.redact, failed=True)
            log.info("mcp_call_done")
        if isinstance(outcome, Again):
            return types.InputRequiredResult(request_state=outcome.state)
        return result_of(outcome, self.redact)

    async def _done(
        self, ctx: Context, params: types.CallToolRequestParams, grant: Grant, call_id: Any
    ) -> Outcome | Again:
        tool = catalogue.found(params.name)
        if tool is None or tool.group not in grant.groups:
            raise UserError(NO_TOOL.format(name=repr(params.name[:64])))
        wait = self.turnstile.wait(grant)
        if wait:
            raise UserError(TOO_OFTEN.format(most=grant.per_minute, seconds=max(1.0, wait)))
        given = arguments.read(tool.arguments, params.arguments or {})
        call = Call(
            desk=self.desk,
            grant=grant,
            place=await reach.place(self.desk, grant, given),
            id=call_id,
            tool=tool.name,
            digest=digest_of(tool, given),
            progress=_progress(ctx),
            key=_key(ctx),
            state=params.request_state,
            comes_again=ctx.protocol_version in MODERN_PROTOCOL_VERSIONS,
            given=frozenset(given.model_fields_set),
        )
        return await self._allowed(tool, call, given)

    async def _allowed(self, tool: Tool, call: Call, given: arguments.Arguments) -> Outcome | Again:
        """Do it, once it is recorded, and where it cannot be undone only with a word for exactly this."""
        confirm: str | None = getattr(given, "confirm", None)
        if tool.preview is not None and confirm is None:
            return await confirming.offer(call, await tool.preview(call, given))
        if tool.changes and not tool.records_itself:
            guild_id = call.place.guild_id if call.place is not None else min(call.grant.servers)
            async with self.desk.database.transaction() as conn:
                if confirm is not None and tool.preview is not None:
                    await confirming.use(conn, call, confirm)
                await audited(conn, call, guild_id)
        return await tool.do(call, given)


def _described(tool: Tool) -> types.Tool:
    idempotent = issubclass(tool.arguments, arguments.Keyed) or tool.name in REPEATABLE
    return types.Tool(
        name=tool.name,
        description=tool.summary,
        input_schema=arguments.schema_of(tool.arguments),
        annotations=types.ToolAnnotations(
            read_only_hint=not tool.changes,
            destructive_hint=tool.preview is not None,
            idempotent_hint=idempotent if tool.changes else None,
            open_world_hint=True,
        ),
    )


def _grant(ctx: Context) -> Grant:
    scope: Mapping[str, Any] = getattr(ctx.request, "scope", {})
    grant = scope.get(GRANT)
    if not isinstance(grant, Grant):
        raise UserError(NO_TOKEN)
    return grant


def _wanted(ctx: Context) -> frozenset[str] | None:
    """What the client wants to load; None: all it may."""
    query: Mapping[str, str] = getattr(ctx.request, "query_params", {})
    named = [one.strip() for one in query.get(WANTED, "").split(",") if one.strip()]
    return frozenset(named) or None


def _key(ctx: Context) -> str | None:
    meta = cast("Mapping[str, Any]", ctx.meta or {})
    key = meta.get(KEY)
    return key[:200] if isinstance(key, str) and key else None


def _progress(ctx: Context) -> Callable[[float, str], Awaitable[None]]:
    async def tell(seconds: float, message: str) -> None:
        await ctx.session.report_progress(seconds, None, message)

    return tell


def _no_headers(_name: str) -> Mapping[str, Any] | None:
    """No argument of ours is mirrored in a header."""
    return None
