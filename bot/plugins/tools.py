"""A cog's functions as tools for agents: described by their annotations, called with arguments that were checked."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    PydanticSchemaGenerationError,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic.fields import FieldInfo
from pydantic_core import to_json

from bot.errors import ConfigError, UserError

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
USUAL_TOOL_LIMIT = timedelta(seconds=30)
LONGEST_LIMIT = timedelta(minutes=10)
MOST_DESCRIPTION = 1024
MOST_ANSWER = 200_000
"""Characters; what is longer is cut, and says so."""
_CUT = "\n[cut here: the answer was longer than {most} characters]"
_TOLD = 5
"""Problems with arguments that are told at once."""

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A typed function that agents can call. ``limit`` is how long a call may take."""

    name: str
    help: str
    handler: Callable[..., Awaitable[Any]]
    arguments: type[BaseModel]
    answer: TypeAdapter[Any] | None
    """What makes JSON of the answer; None where it is text."""
    read_only: bool
    limit: timedelta

    @property
    def input_schema(self) -> Json:
        """The arguments as JSON schema."""
        return self.arguments.model_json_schema()

    @property
    def output_schema(self) -> Json | None:
        """The answer as JSON schema, where it is an object, as MCP wants it."""
        if self.answer is None:
            return None
        schema = self.answer.json_schema(mode="serialization")
        return schema if schema.get("type") == "object" else None

    def checked(self, given: Mapping[str, Any]) -> Json:
        """The arguments as the function takes them. Raises `UserError` that says what is wrong with which."""
        try:
            found = self.arguments.model_validate(dict(given))
        except ValidationError as error:
            problems = [_problem(one) for one in error.errors(include_url=False, include_input=False)]
            more = f"; and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
            raise UserError(
                f"The arguments of {self.name} do not fit: {'; '.join(problems[:_TOLD])}{more}."
            ) from error
        return {name: getattr(found, name) for name in found.model_fields_set}

    def told(self, answer: Any) -> tuple[str, Any]:
        """An answer as text and, where it is not just text, as JSON."""
        if self.answer is None:
            return _bounded(str(answer)), None
        structured = self.answer.dump_python(answer, mode="json")
        return _bounded(to_json(structured, indent=2).decode()), structured


def made_tool(
    cog: str,
    name: str,
    function: Callable[..., Awaitable[Any]],
    help_text: str,
    *,
    read_only: bool,
    limit: timedelta,
) -> Tool:
    """Describe a function as a tool. Raises `ConfigError` where that cannot be done."""
    if not TOOL_NAME.fullmatch(name):
        raise ConfigError(f"The tool {name!r} of {cog} must be 1 to 64 letters, digits, - or _.")
    if not timedelta() < limit <= LONGEST_LIMIT:
        raise ConfigError(f"The tool {name} of {cog} may take 10 minutes at most.")
    if not inspect.iscoroutinefunction(function):
        raise ConfigError(f"The tool {name} of {cog} must be an async function.")
    _, *parameters = inspect.signature(function).parameters.values()
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for one in parameters:
        if one.kind not in {one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY} or one.name not in hints:
            raise ConfigError(f"The argument {one.name} of the tool {name} of {cog} needs a name and a type.")
        default: Any = ... if one.default is one.empty else one.default
        fields[one.name] = (_explained(hints[one.name]), default)
    try:
        model = create_model(f"{cog}_{name}", __config__=ConfigDict(extra="forbid"), **fields)
        model.model_json_schema()
        returned = hints.get("return", str)
        answer = None if returned in (str, type(None)) else TypeAdapter[Any](returned)
        tool = Tool(name, help_text[:MOST_DESCRIPTION], function, model, answer, read_only, limit)
        _ = tool.output_schema
    except (PydanticSchemaGenerationError, PydanticUserError, TypeError, NameError) as error:
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise ConfigError(f"The tool {name} of {cog} cannot be described as JSON: {reason}.") from error
    return tool


def _explained(hint: Any) -> Any:
    """``Annotated[int, "How many"]`` explains an argument, as it does a command's option."""
    said = [one for one in getattr(hint, "__metadata__", ()) if isinstance(one, str)]
    return hint if not said else Annotated[hint, FieldInfo(description=said[0])]


def _problem(error: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "together"
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {said[:1].lower()}{said[1:]}"


def _bounded(text: str) -> str:
    return text if len(text) <= MOST_ANSWER else text[:MOST_ANSWER] + _CUT.format(most=MOST_ANSWER)
