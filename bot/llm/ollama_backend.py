"""The `ollama` backend: local models through the official SDK."""

from collections.abc import AsyncIterator, Generator, Sequence
from http import HTTPStatus
from typing import override

import httpx
import ollama
from pydantic import SecretStr

from bot.llm.nonces import Nonces, conversation_nonces
from bot.llm.ollama_errors import Refused, mapped, refuse_errors
from bot.llm.ollama_pull import pull
from bot.llm.ollama_reading import OllamaReading
from bot.llm.ollama_request import chat_body
from bot.llm.prompt import clean
from bot.llm.protocol import Event, Request, UnsupportedRequest
from bot.llm.provider import Connection, Provider, checked_vectors
from bot.llm.streams import closing
from bot.llm.tool_names import ToolNames

LOCAL_OLLAMA = "http://127.0.0.1:11434"
_EMBED_BATCH = 64


def open_ollama(connection: Connection, *, nonces: Nonces | None = None) -> "OllamaBackend":
    """A client for the Ollama at ``connection.base_url``, or at its usual local address."""
    base_url = connection.base_url or LOCAL_OLLAMA
    client = ollama.AsyncClient(
        base_url,
        timeout=httpx.Timeout(connection.read_timeout, connect=connection.connect_timeout),
        auth=_KeyOrNone(connection.api_key),
        event_hooks={"response": [refuse_errors]},
    )
    provider = Provider("Ollama", base_url, connection.api_key)
    return OllamaBackend(client, provider, nonces or conversation_nonces(), may_pull=connection.pull)


class OllamaBackend:
    """Streams chats; see `open_ollama`."""

    label = ""

    def __init__(
        self, client: ollama.AsyncClient, provider: Provider, nonces: Nonces, *, may_pull: bool
    ) -> None:
        self._client = client
        self._provider = provider
        self._nonces = nonces
        self._may_pull = may_pull

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """See `Backend.stream`. A model that is missing is downloaded first where that is allowed."""
        with mapped(self._provider, request.model):
            async with closing(self._with_model(request)) as events:
                async for event in events:
                    yield event

    async def _with_model(self, request: Request) -> AsyncIterator[Event]:
        for may_pull in (self._may_pull, False):
            try:
                async with closing(self._chat(request)) as events:
                    async for event in events:
                        yield event
            except Refused as error:
                if not (may_pull and error.status == HTTPStatus.NOT_FOUND):
                    raise
            else:
                return
            async with closing(pull(self._client, self._provider, request.model)) as events:
                async for event in events:
                    yield event

    async def _chat(self, request: Request) -> AsyncIterator[Event]:
        if any(turn.images for turn in request.turns):
            await self._check_sight(request.model)
        reading = OllamaReading(ToolNames(request), request.model, len(request.turns))
        async with closing(await self._start(request)) as parts:
            async for part in parts:
                for event in reading.take(part):
                    yield event
                if reading.finished:
                    return
        raise self._provider.unreachable("broke off in the middle")

    async def _check_sight(self, model: str) -> None:
        """Ollama passes over pictures that a model cannot see, and the model answers as if there were none."""
        shown = await self._client.show(model)
        if shown.capabilities and "vision" not in shown.capabilities:
            name = self._provider.detail(model)
            sentence = f"The model {name} cannot look at pictures; choose one that can, such as gemma3."
            raise UnsupportedRequest(sentence)

    async def _start(self, request: Request) -> AsyncIterator[ollama.ChatResponse]:
        # Not `client.chat`: its typed `Tool` drops whatever it has no field for (nested properties,
        # anyOf, limits), and a tool's schema must arrive intact.
        return await self._client._request(  # noqa: SLF001 # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]
            ollama.ChatResponse,
            "POST",
            "/api/chat",
            json=chat_body(request, nonce=self._nonces(request)),
            stream=True,
        )

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        """See `Backend.embed`; sends at most 64 texts at a time. Ollama cuts texts that are too long."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _EMBED_BATCH):
            batch = [clean(text) for text in texts[start : start + _EMBED_BATCH]]
            with mapped(self._provider, model):
                answer = await self._embed(batch, model)
                vectors += checked_vectors(self._provider, answer.embeddings, len(batch))
        return vectors

    async def _embed(self, batch: Sequence[str], model: str) -> ollama.EmbedResponse:
        try:
            return await self._client.embed(model=model, input=batch)
        except Refused as error:
            if not (self._may_pull and error.status == HTTPStatus.NOT_FOUND):
                raise
        async with closing(pull(self._client, self._provider, model)) as events:
            async for _ in events:
                pass
        return await self._client.embed(model=model, input=batch)

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
