import json
from collections.abc import Callable
from pathlib import Path

from jsonschema import Draft202012Validator

from bot.cli.session import Session

type Run = Callable[..., tuple[int, str, str]]


def test_show_gives_every_value_with_its_origin_and_no_secret(
    run: Run, session: Session, tmp_path: Path, token: str
) -> None:
    session.environ = {"DISCORD_TOKEN": token, "KEY": "key-of-mine"}
    (tmp_path / "config.yaml").write_text(
        "language: de\nmodels: {gpt: {backend: openai, api_key: '${KEY}'}}\ncogs: {c: {hook: 'https://h/${KEY}'}}\n",
        encoding="utf-8",
    )
    code, out, err = run("config", "show")
    assert code == 0, err
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert lines["language"].endswith("de  (config.yaml:1)")
    assert lines["timezone"].endswith("UTC  (default)")
    assert lines["discord.token"].endswith("(hidden)  (env DISCORD_TOKEN)")
    assert lines["models.gpt.api_key"].endswith("(hidden)  (env KEY)")
    assert token not in out + err
    assert "key-of-mine" not in out + err


def test_show_works_without_the_secrets_and_says_which_are_missing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("version: 1\n", encoding="utf-8")
    code, out, err = run("config", "show")
    assert code == 0
    assert "discord.token" in out
    assert "needs DISCORD_TOKEN" in err


def test_schema_prints_a_valid_schema_without_a_configuration(run: Run) -> None:
    code, out, _ = run("config", "schema")
    assert code == 0
    Draft202012Validator.check_schema(json.loads(out))
