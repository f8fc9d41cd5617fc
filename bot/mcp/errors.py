"""What can go wrong when a tool is called; each message is one sentence that names the server."""

from typing import Literal

from bot.errors import OutsideError, TimedOut


class ToolCallError(OutsideError):
    """A tool gave no result. A tool that says by itself that it failed is a result, not this."""

    def __init__(self, message: str, *, server: str, tool: str) -> None:
        super().__init__(message)
        self.server = server
        self.tool = tool


class ToolUnavailable(ToolCallError):
    """There is no such tool, or its server is not running just now; ``reason`` says why."""

    def __init__(self, message: str, *, server: str, tool: str, reason: str) -> None:
        super().__init__(message, server=server, tool=tool)
        self.reason = reason


class ToolBroken(ToolUnavailable):
    """The server went away in the middle of the call; whether the tool did anything is unknown."""


class ToolTimedOut(ToolCallError, TimedOut):
    """The tool did not answer in time; it was told to stop."""


class ToolFailed(ToolCallError):
    """The server refused the call or answered it with nonsense."""


class ToolAnswerUnusable(ToolFailed):
    """The server answered with something that is not a result, or with too much."""


type Refusal = Literal["changed", "unsafe", "not_here", "consequential", "asks"]
"""``changed`` since it was accepted; ``unsafe`` as the server describes it; ``not_here``: not allowed in this guild;
``consequential``: needs an approval; ``asks``: the server wants something of people."""


class ToolRefused(ToolCallError):
    """The call is not allowed; for every kind but ``asks`` nothing was sent."""

    def __init__(self, message: str, *, server: str, tool: str, kind: Refusal) -> None:
        super().__init__(message, server=server, tool=tool)
        self.kind: Refusal = kind
