"""What a stream of Ollama's chat API says, as our events."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ollama import ChatResponse

from bot.llm.ollama_request import OLLAMA
from bot.llm.protocol import Event, Finished, Opaque, TextDelta, ToolCall, Usage
from bot.llm.tool_names import ToolNames

_REASONS: dict[str, Literal["stop", "length"]] = {"length": "length"}


@dataclass(slots=True)
class OllamaReading:
    """What one stream has said so far."""

    names: ToolNames
    model: str
    turns: int
    """How many turns the request had: Ollama gives calls no ids, these make them unique."""
    calls: int = 0
    thinking: str = ""
    finished: bool = False

    def take(self, part: ChatResponse) -> Iterator[Event]:
        """The events of one part; an empty `TextDelta` where it only shows that the model works."""
        self.thinking += part.message.thinking or ""
        yield TextDelta(part.message.content or "")
        for call in part.message.tool_calls or ():
            self.calls += 1
            name = self.names.ours(call.function.name)
            yield ToolCall(f"call_{self.turns}_{self.calls}", name, dict(call.function.arguments))
        if not part.done:
            return
        self.finished = True
        if self.calls and self.thinking:
            yield Opaque({"backend": OLLAMA, "model": self.model, "thinking": self.thinking})
        usage = Usage(part.prompt_eval_count or 0, part.eval_count or 0)
        yield Finished("tool_calls" if self.calls else _REASONS.get(part.done_reason or "", "stop"), usage)
