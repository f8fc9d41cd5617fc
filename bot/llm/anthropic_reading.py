"""What a stream of Anthropic's Messages API says, as our events."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from anthropic.types import (
    ContentBlock,
    MessageDeltaUsage,
    RawContentBlockDelta,
    RawMessageStreamEvent,
)
from anthropic.types import (
    Usage as MessageUsage,
)

from bot.llm.anthropic_request import ANTHROPIC
from bot.llm.placed import placed
from bot.llm.protocol import ContentRefused, Event, Finished, Json, TextDelta, ToolCall, Usage
from bot.llm.provider import Provider, tool_arguments
from bot.llm.tool_names import ToolNames

_REASONS: dict[str, Literal["stop", "length", "tool_calls"]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
}


@dataclass(slots=True)
class _Block:
    """A content block in the making."""

    kind: str
    id: str = ""
    name: str = ""
    arguments: str = ""
    thinking: Json = field(default_factory=dict[str, str])


@dataclass(slots=True)
class MessageReading:
    """What one stream has said so far; text in the tool ``answer_tool`` is the answer's text."""

    provider: Provider
    names: ToolNames
    model: str
    answer_tool: str = ""
    text_counts: bool = True
    """Whether text beside ``answer_tool`` is the answer where that tool is not called."""
    events: int = 0
    stop_reason: str = ""
    stopped: bool = False
    characters: int = 0
    calls: int = 0
    text: str = ""
    filled: bool = False
    usage: Usage = field(default_factory=Usage)
    blocks: dict[int, _Block] = field(default_factory=dict[int, _Block])

    def take(self, event: RawMessageStreamEvent) -> Event:
        """Note what ``event`` tells; an empty `TextDelta` where it only shows that the model works."""
        self.events += 1
        match event.type:
            case "message_start":
                self._count(event.message.usage)
            case "content_block_start":
                return self._start_block(event.index, event.content_block)
            case "content_block_delta":
                return self._take_delta(self.blocks[event.index], event.delta)
            case "content_block_stop":
                return self._end_block(event.index)
            case "message_delta":
                self.stop_reason = event.delta.stop_reason or self.stop_reason
                self._count(event.usage)
            case "message_stop":
                self.stopped = True
        return TextDelta("")

    def _count(self, told: MessageUsage | MessageDeltaUsage) -> None:
        """Later counts replace earlier ones; what was read from and written to the cache is input as well."""
        cached = told.cache_read_input_tokens or 0
        fresh = (told.input_tokens or 0) + (told.cache_creation_input_tokens or 0)
        before = self.usage
        self.usage = Usage(
            cached + fresh or before.input_tokens, told.output_tokens or 0, cached or before.cached_tokens
        )

    def _start_block(self, index: int, block: ContentBlock) -> Event:
        started = self.blocks[index] = _Block(block.type)
        match block.type:
            case "tool_use":
                started.id, started.name = block.id, block.name
            case "text" if block.text:
                return self._text(block.text)
            case "thinking":
                started.thinking = {"type": "thinking", "thinking": block.thinking or ""}
                if block.signature:
                    started.thinking["signature"] = block.signature
            case "redacted_thinking":
                started.thinking = {"type": "redacted_thinking", "data": block.data}
            case _:
                pass
        return TextDelta("")

    def _take_delta(self, block: _Block, delta: RawContentBlockDelta) -> Event:
        match delta.type:
            case "text_delta":
                return self._text(delta.text)
            case "input_json_delta":
                if block.name == self.answer_tool and self.answer_tool:
                    self.filled = True
                    return TextDelta(delta.partial_json)
                block.arguments += delta.partial_json
            case "thinking_delta":
                block.thinking["thinking"] += delta.thinking
            case "signature_delta":
                block.thinking["signature"] = block.thinking.get("signature", "") + delta.signature
            case _:
                pass
        return TextDelta("")

    def _text(self, text: str) -> Event:
        if not self.answer_tool:
            self.characters += len(text)
            return TextDelta(text)
        self.text += text
        return TextDelta("")

    def _end_block(self, index: int) -> Event:
        block = self.blocks.pop(index)
        if block.thinking:
            return placed(ANTHROPIC, self.model, block.thinking, characters=self.characters, calls=self.calls)
        if block.kind != "tool_use" or block.name == self.answer_tool:
            return TextDelta("")
        self.calls += 1
        arguments = tool_arguments(self.provider, block.arguments)
        return ToolCall(block.id, self.names.ours(block.name), arguments)

    def end(self, content_type: str) -> Iterator[Event]:
        """The last events; raises where the stream ended before it was complete."""
        if not self.events:
            raise self.provider.nonsense(f"no message ({content_type})")
        if not self.stopped or not self.stop_reason:
            raise self.provider.unreachable("broke off in the middle")
        if self.stop_reason == "refusal":
            raise ContentRefused(f"{self.provider.name} declined to answer this; put it differently.")
        if self.text and self.text_counts and not self.filled:
            yield TextDelta(self.text)
        reason = _REASONS.get(self.stop_reason, "stop")
        if reason == "tool_calls" and not self.calls:
            reason = "stop"
        yield Finished(reason, self.usage)
