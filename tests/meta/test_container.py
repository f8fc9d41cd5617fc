"""The container files, as far as they can be checked without an engine: nothing that the build copies is left out."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.meta.tree import committed
from tests.tools import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def _sent_to_the_engine() -> list[Path]:
    """The committed files that .dockerignore lets through; it forbids all and names what may pass."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    passing = [ROOT / line.removeprefix("!") for line in lines if line.startswith("!")]
    return [path for path in committed() if any(path.is_relative_to(place) for place in passing)]


def _final_stage() -> str:
    return DOCKERFILE.rpartition("\nFROM ")[2]


def test_each_copied_file_reaches_the_engine() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    files = [ROOT / name for names in copied for name in names.split() if name != "."]
    assert files
    assert set(files) <= set(_sent_to_the_engine())


@pytest.mark.slow
def test_the_wheel_can_be_built_from_what_reaches_the_engine(tmp_path: Path) -> None:
    source = tmp_path / "src"
    for path in _sent_to_the_engine():
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    installed = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--no-build-isolation", "--target",
         str(tmp_path / "installed"), "."],
        cwd=source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    assert (tmp_path / "installed/bot/_data/config.yaml").is_file()


def test_every_download_is_checked_by_hash() -> None:
    installs = re.findall(r"pip install (.+?)(?: \\)?$", DOCKERFILE, re.MULTILINE)
    assert len(installs) == 3
    assert all(("--require-hashes" in options) != ("--no-index" in options) for options in installs)


def test_the_bot_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)$", _final_stage(), re.MULTILINE)
    assert users
    assert users[-1] not in {"root", "0"}


def test_the_container_runs_the_bot() -> None:
    assert 'ENTRYPOINT ["cogswarm"]\nCMD ["run"]' in _final_stage()


def test_the_composition_keeps_what_must_be_kept() -> None:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    bot, postgres = compose["services"]["bot"], compose["services"]["postgres"]
    home = re.search(r"^VOLUME (\S+)$", _final_stage(), re.MULTILINE)
    assert home
    assert f"home:{home[1]}" in bot["volumes"]
    assert bot["env_file"] == [{"path": ".env", "required": False}]
    assert postgres["profiles"] == ["postgres"], "the bot comes with a database; this one is a choice"
    assert "ports" not in postgres, "the database is nobody else's business"
    used = {volume.partition(":")[0] for service in (bot, postgres) for volume in service["volumes"]}
    assert used == set(compose["volumes"])
