"""Names of tools as every provider accepts them: letters, digits, ``_`` and ``-``, 64 at most."""

import re
from collections.abc import Sequence
from hashlib import blake2b

from bot.llm.protocol import Json, Request, ToolSpec

_ACCEPTED = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_OTHER = re.compile(r"[^a-zA-Z0-9_-]")
_KEPT = 55


class ToolNames:
    """The names of one request's tools, ours and the provider's; most are the same in both."""

    def __init__(self, request: Request) -> None:
        self._ours = {sent(tool.name): tool.name for tool in request.tools}

    def ours(self, name: str) -> str:
        """The tool's own name; a name the model made up stays as it is."""
        return self._ours.get(name, name)


def functions(tools: Sequence[ToolSpec]) -> list[Json]:
    """The tools as OpenAI's chat completions take them, and Ollama after it."""
    return [
        {
            "type": "function",
            "function": {
                "name": sent(tool.name),
                "description": tool.description,
                "parameters": tool.parameters,
            },
        }
        for tool in tools
    ]


def sent(name: str) -> str:
    """What the provider is told. A name with other characters gets a digest, so that two stay two."""
    if _ACCEPTED.fullmatch(name):
        return name
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{_OTHER.sub('_', name)[:_KEPT]}_{digest}"
