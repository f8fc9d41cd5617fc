"""Checks requests and answers against Discord's own API description, unknown fields included."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

from tests import tools

type Json = dict[str, Any]

# Discord's clients use these and its description leaves them out.
UNDESCRIBED = frozenset(
    {
        "/interactions",
        "/channels/{channel_id}/application-command-index",
        "/channels/{channel_id}/polls/{message_id}/answers/@me",
        # the old way to change one's own nickname, which nextcord still takes
        "/guilds/{guild_id}/members/@me/nick",
    }
)
# What Discord sends and its description leaves out, by the place in the answer.
KNOWN_EXTRAS = frozenset({"message"})
"""``message``: the first message in the answer to a new forum post."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that Discord takes and its description does not; ``problems`` is how it is complained about."""

    reason: str
    problems: re.Pattern[str]


DOCUMENTED_VALUES = {"MessageReferenceType": {"title": "FORWARD", "const": 1}}
"""What enumerations of the description lack: forwards (resources/message#message-reference-types)."""

KNOWN_GAPS = {
    "permissions are text": Gap(
        "Discord documents permission sets as strings of digits (topics/permissions) and every library sends them so; "
        "the description has integers in requests.",
        re.compile(
            r"request \$\S*(default_member_permissions|allow|deny|permissions): '\d+' is not of type 'integer'"
        ),
    ),
    "new attachments are numbered": Gap(
        "The id of a new attachment is the number of its file (reference#uploading-files); the description has text.",
        re.compile(r"request \$\S*attachments\[\d+\]\.id: \d+ is not of type 'string'"),
    ),
    "lifting a ban has nothing to say": Gap(
        "Remove Guild Ban has no fields (resources/guild#remove-guild-ban) and libraries send no body.",
        re.compile(r"DELETE /guilds/\{guild_id\}/bans/\{user_id\} \d+: request lacks its body"),
    ),
    "a bot's name may stay": Gap(
        "All fields of Modify Current User are optional (resources/user#modify-current-user).",
        re.compile(r"PATCH /users/@me \d+: request \$: 'username' is a required property"),
    ),
    "commands have more fields": Gap(
        "nsfw and the deprecated default_permission are documented (interactions/application-commands) and not described; "
        "nextcord also names the guild, which the path has named already.",
        re.compile(
            r"/commands \d+: request has unknown field \$(\[\d+\])?\.(nsfw|default_permission|guild_id)$"
        ),
    ),
    "embeds have flags": Gap(
        "Embeds have flags (resources/message#embed-object), and discord.py sends them; the description has no such field.",
        re.compile(r"request has unknown field \$\.embeds\[\d+\]\.flags$"),
    ),
    "an edit does not speak": Gap(
        "nextcord and discord.py send tts with an edit too, where it means nothing.",
        re.compile(r"PATCH \S*/messages/\S+ \d+: request has unknown field \$\.tts$"),
    ),
    "ids may be numbers": Gap(
        "discord.py and disnake name the message that they answer by numbers; Discord takes ids as numbers too.",
        re.compile(
            r"request \$\.message_reference: \{.*'message_id': \d+, .* is not valid under any of the given schemas"
        ),
    ),
}
BOT_LIBRARY = "DiscordBot ("
"""How Discord wants a bot's User-Agent to begin; whoever sends it is no hand-made request of a test."""


