"""An agent with a scripted model, tools that are functions, and everything around it in memory."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bot.agents.agent import Agent
from bot.agents.meter import BudgetUsedUp, Hold, Wish
from bot.agents.permit import StandardPermit
from bot.agents.persona import Model, Persona
from bot.agents.recorder import InMemory
from bot.agents.surroundings import Numbered, Say, Surroundings, TaintInMemory, Team
from bot.clock import Clock
from bot.config.agents import BetweenAgentsSection
from bot.llm.protocol import Backend, Usage
from bot.mcp import people as with_people
from bot.mcp.results import ToolInfo, ToolResult
from bot.mcp.toolbox import Progress
from bot.testing.scripted_model import ScriptedModel
from bot.work.principal import Principal

ADA = Principal(guild_id=1, channel_id=7, member_id=5, name="Ada")
READER_ROLE = 77
INSTRUCTIONS: Any = {purpose: f"{purpose}!" for purpose in ("plan", "answer", "summarize", "chat")}

type Does = Callable[[Mapping[str, Any]], str | ToolResult]


def tool(server: str, name: str, **changes: Any) -> ToolInfo:
    info = ToolInfo(server, name, f"Does {name}", {"type": "object"}, read_only=True)
    return replace(info, **changes)


@dataclass
class Tools:
    """A toolbox of functions; it counts its calls."""

    infos: list[ToolInfo] = field(default_factory=list[ToolInfo])
    does: dict[str, Does] = field(default_factory=dict[str, Does])
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    together: int = 0
    most_together: int = 0
    hold: asyncio.Event | None = None

    def add(self, info: ToolInfo, does: Does = lambda _given: "ok") -> None:
        self.infos.append(info)
        self.does[f"{info.server}.{info.name}"] = does

    def tools(self, principal: Principal | None = None) -> Sequence[ToolInfo]:
        del principal
        return self.infos

    async def call(
        self,
        server: str,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        principal: Principal,
        progress: Progress | None = None,
        people: with_people.People = with_people.NOBODY,
    ) -> ToolResult:
        assert principal == ADA
        assert people == with_people.NOBODY
        self.called.append((f"{server}.{tool}", dict(arguments)))
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        try:
            await asyncio.sleep(0)
            if progress is not None:
                progress("half way")
            if self.hold is not None:
                await self.hold.wait()
            result = self.does[f"{server}.{tool}"](arguments)
            return ToolResult(result) if isinstance(result, str) else result
        finally:
            self.together -= 1


@dataclass
class Purse:
    """A meter with so many tokens; it knows no days."""

    tokens: int = 1_000_000
    kept: int = 0
    spent: int = 0
    calls: int = 0
    warns: tuple[str, ...] = ()

    async def reserve(self, wish: Wish) -> Hold:
        left = self.tokens - self.spent - (0 if wish.finishing else self.kept)
        if left < wish.input_tokens + 1:
            raise BudgetUsedUp("The purse is empty.")
        output = min(wish.output_tokens, left - wish.input_tokens)
        self.calls += 1
        self.spent += wish.input_tokens + output
        return Hold(wish, output, wish.input_tokens + output, 0.0)

    async def book(self, hold: Hold, usage: Usage) -> tuple[str, ...]:
        self.spent += usage.input_tokens + usage.output_tokens - hold.tokens
        return self.warns

    async def give_back(self, hold: Hold) -> None:
        self.spent -= hold.tokens


@dataclass
class People:
    """Who is a member with which roles."""

    known: dict[int, frozenset[int]] = field(default_factory=lambda: {5: frozenset({READER_ROLE})})

    async def roles(self, guild_id: int, member_id: int) -> frozenset[int] | None:
        assert guild_id == ADA.guild_id
        return self.known.get(member_id)


@dataclass
class Wall:
    """A board that keeps what was shown."""

    shown: list[str] = field(default_factory=list[str])

    @asynccontextmanager
    async def showing(self) -> AsyncGenerator[Say]:
        yield self.shown.append


@dataclass
class Office:
    """Agents that share tools, a purse, people and a record."""

    model: ScriptedModel = field(default_factory=ScriptedModel)
    tools: Tools = field(default_factory=Tools)
    purse: Purse = field(default_factory=Purse)
    people: People = field(default_factory=People)
    record: InMemory = field(default_factory=InMemory)
    taint: TaintInMemory = field(default_factory=TaintInMemory)
    wall: Wall = field(default_factory=Wall)
    clock: Clock = field(default_factory=Clock)
    between: BetweenAgentsSection = field(default_factory=BetweenAgentsSection)
    others: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def agent(self, name: str = "writer", team: Team | None = None, **changes: Any) -> Agent:
        team = team or Team()
        shared = Team(
            lambda other: self.agent(other, shared, **self.others[other]), self.between, team.spoken
        )
        return Agent(self.persona(name, **changes), ADA, self._around(shared, Numbered(self.record)))

    def persona(self, name: str = "writer", *backends: Backend, **changes: Any) -> Persona:
        models = tuple(Model(f"model{at}", one) for at, one in enumerate(backends or (self.model,), 1))
        standard = Persona(
            name=name,
            display_name=name.title(),
            avatar_url=None,
            instructions=INSTRUCTIONS,
            models=models,
            situation=lambda: "Today is 2026-01-02.",
            tools=frozenset({"feeds", "files.read"}),
        )
        return replace(standard, **changes)

    def _around(self, team: Team, talks: Numbered) -> Surroundings:
        return Surroundings(
            meter=self.purse,
            toolbox=self.tools,
            permit=StandardPermit(self.people),
            talks=talks,
            taint=self.taint,
            board=self.wall,
            team=team,
            clock=self.clock,
        )
