"""The `openai` backend: both of OpenAI's APIs through the official SDK, for OpenAI and compatible servers."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, cast

import openai

from bot.errors import ConfigError
from bot.llm.nonces import Nonces, conversation_nonces
from bot.llm.openai_chat_reading import ChatReading
from bot.llm.openai_chat_request import chat_arguments
from bot.llm.openai_errors import mapped
from bot.llm.openai_responses_reading import ResponsesReading
from bot.llm.openai_responses_request import response_arguments
from bot.llm.protocol import Event, Request, TextDelta
from bot.llm.provider import Connection, Provider, checked_vectors
from bot.llm.streams import closing
from bot.llm.tool_names import ToolNames

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk
    from openai.types.responses import ResponseStreamEvent

_PUBLIC = "https://api.openai.com/v1"
_EMBED_BATCH = 256


def open_openai(connection: Connection, *, nonces: Nonces | None = None) -> "OpenAIBackend":
    """A client for OpenAI, or for the compatible server at ``connection.base_url``; see `Connection.api`.

    Raises:
        ConfigError: OpenAI itself is meant and there is no key.
    """
    key = connection.api_key.get_secret_value() if connection.api_key else ""
    if not key and not connection.base_url:
        raise ConfigError("The openai backend needs a key: set api_key, for example to ${OPENAI_API_KEY}.")
    base_url = (connection.base_url or _PUBLIC).rstrip("/")
    api = connection.api
    if api == "auto":
        # Hardly any compatible server speaks the newer one, and all speak the older.
        api = "responses" if base_url == _PUBLIC else "chat"
    client = openai.AsyncOpenAI(
        # Never None: the SDK would take the key from the environment and send it to any base_url.
        api_key=key or "none",
        base_url=base_url,
        max_retries=0,
        timeout=openai.Timeout(connection.read_timeout, connect=connection.connect_timeout),
    )
    provider = Provider("OpenAI" if base_url == _PUBLIC else "The model server", base_url, connection.api_key)
    return OpenAIBackend(client, provider, nonces or conversation_nonces(), responses=api == "responses")


class OpenAIBackend:
    """Streams responses or chat completions; see `open_openai`."""

    label = ""

    def __init__(
        self, client: openai.AsyncOpenAI, provider: Provider, nonces: Nonces, *, responses: bool
    ) -> None:
        self._client = client
        self._provider = provider
        self._nonces = nonces
        self._responses = responses

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """See `Backend.stream`."""
        events = self._stream_responses(request) if self._responses else self._stream_chat(request)
        with mapped(self._provider):
            async with closing(events):
                async for event in events:
                    yield event

    async def _stream_responses(self, request: Request) -> AsyncIterator[Event]:
        reading = ResponsesReading(self._provider, ToolNames(request), request.model)
        arguments = response_arguments(request, nonce=self._nonces(request))
        stream = cast(
            "openai.AsyncStream[ResponseStreamEvent]", await self._client.responses.create(**arguments)
        )
        async with stream:
            async for event in stream:
                yield reading.take(event)
                if reading.over:
                    break  # complete: how the connection ends no longer matters
            content_type = stream.response.headers.get("content-type", "no content type")
        yield reading.end(content_type)

    async def _stream_chat(self, request: Request) -> AsyncIterator[Event]:
        public = self._provider.base_url == _PUBLIC
        reading = ChatReading(self._provider, ToolNames(request), request.model, len(request.turns))
        arguments = chat_arguments(request, nonce=self._nonces(request), public=public)
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
            with mapped(self._provider):
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