def description_file() -> Path | None:
    """Where the description lies on machines that have it."""
    folder = tools.shared_data()
    place = None if folder is None else folder / "discord-openapi.json"
    return place if place is not None and place.is_file() else None


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one described path."""

    name: str
    body: Json | None
    body_required: bool
    queries: dict[str, Json]
    answers: dict[str, Json]


class Description:
    """Discord's description of its API."""

    def __init__(self, document: Json) -> None:
        self._document = _completed(document)
        paths = [(re.compile(_pattern(path) + r"\Z"), path) for path in document["paths"]]
        # a path without parameters goes before one with them
        self._paths = sorted(paths, key=lambda one: one[1].count("{"))

    def problems(self, entry: Json) -> list[str]:
        """What is wrong with a recorded exchange: its answer, and its request where that counts.

        A request counts when it was accepted, or when a bot's library sent it; tests send rubbish on purpose. Unknown
        fields count only from a bot's library: Discord takes no notice of them.
        """
        path = _described_path(entry["path"])
        if path is None or entry["route"] in UNDESCRIBED:
            return []
        where = f"{entry['method']} {entry['route']} {entry['status']}"
        operation = self._operation(entry["method"], path)
        found = [] if entry["fault"] is not None else list(self._answer_problems(operation, entry))
        by_a_bot = entry["client"].startswith(BOT_LIBRARY)
        unread = entry["fault"] is not None and entry["body"] is None
        if (by_a_bot or 200 <= entry["status"] < 300) and not unread:
            found += self._request_problems(operation, entry, strict=by_a_bot)
        named = [f"{where}: {problem}" for problem in found]
        return [one for one in named if not any(gap.problems.search(one) for gap in KNOWN_GAPS.values())]

    def _operation(self, method: str, path: str) -> Operation | None:
        for pattern, name in self._paths:
            if pattern.match(path):
                found = self._described(name, method.lower())
                if found is not None:
                    return found
        return None

    @cache  # noqa: B019 - one description lives as long as the tests
    def _described(self, path: str, method: str) -> Operation | None:
        methods = self._document["paths"][path]
        if method not in methods:
            return None
        held = methods[method]
        content = held.get("requestBody", {}).get("content", {})
        # where files may come with it, the JSON part has the same fields
        media: Json = content.get("application/json") or content.get("multipart/form-data") or {}
        parameters = [
            self._resolved(one) for one in (*methods.get("parameters", []), *held.get("parameters", []))
        ]
        return Operation(
            name=f"{method.upper()} {path}",
            body=media.get("schema"),
            body_required=bool(held.get("requestBody", {}).get("required")),
            queries={one["name"]: one["schema"] for one in parameters if one["in"] == "query"},
            answers={
                status: cast(
                    "Json",
                    self._resolved(one).get("content", {}).get("application/json", {}).get("schema", {}),
                )
                for status, one in held["responses"].items()
            },
        )

    def _resolved(self, part: Json) -> Json:
        while "$ref" in part:
            found: Json = self._document
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part

    def _answer_problems(self, operation: Operation | None, entry: Json) -> Iterator[str]:
        answer: object = entry["answer"]
        if entry["status"] == 0:
            return
        if entry["status"] >= 400:
            kind = "RatelimitedResponse" if entry["status"] == 429 else "ErrorResponse"
            schema: Json = {"$ref": f"#/components/schemas/{kind}"}
            answer = _with_numbers(answer)
        elif operation is None:
            yield "no such operation is described"
            return
        elif str(entry["status"]) not in operation.answers:
            yield f"status is not among {sorted(operation.answers)}"
            return
        else:
            schema = operation.answers[str(entry["status"])]
        if not schema:
            if answer is not None:
                yield "an answer where none is described"
            return
        yield from (f"answer {error}" for error in self._errors(schema, answer))
        yield from (f"answer has unknown field {path}" for path in self.unknown(schema, answer))

    def _request_problems(self, operation: Operation | None, entry: Json, *, strict: bool) -> Iterator[str]:
        """What is wrong with a request; ``strict`` also names what Discord would not even read."""
        if operation is None:
            yield "a request that is not described"
            return
        for name, value in parse_qsl(entry["query"], keep_blank_values=True):
            if name in operation.queries:
                yield from self._query_problems(name, value, operation.queries[name])
            elif strict:
                yield f"request has unknown query parameter {name}"
        body = entry["body"]
        if body is None and not entry["files"]:
            if operation.body_required:
                yield "request lacks its body"
        elif operation.body is None:
            if strict and body not in (None, {}):
                yield "request has a body where none is described"
        else:
            yield from (f"request {error}" for error in self._errors(operation.body, body))
            if strict:
                yield from (
                    f"request has unknown field {path}" for path in self.unknown(operation.body, body)
                )

    def _query_problems(self, name: str, value: str, schema: Json) -> Iterator[str]:
        """What is wrong with a query parameter, which is text on the wire whatever its type."""
        readings: list[object] = [value, [value], value.split(",")]
        readings += [int(value)] if re.fullmatch(r"-?\d+", value) else []
        readings += [value.lower() in ("true", "1")] if value.lower() in ("true", "false", "1", "0") else []
        if not any(self._fits(schema, reading) for reading in readings):
            yield f"request has {name}={value}, which does not fit {json.dumps(schema)[:200]}"

    def _errors(self, schema: Json, value: object) -> Iterator[str]:
        for error in self._validator(json.dumps(schema)).iter_errors(value):
            yield f"{error.json_path}: {error.message[:300]}"

    @cache  # noqa: B019 - one description lives as long as the tests
    def _validator(self, schema: str) -> Any:  # jsonschema's own types are only partly known
        return Draft202012Validator({**json.loads(schema), "components": self._document["components"]})

    def _fits(self, schema: Json, value: object) -> bool:
        return bool(self._validator(json.dumps(schema)).is_valid(value))

    def misfits(self, name: str, value: object) -> list[str]:
        """What of a value does not fit the described object of this name, unknown fields included."""
        schema: Json = {"$ref": f"#/components/schemas/{name}"}
        unknown = [f"unknown field {path}" for path in self.unknown(schema, value)]
        return [*self._errors(schema, value), *unknown]

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


def _completed(document: Json) -> Json:
    """The description with the documented values that its enumerations lack."""
    schemas: Json = dict(document["components"]["schemas"])
    for name, value in DOCUMENTED_VALUES.items():
        if name in schemas:
            schemas[name] = {**schemas[name], "oneOf": [*schemas[name]["oneOf"], value]}
    return {**document, "components": {**document["components"], "schemas": schemas}}


def _with_numbers(value: object) -> object:
    """An error body whose nested codes are numbers, as the description has them; Discord sends words there."""
    if isinstance(value, list):
        return [_with_numbers(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        given = cast("Json", value)
        return {k: 0 if k == "code" and isinstance(v, str) else _with_numbers(v) for k, v in given.items()}
    return value


def _described_path(path: str) -> str | None:
    """A path without the API's prefix, None for what is not Discord's."""
    found = re.match(r"/api(?:/v\d+)?(/.*)", path)
    return None if found is None else found[1]


def _pattern(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "[^/]+", path)


@cache
def description() -> Description | None:
    """The description, None on machines that do not have it."""
    place = description_file()
    return None if place is None else Description(json.loads(place.read_text(encoding="utf-8")))
