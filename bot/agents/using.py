"""One use of a tool: allowed at this moment, within its time, and whatever happens an answer for the model."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

import structlog

from bot.agents.decisions import Decisions
from bot.agents.permit import Ask, Refused, Verdict, Wanted
from bot.agents.persona import Persona
from bot.agents.surroundings import Say, Surroundings
from bot.errors import CogswarmError, DatabaseAway, OutsideError, TimedOut, UserError
from bot.llm.protocol import Image, ToolCall, Turn, Usage
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

    async def use(self, tool: ToolInfo, call: ToolCall, say: Say, key: str = "") -> Used:
        """Use ``tool`` if it may be; a refusal or a failure is an answer too.

        Where people have to agree they are asked under ``key``. Raises `DatabaseAway`, and `OutsideError` where those
        who agreed cannot be looked at once more.
        """
        name, decisions = f"{tool.server}.{tool.name}", self.around.decisions
        try:
            verdict = await self._verdict(tool)
        except DatabaseAway:
            raise
        except (OutsideError, UserError) as error:
            return Used(name, str(error), failed=True, from_outside=True)
        if isinstance(verdict, Refused) or (isinstance(verdict, Ask) and decisions is None):
            return refusal(name, verdict.reason)
        if isinstance(verdict, Ask) and decisions is not None:
            return await self._asked(decisions, tool, call, say, key)
        return await self._called(tool, call.arguments, say)

    async def _verdict(self, tool: ToolInfo) -> Verdict:
        tainted = await self.around.taint.marked()
        return await self.around.permit(Wanted(self.persona, self.principal, tool, tainted=tainted))

    async def _asked(self, decisions: Decisions, tool: ToolInfo, call: ToolCall, say: Say, key: str) -> Used:
        """Ask people about one use, and make it once if they agree, with what they agreed to."""
        name, what = f"{tool.server}.{tool.name}", {"server": tool.server, "tool": tool.name}
        say(f"Waiting for people to agree to {tool.name} of {tool.server}")
        approval = await decisions.approve(
            f"{key}:approval",
            f"{self.persona.display_name} wants to use {tool.name} of {tool.server}",
            {**what, "arguments": call.arguments},
        )
        if not approval.approved:
            return refusal(name, approval.reason)
        payload: Mapping[str, Any] = approval.payload
        arguments = payload.get("arguments")
        if payload != {**what, "arguments": arguments} or not isinstance(arguments, dict):
            return refusal(name, "People changed more than the arguments, so it was not used.")
        given = cast("dict[str, Any]", arguments)

        async def do() -> Used:
            # Days may have passed since it was asked for.
            verdict = await self._verdict(tool)
            if isinstance(verdict, Refused):
                raise UserError(verdict.reason)
            return await self._called(tool, given, say, aloud=True)

        try:
            used = await decisions.once(f"{tool.name} of {tool.server} ({key})", do)
        except UserError as error:
            return refusal(name, str(error))
        return used or Used(name, "People say that it was done; nobody knows what it answered.")

    async def _called(
        self, tool: ToolInfo, arguments: Mapping[str, Any], say: Say, *, aloud: bool = False
    ) -> Used:
        """Call it; a failure is an answer, unless it is to be said ``aloud`` because nobody knows what was done."""
        name = f"{tool.server}.{tool.name}"
        try:
            say(f"Using {tool.name} of {tool.server}")
            # Marked before the answer is read: a crash in between must not lose it.
            await self.around.taint.mark(name)
            seconds = self.persona.limits.seconds
            async with asyncio.timeout(seconds):
                result = await self.around.toolbox.call(
                    tool.server,
                    tool.name,
                    dict(arguments),
                    principal=self.principal,
                    progress=lambda text: say(f"{tool.server}: {' '.join(text.split())[:100]}"),
                )
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
