"""One use of a tool: allowed at this moment, within its time, and whatever happens an answer for the model."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import uuid4

import structlog

from bot.agents.decisions import Decisions, Rewrite
from bot.agents.permit import Ask, Refused, Verdict, Wanted
from bot.agents.persona import Persona
from bot.agents.surroundings import Say, Surroundings
from bot.agents.with_questions import answered
from bot.asks.payload import hash_of
from bot.errors import CogswarmError, DatabaseAway, OutsideError, TimedOut, UserError
from bot.llm.protocol import Image, ToolCall, Turn, Usage
from bot.mcp.acceptance import described
from bot.mcp.asking import Elicitor, Reply, ServerQuestion
from bot.mcp.people import Paused, People, wanted
from bot.mcp.results import ToolInfo, ToolResult
from bot.work.principal import Principal

log = structlog.get_logger(__name__)

MOST_IMAGES = 4
MOST_IMAGE_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Used:
    """What came of a use, as it is recorded. ``refused`` says that the tool was not called at all."""

    name: str
    text: str
    failed: bool = False
    refused: bool = False
    from_outside: bool = False
    images: tuple[Image, ...] = ()
    usage: Usage = field(default_factory=Usage)
    """Of an agent that did the task."""

    def turn(self, call: ToolCall) -> Turn:
        """What the model is told."""
        return Turn(
            "tool",
            self.text,
            tool_call_id=call.id,
            images=self.images,
            tool_failed=self.failed or self.refused,
        )


def refusal(name: str, reason: str) -> Used:
    """The tool was not called, because of ``reason``."""
    return Used(name, reason, refused=True)


@dataclass(frozen=True, slots=True)
class ToolUser:
    """Uses tools for an agent on behalf of a principal."""

    persona: Persona
    principal: Principal
    around: Surroundings
    new_id: Callable[[], str] = lambda: uuid4().hex[:8]

    async def use(
        self, tool: ToolInfo, call: ToolCall, say: Say, key: str = "", rewrite: Rewrite | None = None
    ) -> Used:
        """Use ``tool`` if it may be; a refusal or a failure is an answer too.

        Where people have to agree they are asked under ``key``, and can have the call written anew (``rewrite``). Raises `DatabaseAway`, and `OutsideError` where those
        who agreed cannot be looked at once more.
        """
        name, decisions, tool = f"{tool.server}.{tool.name}", self.around.decisions, self._now(tool)
        try:
            if tool.blocked and tool.acceptable and decisions is not None:
                return await self._accepted(decisions, tool, key)
            verdict = await self._verdict(tool)
        except DatabaseAway:
            raise
        except (OutsideError, UserError) as error:
            return Used(name, str(error), failed=True, from_outside=True)
        if isinstance(verdict, Refused) or (isinstance(verdict, Ask) and decisions is None):
            return refusal(name, verdict.reason)
        if isinstance(verdict, Ask) and decisions is not None:
            return await self._asked(decisions, tool, call, say, key, rewrite)
        return await self._called(tool, call.arguments, say, key)

    def _now(self, tool: ToolInfo) -> ToolInfo:
        """The tool as it is at this moment; it may have changed since the conversation began."""
        known = self.around.toolbox.tools(self.principal)
        return next((one for one in known if (one.server, one.name) == (tool.server, tool.name)), tool)

    async def _accepted(self, decisions: Decisions, tool: ToolInfo, key: str) -> Used:
        """Have people accept a tool that is not what was accepted; the model is then told what it is."""
        name = f"{tool.server}.{tool.name}"
        verdict = await self._verdict(replace(tool, blocked=""))
        if isinstance(verdict, Refused):
            return refusal(name, verdict.reason)
        refused = await decisions.accept_tool(key, tool)
        tool = self._now(tool)
        if refused or tool.blocked:
            return refusal(name, refused or tool.blocked)
        # Its arguments were made up by a model that was not shown what it takes.
        await self.around.taint.mark(name)
        return Used(name, self._cut(described(tool)), from_outside=True)

    async def _verdict(self, tool: ToolInfo) -> Verdict:
        tainted = await self.around.taint.marked()
        return await self.around.permit(Wanted(self.persona, self.principal, tool, tainted=tainted))

    async def _asked(
        self,
        decisions: Decisions,
        tool: ToolInfo,
        call: ToolCall,
        say: Say,
        key: str,
        rewrite: Rewrite | None,
    ) -> Used:
        """Ask people about one use, and make it once if they agree, with what they agreed to."""
        name = f"{tool.server}.{tool.name}"
        say(f"Waiting for people to agree to {tool.name} of {tool.server}")
        approval = await decisions.approve(
            f"{key}:approval",
            f"{self.persona.display_name} wants to use {tool.name} of {tool.server}",
            wanted(tool.server, tool.name, call.arguments),
            rewrite=rewrite,
        )
        if not approval.approved:
            return refusal(name, approval.reason)
        payload: Mapping[str, Any] = approval.payload
        changed: object = payload.get("arguments")
        given = cast("dict[str, Any]", changed) if isinstance(changed, dict) else {}
        if payload != wanted(tool.server, tool.name, given):
            return refusal(name, "People changed more than the arguments, so it was not used.")

        async def do() -> Used:
            # Days may have passed since it was asked for.
            verdict = await self._verdict(tool)
            if isinstance(verdict, Refused):
                raise UserError(verdict.reason)
            return await self._called(tool, given, say, key, approved=hash_of(payload))

        try:
            used = await decisions.once(f"{tool.name} of {tool.server} ({key})", do)
        except UserError as error:
            return refusal(name, str(error))
        return used or Used(name, "People say that it was done; nobody knows what it answered.")

    async def _called(
        self, tool: ToolInfo, arguments: Mapping[str, Any], say: Say, key: str, *, approved: str = ""
    ) -> Used:
        """Call it; a failure is an answer, except of what was ``approved``: then nobody knows what was done."""
        name, aloud = f"{tool.server}.{tool.name}", bool(approved)
        try:
            say(f"Using {tool.name} of {tool.server}")
            # Marked before the answer is read: a crash in between must not lose it.
            await self.around.taint.mark(name)
            seconds = self.persona.limits.seconds
            async with asyncio.timeout(seconds) as limit:
                result = await self._result(tool, arguments, say, key, approved, limit)
        except DatabaseAway:
            raise
        except TimeoutError:
            text = (
                f"{tool.name} of {tool.server} did not answer within {self.persona.limits.seconds:g} seconds."
            )
            if aloud:
                raise TimedOut(text) from None
            return Used(name, text, failed=True)
        except (OutsideError, UserError) as error:
            if aloud:
                raise
            return Used(name, str(error), failed=True, from_outside=True)
        except CogswarmError:
            raise
        except Exception:  # a tool may raise anything, and the model goes on without it
            error_id = self.new_id()
            log.exception("tool_broken", tool=name, error_id=error_id)
            return Used(name, f"{name} is broken (error {error_id}); do without it.", failed=True)
        return self._read(name, result)

    async def _result(
        self,
        tool: ToolInfo,
        arguments: Mapping[str, Any],
        say: Say,
        key: str,
        approved: str,
        limit: asyncio.Timeout,
    ) -> ToolResult:
        """What it answers; what its server asks meanwhile is asked of people."""
        decisions = self.around.decisions

        async def call(elicitor: Elicitor | None) -> ToolResult:
            return await self.around.toolbox.call(
                tool.server,
                tool.name,
                dict(arguments),
                principal=self.principal,
                progress=lambda text: say(f"{tool.server}: {' '.join(text.split())[:100]}"),
                people=People(approved, None if elicitor is None else Paused(elicitor, limit)),
            )

        if decisions is None:
            return await call(None)

        async def answer(name: str, question: ServerQuestion) -> Reply:
            say(f"Waiting for people to answer {tool.server}")
            return await decisions.elicit(f"{key}:asked:{name}", question)

        async def withdraw(name: str) -> None:
            await decisions.withdraw(f"{key}:asked:{name}")

        return await answered(call, answer, withdraw)

    def _read(self, name: str, result: ToolResult) -> Used:
        text = result.text
        if not text.strip() and result.structured is not None:
            text = json.dumps(result.structured, ensure_ascii=False, default=str)
        images = _within_bounds(result.images)
        left_out = len(result.images) - len(images)
        if left_out:
            text = f"{text}\n[{left_out} pictures were left out: too many or too large.]"
        text = self._cut(text) if text.strip() else "It answered nothing."
        return Used(name, text, failed=result.is_error, from_outside=True, images=images)

    def _cut(self, text: str) -> str:
        most = self.persona.limits.characters
        if len(text) <= most:
            return text
        return f"{text[:most]}\n[Cut here: {len(text) - most:,} of {len(text):,} characters are left out. Ask for less.]"


def _within_bounds(images: Sequence[Image]) -> tuple[Image, ...]:
    kept: list[Image] = []
    for image in images:
        size = sum(len(one.data) for one in kept)
        if len(kept) < MOST_IMAGES and size + len(image.data) <= MOST_IMAGE_BYTES:
            kept.append(image)
    return tuple(kept)
