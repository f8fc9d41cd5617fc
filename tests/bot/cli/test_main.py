import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import bot.cli
from bot.cli import build_app, in_front, main
from bot.cli.session import Session
from bot.config.problems import ConfigErrors
from bot.errors import ConfigError, OutsideError, UserError

SECRET = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.abcdefghijklmnopqrstuvwxyz012345"
IN_A_PROCESS = "import sys; from bot.cli import main; sys.exit(main())"


def ends_with(
    error: BaseException | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> tuple[int, str]:
    """Run the command line with one more command, which raises; return exit code and standard error."""
    complete = build_app

    def with_one_more() -> typer.Typer:
        app = complete()

        def fail() -> None:
            if error is not None:
                raise error

        app.command("fail")(fail)
        return app

    monkeypatch.setattr(bot.cli, "build_app", with_one_more)
    session = Session(
        environ={"DISCORD_TOKEN": SECRET}, config_path=tmp_path / "config.yaml", new_id=lambda: "abcd1234"
    )
    code = main(["fail", "--config", str(tmp_path / "config.yaml"), "--log-level=info"], session)
    out, err = capsys.readouterr()
    assert not out
    assert SECRET not in err
    assert "Traceback" not in err
    return code, err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (None, 0, ""),
        (UserError("Do it like this."), 1, "Do it like this.\n"),
        (OutsideError(f"It did not answer {SECRET}."), 1, "It did not answer [redacted].\n"),
        (ConfigError("Wrong.", file=Path("c.yaml"), line=3), 78, "c.yaml:3: Wrong.\n"),
        (
            ConfigErrors([ConfigError("Two.", file=Path("c"), line=2), ConfigError("One.", file=Path("c"), line=1)]),
            78,
            "c:1: One.\nc:2: Two.\n",
        ),
        (ExceptionGroup("several", [UserError("One."), ExceptionGroup("more", [UserError("One."), UserError("Two.")])]), 1, "One.\nTwo.\n"),
        (KeyboardInterrupt(), 130, ""),
        (typer.Exit(7), 7, ""),
    ],
)  # fmt: skip
def test_each_kind_of_failure_has_its_code_and_its_sentence(
    error: BaseException | None,
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ends_with(error, tmp_path, monkeypatch, capsys) == (code, said)
    assert not list(tmp_path.iterdir())


def test_what_nobody_expected_gets_an_id_and_a_report_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, err = ends_with(ZeroDivisionError(f"while using {SECRET}"), tmp_path, monkeypatch, capsys)
    report = tmp_path / "data" / "errors" / "abcd1234.txt"
    assert code == 70
    assert err.count("\n") == 1
    assert "error abcd1234" in err
    assert str(report) in err
    text = report.read_text(encoding="utf-8")
    assert "ZeroDivisionError: while using [redacted]" in text
    assert "Traceback" in text
    assert SECRET not in text
    assert report.stat().st_mode & 0o777 == 0o600


def test_a_report_that_cannot_lie_in_the_data_folder_lies_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").write_text("in the way", encoding="utf-8")
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    code, err = ends_with(ZeroDivisionError(), tmp_path, monkeypatch, capsys)
    assert code == 70
    assert str(elsewhere / "cogswarm-errors" / "abcd1234.txt") in err


def test_options_that_hold_everywhere_may_stand_behind_the_command() -> None:
    assert in_front(["run", "--config", "x", "y", "--log-level=debug"]) == [
        "--config",
        "x",
        "--log-level=debug",
        "run",
        "y",
    ]
    assert in_front(["demo", "--", "--config", "x"]) == ["demo", "--", "--config", "x"]
    assert in_front(["run", "--config"]) == ["--config", "run"]
    assert in_front([]) == []


def test_a_wrongly_typed_command_is_said_with_exit_code_2(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["chekc"], session) == 2
    assert "chekc" in capsys.readouterr().err


def test_the_help_lists_every_command(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"], session) == 0
    out = capsys.readouterr().out
    for name in bot.cli.COMMANDS:
        assert f"\n  {name.replace('_', '-')} " in out


def test_the_version_is_said(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"], session) == 0
    assert capsys.readouterr().out.startswith("cogswarm ")


@pytest.mark.slow
def test_the_help_imports_nothing_heavy() -> None:
    heavy = "{'pydantic', 'yaml', 'nextcord', 'structlog', 'psycopg', 'numpy', 'openai', 'mcp', 'starlette', 'rich'}"
    code = f"import sys; from bot.cli import main; main(['--help']); print('loaded:', sorted({heavy} & set(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ended.stdout.endswith("loaded: []\n")


@pytest.mark.slow
def test_ctrl_c_ends_a_waiting_prompt_quietly(tmp_path: Path) -> None:
    leader, follower = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_PROCESS, "init", "--no-weights"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(bot.cli.__file__).parents[2]), "DISCORD_TOKEN": ""},
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    shown = b""
    try:
        while b"Token" not in shown:
            shown += os.read(leader, 4096)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
    finally:
        process.kill()
        process.wait()
        os.close(leader)
    assert b"Traceback" not in shown
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_PROCESS, "config", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err == b""
