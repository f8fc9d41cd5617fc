"""Reading a structured answer: the JSON object in a model's text, checked against its schema."""

import json
from typing import cast

from jsonschema import Draft202012Validator, SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from bot.llm.protocol import BadAnswer, Json, Schema, UnsupportedRequest

_LONGEST_DETAIL = 300


def read_structured(text: str, schema: Schema) -> Json:
    """The JSON object that ``text`` holds; a Markdown fence around it is forgiven.

    Raises:
        BadAnswer: the text is no JSON object or does not match; the sentence says where.
        UnsupportedRequest: ``schema`` itself is no valid JSON schema.
    """
    try:
        # An empty registry: a "$ref" to a web address is an error here, never a download.
        validator = Draft202012Validator(schema.definition, registry=Registry())
        Draft202012Validator.check_schema(schema.definition)
    except SchemaError as error:
        sentence = f"The schema {schema.name!r} is not a valid JSON schema: {_short(error.message)}"
        raise UnsupportedRequest(sentence) from None
    data = _parse(text)
    try:
        validator.validate(data)  # pyright: ignore[reportUnknownMemberType] # untyped *args in the stub
    except ValidationError as error:
        where = "/".join(str(part) for part in error.absolute_path) or "the top level"
        raise BadAnswer(f"The answer does not match the schema at {where}: {_short(error.message)}") from None
    except (Unresolvable, RecursionError) as error:
        sentence = f"The schema {schema.name!r} cannot be followed: {_short(str(error))}"
        raise UnsupportedRequest(sentence) from None
    return data


def _parse(text: str) -> Json:
    try:
        data: object = json.loads(_without_fence(text))
    except ValueError as error:
        raise BadAnswer(f"The answer is not JSON: {_short(str(error))}") from None
    except RecursionError:
        raise BadAnswer("The answer is JSON nested too deeply to read") from None
    if not isinstance(data, dict):
        raise BadAnswer("The answer is JSON, but not an object")
    return cast("Json", data)


def _without_fence(text: str) -> str:
    stripped = text.strip()
    if not (stripped.startswith("```") and stripped.endswith("```")):
        return stripped
    _, _, body = stripped.partition("\n")
    return body.removesuffix("```").strip()


def _short(message: str) -> str:
    flat = " ".join(message.split())
    return flat if len(flat) <= _LONGEST_DETAIL else flat[: _LONGEST_DETAIL - 1] + "…"
