from collections.abc import Callable
from pathlib import Path

import pytest

from bot.config.load import load_config, load_default_config
from bot.config.loaded import LoadedConfig
from bot.config.models import Config
from bot.config.problems import ConfigErrors
from bot.config.renamed import Renamed
from bot.plugins.owner import tool_allowed

TOKEN = "abcdef.ghijkl.mnopqr"
type Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_config(text: str) -> Path:
        file = tmp_path / "config.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write_config


def load(file: Path, **environ: str) -> LoadedConfig:
    return load_config(file, {"DISCORD_TOKEN": TOKEN, **environ})


def refused(file: Path, **environ: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        load(file, **environ)
    return str(caught.value).replace(f"{file.parent}/", "").splitlines()


def test_the_smallest_file_gives_the_defaults(write: Write) -> None:
    loaded = load(write("version: 1\n"))
    assert loaded.config.discord.bot_token == TOKEN
    assert loaded.config.model_copy(update={"discord": Config().discord}) == Config()
    assert loaded.data_dir == write("version: 1\n").parent / "data"
    assert loaded.config.database.url is None
    assert not loaded.notices


def test_keys_whose_content_is_commented_out_count_as_left_out(write: Write) -> None:
    loaded = load(write("discord:\n  # token: x\ndatabase:\nmodels:\nagents:\ntools:\ncogs:\n  research:\n"))
    assert loaded.config.discord.bot_token == TOKEN
    assert loaded.config.cogs == {"research": {}}


def test_everything_that_is_wrong_is_said_at_once_each_with_its_line_and_what_to_write(write: Write) -> None:
    lines = refused(
        write(
            """\
version: 2
discord:
  tokn: x
  message_content: [yes]
databse: {}
models:
  gpt: {model: 5, api_key: "${OPENAI_API_KEY}"}
  Bad Name: {backend: openai}
agents:
  writer: {model: gtp, budget: {tokens: 3}, tools: feeds}
tools:
  both: {command: [x], url: "http://q"}
  both: {command: [x]}
token: x
timezone: Mars
servers: {allow: [true, -3, 1.5]}
embeddings: gpd
web: {prot: 80}
plugins: 7
data_dir: $file:nothing
"""
        )
    )
    expected = [
        (1, "`version` must be 1", "version: 1"),
        (3, "`discord.tokn` is not a known key", "did you mean `discord.token`?"),
        (4, "`discord.message_content` must be true or false", "message_content: false"),
        (5, "`databse` is not a known key", "did you mean `database`?"),
        (7, "`models.gpt.api_key` needs OPENAI_API_KEY", "`OPENAI_API_KEY=...`"),
        (7, "`models.gpt.backend` is missing", "backend: openai"),
        (7, "`models.gpt.model` must be text", "model: gpt-5.4-mini"),
        (8, "`Bad Name` under `models`", "small letters"),
        (10, "`agents.writer.model` names `gtp`", "did you mean `gpt`?"),
        (10, "`agents.writer.budget.tokens` must be at least 1000", "tokens: 100000"),
        (10, "`agents.writer.tools` must be a list", "tools: [feeds]"),
        (12, "`tools.both` needs either", "`url`"),
        (13, "`tools.both` stands here a second time", "line 12"),
        (14, "`token` is not a known key", "write `discord.token`"),
        (15, "`timezone` must be a time zone's name", "Europe/Berlin"),
        (16, "`servers.allow[0]` must be a number", ""),
        (16, "`servers.allow[1]` must be more than 0", ""),
        (16, "`servers.allow[2]` must be a whole number", ""),
        (17, "`embeddings` names `gpd`", "did you mean `gpt`?"),
        (18, "`web.prot` is not a known key", "port"),
        (19, "`plugins` must be a mapping", ""),
        (20, "`data_dir` names the file", "does not exist"),
    ]
    for number, what, instead in expected:
        found = [line for line in lines if line.startswith(f"config.yaml:{number}: ") and what in line]
        assert len(found) == 1, (number, what, lines)
        assert instead in found[0]
    assert len(lines) == len(expected), lines


def test_a_missing_token_names_the_variable_and_the_file(write: Write) -> None:
    file = write("version: 1\n")
    with pytest.raises(ConfigErrors) as caught:
        load_config(file, {})
    (error,) = caught.value.errors
    assert "`discord.token` needs DISCORD_TOKEN" in str(error)
    assert str(file.parent / ".env") in str(error)


def test_commands_that_need_no_secret_can_go_on_without(write: Write) -> None:
    text = 'models:\n  gpt: {backend: openai, api_key: "${NOWHERE}"}\n'
    loaded = load_config(write(text), {}, missing_ok=True)
    assert loaded.config.discord.token is None
    assert loaded.config.models["gpt"].api_key is None
    assert [error.line for error in loaded.missing] == [1, 2]
    with pytest.raises(ConfigErrors, match="tokn"):
        load_config(write("discord: {tokn: 1}\n"), {}, missing_ok=True)
    with pytest.raises(ConfigErrors, match=r"`tools.t.url` needs NOWHERE"):
        load_config(write("tools: {t: {url: '${NOWHERE}'}}\n"), {}, missing_ok=True)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty"),
        ("# nothing\n", "empty"),
        ("- a\n", "mapping"),
        ("words\n", "mapping"),
        ("a: [\n", "not closed"),
        ("\t", "not YAML"),
    ],
)
def test_a_file_that_is_no_mapping_is_one_sentence(write: Write, text: str, part: str) -> None:
    (line,) = refused(write(text))
    assert part in line
    assert line.startswith("config.yaml:")


