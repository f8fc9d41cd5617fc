"""Agents: within their tools and channels; a plan that is none is refused; the label is shown; who they are."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.agents.agent import Agent
from bot.agents.declared import DeclaredAgent
from bot.agents.persona import Model
from bot.agents.personas import Personas, all_agents
from bot.clock import Clock
from bot.config.agents import PriceSection
from bot.config.load import load_text
from bot.config.problems import ConfigErrors
from bot.errors import ConfigError, UserError
from bot.llm.offline.backend import OfflineBackend
from bot.llm.protocol import BadAnswer, Image, Passage, UnsupportedRequest, Usage
from bot.mcp.configured import server_specs, used_servers
from bot.mcp.errors import ToolRefused
from bot.mcp.results import ToolResult
from bot.resources import Resources
from bot.testing.scripted_model import ScriptedModel
from tests.bot.agents.at_work import Office, tool


def _agent(*says: str, label: str = "", **changes: Any) -> tuple[Agent, ScriptedModel]:
    office = Office()
    office.model.label = label
    for text in says:
        office.model.will_say(text)
    for server, name in (("feeds", "search_feeds"), ("files", "read")):
        office.tools.add(tool(server, name), lambda given: ToolResult(str(dict(given))))
    return office.agent(**changes), office.model


async def test_an_answer_carries_the_label_and_a_draft_does_not() -> None:
    agent, _ = _agent("Because [1].", "Because [1].", label="extractive, offline")
    assert await agent.answer("Why?") == "Because [1].\n-# extractive, offline"
    assert await agent.draft("Why?") == "Because [1]."


async def test_the_model_is_told_the_date_and_given_its_options() -> None:
    agent, model = _agent("Because.", options={"top_p": 0.5}, temperature=0.1, answer_tokens=99)
    await agent.draft("Why?", sources=[Passage("1", "text")])
    request = model.asked[0].request
    assert (request.temperature, request.max_tokens) == (0.1, 99)
    assert request.instructions == "answer!\n\nToday is 2026-01-02."
    assert request.options == {"top_p": 0.5}
    assert request.material == (Passage("1", "text"),)


def test_cost_is_counted_from_the_price_per_million_tokens() -> None:
    model = Model("m", OfflineBackend(), price=PriceSection(input=2.0, output=10.0))
    assert model.cost(Usage(1_000, 500)) == pytest.approx(0.007)
    assert Model("m", OfflineBackend()).cost(Usage(1_000, 500)) is None


async def test_plans_are_queries_without_repeats() -> None:
    agent, _ = _agent('{"queries": ["tides", " tides ", "moon"]}')
    assert await agent.plan("Tides") == ["tides", "moon"]


@pytest.mark.parametrize(
    "nonsense", ["<html>", '{"queries": []}', '{"queries": "tides"}', "{}", '{"queries": [""]}']
)
async def test_a_plan_that_is_none_is_refused(nonsense: str) -> None:
    agent, _ = _agent(nonsense, nonsense)
    with pytest.raises(BadAnswer):
        await agent.plan("Tides")


async def test_tools_that_are_not_on_its_list_are_refused() -> None:
    agent, _ = _agent()
    assert (await agent.use("feeds", "search_feeds", {"q": 1})).text == "{'q': 1}"
    assert (await agent.use("files", "read", {})).text == "{}"
    with pytest.raises(UserError, match="may not use write of files"):
        await agent.use("files", "write", {})


async def test_a_use_by_code_is_judged_like_one_by_a_model() -> None:
    office = Office()
    office.tools.add(tool("feeds", "post", read_only=False))
    office.tools.add(tool("feeds", "read"))
    agent = office.agent()
    with pytest.raises(ToolRefused, match="a person has to agree") as refused:
        await agent.use("feeds", "post", {})
    assert refused.value.kind == "consequential"
    office.people.known.clear()
    with pytest.raises(ToolRefused, match="not a member of this server any more"):
        await agent.use("feeds", "read", {})
    assert office.tools.called == []


async def test_a_model_that_cannot_see_is_told_in_words_and_not_asked_with_pictures_again() -> None:
    office = Office()
    office.tools.add(
        tool("feeds", "look"), lambda _given: ToolResult("A map.", images=[Image("image/png", b"x")] * 2)
    )
    office.model.will_call("feeds__look", n=1)
    office.model.will_fail(UnsupportedRequest("No eyes."))
    office.model.will_call("feeds__look", n=2)
    office.model.will_say("I cannot see it.")
    reply = await office.agent().converse("Look")
    assert reply.notes == ("model1 cannot look at pictures; it was only told that there are some.",)
    shown = [[len(turn.images) for turn in asked.request.turns] for asked in office.model.asked]
    assert shown == [[0], [0, 0, 2], [0, 0, 0], [0, 0, 0, 0, 0]]
    assert "2 pictures are here that you cannot see" in office.model.asked[2].request.turns[-1].text
    assert [file.name for file in reply.files] == [f"picture-{number}.png" for number in (1, 2, 3, 4)]
    office.record.recorded.clear()
    office.model.will_fail(UnsupportedRequest("No such model."))
    with pytest.raises(UnsupportedRequest):
        await office.agent().converse("Nothing to see")


def test_channels_are_named_by_id_or_name() -> None:
    persona = _agent(channels=frozenset({"research", "77"}), reads=frozenset({"78"}))[0].persona
    assert persona.reads_in(78, "x")
    assert not persona.reads_in(77, "research")
    persona.check_works_in(1, "research")
    persona.check_works_in(77, "other")
    with pytest.raises(UserError, match="does not work in this channel"):
        persona.check_works_in(1, "general")


def _personas(text: str, folder: Path, **declared: DeclaredAgent) -> Personas:
    loaded = load_text(text.encode(), folder / "config.yaml", {}, folder=folder, missing_ok=True)
    clock = Clock(now=lambda: datetime(2026, 1, 1, 23, 30, tzinfo=UTC))
    resources = Resources(config_folder=folder)
    return Personas(loaded.config, resources, lambda _name, _model: OfflineBackend(), clock, declared)


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


def test_what_an_agent_is_stands_in_the_config(tmp_path: Path) -> None:
    persona = _personas(
        "models: {dear: {backend: offline, model: x, options: {a: 1}}}\n"
        "agents: {w: {model: dear, fallbacks: [offline, dear], roles: [5], temperature: 0.2, delegates: [r],\n"
        "  capabilities: [python], concurrency: 2, answer_tokens: 99, limits: {rounds: 3}, reads: [news]}}",
        tmp_path,
    ).get("w")
    assert [(model.name, model.id) for model in persona.models] == [("dear", "x"), ("offline", "")]
    assert (persona.roles, persona.delegates, persona.reads) == ({5}, {"r"}, {"news"})
    assert (persona.temperature, persona.concurrency, persona.answer_tokens) == (0.2, 2, 99)
    assert (persona.limits.rounds, persona.capabilities) == (3, ("python",))


def test_a_fallback_that_is_no_model_is_said_with_its_line(tmp_path: Path) -> None:
    text = b"version: 1\nagents:\n  w:\n    fallbacks:\n      - offline\n      - gtp\n"
    with pytest.raises(ConfigErrors) as raised:
        load_text(text, tmp_path / "config.yaml", {}, folder=tmp_path, missing_ok=True)
    assert [error.line for error in raised.value.errors] == [6]
    assert "agents.w.fallbacks" in str(raised.value.errors[0])


def test_a_plugins_agent_is_changed_by_the_config(tmp_path: Path) -> None:
    brought = DeclaredAgent(display_name="Scribe", tools=("feeds",), instructions="You write minutes.")
    text = "models: {dear: {backend: offline}}\nagents: {first: {model: dear}, scribe: {tools: [files]}}"
    personas = _personas(text, tmp_path, scribe=brought, other=DeclaredAgent(instructions="You are other."))
    scribe = personas.get("scribe")
    assert (scribe.display_name, scribe.tools) == ("Scribe", {"files"})
    assert scribe.instructions["chat"].startswith("You write minutes.")
    assert personas.get("other").model.name == "dear"
    assert personas.names == ("first", "scribe", "other")


def test_servers_of_a_plugins_agent_are_started(tmp_path: Path) -> None:
    text = b"agents: {first: {tools: [feeds]}}\ntools: {maps: {command: [maps]}, spare: {command: [spare]}}"
    loaded = load_text(text, tmp_path / "config.yaml", {}, folder=tmp_path, missing_ok=True)
    brought = {"scribe": DeclaredAgent(tools=("maps.route",))}
    agents = all_agents(loaded.config, brought)
    assert used_servers(agents.values()) == {"feeds", "maps"}
    assert "maps" in {spec.name for spec in server_specs(loaded, agents.values())}
    assert "spare" not in {spec.name for spec in server_specs(loaded, agents.values())}
