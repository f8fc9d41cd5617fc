"""Talks to llama.cpp's server: ``/apply-template`` puts a conversation into the model's words, ``/completion`` goes on.

After llama.cpp's ``tools/server/README.md``. Unlike the server's OpenAI-compatible face, ``/completion`` takes a
grammar, keeps a conversation's computed beginning in a slot of one's choice, and says how many tokens it reused.
"""

import json
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import contextmanager
from typing import cast

import httpx

from cogswarm.llm import (
    Backend,
    Connection,
    Event,
    Failure,
    Finished,
    Json,
    Provider,
    Request,
    TextDelta,
    UnsupportedRequest,
    Usage,
    build_prompt,
    conversation_nonces,
    provider_error,
)

USUAL_ADDRESS = "http://127.0.0.1:8080"
_DATA = "data: "
_OURS = frozenset({"prompt", "stream", "n_predict", "json_schema"})


def open_llamacpp(connection: Connection) -> Backend:
    """A client for the server at ``connection.base_url``, or at its usual local address."""
    base_url = connection.base_url or USUAL_ADDRESS
    key = connection.api_key.get_secret_value() if connection.api_key else ""
    client = httpx.AsyncClient(
        base_url=base_url,
        headers={"authorization": f"Bearer {key}"} if key else {},
        timeout=httpx.Timeout(connection.read_timeout, connect=connection.connect_timeout),
        trust_env=False,
    )
    return LlamaCpp(client, Provider("llama.cpp", base_url, connection.api_key))


class LlamaCpp:
    """Streams completions; see `open_llamacpp`."""

    label = ""

    def __init__(self, client: httpx.AsyncClient, provider: Provider) -> None:
        self._client = client
        self._provider = provider
        self._nonces = conversation_nonces()

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """Answer piece by piece. Raises `BackendError`, and `UnsupportedRequest` for tools and pictures."""
        if request.tools or any(turn.images for turn in request.turns):
            sentence = "The llamacpp backend has neither tools nor pictures; use the backend openai with this server."
            raise UnsupportedRequest(sentence)
        with self._mapped():
            body = {"prompt": await self._prompt(request), **_parameters(request)}
            async with self._client.stream("POST", "/completion", json=body) as response:
                await self._check(response)
                async for line in response.aiter_lines():
                    part = self._part(line)
                    if part is None:
                        continue
                    yield TextDelta(str(part.get("content", "")))
                    if part.get("stop"):
                        yield _finished(part)
                        return
            raise self._provider.unreachable("broke off in the middle")

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        """Embed ``texts``; the server must run with ``--embeddings``."""
        with self._mapped():
            response = await self._client.post("/v1/embeddings", json={"input": list(texts), "model": model})
            await self._check(response)
            rows = sorted(response.json()["data"], key=lambda row: row["index"])
            return [[float(number) for number in row["embedding"]] for row in rows]

    async def aclose(self) -> None:
        """Release connections."""
        await self._client.aclose()

    async def _prompt(self, request: Request) -> str:
        prompt = build_prompt(request, nonce=self._nonces(request))
        system = [{"role": "system", "content": prompt.system}] if prompt.system else []
        turns = [
            {"role": "user" if turn.role == "tool" else turn.role, "content": turn.text}
            for turn in prompt.turns
        ]
        response = await self._client.post("/apply-template", json={"messages": [*system, *turns]})
        await self._check(response)
        return str(response.json()["prompt"])

    async def _check(self, response: httpx.Response) -> None:
        if not response.is_error:
            return
        text = (await response.aread()).decode("utf-8", "replace")
        raise self._failed(_error_in(text) or {"message": text}, response.status_code, response.headers)

    def _failed(self, told: Json, status: int | None, headers: httpx.Headers | None = None) -> Exception:
        codes = frozenset({str(told.get("type", ""))})
        return provider_error(
            self._provider, Failure(status, str(told.get("message", "")), codes, headers or {})
        )

    def _part(self, line: str) -> Json | None:
        """What one line of the stream says; None for one that only keeps the connection alive."""
        if told := _error_in(line.removeprefix(_DATA).removeprefix("error: ")):
            raise self._failed(told, None)
        if not line.startswith(_DATA):
            return None
        part: object = json.loads(line.removeprefix(_DATA))
        if not isinstance(part, dict):
            raise self._provider.nonsense("a line that is no part of a completion")
        return cast("Json", part)

    @contextmanager
    def _mapped(self) -> Generator[None]:
        """What goes wrong on the way, as the bot knows it. No cause is kept: it holds the request with the key."""
        try:
            yield
        except httpx.ConnectError:
            raise self._provider.unreachable("cannot be reached; start it with `llama-server`") from None
        except httpx.TimeoutException:
            raise self._provider.unreachable("did not answer in time") from None
        except (httpx.HTTPError, httpx.StreamError):
            raise self._provider.unreachable("broke off in the middle") from None
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            raise self._provider.nonsense("something that is no completion") from None


def _parameters(request: Request) -> Json:
    """``options`` of config.yaml go to the server as they are: grammar, id_slot, top_k, stop, and so on."""
    if taken := sorted(_OURS & request.options.keys()):
        raise UnsupportedRequest(
            f"Remove {', '.join(taken)} from the model's options: the bot sets it itself."
        )
    schema = {"json_schema": request.schema.definition} if request.schema else {}
    warmth = {} if request.temperature is None else {"temperature": request.temperature}
    return {
        "stream": True,
        "n_predict": request.max_tokens,
        "cache_prompt": True,
        **warmth,
        **request.options,
        **schema,
    }


def _finished(part: Json) -> Finished:
    timings: object = part.get("timings")
    reused = cast("Json", timings).get("cache_n") if isinstance(timings, dict) else 0
    cut = part.get("stop_type") == "limit" or part.get("truncated") is True
    usage = Usage(_count(part.get("tokens_evaluated")), _count(part.get("tokens_predicted")), _count(reused))
    return Finished("length" if cut else "stop", usage)


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _error_in(text: str) -> Json | None:
    """The error that an answer or a line of a stream holds, if it holds one."""
    if '"error"' not in text and '"message"' not in text:
        return None
    try:
        told: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    inner = cast("Json", told).get("error") if isinstance(told, dict) else None
    return cast("Json", inner) if isinstance(inner, dict) else None
