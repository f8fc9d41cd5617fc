"""The owner's limits: a server's own entry before what holds for all, and budgets only ever lowered."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.agents.personas import Personas
from bot.clock import Clock
from bot.config.load import load_text
from bot.errors import UserError
from bot.llm.offline.backend import OfflineBackend
from bot.plugins.owner import limits_of, permitted
from bot.resources import Resources

ELSEWHERE, HERE = 5, 7
CONFIG = """
discord: {token: a.b.c}
models: {dear: {backend: offline}, cheap: {backend: offline}}
agents: {writer: {model: dear}, clerk: {model: cheap, budget: {tokens: 5000}}}
servers:
  allow: [5, 7]
  limits: {cogs: [research], models: [cheap, offline], budget: {tokens: 20000, calls: 3, seconds: 60}}
  each: [{id: 7, cogs: [research, standup], agents: [writer], models: [dear]}]
"""


@pytest.fixture
def personas(tmp_path: Path) -> tuple[Personas, Path]:
    loaded = load_text(CONFIG.encode(), tmp_path / "config.yaml", {}, folder=tmp_path)
    return Personas(
        loaded.config, Resources(config_folder=tmp_path), lambda _name, _model: OfflineBackend(), Clock()
    ), tmp_path


def test_a_servers_own_entry_goes_before_what_holds_for_all(tmp_path: Path) -> None:
    config = load_text(CONFIG.encode(), tmp_path / "config.yaml", {}, folder=tmp_path).config
    here, elsewhere = limits_of(config, HERE), limits_of(config, ELSEWHERE)
    assert (here.cogs, elsewhere.cogs) == ({"research", "standup"}, {"research"})
    assert (here.agents, elsewhere.agents) == ({"writer"}, None)
    assert here.budget == elsewhere.budget


def test_agents_and_models_are_refused_and_budgets_lowered(personas: tuple[Personas, Path]) -> None:
    known, folder = personas
    config = load_text(CONFIG.encode(), folder / "config.yaml", {}, folder=folder).config
    writer, clerk = known.get("writer"), known.get("clerk")
    assert permitted(config, HERE, writer).budget.tokens == 20_000
    lowered = permitted(config, ELSEWHERE, clerk).budget
    assert (lowered.tokens, lowered.calls, lowered.seconds) == (5_000, 3, 60)
    with pytest.raises(UserError, match="does not let Clerk work"):
        permitted(config, HERE, clerk)
    with pytest.raises(UserError, match="does not offer the language model of Writer"):
        permitted(config, ELSEWHERE, writer)
    free = config.model_copy(
        update={"servers": config.servers.model_copy(update={"limits": type(config.servers.limits)()})}
    )
    assert permitted(free, ELSEWHERE, writer) == replace(writer)
