"""The `anthropic` backend: the Messages API through the official SDK."""

import secrets
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, cast

import anthropic
import httpx2
import structlog
from anthropic.types import RawMessageStreamEvent

from bot.errors import ConfigError
from bot.llm.anthropic_request import message_arguments
from bot.llm.protocol import (
    ContentRefused,
    Event,
    Finished,
    Request,
    TextDelta,
    ToolCall,
    UnsupportedRequest,
    Usage,
)
from bot.llm.provider import Connection, Provider, tool_arguments
from bot.llm.provider_errors import Failure, provider_error

log = structlog.get_logger(__name__)

_PUBLIC = "https://api.anthropic.com"
_REASONS: dict[str, Literal["stop", "length", "tool_calls"]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
}


def open_anthropic(
    connection: Connection, *, new_nonce: Callable[[], str] | None = None
) -> "AnthropicBackend":
    """A client for Anthropic, or for the compatible server at ``connection.base_url``.

    Raises:
        ConfigError: Anthropic itself is meant and there is no key.
    """
    key = connection.api_key.get_secret_value() if connection.api_key else ""
    if not key and not connection.base_url:
        raise ConfigError("The anthropic backend needs a key: set api_key, e.g. to ${ANTHROPIC_API_KEY}.")
    base_url = connection.base_url or _PUBLIC
    client = anthropic.AsyncAnthropic(
        # Both always given: the SDK would take key and address from the environment or a profile on disk.
        api_key=key or "none",
        base_url=base_url,
        max_retries=0,
        timeout=anthropic.Timeout(connection.read_timeout, connect=connection.connect_timeout),
        open_telemetry=False,
    )
    provider = Provider("Anthropic", base_url, connection.api_key)
    return AnthropicBackend(client, provider, new_nonce or (lambda: secrets.token_hex(8)))


class AnthropicBackend:
    """Streams messages; see `open_anthropic`."""

    label = ""

    def __init__(
        self, client: anthropic.AsyncAnthropic, provider: Provider, new_nonce: Callable[[], str]
    ) -> None:
        self._client = client
        self._provider = provider
        self._new_nonce = new_nonce

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """See `Backend.stream`."""
        reading = _Reading(self._provider, answer_tool=request.schema.name if request.schema else "")
        with _mapped(self._provider):
            stream = cast(
                "anthropic.AsyncStream[RawMessageStreamEvent]",
                await self._client.messages.create(**message_arguments(request, nonce=self._new_nonce())),
            )
            async with stream:
                async for event in stream:
                    yield reading.take(event)
                    if reading.stopped:
                        break  # complete: how the connection ends no longer matters
                content_type = stream.response.headers.get("content-type", "no content type")
            yield reading.end(content_type)

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        """Raises `UnsupportedRequest`: Anthropic has no embeddings."""
        del texts, model
        raise UnsupportedRequest("Anthropic offers no embeddings; choose another embedder in the config.")

    async def aclose(self) -> None:
        """See `Backend.aclose`."""
        await self._client.close()


@dataclass(slots=True)
class _Block:
    """A content block in the making; only tool blocks carry anything until they end."""

    kind: str
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class _Reading:
    """What one stream has said so far; text in the tool ``answer_tool`` is the answer's text."""

    provider: Provider
    answer_tool: str = ""
    events: int = 0
    stop_reason: str = ""
    stopped: bool = False
    called: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    blocks: dict[int, _Block] = field(default_factory=dict[int, _Block])

    def take(self, event: RawMessageStreamEvent) -> Event:
        """Note what ``event`` tells; an empty `TextDelta` where it only shows that the model works."""
        self.events += 1
        match event.type:
            case "message_start":
                usage = event.message.usage
                cached = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
                self.input_tokens = (usage.input_tokens or 0) + cached
            case "content_block_start":
                block = event.content_block
                named = block.type == "tool_use"
                self.blocks[event.index] = _Block(
                    block.type, block.id if named else "", block.name if named else ""
                )
                if block.type == "text" and block.text and not self.answer_tool:
                    return TextDelta(block.text)
            case "content_block_delta":
                return self._take_delta(event.index, event.delta)
            case "content_block_stop":
                return self._end_block(event.index)
            case "message_delta":
                self.stop_reason = event.delta.stop_reason or self.stop_reason
                self.output_tokens = event.usage.output_tokens or 0
            case "message_stop":
                self.stopped = True
        return TextDelta("")

    def _take_delta(self, index: int, delta: anthropic.types.RawContentBlockDelta) -> Event:
        if delta.type == "text_delta" and not self.answer_tool:
            return TextDelta(delta.text)
        if delta.type == "input_json_delta":
            block = self.blocks[index]
            if block.name == self.answer_tool:
                return TextDelta(delta.partial_json)
            block.arguments += delta.partial_json
        return TextDelta("")

    def _end_block(self, index: int) -> Event:
        block = self.blocks.pop(index)
        if block.kind != "tool_use" or block.name == self.answer_tool:
            return TextDelta("")
        self.called = True
        return ToolCall(block.id, block.name, tool_arguments(self.provider, block.arguments))

    def end(self, content_type: str) -> Finished:
        """The last event; raises where the stream ended before it was complete."""
        if not self.events:
            raise self.provider.nonsense(f"no message ({content_type})")
        if not self.stopped or not self.stop_reason:
            raise self.provider.unreachable("broke off in the middle")
        if self.stop_reason == "refusal":
            raise ContentRefused(f"{self.provider.name} declined to answer this; put it differently.")
        reason = _REASONS.get(self.stop_reason, "stop")
        if reason == "tool_calls" and not self.called:
            reason = "stop"
        return Finished(reason, Usage(self.input_tokens, self.output_tokens))


@contextmanager
def _mapped(provider: Provider) -> Generator[None]:
    """The SDK's errors as ours. No cause is kept: the SDK's errors hold the request with the key."""
    try:
        yield
    except (anthropic.APITimeoutError, httpx2.TimeoutException):
        raise provider.unreachable("did not answer in time") from None
    except anthropic.APIConnectionError:
        raise provider.unreachable("cannot be reached") from None
    except httpx2.HTTPError:
        # The SDK does not wrap what breaks in the middle of a stream.
        raise provider.unreachable("broke off in the middle") from None
    except anthropic.APIStatusError as error:
        codes = frozenset(code for code in (error.type, error.error_code) if code)
        in_stream = error.status_code < 400  # noqa: PLR2004 # an error event after a 200
        status = None if in_stream else error.status_code
        failure = Failure(status, error.api_message or error.message, codes, error.response.headers)
        raise provider_error(provider, failure) from None
    except anthropic.APIError as error:
        raise provider_error(provider, Failure(None, error.message)) from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        # The SDK reads without checking: nonsense surfaces wherever it is first used.
        log.warning("backend_nonsense", provider=provider.name, error=type(error).__name__)
        raise provider.nonsense("something that is no message") from None
