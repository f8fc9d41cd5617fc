"""The `openai` backend: chat completions through the official SDK, for OpenAI and compatible servers."""

import secrets
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, cast

import openai
import structlog
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

from bot.errors import ConfigError
from bot.llm.openai_request import chat_arguments
from bot.llm.protocol import (
    ContentRefused,
    Event,
    Finished,
    Request,
    TextDelta,
    ToolCall,
    Usage,
)
from bot.llm.provider import Connection, Provider, checked_vectors, tool_arguments
from bot.llm.provider_errors import Failure, provider_error

log = structlog.get_logger(__name__)

_PUBLIC = "https://api.openai.com/v1"
_EMBED_BATCH = 256
_REASONS: dict[str, Literal["stop", "length", "tool_calls"]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


def open_openai(connection: Connection, *, new_nonce: Callable[[], str] | None = None) -> "OpenAIBackend":
    """A client for OpenAI, or for the compatible server at ``connection.base_url``.

    Raises:
        ConfigError: OpenAI itself is meant and there is no key.
    """
    key = connection.api_key.get_secret_value() if connection.api_key else ""
    if not key and not connection.base_url:
        raise ConfigError("The openai backend needs a key: set api_key, for example to ${OPENAI_API_KEY}.")
    base_url = connection.base_url or _PUBLIC
    client = openai.AsyncOpenAI(
        # Never None: the SDK would take the key from the environment and send it to any base_url.
        api_key=key or "none",
        base_url=base_url,
        max_retries=0,
        timeout=openai.Timeout(connection.read_timeout, connect=connection.connect_timeout),
    )
    provider = Provider("OpenAI" if base_url == _PUBLIC else "The model server", base_url, connection.api_key)
    return OpenAIBackend(client, provider, new_nonce or (lambda: secrets.token_hex(8)))


class OpenAIBackend:
    """Streams chat completions; see `open_openai`."""

    label = ""

    def __init__(self, client: openai.AsyncOpenAI, provider: Provider, new_nonce: Callable[[], str]) -> None:
        self._client = client
        self._provider = provider
        self._new_nonce = new_nonce

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """See `Backend.stream`."""
        reading = _Reading(self._provider)
        with _mapped(self._provider):
            arguments = chat_arguments(
                request, nonce=self._new_nonce(), public=self._provider.base_url == _PUBLIC
            )
            stream = cast(
                "openai.AsyncStream[ChatCompletionChunk]",
                await self._client.chat.completions.create(**arguments),
            )
            async with stream:
                async for chunk in stream:
                    yield TextDelta(reading.take(chunk))
                content_type = stream.response.headers.get("content-type", "no content type")
            for event in reading.end(content_type):
                yield event

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        """See `Backend.embed`; sends at most 256 texts at a time."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _EMBED_BATCH):
            batch = list(texts[start : start + _EMBED_BATCH])
            with _mapped(self._provider):
                answer = await self._client.embeddings.create(
                    model=model, input=batch, encoding_format="float"
                )
                ordered = sorted(answer.data, key=lambda item: item.index)
                found = [item.embedding for item in ordered]
                vectors += checked_vectors(self._provider, found, len(batch))
        return vectors

    async def aclose(self) -> None:
        """See `Backend.aclose`."""
        await self._client.close()


@dataclass(slots=True)
class _Call:
    """A tool call in the making: its pieces arrive one by one."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class _Reading:
    """What one stream has said so far."""

    provider: Provider
    chunks: int = 0
    finish: str = ""
    refusal: str = ""
    usage: Usage = field(default_factory=Usage)
    calls: dict[int, _Call] = field(default_factory=dict[int, _Call])

    def take(self, chunk: ChatCompletionChunk) -> str:
        """Note what ``chunk`` tells; returns its text, empty where it only shows that the model works."""
        self.chunks += 1
        if chunk.usage:
            self.usage = Usage(chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)
        text = ""
        for choice in chunk.choices or []:
            self.finish = choice.finish_reason or self.finish
            if choice.delta is None:  # pyright: ignore[reportUnnecessaryComparison] # some servers send null
                continue
            text += choice.delta.content or ""
            self.refusal += choice.delta.refusal or ""
            for piece in choice.delta.tool_calls or []:
                self._take_call(piece)
        return text

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
            yield ToolCall(call.id or f"call_{index}", call.name, parsed)
        yield Finished("tool_calls" if self.calls and reason == "stop" else reason, self.usage)


@contextmanager
def _mapped(provider: Provider) -> Generator[None]:
    """The SDK's errors as ours. No cause is kept: the SDK's errors hold the request with the key."""
    try:
        yield
    except openai.APITimeoutError:
        raise provider.unreachable("did not answer in time") from None
    except openai.APIConnectionError:
        raise provider.unreachable("cannot be reached") from None
    except openai.APIStatusError as error:
        codes = _codes(error)
        failure = Failure(error.status_code, error.message, codes, error.response.headers)
        raise provider_error(provider, failure) from None
    except openai.APIError as error:
        raise provider_error(provider, Failure(None, error.message, _codes(error))) from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        # The SDK reads without checking: nonsense surfaces wherever it is first used.
        log.warning("backend_nonsense", provider=provider.name, error=type(error).__name__)
        raise provider.nonsense("something that is no chat completion") from None


def _codes(error: openai.APIError) -> frozenset[str]:
    return frozenset(code for code in (error.code, error.type) if code)
