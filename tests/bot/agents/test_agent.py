"""Agents: within their tools, channels and budget; a plan that is none is refused; the label is shown."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.agents.agent import Agent, Persona
from bot.agents.personas import Personas
from bot.clock import Clock
from bot.config.agents import BudgetSection, PriceSection
from bot.config.load import load_text
from bot.errors import ConfigError, UserError
from bot.llm.offline.backend import OfflineBackend
from bot.llm.protocol import BadAnswer, Event, Finished, Passage, Request, TextDelta, Usage
from bot.mcp.results import ToolInfo, ToolResult
from bot.mcp.toolbox import Progress
from bot.resources import Resources
from bot.storage.database import Database
from bot.work import runs_table
from bot.work.budget import BudgetUsedUp, RunMeter
from bot.work.principal import Principal
from bot.work.runs_table import NewRun


@dataclass
class _Says:
    """A backend that says one thing and keeps what it was asked."""

    text: str
    label: str = ""
    asked: list[Request] = field(default_factory=list[Request])

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        self.asked.append(request)
        yield TextDelta(self.text)
        yield Finished("stop", Usage(1_000, 500))

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        raise AssertionError((texts, model))

    async def aclose(self) -> None:
        """Nothing is open."""


@dataclass
class _Meter:
    spent: list[tuple[Usage, float]] = field(default_factory=list[tuple[Usage, float]])

    async def reserve(self) -> None:
        """Every call is allowed."""

    async def book(self, usage: Usage, cost: float) -> None:
        self.spent.append((usage, cost))


class _Tools:
    def tools(self, principal: Principal | None = None) -> Sequence[ToolInfo]:
        assert principal is None
        return []

    async def call(
        self,
        server: str,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        principal: Principal,
        progress: Progress | None = None,
    ) -> ToolResult:
        assert progress is None
        return ToolResult(f"{server}.{tool} for {principal.name}", structured=dict(arguments))


def _agent(backend: Any, **changes: Any) -> Agent:
    standard: dict[str, Any] = {
        "name": "writer",
        "display_name": "Writer",
        "avatar_url": None,
        "instructions": {"plan": "Plan.", "answer": "Answer."},
        "backend": backend,
        "model": "m",
        "options": {"top_p": 0.5},
        "tools": frozenset({"feeds", "files.read"}),
        "channels": frozenset[str](),
        "situation": lambda: "Today is 2026-01-02.",
        "budget": BudgetSection(),
    }
    return Agent(Persona(**{**standard, **changes}), _Meter(), _Tools(), Principal(1, 2, 3, "Ada"))


async def test_an_answer_carries_the_label_and_a_draft_does_not() -> None:
    agent = _agent(_Says("Because [1].", label="extractive, offline"))
    assert await agent.answer("Why?") == "Because [1].\n-# extractive, offline"
    assert await agent.draft("Why?") == "Because [1]."


async def test_the_model_is_told_the_date_and_given_its_options() -> None:
    backend = _Says("Because.")
    await _agent(backend).draft("Why?", sources=[Passage("1", "text")])
    (request,) = backend.asked
    assert request.instructions == "Answer.\n\nToday is 2026-01-02."
    assert request.options == {"top_p": 0.5}
    assert request.material == (Passage("1", "text"),)


async def test_cost_is_counted_from_the_price_per_million_tokens() -> None:
    agent = _agent(_Says("x"), price=PriceSection(input=2.0, output=10.0))
    await agent.draft("Why?")
    assert isinstance(agent.meter, _Meter)
    assert agent.meter.spent == [(Usage(1_000, 500), pytest.approx(0.007))]


async def test_plans_are_queries_without_repeats() -> None:
    assert await _agent(_Says('{"queries": ["tides", " tides ", "moon"]}')).plan("Tides") == ["tides", "moon"]


@pytest.mark.parametrize(
    "nonsense", ["<html>", '{"queries": []}', '{"queries": "tides"}', "{}", '{"queries": [""]}']
)
async def test_a_plan_that_is_none_is_refused(nonsense: str) -> None:
    with pytest.raises(BadAnswer):
        await _agent(_Says(nonsense)).plan("Tides")


async def test_tools_that_are_not_on_its_list_are_refused() -> None:
    agent = _agent(_Says(""))
    assert (await agent.use("feeds", "search_feeds", {})).text == "feeds.search_feeds for Ada"
    assert (await agent.use("files", "read", {})).text == "files.read for Ada"
    with pytest.raises(UserError, match="may not use write of files"):
        await agent.use("files", "write", {})


def test_channels_are_named_by_id_or_name() -> None:
    persona = _agent(_Says(""), channels=frozenset({"research", "77"})).persona
    assert persona.works_in(1, "research")
    assert persona.works_in(77, "other")
    assert not persona.works_in(1, "general")


async def test_the_budget_holds_over_restarts_and_is_said(database: Database) -> None:
    run_id = uuid4()
    async with database.transaction() as conn:
        new = NewRun(run_id, "lab", "w", {}, "t", Principal(1, 2, 3, "Ada"))
        await runs_table.insert(conn, new, status_row=None, thread_row=None)
    limit = BudgetSection(calls=3, tokens=10_000, seconds=900)
    for _ in range(3):
        await RunMeter(database, Clock(), run_id, limit).reserve()
    with pytest.raises(BudgetUsedUp, match="3 model calls"):
        await RunMeter(database, Clock(), run_id, limit).reserve()
    late = Clock(now=lambda: datetime(2100, 1, 1, tzinfo=UTC))
    with pytest.raises(BudgetUsedUp):
        await RunMeter(database, late, run_id, BudgetSection()).reserve()


async def test_tokens_end_the_budget_too(database: Database) -> None:
    run_id = uuid4()
    async with database.transaction() as conn:
        new = NewRun(run_id, "lab", "w", {}, "t", Principal(1, 2, 3, "Ada"))
        await runs_table.insert(conn, new, status_row=None, thread_row=None)
    meter = RunMeter(database, Clock(), run_id, BudgetSection(tokens=1_000))
    await meter.reserve()
    await meter.book(Usage(900, 100), 0.5)
    with pytest.raises(BudgetUsedUp):
        await meter.reserve()


def _personas(text: str, folder: Path) -> Personas:
    loaded = load_text(text.encode(), folder / "config.yaml", {}, folder=folder, missing_ok=True)
    clock = Clock(now=lambda: datetime(2026, 1, 1, 23, 30, tzinfo=UTC))
    return Personas(loaded.config, Resources(config_folder=folder), lambda _model: OfflineBackend(), clock)


def test_an_agent_that_is_not_configured_speaks_as_the_default_one(tmp_path: Path) -> None:
    persona = _personas("agents: {researcher: {display_name: Ravi}}", tmp_path).get("note_taker")
    assert (persona.name, persona.display_name) == ("note_taker", "Note Taker")


def test_a_prompt_beside_the_config_goes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "researcher.md").write_text("You are a pirate.", "utf-8")
    persona = _personas("agents: {researcher: {}}", tmp_path).get("researcher")
    assert persona.instructions["answer"].startswith("You are a pirate.")
    assert "in square brackets" in persona.instructions["answer"]


def test_the_date_is_that_of_the_configured_time_zone(tmp_path: Path) -> None:
    persona = _personas("timezone: Europe/Berlin\nlanguage: de", tmp_path).get("researcher")
    assert "2026-01-02" in persona.situation()
    assert "“de”" in persona.situation()


def test_an_agent_may_have_a_budget_of_its_own(tmp_path: Path) -> None:
    text = "budgets: {calls: 7}\nagents: {researcher: {}, thrifty: {budget: {calls: 2}}}"
    personas = _personas(text, tmp_path)
    assert (personas.get("researcher").budget.calls, personas.get("thrifty").budget.calls) == (7, 2)


def test_without_any_agent_it_is_said_what_to_add(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="agents:"):
        _personas("agents: {}", tmp_path).get("writer")
