"""An agent: a persona with instructions and a model, asked for one thing at a time inside a budget."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.config.agents import BudgetSection, PriceSection
from bot.errors import UserError
from bot.llm.collect import ask, told
from bot.llm.protocol import (
    Answer,
    Backend,
    BadAnswer,
    Finished,
    Passage,
    Purpose,
    Request,
    Schema,
    TextDelta,
    Turn,
    Usage,
)
from bot.llm.streams import closing
from bot.mcp.results import ToolResult
from bot.mcp.toolbox import Progress, Toolbox
from bot.work.principal import Principal
from bot.work.surface import Speaker

MAX_QUERIES = 4
PLAN = Schema(
    "plan",
    {
        "type": "object",
        "properties": {
            "queries": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_QUERIES}
        },
        "required": ["queries"],
        "additionalProperties": False,
    },
)


class Meter(Protocol):
    """What keeps an agent inside its budget."""

    async def reserve(self) -> None:
        """Ask before a call. Raises `UserError` where the budget is used up."""
        ...

    async def book(self, usage: Usage, cost: float) -> None:
        """Note what a call has used, and its cost in US dollars."""
        ...


@dataclass(frozen=True, slots=True)
class Persona:
    """Who an agent is: its name in the config, the name people see, its instructions, model and limits.

    ``tools`` are servers (``feeds``) or single tools (``feeds.read_entry``); ``channels`` are names or ids,
    and none means all. ``situation`` tells the model what it cannot know: the date, the language.
    """

    name: str
    display_name: str
    avatar_url: str | None
    instructions: Mapping[Purpose, str]
    backend: Backend
    model: str
    options: Mapping[str, Any]
    tools: frozenset[str]
    channels: frozenset[str]
    situation: Callable[[], str]
    budget: BudgetSection
    price: PriceSection | None = None

    @property
    def speaker(self) -> Speaker:
        """The identity under which it speaks."""
        return Speaker(self.display_name, self.avatar_url, self.name)

    @property
    def label(self) -> str:
        """What must be shown beside its text; empty for a language model."""
        return self.backend.label

    def cost(self, usage: Usage) -> float:
        """What a call cost in US dollars; nothing where the config names no price."""
        if self.price is None:
            return 0.0
        millionths = usage.input_tokens * self.price.input + usage.output_tokens * self.price.output
        return millionths / 1_000_000

    def works_in(self, channel_id: int, channel_name: str) -> bool:
        """Whether it may speak in a channel."""
        return not self.channels or bool(self.channels & {str(channel_id), channel_name})

    def may_use(self, server: str, tool: str) -> bool:
        """Whether a tool is on its list."""
        return bool(self.tools & {server, f"{server}.{tool}"})


@dataclass(frozen=True, slots=True)
class Agent:
    """A persona at work for one run, on behalf of ``principal``."""

    persona: Persona
    meter: Meter
    toolbox: Toolbox
    principal: Principal

    async def use(
        self, server: str, tool: str, arguments: Mapping[str, Any], *, progress: Progress | None = None
    ) -> ToolResult:
        """Use a tool on the agent's list. Raises `UserError` for another one, and `ToolCallError`."""
        if not self.persona.may_use(server, tool):
            raise UserError(
                f"{self.persona.display_name} may not use {tool} of {server}; the owner can add {server} to "
                f"agents.{self.persona.name}.tools in config.yaml."
            )
        return await self.toolbox.call(server, tool, arguments, principal=self.principal, progress=progress)

    @property
    def speaker(self) -> Speaker:
        """The identity under which it speaks."""
        return self.persona.speaker

    @property
    def label(self) -> str:
        """What must be shown beside its text; empty for a language model."""
        return self.persona.label

    async def plan(self, topic: str) -> list[str]:
        """Turn a topic into one to four search queries."""
        answer = await self._ask("plan", topic, (), (), PLAN)
        queries = [str(query).strip() for query in (answer.data or {}).get("queries", [])]
        kept = list(dict.fromkeys(query for query in queries if query))[:MAX_QUERIES]
        if not kept:
            raise BadAnswer("The model planned no searches; try again or choose another model.")
        return kept

    async def answer(
        self, question: str, *, sources: Sequence[Passage] = (), history: Sequence[Turn] = ()
    ) -> str:
        """Answer from ``sources``, citing them as ``[id]``; a backend's label follows as small print."""
        text = await self.draft(question, sources=sources, history=history)
        return f"{text}\n-# {self.label}" if self.label else text

    async def draft(
        self, question: str, *, sources: Sequence[Passage] = (), history: Sequence[Turn] = ()
    ) -> str:
        """Answer from ``sources`` as `answer` does, without the label: for callers that show it themselves."""
        return (await self._ask("answer", question, sources, history, None)).text.strip()

    async def stream(
        self, question: str, *, sources: Sequence[Passage] = (), history: Sequence[Turn] = ()
    ) -> AsyncGenerator[str]:
        """Answer as `draft` does, piece by piece while the model writes; for `Run.stream`.

        What a model writes is not checked by anything: whoever shows it decides what of it.
        """
        await self.meter.reserve()
        request = self._request("answer", question, sources, history, None)
        async with closing(told(self.persona.backend, request)) as events:
            async for event in events:
                if isinstance(event, TextDelta) and event.text:
                    yield event.text
                elif isinstance(event, Finished):
                    await self.meter.book(event.usage, self.persona.cost(event.usage))

    async def _ask(
        self,
        purpose: Purpose,
        text: str,
        sources: Sequence[Passage],
        history: Sequence[Turn],
        schema: Schema | None,
    ) -> Answer:
        await self.meter.reserve()
        answer = await ask(self.persona.backend, self._request(purpose, text, sources, history, schema))
        await self.meter.book(answer.usage, self.persona.cost(answer.usage))
        return answer

    def _request(
        self,
        purpose: Purpose,
        text: str,
        sources: Sequence[Passage],
        history: Sequence[Turn],
        schema: Schema | None,
    ) -> Request:
        return Request(
            purpose=purpose,
            model=self.persona.model,
            instructions=f"{self.persona.instructions[purpose]}\n\n{self.persona.situation()}",
            turns=(*history, Turn("user", text)),
            material=tuple(sources),
            schema=schema,
            options=self.persona.options,
        )