def test_a_file_that_is_not_there_or_is_a_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors, match="cogswarm init"):
        load(tmp_path / "config.yaml")
    with pytest.raises(ConfigErrors, match="cannot be read"):
        load(tmp_path)


def test_dotenv_beside_the_file_is_read_behind_the_environment(write: Write) -> None:
    file = write("discord: {token: '${DISCORD_TOKEN}'}\nlanguage: ${LANGUAGE_HERE:en}\n")
    (file.parent / ".env").write_text(
        "DISCORD_TOKEN='from.dotenv.$HOME'\nexport LANGUAGE_HERE=de # here\n", encoding="utf-8"
    )
    alone = load_config(file, {})
    assert alone.config.discord.bot_token == "from.dotenv.$HOME"
    assert alone.config.language == "de"
    assert alone.origin_of("discord.token") == ".env DISCORD_TOKEN"
    assert load(file).config.discord.bot_token == TOKEN
    assert load(file).origin_of("discord.token") == "env DISCORD_TOKEN"
    (file.parent / ".env").write_bytes(b"\xff")
    assert "UTF-8" in refused(file)[0]


def test_the_origin_of_each_value_is_known(write: Write) -> None:
    file = write("version: 1\ntools:\n  t:\n    command: [a, '${X}']\n    env: {K: $file:key}\n")
    (file.parent / "key").write_text("k\n", encoding="utf-8")
    loaded = load(file, X="x")
    assert loaded.origin_of("version") == "config.yaml:1"
    assert loaded.origin_of("tools.t.command[0]") == "config.yaml:4"
    assert loaded.origin_of("tools.t.command[1]") == "env X"
    assert loaded.origin_of("tools.t.env.K") == "file key"
    assert loaded.origin_of("tools.t.timeout") == "default"
    assert loaded.origin_of("language") == "default"
    assert loaded.origin_of("no.such.key") == "default"
    assert loaded.origin_of("discord.token") == "env DISCORD_TOKEN"
    assert loaded.config.tools["t"].environment() == {"K": "k"}


def test_an_alias_and_a_token_in_plain_text_are_said(write: Write) -> None:
    loaded = load_config(write("version: 1\n"), {"AIBOT_DISCORD_TOKEN": TOKEN})
    assert loaded.config.discord.bot_token == TOKEN
    (notice,) = loaded.notices
    assert "AIBOT_DISCORD_TOKEN is used" in notice
    loaded = load(write(f"version: 1\ndiscord:\n  token: {TOKEN}\n"))
    (notice,) = loaded.notices
    assert "config.yaml:3" in notice
    assert TOKEN not in notice


