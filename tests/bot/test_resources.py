"""Shipped files are found in a checkout and in an installed wheel, and a user's own ones go before them."""

from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.resources import Resources
from tests.tools import ROOT


def _write(file: Path, text: str = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_checkout_has_its_data_at_the_root() -> None:
    resources = Resources()
    assert resources.shipped == ROOT
    assert resources.migrations.is_dir()
    assert resources.page.is_dir()


def test_an_installed_wheel_has_its_data_inside_the_package(tmp_path: Path) -> None:
    config = _write(tmp_path / "bot" / "_data" / "config.yaml")
    _write(tmp_path / "config.yaml", "someone else's, in site-packages")
    assert Resources(package=tmp_path / "bot").default_config == config


def test_a_prompt_beside_the_config_goes_before_the_shipped_one(tmp_path: Path) -> None:
    shipped = _write(tmp_path / "bot" / "_data" / "prompts" / "research" / "plan.md")
    other = _write(tmp_path / "bot" / "_data" / "prompts" / "research" / "write.md")
    own = _write(tmp_path / "home" / "prompts" / "research" / "plan.md")
    plain = Resources(package=tmp_path / "bot")
    with_config = Resources(package=tmp_path / "bot", config_folder=tmp_path / "home")
    assert plain.prompt("research/plan") == shipped
    assert with_config.prompt("research/plan") == own
    assert with_config.prompt("research/write") == other


def test_a_missing_prompt_is_named_with_the_folders_searched(tmp_path: Path) -> None:
    (tmp_path / "home" / "prompts").mkdir(parents=True)
    resources = Resources(package=tmp_path / "bot", config_folder=tmp_path / "home")
    with pytest.raises(ConfigError) as raised:
        resources.prompt("no-such")
    for folder in resources.prompt_folders:
        assert str(folder) in str(raised.value)
    assert len(resources.prompt_folders) == 2


@pytest.mark.parametrize("purpose", ["../secret", "/etc/passwd", "a//b", "", "plan.md", "a/../b", "plan\n"])
def test_a_purpose_never_leaves_the_folders(tmp_path: Path, purpose: str) -> None:
    _write(tmp_path / "secret.md")
    with pytest.raises(ConfigError, match="no name of a prompt"):
        Resources(package=tmp_path / "bot").prompt(purpose)


def test_plugins_are_looked_for_only_beside_the_config(tmp_path: Path) -> None:
    assert Resources(config_folder=tmp_path).plugin_folders == ()
    (tmp_path / "plugins").mkdir()
    assert Resources(config_folder=tmp_path).plugin_folders == (tmp_path / "plugins",)
    assert Resources().plugin_folders == ()


def test_in_a_checkout_the_roots_plugins_are_the_ones_beside_the_config(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    checkout = Resources(package=tmp_path / "bot", config_folder=tmp_path)
    assert checkout.plugin_folders == (tmp_path / "plugins",)


def test_the_checkouts_own_prompts_are_not_searched_twice() -> None:
    assert Resources(config_folder=ROOT).prompt_folders == (ROOT / "prompts",)
