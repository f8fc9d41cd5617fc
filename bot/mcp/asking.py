"""A server that asks people for something in the middle of a call (MCP's elicitation).

Everything that asks goes through an `Elicitor`. A call made for a run brings one that asks people in its thread; where
there is none, the question is refused, with the reason and the server's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bot.mcp.errors import ToolRefused
from bot.mcp.results import Json
from bot.work.principal import Principal


@dataclass(frozen=True, slots=True)
class ServerQuestion:
    """What a server wants of people; ``message`` and the form's words are its own and untrusted."""

    server: str
    tool: str
    message: str
    form: Json | None = None
    """The JSON schema of the fields to be filled in; None where people are to open ``url`` instead."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of it; ``content`` holds the form's fields where somebody accepted."""

    action: Literal["accept", "decline", "cancel"]
    content: Mapping[str, Any] | None = None


class Elicitor(Protocol):
    """Asks people on behalf of a server."""

    async def ask(self, question: ServerQuestion, principal: Principal | None) -> Reply:
        """Put the question to whoever may answer for ``principal``, saying which server asks.

        Raises `ToolRefused` where nobody can be asked; the call then ends with it.
        """
        ...


class NobodyToAsk:
    """An `Elicitor` that refuses each question."""

    async def ask(self, question: ServerQuestion, principal: Principal | None) -> Reply:
        """Refuse."""
        del principal
        raise ToolRefused(
            f"The tool server {question.server} asks people for something before {question.tool} goes on "
            f"(“{question.message}”), and nobody can be asked here.",
            server=question.server,
            tool=question.tool,
            kind="asks",
        )
