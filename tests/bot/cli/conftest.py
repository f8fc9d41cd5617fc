import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from bot.cli import main
from bot.cli.session import Session

A_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.abcdefghijklmnopqrstuvwxyz012345"

type Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def token() -> str:
    """A made-up token of the application 123456789012345678."""
    return A_TOKEN


def not_asked(prompt: str) -> str:
    raise AssertionError(f"nobody should be asked: {prompt}")


def not_fetched() -> None:
    raise AssertionError("nothing should be fetched")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session in an empty folder, with an empty environment and nobody to ask."""
    return Session(
        environ={},
        config_path=tmp_path / "config.yaml",
        ask_secret=not_asked,
        interactive=lambda: False,
        fetch_weights=not_fetched,
        new_id=lambda: "1d1d1d1d",
        new_secret=lambda: "2e2e2e2e",
    )


@pytest.fixture
def run(session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command in the session and gives its exit code, output and errors."""

    def run_command(*argv: str) -> tuple[int, str, str]:
        code = main([*argv, "--config", str(tmp_path / "config.yaml")], session)
        out, err = capsys.readouterr()
        return code, out, err

    return run_command


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    """Leaves the logging of this process as it was: a command that starts the whole house sets it up anew."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
