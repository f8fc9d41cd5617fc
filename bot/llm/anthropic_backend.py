"""The `anthropic` backend: the Messages API through the official SDK."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, cast

import anthropic

from bot.errors import ConfigError
from bot.llm.anthropic_errors import mapped
from bot.llm.anthropic_reading import MessageReading
from bot.llm.anthropic_request import message_arguments, must_answer_by_tool
from bot.llm.nonces import Nonces, conversation_nonces
from bot.llm.protocol import Event, Request, UnsupportedRequest
from bot.llm.provider import Connection, Provider
from bot.llm.tool_names import ToolNames

if TYPE_CHECKING:
    from anthropic.types import RawMessageStreamEvent

_PUBLIC = "https://api.anthropic.com"


def open_anthropic(connection: Connection, *, nonces: Nonces | None = None) -> "AnthropicBackend":
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
    return AnthropicBackend(client, provider, nonces or conversation_nonces())


class AnthropicBackend:
    """Streams messages; see `open_anthropic`."""

    label = ""

    def __init__(self, client: anthropic.AsyncAnthropic, provider: Provider, nonces: Nonces) -> None:
        self._client = client
        self._provider = provider
        self._nonces = nonces

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """See `Backend.stream`."""
        reading = MessageReading(
            self._provider,
            ToolNames(request),
            request.model,
            answer_tool=request.schema.name if request.schema else "",
            text_counts=not must_answer_by_tool(request),
        )
        with mapped(self._provider):
            arguments = message_arguments(request, nonce=self._nonces(request))
            stream = cast(
                "anthropic.AsyncStream[RawMessageStreamEvent]",
                await self._client.messages.create(**arguments),
            )
            async with stream:
                async for event in stream:
                    yield reading.take(event)
                    if reading.stopped:
                        break  # complete: how the connection ends no longer matters
                content_type = stream.response.headers.get("content-type", "no content type")
            for event in reading.end(content_type):
                yield event

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        """Raises `UnsupportedRequest`: Anthropic has no embeddings."""
        del texts, model
        raise UnsupportedRequest("Anthropic offers no embeddings; choose another embedder in the config.")

    async def aclose(self) -> None:
        """See `Backend.aclose`."""
        await self._client.close()
