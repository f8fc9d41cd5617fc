"""Turns what pydantic found wrong into sentences: where, what is expected there, and an example of it."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic_core import ErrorDetails

from bot.config.problems import Place, dotted
from bot.config.schema import Schema, keys_at, part_at
from bot.config.yaml_tree import Document
from bot.errors import ConfigError

_KINDS = (
    (re.compile(r"^(int|decimal)_|^int$"), "a whole number"),
    (re.compile(r"^float_"), "a number"),
    (re.compile(r"^bool_"), "true or false"),
    (re.compile(r"^(model|dict|mapping)_"), "a mapping: keys of its own, indented below it"),
    (re.compile(r"^(tuple|list)_type|^iterable"), "a list"),
    (re.compile(r"^(string_type|string_sub_type|path_type|secret)"), "text; put quotes around it"),
    (re.compile(r"^path_"), "a path"),
)
_LIMITS: Mapping[str, str] = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "must have at most {max_length} entries",
    "literal_error": "must be {expected}",
    "finite_number": "must be a number",
}
_PATTERNS: Mapping[str, str] = {
    r"^[a-z][a-z0-9_-]{0,31}$": "small letters, digits, - and _, a letter first, 32 characters at most",
    r"^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$": "a template's path in prompts/, such as research/plan",
    r"^[^\r\n]*$": "a single line",
    r"^[^\r\n@#:`]*$": "a name without @, #, : and `",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "the name of a variable: letters, digits and _, no digit first",
    r"^[A-Za-z0-9.\-\[\]:]{1,255}$": "a host or host:port, such as 127.0.0.1:8080",
    r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "a language code, such as en or pt-BR",
}


def problem_of(error: ErrorDetails, document: Document, schema: Schema) -> ConfigError:
    """Return the sentence for one validation error, with the place in the file it is about.

    The value itself is never quoted: it may be a secret that stands in the wrong place.
    """
    location = error["loc"]
    about_key = bool(location) and location[-1] == "[key]"
    place: Place = location[:-1] if about_key else location
    if error["type"] == "extra_forbidden":
        line = document.line_of(place, key=True)
        return ConfigError(unknown_key(place, schema), file=document.file, line=line)
    if error["type"] == "missing":
        sentence = f"`{dotted(place)}` is missing; write it, {_example(place, part_at(schema, place) or {})}"
        return ConfigError(
            sentence.removesuffix(", "), file=document.file, line=document.line_of(place, key=True)
        )
    line = document.line_of(place, key=about_key)
    what = f"the name `{place[-1]}` under `{dotted(place[:-1])}`" if about_key else f"`{dotted(place)}`"
    wrong = _wrong(error)
    example = (
        "" if about_key or error["type"] == "value_error" else _example(place, part_at(schema, place) or {})
    )
    return ConfigError(f"{what} {wrong}{example and f'; {example}'}", file=document.file, line=line)


def unknown_key(place: Place, schema: Schema) -> str:
    """Return the sentence about a key that nothing reads: the closest known one, or all there are."""
    name, within = str(place[-1]), place[:-1]
    known = keys_at(schema, within)
    close = difflib.get_close_matches(name, known, 1, 0.6)
    if close:
        return f"`{dotted(place)}` is not a known key; did you mean `{dotted((*within, close[0]))}`?"
    elsewhere = [found for found in _sections(schema) if found[-1] == name]
    if len(elsewhere) == 1:
        return f"`{dotted(place)}` is not a known key; it belongs to `{dotted(elsewhere[0][:-1])}`: write `{dotted(elsewhere[0])}`"
    if not known:
        return f"`{dotted(place)}` is not a known key; `{dotted(within)}` has no settings yet: remove it"
    where = f"`{dotted(within)}`" if within else "the file"
    return f"`{dotted(place)}` is not a known key; {where} knows {', '.join(known)}"


def closest(name: str, known: tuple[str, ...]) -> str:
    """Return ``did you mean …?`` or what there is to choose from."""
    close = difflib.get_close_matches(name, known, 1, 0.6)
    return f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(known)}"


def _sections(schema: Schema) -> Iterator[Place]:
    for name in keys_at(schema, ()):
        for inner in keys_at(schema, (name,)):
            yield (name, inner)


def _wrong(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return f"must be {_PATTERNS.get(str(context['pattern']), 'written differently')}"
    if kind in _LIMITS:
        return _LIMITS[kind].format(**context)
    for pattern, form in _KINDS:
        if pattern.search(kind):
            return f"must be {form}"
    return f"cannot be used ({error['msg']})"


def _example(place: Place, part: Mapping[str, Any]) -> str:
    examples: list[Any] = [
        *part.get("examples", ()),
        *([part["default"]] if part.get("default") is not None else []),
    ]
    if not examples or not place or isinstance(place[-1], int):
        return ""
    return f"for example `{place[-1]}: {in_one_line(examples[0])}`"


def in_one_line(value: object) -> str:
    """Return a value as YAML in one line, as a person would write it."""
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z0-9_./$~{][^#\n]*(?<!\s)", value) and not re.search(r":(\s|$)", value)
        return (
            value
            if plain and not value.startswith("{") and not _reads_otherwise(value)
            else json.dumps(value)
        )
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return "{" + ", ".join(f"{key}: {_within_braces(inner)}" for key, inner in items) + "}"
    if isinstance(value, list | tuple):
        entries = cast("Sequence[object]", value)
        return "[" + ", ".join(_within_braces(inner) for inner in entries) + "]"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else json.dumps(value)


def _within_braces(value: object) -> str:
    if isinstance(value, str) and re.search(r"[,\[\]{}]", value):
        return json.dumps(value)
    return in_one_line(value)


def _reads_otherwise(text: str) -> bool:
    """Say whether unquoted text would be read as something else, in YAML 1.1 too."""
    return bool(re.fullmatch(r"(?i)[-+.\d_:e]+|0[xo].*|true|false|yes|no|on|off|null|~|y|n", text))
