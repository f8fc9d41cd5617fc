"""What a stream of OpenAI's chat-completions API says, as our events."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDelta, ChoiceDeltaToolCall
from openai.types.completion_usage import CompletionUsage

from bot.llm.openai_chat_request import CHAT, GIVEN_BACK
from bot.llm.protocol import ContentRefused, Event, Finished, Json, Opaque, ToolCall, Usage
from bot.llm.provider import Provider, tool_arguments
from bot.llm.tool_names import ToolNames

_REASONS: dict[str, Literal["stop", "length", "tool_calls"]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


@dataclass(slots=True)
class _Call:
    """A tool call in the making: its pieces arrive one by one."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class ChatReading:
    """What one stream has said so far."""

    provider: Provider
    names: ToolNames
    model: str
    turns: int = 0
    """How many turns the request had: makes ids unique where the server gives none."""
    chunks: int = 0
    finish: str = ""
    refusal: str = ""
    usage: Usage = field(default_factory=Usage)
    calls: dict[int, _Call] = field(default_factory=dict[int, _Call])
    given_back: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, chunk: ChatCompletionChunk) -> str:
        """Note what ``chunk`` tells; returns its text, empty where it only shows that the model works."""
        self.chunks += 1
        if chunk.usage:
            self.usage = _usage(chunk.usage)
        text = ""
        for choice in chunk.choices or []:
            self.finish = choice.finish_reason or self.finish
            if choice.delta is None:  # pyright: ignore[reportUnnecessaryComparison] # some servers send null
                continue
            text += choice.delta.content or ""
            self.refusal += choice.delta.refusal or ""
            self._note_thinking(choice.delta)
            for piece in choice.delta.tool_calls or []:
                self._take_call(piece)
        return text

    def _note_thinking(self, delta: ChoiceDelta) -> None:
        for name in GIVEN_BACK:
            piece: object = (delta.model_extra or {}).get(name)
            if isinstance(piece, str) and piece:
                self.given_back[name] = self.given_back.get(name, "") + piece

    def _take_call(self, piece: ChoiceDeltaToolCall) -> None:
        # Compatible servers leave the index out and send each call whole.
        index = piece.index if isinstance(piece.index, int) else len(self.calls)  # pyright: ignore[reportUnnecessaryIsInstance]
        call = self.calls.setdefault(index, _Call())
        call.id = call.id or piece.id or ""
        if piece.function:
            call.name = call.name or piece.function.name or ""
            call.arguments += piece.function.arguments or ""

    def end(self, content_type: str) -> Iterator[Event]:
        """The tool calls and `Finished`; raises where the stream ended before it was complete."""
        if not self.chunks:
            raise self.provider.nonsense(f"no chat completion ({content_type})")
        if not self.finish:
            raise self.provider.unreachable("broke off in the middle")
        if self.refusal or self.finish == "content_filter":
            why = self.provider.detail(self.refusal) or "its content filter stopped it"
            raise ContentRefused(f"{self.provider.name} declined to answer this; put it differently. ({why})")
        reason = _REASONS.get(self.finish, "stop")
        for index, call in sorted(self.calls.items()):
            if not call.name:
                raise self.provider.nonsense("a tool call without a name")
            parsed = tool_arguments(self.provider, call.arguments)
            yield ToolCall(call.id or f"call_{self.turns}_{index}", self.names.ours(call.name), parsed)
        if self.calls and self.given_back:
            data: Json = {"backend": CHAT, "model": self.model, "fields": self.given_back}
            yield Opaque(data)
        yield Finished("tool_calls" if self.calls and reason == "stop" else reason, self.usage)


def _usage(told: CompletionUsage) -> Usage:
    details = told.prompt_tokens_details
    cached = details.cached_tokens or 0 if details else 0
    return Usage(told.prompt_tokens or 0, told.completion_tokens or 0, cached)
