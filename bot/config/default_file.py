"""Writes the documented default ``config.yaml`` from the models: ``python -m bot.config.default_file [FILE]``."""

import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from bot.config.models import Config
from bot.config.problems import Place
from bot.config.schema import Schema, keys_at, model_schema, part_at
from bot.config.sentences import in_one_line

WIDTH = 100

_HEAD = """\
# The configuration of cogswarm. Everything has a default, so you may delete whatever you do not need.
#
# Instead of a value you may write where to find it, and secrets should be written this way:
#
#   ${NAME}            the environment variable NAME, or else the line NAME=... of the file .env beside this one
#   ${NAME:default}    the same, with what to use when neither has it
#   $file:secret.txt   the content of a file, found from this file's folder
#   $${                just the characters ${
#
# `cogswarm check` says what is wrong with this file, `cogswarm config show` where each value comes from.
"""

_WRITTEN: Mapping[Place, object] = {
    ("discord", "token"): "${DISCORD_TOKEN}",
    ("database", "url"): "${COGSWARM_DATABASE_URL:}",
}
"""What the file says although the model's default is to say nothing."""


def render_default_config() -> str:
    """Return the text of the default ``config.yaml``: every key, its description, and its default or an example."""
    schema = model_schema()
    values = Config().model_dump(mode="json", exclude_defaults=False)
    for (section, key), written in _WRITTEN.items():  # pyright: ignore[reportGeneralTypeIssues] - both are pairs
        values[str(section)][str(key)] = written
    lines = [_HEAD.rstrip()]
    for name in schema["properties"]:
        lines += ["", *_key(schema, (name,), values[name])]
    return "\n".join(lines) + "\n"


def _key(schema: Schema, place: Place, value: object) -> Iterator[str]:
    """Yield one key with its description: its value, or an example behind ``#`` where it has none."""
    part = part_at(schema, place) or {}
    yield from _comment(str(part.get("description", "")))
    name = str(place[-1])
    if "patternProperties" in part and len(place) == 1:
        yield from _entries(schema, place, part, cast("Mapping[str, object]", value))
    elif value == {} and keys_at(schema, (*place, "any")):
        yield from _commented(_sayings(schema, place))
        yield "#"
        yield from _commented(_block(name, part["examples"][0]))
    elif part.get("properties") and isinstance(value, dict):
        inside = [
            line
            for key, inner in cast("Mapping[str, object]", value).items()
            for line in _indented(_key(schema, (*place, key), inner))
        ]
        # A key with nothing but comments behind it would stand for null.
        yield f"{name}:" if any(not line.lstrip().startswith("#") for line in inside) else f"# {name}:"
        yield from inside
    elif value in (None, "", [], {}):
        example = next(iter(part.get("examples", ())), None)
        yield f"# {name}:" if example is None else f"# {name}: {in_one_line(example)}"
    else:
        yield from _plain(name, value)


def _entries(schema: Schema, place: Place, part: Schema, value: Mapping[str, object]) -> Iterator[str]:
    """Yield named entries as they are, then what else an entry can say, and an example behind ``#``."""
    examples = cast("Mapping[str, Mapping[str, object]]", part["examples"][0])
    if not value:
        yield from _commented(_block(str(place[-1]), examples))
        return
    yield f"{place[-1]}:"
    for name, entry in value.items():
        told = _without_defaults(schema, (*place, name), cast("Mapping[str, object]", entry))
        yield from _indented(_block(name, told))
    yield ""
    yield from _indented(_commented(_sayings(schema, place)))
    yield from ("  #", "  # For example:", "  #")
    for name, entry in examples.items():
        ordered = {key: entry[key] for key in keys_at(schema, (*place, name)) if key in entry}
        yield from _indented(_commented(_block(name, ordered)))


def _sayings(schema: Schema, place: Place) -> Iterator[str]:
    """Yield what an entry can say, a key a line with its description."""
    known = list(_known_keys(schema, (*place, "any")))
    width = max(len(key) for key, _ in known) + 3
    yield from ("An entry can say:", "")
    for key, description in known:
        first, *more = textwrap.wrap(
            description, WIDTH - width - 6, break_long_words=False, break_on_hyphens=False
        )
        yield f"  {key:<{width}}{first}"
        yield from (f"  {'':<{width}}{line}" for line in more)


def _known_keys(schema: Schema, place: Place, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the keys an entry can have with their descriptions, those of sections within it included."""
    elsewhere = {(part_at(schema, (name,)) or {}).get("title") for name in schema["properties"]}
    for name in keys_at(schema, place):
        part = part_at(schema, (*place, name)) or {}
        yield f"{prefix}{name}", str(part.get("description", ""))
        within: Place = (*place, name, 0) if part.get("type") == "array" else (*place, name)
        if (part_at(schema, within) or {}).get("title") not in elsewhere:
            yield from _known_keys(schema, within, f"{prefix}{name}.")


def _without_defaults(schema: Schema, place: Place, entry: Mapping[str, object]) -> dict[str, object]:
    """Keep what an entry says itself; of what it leaves out, only an agent's model is worth a line."""
    return {
        key: value
        for key, value in entry.items()
        if value is not None
        and (key == "model" or (part_at(schema, (*place, key)) or {}).get("default") != value)
    }


def _plain(name: str, value: object) -> Iterator[str]:
    """Yield a key and its value, in one line where that is short."""
    line = f"{name}: {in_one_line(value)}"
    if len(line) <= WIDTH - 10 or not isinstance(value, dict | list):
        yield line
    elif isinstance(value, dict):
        yield from _block(name, cast("Mapping[str, object]", value))
    else:
        yield f"{name}:"
        for inner in cast("list[object]", value):
            yield from _item(inner)


def _block(name: str, value: Mapping[str, object]) -> Iterator[str]:
    yield f"{name}:"
    for key, inner in value.items():
        yield from _indented(_plain(key, inner))


def _item(value: object) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"  - {in_one_line(value)}"
        return
    inner = [line for key, one in cast("Mapping[str, object]", value).items() for line in _plain(key, one)]
    yield f"  - {inner[0]}"
    yield from (f"    {line}" for line in inner[1:])


def _comment(text: str) -> Iterator[str]:
    for line in textwrap.wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False):
        yield f"# {line}"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    yield from (f"  {line}" if line else "" for line in lines)


def _commented(lines: Iterator[str] | list[str]) -> Iterator[str]:
    yield from (f"# {line}".rstrip() for line in lines)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "config.yaml")
    target.write_text(render_default_config(), encoding="utf-8")
