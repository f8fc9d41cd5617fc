"""The `ollama` backend: local models through the official SDK."""

import secrets
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Literal, override

import httpx
import ollama
import structlog
from pydantic import SecretStr

from bot.llm.ollama_request import chat_body
from bot.llm.prompt import clean
from bot.llm.protocol import (
    BackendError,
    BackendUnreachable,
    Event,
    Finished,
    Request,
    TextDelta,
    ToolCall,
    UnsupportedRequest,
    Usage,
)
from bot.llm.provider import Connection, Provider, checked_vectors
from bot.llm.provider_errors import Failure, provider_error
from bot.llm.streams import closing

log = structlog.get_logger(__name__)

LOCAL_OLLAMA = "http://127.0.0.1:11434"
_EMBED_BATCH = 64
_REASONS: dict[str, Literal["stop", "length"]] = {"length": "length"}


def open_ollama(connection: Connection, *, new_nonce: Callable[[], str] | None = None) -> "OllamaBackend":
    """A client for the Ollama at ``connection.base_url``, or at its usual local address."""
    base_url = connection.base_url or LOCAL_OLLAMA
    client = ollama.AsyncClient(
        base_url,
        timeout=httpx.Timeout(connection.read_timeout, connect=connection.connect_timeout),
        auth=_KeyOrNone(connection.api_key),
    )
    provider = Provider("Ollama", base_url, connection.api_key)
    return OllamaBackend(client, provider, new_nonce or (lambda: secrets.token_hex(8)))


class OllamaBackend:
    """Streams chats; see `open_ollama`."""

    label = ""

    def __init__(self, client: ollama.AsyncClient, provider: Provider, new_nonce: Callable[[], str]) -> None:
        self._client = client
        self._provider = provider
        self._new_nonce = new_nonce

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """See `Backend.stream`."""
        called = 0
        with _mapped(self._provider, request.model):
            async with closing(await self._start(request)) as parts:
                async for part in parts:
                    yield TextDelta(part.message.content or "")
                    for call in part.message.tool_calls or ():
                        called += 1
                        # Ollama gives no ids; these are unique in the conversation.
                        name = f"call_{len(request.turns)}_{called}"
                        yield ToolCall(name, call.function.name, dict(call.function.arguments))
                    if part.done:
                        usage = Usage(part.prompt_eval_count or 0, part.eval_count or 0)
                        reason = "tool_calls" if called else _REASONS.get(part.done_reason or "", "stop")
                        yield Finished(reason, usage)
                        return
            raise self._provider.unreachable("broke off in the middle")

    async def _start(self, request: Request) -> AsyncIterator[ollama.ChatResponse]:
        # Not `client.chat`: its typed `Tool` drops whatever it has no field for (nested properties,
        # anyOf, limits), and a tool's schema must arrive intact.
        return await self._client._request(  # noqa: SLF001 # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]
            ollama.ChatResponse,
            "POST",
            "/api/chat",
            json=chat_body(request, nonce=self._new_nonce()),
            stream=True,
        )

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        """See `Backend.embed`; sends at most 64 texts at a time. Ollama cuts texts that are too long."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _EMBED_BATCH):
            batch = [clean(text) for text in texts[start : start + _EMBED_BATCH]]
            with _mapped(self._provider, model):
                answer = await self._client.embed(model=model, input=batch)
                vectors += checked_vectors(self._provider, answer.embeddings, len(batch))
        return vectors

    async def aclose(self) -> None:
        """See `Backend.aclose`."""
        await self._client.close()


class _KeyOrNone(httpx.Auth):
    """Decides over the header alone: the SDK would send a key from the environment to any address."""

    def __init__(self, key: SecretStr | None) -> None:
        self._key = key

    @override
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.headers.pop("Authorization", None)
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        yield request


@contextmanager
def _mapped(provider: Provider, model: str) -> Generator[None]:
    """The SDK's errors as ours. No cause is kept: the SDK's errors hold the request with the key."""
    try:
        yield
    except ollama.ResponseError as error:
        raise _response_error(provider, model, error) from None
    except (ConnectionError, httpx.ConnectError):
        raise _absent(provider) from None
    except httpx.TimeoutException:
        raise provider.unreachable("did not answer in time") from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise provider.unreachable("broke off in the middle") from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        # The SDK reads JSON lines without checking; its models raise pydantic's ValueErrors.
        log.warning("backend_nonsense", provider=provider.name, error=type(error).__name__)
        raise provider.nonsense("something that is no chat answer") from None


def _absent(provider: Provider) -> BackendUnreachable:
    return BackendUnreachable(f"No Ollama answers at {provider.place}; start it with `ollama serve`.")


def _response_error(provider: Provider, model: str, error: ollama.ResponseError) -> BackendError:
    if error.status_code == HTTPStatus.NOT_FOUND:
        name = provider.detail(model)
        return UnsupportedRequest(f"Ollama has no model {name!r}; get it with `ollama pull {name}`.")
    status = error.status_code if error.status_code > 0 else None
    return provider_error(provider, Failure(status, str(error.error)))
