from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.config.load import load_config
from bot.config.show import shown_values

SECRET = "s3cr3t-and-long"
TEXT = f"""\
discord: {{token: '${{A}}'}}
database: {{url: 'postgresql://user:${{A}}@host/db'}}
models:
  m: {{backend: openai, api_key: '${{A}}', base_url: 'http://user:{SECRET}@h/v1', options: {{my_password: {SECRET}, deep: [{{x: '${{A}}'}}]}}}}
tools:
  t: {{command: [x, '--key=${{A}}'], env: {{API_KEY: '${{A}}', LOG_LEVEL: info}}}}
  u: {{url: 'https://u:{SECRET}@h/?key=${{A}}'}}
cogs: {{c: {{hook: '${{A}}', name: plain}}}}
timezone: ${{ZONE:Europe/Berlin}}
"""


def show(tmp_path: Path, secret: str = SECRET) -> dict[str, tuple[str, str]]:
    file = tmp_path / "config.yaml"
    file.write_text(TEXT, encoding="utf-8")
    shown = shown_values(load_config(file, {"A": secret, "ZONE": "UTC"}))
    return {one.path: (one.value, one.origin) for one in shown}


def test_every_value_is_shown_with_its_origin_and_no_secret(tmp_path: Path) -> None:
    shown = show(tmp_path)
    assert SECRET not in str(shown)
    assert shown["discord.token"] == ("(hidden)", "env A")
    assert shown["database.url"] == ("(hidden)", "env A")
    assert shown["timezone"] == ("UTC", "env ZONE")
    assert shown["tools.t.command[0]"] == ("x", "config.yaml:6")
    assert shown["tools.t.command[1]"] == ("(hidden)", "env A")
    assert shown["models.m.base_url"][0] == "http://(hidden)@h/v1"
    assert shown["cogs.c.name"] == ("plain", "config.yaml:8")
    assert shown["cogs.c.hook"] == ("(hidden)", "env A")
    assert shown["language"] == ("en", "default")
    assert shown["models.offline.backend"] == ("offline", "default")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-%=+", min_size=12, max_size=40))
def test_whatever_the_secret_it_is_not_shown(tmp_path: Path, secret: str) -> None:
    assert secret not in str(show(tmp_path, secret))


def test_a_very_short_secret_does_not_hide_everything_else(tmp_path: Path) -> None:
    shown = show(tmp_path, "n")
    assert shown["language"][0] == "en"
    assert shown["cogs.c.hook"][0] == "(hidden)"
