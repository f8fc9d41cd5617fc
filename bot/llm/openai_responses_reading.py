"""What a stream of OpenAI's Responses API says, as our events."""

from dataclasses import dataclass, field
from typing import Literal

from openai.types.responses import (
    Response,
    ResponseErrorEvent,
    ResponseFunctionToolCall,
    ResponseOutputItem,
    ResponseReasoningItem,
    ResponseStreamEvent,
    ResponseUsage,
)

from bot.llm.openai_responses_request import RESPONSES
from bot.llm.placed import placed
from bot.llm.protocol import ContentRefused, Event, Finished, TextDelta, ToolCall, Usage
from bot.llm.provider import Provider, tool_arguments
from bot.llm.provider_errors import Failure, provider_error
from bot.llm.tool_names import ToolNames


@dataclass(slots=True)
class ResponsesReading:
    """What one stream has said so far."""

    provider: Provider
    names: ToolNames
    model: str
    events: int = 0
    characters: int = 0
    calls: int = 0
    refusal: str = ""
    over: Literal["", "stop", "length"] = ""
    usage: Usage = field(default_factory=Usage)

    def take(self, event: ResponseStreamEvent) -> Event:
        """Note what ``event`` tells; an empty `TextDelta` where it only shows that the model works."""
        self.events += 1
        match event.type:
            case "response.output_text.delta":
                self.characters += len(event.delta)
                return TextDelta(event.delta)
            case "response.refusal.delta":
                self.refusal += event.delta
            case "response.output_item.done":
                return self._item(event.item)
            case "response.completed":
                self._end(event.response, "stop")
            case "response.incomplete":
                details = event.response.incomplete_details
                if details and details.reason == "content_filter":
                    self.refusal = self.refusal or "its content filter stopped it"
                self._end(event.response, "length")
            case "response.failed":
                self._fail(event.response)
            case "error":
                self._error(event)
            case _:  # beginnings, repetitions at the end of each part, thinking
                pass
        return TextDelta("")

    def _item(self, item: ResponseOutputItem) -> Event:
        if isinstance(item, ResponseFunctionToolCall):
            self.calls += 1
            if not item.name or not item.call_id:
                raise self.provider.nonsense("a tool call without a name")
            arguments = tool_arguments(self.provider, item.arguments)
            return ToolCall(item.call_id, self.names.ours(item.name), arguments)
        if isinstance(item, ResponseReasoningItem) and (item.encrypted_content or item.content):
            block = item.to_dict(mode="json", exclude_unset=True, exclude_none=True)
            return placed(RESPONSES, self.model, block, characters=self.characters, calls=self.calls)
        return TextDelta("")

    def _end(self, response: Response, how: Literal["stop", "length"]) -> None:
        self.over = how
        if response.usage:
            self.usage = _usage(response.usage)

    def _fail(self, response: Response) -> None:
        code = response.error.code if response.error else ""
        message = response.error.message if response.error else ""
        raise provider_error(self.provider, Failure(None, message or "", frozenset({code or ""})))

    def _error(self, event: ResponseErrorEvent) -> None:
        raise provider_error(self.provider, Failure(None, event.message or "", frozenset({event.code or ""})))

    def end(self, content_type: str) -> Finished:
        """The last event; raises where the stream ended before it was complete."""
        if not self.events:
            raise self.provider.nonsense(f"no response ({content_type})")
        if not self.over:
            raise self.provider.unreachable("broke off in the middle")
        if self.refusal:
            why = self.provider.detail(self.refusal)
            raise ContentRefused(f"{self.provider.name} declined to answer this; put it differently. ({why})")
        return Finished("tool_calls" if self.calls and self.over == "stop" else self.over, self.usage)


def _usage(told: ResponseUsage) -> Usage:
    details = told.input_tokens_details
    # compatible servers leave the details out, whatever the type says
    cached = details.cached_tokens or 0 if details else 0  # pyright: ignore[reportUnnecessaryComparison]
    return Usage(told.input_tokens or 0, told.output_tokens or 0, cached)
