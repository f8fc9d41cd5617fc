"""Who an agent is: its name, its instructions, its models in the order they are tried, and its limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.config.agents import BudgetSection, LoopSection, PriceSection
from bot.errors import UserError
from bot.llm.protocol import Backend, Purpose, Usage
from bot.work.surface import Speaker


@dataclass(frozen=True, slots=True)
class Model:
    """An entry of ``models:``, opened: ``name`` is the entry's, ``id`` the provider's own."""

    name: str
    backend: Backend
    id: str = ""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    price: PriceSection | None = None

    def cost(self, usage: Usage) -> float | None:
        """What a call cost in US dollars; None where the config names no price."""
        if self.price is None:
            return None
        millionths = usage.input_tokens * self.price.input + usage.output_tokens * self.price.output
        return millionths / 1_000_000


@dataclass(frozen=True, slots=True)
class Persona:
    """Who an agent is, and what it may do at most.

    ``models`` has the one it uses first, then those that take over. ``tools`` are servers (``feeds``) or single tools
    (``feeds.read_entry``); ``channels`` (where it speaks) and ``reads`` are names or ids, and none means all; ``roles``
    are the ids of Discord roles it works for. ``situation`` tells the model what it cannot know: the date, the language.
    """

    name: str
    display_name: str
    avatar_url: str | None
    instructions: Mapping[Purpose, str]
    models: tuple[Model, ...]
    situation: Callable[[], str]
    tools: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    roles: frozenset[int] = frozenset()
    delegates: frozenset[str] = frozenset()
    capabilities: tuple[str, ...] = ()
    concurrency: int = 8
    temperature: float | None = None
    answer_tokens: int = 2_000
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    budget: BudgetSection = field(default_factory=BudgetSection)
    limits: LoopSection = field(default_factory=LoopSection)
    told_in: str = ""
    """Where what it is told stands, for people: ``prompts/writer.md``."""

    @property
    def model(self) -> Model:
        """The model it uses as long as that answers."""
        return self.models[0]

    @property
    def speaker(self) -> Speaker:
        """The identity under which it speaks."""
        return Speaker(self.display_name, self.avatar_url, self.name)

    @property
    def label(self) -> str:
        """What must be shown beside its text; empty for a language model."""
        return self.model.backend.label

    def check_works_in(self, channel_id: int, channel_name: str) -> None:
        """Raise `UserError` where it may not speak in a channel."""
        if self.channels and not self.channels & {str(channel_id), channel_name}:
            places = ", ".join(f"<#{one}>" if one.isdigit() else f"#{one}" for one in sorted(self.channels))
            raise UserError(f"{self.display_name} does not work in this channel. Try {places}.")

    def reads_in(self, channel_id: int, channel_name: str) -> bool:
        """Whether it may read a channel that the person it works for can read."""
        return not self.reads or bool(self.reads & {str(channel_id), channel_name})

    def may_use(self, server: str, tool: str) -> bool:
        """Whether a tool is on its list."""
        return bool(self.tools & {server, f"{server}.{tool}"})