def test_an_empty_optional_value_is_left_out_and_references_become_numbers(write: Write) -> None:
    text = "database: {url: '${NOT_SET:}'}\nbudgets: {tokens: '${T:2000}'}\ndiscord: {message_content: '${M:true}'}\n"
    config = load(write(text)).config
    assert config.database.url is None
    assert config.budgets.tokens == 2000
    assert config.discord.message_content is True


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("discord: {token: 'Bot abc'}", "without spaces"),
        ("database: {url: mysql://x}", "postgresql://"),
        ("models: {m: {backend: openai, base_url: 'ftp://x'}}", "https://"),
        ("models: {m: {backend: openai, base_url: 'http://x:99999'}}", "https://"),
        ("models: {m: {backend: openai, price: {input: .nan}}}", "must be a number"),
        ("tools: {t: {url: 'http://x', feeds: [{name: a, url: 'http://a'}]}}", "only beside `command`"),
        (
            "tools: {t: {command: [x], feeds: [{name: a, url: 'http://a'}, {name: a, url: 'http://b'}]}}",
            "two feeds of the same name",
        ),
        ("tools: {t: {command: [x], allow_hosts: ['http://x/']}}", "127.0.0.1:8080"),
        ("tools: {t: {command: [x], timeout: true}}", "not true or false"),
        ("tools: {t: {command: [x], timeout: 0}}", "more than 0"),
        ("tools: {t: {command: [x], env: {'A B': x}}}", "name of a variable"),
        ("language: English!", "language code"),
        ("agents: {a: {prompt: ../../etc/passwd}}", "prompts/"),
        ("agents: {a: {display_name: '@everyone'}}", "without @"),
        ("budgets: {calls: " + "9" * 400 + "}", "at most 10000"),
        ("budgets: {calls: 3.5}", "whole number"),
        ("cogs: {research: 3}", "mapping"),
    ],
)
def test_each_limit_has_its_sentence(write: Write, text: str, part: str) -> None:
    (line,) = refused(write(f"# first\n{text}\n"))
    assert line.startswith(("config.yaml:2: `", "config.yaml:2: the name `"))
    assert part in line, line


def test_no_secret_is_in_a_repr_or_an_error(write: Write) -> None:
    secret = "s3cr3t.value.here"
    file = write("discord: {token: '${A}', api_url: '${A}', message_content: '${A}'}\nlanguage: ${A}\n")
    assert secret not in "\n".join(refused(file, A=secret))
    file = write(
        "discord: {token: '${A}'}\ndatabase: {url: 'postgresql://u:${A}@h/d'}\n"
        "models: {m: {backend: openai, api_key: '${A}'}}\ntools: {t: {command: [x], env: {K: '${A}'}}}\n"
    )
    loaded = load(file, A=secret)
    assert secret not in repr(loaded)
    assert secret not in repr(loaded.config)
    assert secret not in str(loaded.config.model_dump())
    assert {secret, f"postgresql://u:{secret}@h/d"} <= loaded.secrets()


def test_what_must_not_be_shown_is_known_and_ordinary_words_are_not_among_it(write: Write) -> None:
    file = write(
        "tools:\n  t:\n    command: [x, '--key=${A}']\n    env: {LOG_LEVEL: info, API_KEY: plain-key, OTHER: '${B}'}\n"
        "cogs: {c: {where: '${C}', password: hunter22, n: 3}}\nlanguage: ${D}\n"
        "models: {m: {backend: openai, base_url: '${E}'}}\ndatabase: {url: 'postgresql://u:p%40ss@h/d'}\n"
    )
    secrets = load(file, A="a-a-a-a", B="b-b-b-b", C="c-c-c-c", D="de", E="http://e").secrets()
    assert {"a-a-a-a", "b-b-b-b", "c-c-c-c", "plain-key", "hunter22", "p%40ss", "p@ss", TOKEN} <= secrets
    assert secrets.isdisjoint({"info", "de", "http://e", "x"})


def test_what_depends_on_a_missing_secret_is_not_reported_a_second_time(write: Write) -> None:
    lines = refused(write("tools: {t: {url: '${MISSING}'}}\nmodels: {m: {backend: '${MISSING}'}}\n"))
    assert [line.split(" needs ")[0] for line in lines] == [
        "config.yaml:1: `tools.t.url`",
        "config.yaml:2: `models.m.backend`",
    ]


