"""The JSON schema of ``config.yaml``, for editors and for the sentences about what is wrong."""

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from bot.config.models import Config
from bot.config.problems import Place

type Schema = Mapping[str, Any]
"""A schema that is read; all who read the model's share one."""
type _Draft = dict[str, Any]

REFERENCE: _Draft = {"type": "string", "pattern": r"\$\{|^\$file:"}
"""A value that is a reference may stand where any other kind of value is expected."""

_STANDARD_NAMES = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
_PLAIN = frozenset({"string", "integer", "number", "boolean"})


def config_schema() -> Schema:
    """Return the JSON schema of ``config.yaml`` as people write it, references allowed in every plain value."""
    schema: _Draft = copy.deepcopy(dict(model_schema()))
    for part in (schema, *schema.get("$defs", {}).values()):
        _allow_references(part)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "config.yaml of cogswarm",
    }


@cache  # made from constants, and it takes longer than all else that is done with a configuration
def model_schema() -> Schema:
    """Return the schema of the model itself: what values must be once references were followed."""
    schema: _Draft = copy.deepcopy(Config.model_json_schema())
    _use_standard_names(schema)
    return schema


def part_at(schema: Schema, place: Place) -> Schema | None:
    """Return the part of a schema that describes a place, or nothing where the schema knows no such place."""
    part = schema
    for step in place:
        within = _resolved(schema, part)
        inner: object = within.get("items") if isinstance(step, int) else _entry(within, step)
        if not isinstance(inner, Mapping):
            return None
        part = cast("Schema", inner)
    return {**_resolved(schema, part), **part}


def _entry(within: Schema, name: str) -> object:
    if name in within.get("properties", {}):
        return within["properties"][name]
    entries = [*within.get("patternProperties", {}).values(), within.get("additionalProperties")]
    return entries[0]


def keys_at(schema: Schema, place: Place) -> tuple[str, ...]:
    """Return the keys a mapping at a place may have; none where any key may stand."""
    part = part_at(schema, place)
    return () if part is None else tuple(part.get("properties", {}))


def _resolved(schema: Schema, part: Schema) -> Schema:
    """Follow references and take the branch of a choice that is not null."""
    while True:
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
        elif "anyOf" in part:
            part = next(branch for branch in part["anyOf"] if branch.get("type") != "null")
        else:
            return part


def _allow_references(part: _Draft) -> None:
    if "patternProperties" in part:
        part.setdefault("additionalProperties", False)
    for group in ("properties", "patternProperties"):
        for name, inner in part.get(group, {}).items():
            part[group][name] = _with_reference(inner)
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), dict):
            part[key] = _with_reference(part[key])


def _with_reference(part: _Draft) -> _Draft:
    _allow_references(part)
    if "anyOf" in part:
        branches = part["anyOf"]
        for branch in branches:
            _allow_references(branch)
        if any(branch.get("type") in _PLAIN for branch in branches):
            branches.append(REFERENCE)
        return part
    if part.get("type") in _PLAIN or "const" in part:
        about = {key: part.pop(key) for key in ("description", "default", "title", "examples") if key in part}
        return {**about, "anyOf": [part, REFERENCE]}
    return part


def _use_standard_names(part: object) -> None:
    """Rename the limits that pydantic leaves under its own names where a validator stands before them."""
    if isinstance(part, dict):
        entries = cast("_Draft", part)
        for ours in _STANDARD_NAMES.keys() & entries.keys():
            if not isinstance(entries[ours], dict):
                entries[_STANDARD_NAMES[ours]] = entries.pop(ours)
        for inner in entries.values():
            _use_standard_names(inner)
    elif isinstance(part, list):
        for inner in cast("list[object]", part):
            _use_standard_names(inner)
