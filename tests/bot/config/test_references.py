import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.references import BadReferenceError, MissingVariableError, Variables, escape, resolve

HERE = Path("/nowhere")
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
values = st.text(min_size=1, max_size=20)
defaults = st.text(st.characters(exclude_characters="}", exclude_categories=["Cs"]), max_size=12)


def variables(environ: dict[str, str] | None = None, dotenv: dict[str, str] | None = None) -> Variables:
    return Variables(environ or {}, dotenv or {}, HERE / ".env")


@given(values)
def test_escaped_text_means_itself(text: str) -> None:
    if not text.startswith("$file:"):
        assert resolve(escape(text), variables(), HERE).text == text


@given(
    st.lists(st.tuples(st.text(st.characters(exclude_characters="$"), max_size=8), names, values), max_size=5)
)
def test_each_reference_becomes_its_value_and_nothing_inside_a_value_is_followed(
    parts: list[tuple[str, str, str]],
) -> None:
    environ = {name: value for _, name, value in parts}
    written = "".join(f"{text}${{{name}}}" for text, name, _ in parts)
    found = resolve(written, variables(environ), HERE)
    assert found.text == "".join(text + environ[name] for text, name, _ in parts)
    assert found.sources == tuple(f"env {name}" for _, name, _ in parts)
    assert found.pieces == tuple(environ[name] for _, name, _ in parts)


@given(names, defaults)
def test_a_default_is_used_only_where_nothing_is_set(name: str, default: str) -> None:
    written = f"${{{name}:{default}}}"
    assert resolve(written, variables(), HERE).text == default
    assert resolve(written, variables({name: ""}), HERE).text == default
    assert resolve(written, variables({name: "set"}), HERE).text == "set"
    assert resolve(written, variables(), HERE).pieces == ()


@given(st.text("${}:Aa_ 1", max_size=12))
def test_any_text_is_followed_or_refused_with_a_sentence(text: str) -> None:
    try:
        resolve(text, variables({"A": "x"}), HERE)
    except BadReferenceError as error:
        assert "${" in str(error) or "is not set" in str(error)  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize("written", ["${", "${}", "${1A}", "${A B}", "a ${A", "${A-b}", "${:x}"])
def test_a_malformed_reference_is_refused(written: str) -> None:
    with pytest.raises(BadReferenceError, match=r"written \$\{NAME\}"):
        resolve(written, variables({"A": "x"}), HERE)


def test_the_environment_goes_before_dotenv_which_goes_before_the_default() -> None:
    both = variables({"A": "env"}, {"A": "dotenv", "B": "dotenv"})
    assert resolve("${A:default}", both, HERE).sources == ("env A",)
    assert resolve("${B:default}", both, HERE).sources == (".env B",)
    assert resolve("${C:default}", both, HERE).text == "default"


def test_a_missing_variable_says_how_to_set_it() -> None:
    with pytest.raises(
        MissingVariableError, match=r"needs A, which is not set; .*`A=\.\.\.` to /nowhere/\.env"
    ):
        resolve("${A}", variables({"B": "x"}), HERE)


@pytest.mark.parametrize("alias", ["DISCORD_BOT_TOKEN", "AIBOT_DISCORD_TOKEN"])
def test_an_alias_serves_where_the_canonical_name_is_not_set(alias: str) -> None:
    found = resolve("${DISCORD_TOKEN}", variables({alias: "x"}), HERE)
    assert found.text == "x"
    assert found.aliases == (("DISCORD_TOKEN", alias),)
    canonical = resolve("${DISCORD_TOKEN}", variables({alias: "x"}, {"DISCORD_TOKEN": "y"}), HERE)
    assert canonical.text == "y"
    assert not canonical.aliases


def test_a_file_is_read_without_the_line_break_at_its_end(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("  a b ${X} \r\n\n", encoding="utf-8")
    found = resolve("$file:secret", variables(), tmp_path)
    assert found.text == "  a b ${X} "
    assert found.sources == ("file secret",)
    assert resolve(f"$file:{tmp_path}/secret", variables(), HERE).text == "  a b ${X} "


@pytest.mark.parametrize(
    ("content", "part"),
    [(None, "does not exist"), (b"", "empty"), (b"\xff", "UTF-8"), (b"x" * 70_000, "larger")],
)
def test_a_file_that_cannot_serve_is_named(tmp_path: Path, content: bytes | None, part: str) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(BadReferenceError, match=part) as caught:
        resolve("$file:secret", variables(), tmp_path)
    assert str(tmp_path / "secret") in str(caught.value)


def test_a_folder_a_nameless_file_and_an_impossible_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadReferenceError, match="does not exist"):
        resolve("$file:.", variables(), tmp_path)
    with pytest.raises(BadReferenceError, match="needs a path"):
        resolve("$file: ", variables(), tmp_path)
    with pytest.raises(BadReferenceError, match="file"):
        resolve("$file:a\0b", variables(), tmp_path)
    with pytest.raises(BadReferenceError, match="file"):
        resolve("$file:~no-such-user-here/x", variables(), tmp_path)


def test_a_file_that_may_not_be_read_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    if os.geteuid() == 0:  # root may read everything, so the refusal has to come from elsewhere

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", str(secret))

        monkeypatch.setattr(Path, "open", refuse)
    else:
        secret.chmod(0)
    with pytest.raises(BadReferenceError, match="may not be read; change its owner or permissions"):
        resolve("$file:secret", variables(), tmp_path)