def test_a_renamed_key_works_for_a_while_with_a_sentence(write: Write) -> None:
    renames = (
        Renamed("locale", "language", until=(0, 2)),
        Renamed("models.*.key", "models.*.api_key", until=(0, 2)),
        Renamed("bot.token", "discord.token", until=(0, 2)),
    )
    file = write("locale: de\nmodels:\n  gpt:\n    backend: openai\n    key: kkkkkk\nbot:\n  token: ${T}\n")
    environ = {"T": TOKEN}
    with pytest.raises(ConfigErrors, match="`bot` is not a known key"):
        load_config(file, environ, renamed=renames, version=(0, 1))
    file = write("locale: de\nmodels:\n  gpt:\n    backend: openai\n    key: kkkkkk\n")
    loaded = load_config(file, {"DISCORD_TOKEN": TOKEN}, renamed=renames, version=(0, 1))
    assert loaded.config.language == "de"
    assert loaded.origin_of("language") == "config.yaml:1"
    key = loaded.config.models["gpt"].api_key
    assert key is not None
    assert key.get_secret_value() == "kkkkkk"
    assert loaded.notices[0].endswith(
        "config.yaml:1: `locale` is now called `language`; the old name works until version 0.2."
    )
    assert "config.yaml:5: `models.gpt.key` is now called `models.gpt.api_key`" in loaded.notices[1]
    with pytest.raises(
        ConfigErrors, match=r"config.yaml:1: `locale` is now called `language`; rename it"
    ) as caught:
        load_config(file, {"DISCORD_TOKEN": TOKEN}, renamed=renames, version=(0, 2))
    assert len(caught.value.errors) == 2
    both = write("locale: de\nlanguage: en\n")
    with pytest.raises(ConfigErrors, match=r"config.yaml:1: `locale` is now called"):
        load_config(both, {"DISCORD_TOKEN": TOKEN}, renamed=renames, version=(0, 1))


def test_the_default_can_be_loaded_where_there_is_no_file(tmp_path: Path) -> None:
    loaded = load_default_config({"DISCORD_TOKEN": TOKEN}, tmp_path)
    assert loaded.folder == tmp_path
    assert loaded.config.tools["feeds"].command == ("cogswarm-mcp-feeds",)
    assert not list(tmp_path.iterdir())


def test_the_feeds_are_handed_to_the_bundled_server_as_json(write: Write) -> None:
    text = (
        "tools:\n  feeds:\n    command: [cogswarm-mcp-feeds]\n    feeds: [{name: A, url: 'http://127.0.0.1:9/a'}]\n"
        "    allow_hosts: ['127.0.0.1:9']\n"
    )
    tool = load(write(text)).config.tools["feeds"]
    assert tool.environment(Path("/cache")) == {
        "COGSWARM_FEEDS": '{"feeds": [{"name": "A", "url": "http://127.0.0.1:9/a"}], "allow_hosts": ["127.0.0.1:9"], '
        '"cache_dir": "/cache"}'
    }


def test_tools_say_who_may_call_them_and_how(write: Write) -> None:
    text = (
        "tools:\n"
        "  far: {url: 'https://x.example/mcp', token: '${A}', transport: sse, read_only: [look], timeouts: {look: 3}}\n"
        "  feeds: {command: [cogswarm-mcp-feeds]}\n"
        "servers: {limits: {tools: [far.look]}}\n"
    )
    loaded = load(write(text), A="a-secret-token")
    far, feeds = loaded.config.tools["far"], loaded.config.tools["feeds"]
    assert (far.is_read_only("look"), far.is_read_only("send")) == (True, False)
    assert (far.seconds("look"), far.seconds("send")) == (3, 30)
    assert feeds.is_bundled
    assert feeds.is_read_only("whatever")
    assert "a-secret-token" in loaded.secrets()
    assert "a-secret-token" not in repr(loaded)
    for guild_id in (0, 7):
        assert tool_allowed(loaded.config, guild_id, "far", "look")
        assert not tool_allowed(loaded.config, guild_id, "far", "send")
        assert not tool_allowed(loaded.config, guild_id, "feeds", "look")


@pytest.mark.parametrize(
    ("tool", "says"),
    [
        ("{command: [x], token: t}", "only beside `url`"),
        ("{command: [x], transport: sse}", "only beside `url`"),
        ("{url: 'http://x', read_only: some}", "read_only"),
        ("{command: [x], hosts: ['http://x/']}", "hosts"),
    ],
)
def test_wrong_tools_are_said(write: Write, tool: str, says: str) -> None:
    with pytest.raises(ConfigErrors, match=says):
        load_config(write(f"tools: {{t: {tool}}}\n"), {})
