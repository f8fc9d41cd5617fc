"""Keeps the configuration's secrets from model providers: whatever a request carries is cleaned before it is sent."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from bot.llm.protocol import Backend, Event, Passage, Request, Schema, ToolCall, ToolSpec, Turn
from bot.llm.streams import closing
from bot.observe.known_secrets import Secrets


def discreet(backend: Backend, secrets: Secrets) -> Backend:
    """``backend``, which is told nothing of ``secrets``."""
    return _Discreet(backend, secrets) if secrets.values else backend


class _Discreet:
    def __init__(self, backend: Backend, secrets: Secrets) -> None:
        self._backend = backend
        self._secrets = secrets

    @property
    def label(self) -> str:
        return self._backend.label

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        async with closing(self._backend.stream(self._cleaned(request))) as events:
            async for event in events:
                yield event

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        return await self._backend.embed([self._secrets.text(text) for text in texts], model=model)

    async def aclose(self) -> None:
        await self._backend.aclose()

    def _cleaned(self, request: Request) -> Request:
        return replace(
            request,
            instructions=self._secrets.text(request.instructions),
            turns=tuple(map(self._turn, request.turns)),
            material=tuple(map(self._passage, request.material)),
            tools=tuple(map(self._tool, request.tools)),
            schema=None if request.schema is None else self._schema(request.schema),
        )

    def _turn(self, turn: Turn) -> Turn:
        """Without secrets in all but ``opaque``, which the provider signed and has seen."""
        calls = tuple(
            ToolCall(one.id, one.name, self._secrets.value(one.arguments)) for one in turn.tool_calls
        )
        text, author = self._secrets.text(turn.text), self._secrets.text(turn.author)
        return replace(turn, text=text, tool_calls=calls, author=author)

    def _passage(self, passage: Passage) -> Passage:
        text = self._secrets.text
        return replace(
            passage, text=text(passage.text), title=text(passage.title), author=text(passage.author)
        )

    def _tool(self, tool: ToolSpec) -> ToolSpec:
        return ToolSpec(tool.name, self._secrets.text(tool.description), self._secrets.value(tool.parameters))

    def _schema(self, schema: Schema) -> Schema:
        return Schema(schema.name, self._secrets.value(schema.definition))
