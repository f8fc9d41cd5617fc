"""Checks answers against Discord's own API description, unknown fields included."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator

from bot.local_discord.traffic import Exchange
from tests import tools

type Json = dict[str, Any]

# Discord's clients use these and its description leaves them out.
UNDESCRIBED = frozenset(
    {
        "/interactions",
        "/channels/{channel_id}/application-command-index",
    }
)
# What Discord sends and its description leaves out, by the place in the answer.
KNOWN_EXTRAS = frozenset({"message"})
"""``message``: the first message in the answer to a new forum post."""


def description_file() -> Path | None:
    """Where the description lies on machines that have it."""
    folder = tools.shared_data()
    place = None if folder is None else folder / "discord-openapi.json"
    return place if place is not None and place.is_file() else None


class Description:
    """Discord's description of its API."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._operations = [
            (re.compile(_pattern(path) + r"\Z"), path, methods) for path, methods in document["paths"].items()
        ]
        # a path without parameters goes before one with them
        self._operations.sort(key=lambda operation: operation[1].count("{"))

    def problems(self, entry: Exchange) -> list[str]:
        """What is wrong with an answer."""
        if entry.route in UNDESCRIBED or not entry.path.startswith("/api/v10") or entry.fault is not None:
            return []
        where = f"{entry.method} {entry.route} {entry.status}"
        answer: object = json.loads(entry.answer) if entry.answer else None
        if entry.status >= 400:
            kind = "RatelimitedResponse" if entry.status == 429 else "ErrorResponse"
            schema: Json = {"$ref": f"#/components/schemas/{kind}"}
            answer = _with_numbers(answer)
        else:
            found = self._schema(entry)
            if isinstance(found, str):
                return [f"{where}: {found}"]
            schema = found
        if not schema:
            return [] if answer is None else [f"{where}: an answer where none is described"]
        wrong = [f"{where}: {error}" for error in self._errors(schema, answer)]
        return wrong + [f"{where}: unknown field {path}" for path in self.unknown(schema, answer)]

    def _schema(self, entry: Exchange) -> Json | str:
        path = entry.path.removeprefix("/api/v10")
        for pattern, _, methods in self._operations:
            if pattern.match(path) and entry.method.lower() in methods:
                responses = methods[entry.method.lower()]["responses"]
                if str(entry.status) not in responses:
                    return f"status is not among {sorted(responses)}"
                content = responses[str(entry.status)].get("content", {})
                return cast("Json", content.get("application/json", {}).get("schema", {}))
        return "no such operation is described"

    def _errors(self, schema: Json, value: object) -> Iterator[str]:
        for error in self._validator(json.dumps(schema)).iter_errors(value):
            yield f"{error.json_path}: {error.message[:300]}"

    @cache  # noqa: B019 - one description lives as long as the tests
    def _validator(self, schema: str) -> Any:  # jsonschema's own types are only partly known
        return Draft202012Validator({**json.loads(schema), "components": self._document["components"]})

    def _fits(self, schema: Json, value: object) -> bool:
        return bool(self._validator(json.dumps(schema)).is_valid(value))

    def unknown(self, schema: Json, value: object, path: str = "$") -> list[str]:
        """The fields of a value that its schema does not name."""
        while "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema:
                fitting = [branch for branch in schema[keyword] if self._fits(branch, value)]
                found = [self.unknown(branch, value, path) for branch in fitting]
                return min(found, key=len) if found else []
        if isinstance(value, list):
            items = cast("list[object]", value)
            inner = [self.unknown(schema.get("items", {}), v, f"{path}[{i}]") for i, v in enumerate(items)]
            return [each for found in inner for each in found]
        if isinstance(value, dict):
            return self._unknown_in_object(schema, cast("Json", value), path)
        return []

    def _unknown_in_object(self, schema: Json, value: Json, path: str) -> list[str]:
        properties: Json = dict(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            resolved = part
            while "$ref" in resolved:
                resolved = self._document["components"]["schemas"][resolved["$ref"].rpartition("/")[2]]
            properties |= resolved.get("properties", {})
        others = schema.get("additionalProperties")
        if not properties or isinstance(others, dict):
            return []
        found: list[str] = []
        for name, inner in value.items():
            if name in properties:
                found += self.unknown(properties[name], inner, f"{path}.{name}")
            elif name not in KNOWN_EXTRAS:
                found.append(f"{path}.{name}")
        return found


def _with_numbers(value: object) -> object:
    """An error body whose nested codes are numbers, as the description has them; Discord sends words there."""
    if isinstance(value, list):
        return [_with_numbers(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        given = cast("Json", value)
        return {k: 0 if k == "code" and isinstance(v, str) else _with_numbers(v) for k, v in given.items()}
    return value


def _pattern(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "[^/]+", path)


@cache
def description() -> Description | None:
    """The description, None on machines that do not have it."""
    place = description_file()
    return None if place is None else Description(json.loads(place.read_text(encoding="utf-8")))
