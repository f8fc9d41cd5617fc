import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from bot.config.default_file import render_default_config
from bot.config.load import load_config
from bot.config.models import Config
from bot.config.schema import config_schema, model_schema
from bot.config.yaml_tree import Tree, read_yaml

ROOT = Path(__file__).resolve().parents[3]
TEXT = render_default_config()

type Json = dict[str, Any]


@cache
def validator() -> Draft202012Validator:
    schema = config_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def tree_of(text: str) -> dict[str, Tree]:
    tree = read_yaml(text.encode(), Path("config.yaml")).tree
    assert isinstance(tree, dict)
    return tree


def errors_in(tree: Any) -> list[str]:
    errors = cast("Iterator[Any]", validator().iter_errors(tree))  # pyright: ignore[reportUnknownMemberType] - untyped
    return [error.json_path for error in errors]


def descriptions(part: Json) -> Iterator[str]:
    for inner in part.get("properties", {}).values():
        yield (
            inner.get("description")
            or Config.model_json_schema()["$defs"][inner["$ref"].rsplit("/", 1)[1]]["description"]
        )


def test_the_file_in_the_repository_is_what_the_models_say() -> None:
    assert (ROOT / "config.yaml").read_text(encoding="utf-8") == TEXT, (
        "run `python -m bot.config.default_file`"
    )


def test_the_file_says_the_same_as_leaving_everything_out(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(TEXT, encoding="utf-8")
    loaded = load_config(tmp_path / "config.yaml", {"DISCORD_TOKEN": "a.b.c"})
    assert loaded.config.model_copy(update={"discord": Config().discord}) == Config()
    assert not loaded.notices


def test_every_key_is_described_in_the_file() -> None:
    said = re.sub(r"\s*\n\s*#\s*", " ", TEXT)
    schema = Config.model_json_schema()
    everything = [
        *descriptions(schema),
        *(one for part in schema["$defs"].values() for one in descriptions(part)),
    ]
    assert len(everything) > 40
    for description in everything:
        assert description in said, description
        assert description.endswith("."), description


def test_every_example_behind_a_hash_is_valid_when_the_hash_is_taken_away() -> None:
    lines: list[str] = []
    for line in TEXT.splitlines():
        bare = line.replace("# ", "", 1)
        is_example = (
            line.lstrip().startswith("# ")
            and re.match(r"\s*(- )?[a-z_/-]+:( |$)", bare)
            and "An entry" not in line
        )
        lines.append(bare if is_example and not bare.rstrip().endswith("For example:") else line)
    uncommented = "\n".join(lines)
    tree = tree_of(uncommented)
    models, agents = tree["models"], tree["agents"]
    assert isinstance(models, dict)
    assert isinstance(agents, dict)
    assert {"offline", "gpt", "claude", "llama"} == set(models)
    assert "writer" in agents
    assert "web" in tree
    assert errors_in({key: value for key, value in tree.items() if value is not None}) == []


def test_the_default_fits_the_schema_and_mistakes_do_not() -> None:
    tree = tree_of(TEXT)
    assert errors_in(tree) == []
    mistakes: list[tuple[list[str], object]] = [
        (["version"], 2),
        (["nonsense"], 1),
        (["discord", "tokn"], "x"),
        (["discord", "message_content"], "maybe"),
        (["models", "Bad Name"], {"backend": "openai"}),
        (["models", "gpt"], {}),
        (["budgets", "tokens"], 3),
        (["tools", "feeds", "timeout"], 0),
        (["servers", "allow"], 5),
    ]
    for place, value in mistakes:
        wrong: Any = copy.deepcopy(tree)
        part = wrong
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = value
        assert len(errors_in(wrong)) >= 1, place


@pytest.mark.parametrize("reference", ["${X}", "${X:3}", "$file:x"])
def test_a_reference_fits_the_schema_wherever_a_plain_value_does(reference: str) -> None:
    tree: Json = {
        "discord": {"token": reference, "message_content": reference, "api_url": reference},
        "language": reference,
        "embeddings": reference,
        "budgets": {"tokens": reference, "seconds": reference},
        "servers": {"allow": [reference]},
        "models": {"gpt": {"backend": reference, "price": {"input": reference}}},
        "tools": {"t": {"command": [reference], "env": {"A": reference}, "timeout": reference}},
    }
    assert errors_in(tree) == []


def test_the_schema_is_plain_json_that_describes_each_key() -> None:
    schema = json.loads(json.dumps(config_schema()))
    assert schema["properties"]["data_dir"]["description"]
    assert schema["$defs"]["DiscordSection"]["properties"]["token"]["description"]


@pytest.mark.slow
def test_the_command_rewrites_the_file(tmp_path: Path) -> None:
    target = tmp_path / "out.yaml"
    command = [sys.executable, "-m", "bot.config.default_file", str(target)]
    subprocess.run(command, check=True, cwd=ROOT, timeout=30)
    assert target.read_text(encoding="utf-8") == TEXT


def test_the_lines_are_short_enough_to_read() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 112 and "https://" not in line] == []


def test_the_schema_that_people_get_is_apart_from_the_one_that_all_readers_share() -> None:
    before = json.dumps(model_schema())
    assert config_schema() != model_schema()
    assert json.dumps(model_schema()) == before
