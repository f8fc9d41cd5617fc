"""What went wrong with a call, in our own errors."""

from dataclasses import dataclass

from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_REQUEST, PARSE_ERROR, URL_ELICITATION_REQUIRED

from bot.mcp.errors import (
    ToolAnswerUnusable,
    ToolBroken,
    ToolCallError,
    ToolFailed,
    ToolRefused,
    ToolUnavailable,
)
from bot.mcp.scrub import Scrub
from bot.mcp.shown_text import one_line
from bot.mcp.specs import HttpServer, ServerSpec

_LOST = ("Connection closed", "SSE stream", "Session terminated")
_HTTP_ERROR = "Server returned an error response"
"""How the SDK words what HTTP tells it."""

_NOT_OFFERED = {
    "Sampling not supported": "wants to use the bot's language model",
    "List roots not supported": "wants to be told which folders it may use",
}
"""What the SDK answers by itself to requests that we do not take."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Words the failures of one server's calls; what the server says in them is cut short and holds no secret."""

    spec: ServerSpec
    scrub: Scrub

    def is_lost(self, error: MCPError) -> bool:
        """Whether the connection is gone, which over HTTP shows only as an error of the SDK's own making."""
        return isinstance(self.spec, HttpServer) and error.message.startswith(_LOST)

    def not_running(self, tool: str, reason: str) -> ToolUnavailable:
        """The server is not there; ``reason`` is the end of a sentence."""
        return ToolUnavailable(self._down(tool, reason), server=self.spec.name, tool=tool, reason=reason)

    def broken(self, tool: str, note: str) -> ToolBroken:
        """It went away in the middle of a call; ``note`` is why, if known."""
        why = f"it stopped in the middle of the call{f': {note}' if note else ''}"
        return ToolBroken(self._down(tool, why), server=self.spec.name, tool=tool, reason=why)

    def answered(self, tool: str, error: MCPError, note: str) -> ToolCallError:
        """It answered with an error; ``note`` is what the transport has noticed."""
        said = self.scrub.text(one_line(error.message.rstrip("."), 500))
        if error.code == URL_ELICITATION_REQUIRED:
            return self._refused(tool, f"wants people to open an address first ({said})")
        if error.code == INVALID_REQUEST and said in _NOT_OFFERED:
            return self._refused(tool, _NOT_OFFERED[said])
        if error.code == PARSE_ERROR:
            return self.unusable(tool, note)
        if isinstance(self.spec, HttpServer) and error.message == _HTTP_ERROR:
            return self.unusable(tool, "it answered with an HTTP error")
        return ToolFailed(
            f"The tool server {self.spec.name} refused the call of {one_line(tool, 128)}: {said}.",
            server=self.spec.name,
            tool=tool,
        )

    def unusable(self, tool: str, why: str = "") -> ToolAnswerUnusable:
        """Its answer is no result; ``why`` is the end of a sentence."""
        return ToolAnswerUnusable(
            f"The tool server {self.spec.name} answered the call of {one_line(tool, 128)} with something that is not "
            f"a result{f': {why}' if why else ''}.",
            server=self.spec.name,
            tool=tool,
        )

    def _refused(self, tool: str, wants: str) -> ToolRefused:
        return ToolRefused(
            f"The tool server {self.spec.name} {wants} before {one_line(tool, 128)} goes on, which is not possible "
            "here.",
            server=self.spec.name,
            tool=tool,
            kind="asks",
        )

    def _down(self, tool: str, reason: str) -> str:
        return (
            f"The tool {one_line(tool, 128)} cannot be used just now: the tool server {self.spec.name} is not running "
            f"({reason})."
        )
