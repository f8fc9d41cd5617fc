"""Each plugin is loaded on its own: whatever one does wrong, the rest work and the reason is told."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.config.models import Config
from bot.plugins.discovery import find
from bot.plugins.loading import Loaded, Plugin, check_settings, load

GOOD = """
from cogswarm import Cog, Context, hookimpl
{name} = Cog("{name}", summary="Works")

@{name}.command("{name}", help="Works")
async def now(ctx: Context, times: int = 1) -> None:
    await ctx.reply("yes")

@hookimpl
def cogswarm_cogs() -> list[Cog]:
    return [{name}]
"""
BAD = {
    "cannot be imported": "import no_such_module_at_all",
    "SystemExit": "raise SystemExit('bye')",
    "SyntaxError": "def broken(:",
    "does not fit this version's hooks": "from cogswarm import hookimpl\n@hookimpl\ndef cogswarm_sing(): ...",
    "built for version 99": "COGSWARM_API = 99\n" + GOOD.format(name="newer"),
    "implements no hook": "x = 1",
    "One of its hooks failed: RuntimeError: no": (
        "from cogswarm import hookimpl\n@hookimpl\ndef cogswarm_cogs(): raise RuntimeError('no')"
    ),
    "returned str, not a Cog": "from cogswarm import hookimpl\n@hookimpl\ndef cogswarm_cogs(): return ['cog']",
    "is an async function": "from cogswarm import hookimpl\n@hookimpl\nasync def cogswarm_cogs(): return []",
    "There is a cog named works already": GOOD.format(name="works"),
    "has the command /works already": GOOD.format(name="twin").replace('command("twin"', 'command("works"'),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    place = tmp_path / "plugins"
    place.mkdir()
    return place


def _plugin(folder: Path, source: str, *, name: str | None = None, project: str | None = None) -> str:
    name = name or f"plugin_{uuid4().hex[:8]}"
    home = folder / name
    package = home / name
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(source, "utf-8")
    (home / "pyproject.toml").write_text(
        project
        if project is not None
        else f'[project]\nname = "{name}"\nversion = "1.2"\n[project.entry-points.cogswarm]\n{name} = "{name}"\n'
    )
    return name


def _loaded(folder: Path, **kwargs: list[str]) -> tuple[Loaded, dict[str, Plugin]]:
    loaded = load(find([folder]), **kwargs)
    return loaded, {plugin.candidate.name: plugin for plugin in loaded.plugins}


def test_every_kind_of_bad_plugin_is_reported_and_the_good_ones_work(folder: Path) -> None:
    bad = {_plugin(folder, source): reason for reason, source in BAD.items()}
    good = _plugin(folder, GOOD.format(name="works"), name="a_first_one")
    loaded, plugins = _loaded(folder)
    for name, reason in bad.items():
        assert plugins[name].state == "failed", (name, reason)
        assert reason in plugins[name].reason
        assert "Traceback" not in plugins[name].reason
    assert plugins[good].state == "loaded"
    assert plugins[good].candidate.version == "1.2"
    assert plugins[good].hooks == ("cogswarm_cogs",)
    assert {"research", "works"} <= set(loaded.cogs)
    assert "newer" not in loaded.cogs
    assert "twin" not in loaded.cogs


def test_a_local_plugin_goes_before_an_installed_one_of_its_name(folder: Path) -> None:
    _plugin(folder, GOOD.format(name="research"), name="research")
    loaded, _ = _loaded(folder)
    assert loaded.cogs["research"].summary == "Works"
    states = [
        (plugin.state, plugin.reason) for plugin in loaded.plugins if plugin.candidate.name == "research"
    ]
    assert states[0][0] == "loaded"
    assert "goes before it" in states[1][1]


def test_a_plugin_brings_model_providers(folder: Path) -> None:
    name = _plugin(
        folder,
        "from cogswarm import hookimpl\nfrom cogswarm.llm import Backend, Connection\n"
        "def opened(connection: Connection) -> Backend: raise NotImplementedError\n"
        "@hookimpl\ndef cogswarm_backends(): return {'parrot': opened}",
    )
    loaded, plugins = _loaded(folder)
    assert plugins[name].hooks == ("cogswarm_backends",)
    assert {"parrot", "openai", "anthropic", "ollama", "offline"} <= set(loaded.backends)


def test_a_disabled_plugin_is_not_imported(folder: Path) -> None:
    name = _plugin(folder, "raise RuntimeError('imported')")
    _, plugins = _loaded(folder, disabled=[name])
    assert plugins[name].state == "disabled"


@pytest.mark.parametrize(
    ("project", "said"),
    [("not [ toml", "cannot be read"), ("[project]\nname = 'x'\n", "has no [project.entry-points.cogswarm]")],
)
def test_a_project_file_that_helps_nobody_is_named(folder: Path, project: str, said: str) -> None:
    name = _plugin(folder, "", project=project)
    _, plugins = _loaded(folder)
    assert said in plugins[name].reason


def test_a_module_with_the_name_of_another_is_refused(folder: Path) -> None:
    name = _plugin(folder, GOOD.format(name="jsonish"), name="json")
    _, plugins = _loaded(folder)
    assert "has the name of another one" in plugins[name].reason


def test_the_example_plugin_loads_as_it_is() -> None:
    loaded = load(find([Path(__file__).parents[3] / "plugins"]))
    assert loaded.cogs["standup"].commands["standup"].options[0].name == "hours"


def test_settings_of_cogs_are_checked() -> None:
    loaded = load(find([]))
    few, many = {"research": {"sources": 3}}, {"research": {"sources": 300}, "nosuch": {}}

    def config(cogs: dict[str, Any], there: dict[str, Any]) -> Config:
        channel = {"id": 123456789012345678, "cogs": there}
        return Config.model_validate({"version": 1, "cogs": cogs, "servers": {"channels": [channel]}})

    assert check_settings(loaded, config(few, few)) == []
    problems = [str(error) for error in check_settings(loaded, config(many, few))]
    assert len(problems) == 2
    assert any(problem.startswith("cogs.nosuch: there is no such cog") for problem in problems)
    problems = [str(error) for error in check_settings(loaded, config(few, many))]
    assert len(problems) == 2
    assert any(problem.startswith("servers.channels.0.cogs.research: ") for problem in problems)
