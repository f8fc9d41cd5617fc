"""What tools are called with: each argument under the spellings that users of other Discord servers know."""

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, cast

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from bot.discord.surface import snowflake_at
from bot.errors import UserError

_ID = re.compile(
    r"(?:<(?:#|@[!&]?)(\d{1,19})>|(?:https://[a-z.]*discord(?:app)?\.com/channels/[\d@me/]*/)?(\d{1,19}))"
)
_MOST_PROBLEMS = 5
_WHITE = 0xFFFFFF


def _read_id(value: object) -> object:
    """An id, as a number, a text, a mention or a link of Discord's."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be an id")  # noqa: TRY004 - pydantic reports ValueError
    found = _ID.fullmatch(str(value).strip())
    number = 0 if found is None else int(found[1] or found[2])
    if not 0 < number < 2**63:
        raise ValueError("must be an id of Discord's, such as 123456789012345678")
    return number


def _read_moment(value: object) -> object:
    """A message's id, or a date, as an id of that time."""
    if isinstance(value, str) and not value.strip().isdigit():
        try:
            moment = datetime.fromisoformat(value.strip())
            return max(1, snowflake_at(moment))
        except (ValueError, OverflowError):
            pass
    return _read_id(value)


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


Id = Annotated[int, BeforeValidator(_read_id), WithJsonSchema({"type": "string"})]
OptionalId = Annotated[
    Annotated[int, BeforeValidator(_read_id)] | None,
    BeforeValidator(_blank_is_none),
    WithJsonSchema({"type": "string"}),
]
OptionalMoment = Annotated[
    Annotated[int, BeforeValidator(_read_moment)] | None,
    BeforeValidator(_blank_is_none),
    WithJsonSchema({"type": "string"}),
]
"""An id, or an ISO 8601 date."""


class Arguments(BaseModel):
    """Arguments are written ``likeThis`` or ``like_this``; what a tool does not know is refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )


def known_as(*names: str) -> AliasChoices:
    """The spellings of an argument, the one that is listed first."""
    return AliasChoices(*names)


class InGuild(Arguments):
    """Arguments of a tool that works on a server."""

    guild_id: OptionalId = Field(
        None,
        validation_alias=known_as("guildId", "guild_id", "server", "serverId", "server_id"),
        description="The server; left out where the token is for one only",
    )


class InChannel(Arguments):
    """Arguments of a tool that works in a channel or thread."""

    channel_id: Id = Field(
        validation_alias=known_as(
            "channelId", "channel_id", "channel", "threadId", "thread_id", "forumId", "forum_id"
        ),
        description="The channel or thread",
    )


class OnMessage(InChannel):
    """Arguments of a tool that works on one message."""

    message_id: Id = Field(description="The message")


class Confirmed(Arguments):
    """Arguments of a tool that cannot be undone."""

    confirm: str | None = Field(
        None, max_length=100, description="What the first call answered; only with it this is done"
    )


class Keyed(Arguments):
    """Arguments of a tool that says something."""

    idempotency_key: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        validation_alias=known_as("idempotencyKey", "idempotency_key"),
        description="The same key again says nothing twice",
    )


def colour(given: str | int) -> int:
    """A colour that is written #rrggbb, or as Discord's number. Raises `UserError`."""
    try:
        number = given if isinstance(given, int) else int(given.removeprefix("#").removeprefix("0x"), 16)
    except ValueError:
        number = -1
    if not 0 <= number <= _WHITE:
        raise UserError("A color is written #rrggbb.")
    return number


def schema_of(kind: type[Arguments]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, without what only makes it longer."""
    schema = kind.model_json_schema(by_alias=True)
    # What stands there is for readers of the code; the tool has a description of its own.
    schema.pop("description", None)
    if schema.get("$defs") == {"JsonValue": {}}:
        del schema["$defs"]
    return cast("dict[str, Any]", _shorter(schema))


def read[A: Arguments](kind: type[A], given: dict[str, Any]) -> A:
    """The arguments of a call. Raises `UserError` with all that is wrong in one sentence."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, one['loc'])) or 'they'}: {_said(one['type'], one['msg'])}"
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        more = "" if len(problems) <= _MOST_PROBLEMS else f" and {len(problems) - _MOST_PROBLEMS} more"
        raise UserError(f"The arguments are wrong: {'; '.join(problems[:_MOST_PROBLEMS])}{more}.") from None


def _said(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "there is no such argument"
    return message.removeprefix("Value error, ").rstrip(".")


def _shorter(part: Any) -> Any:
    if isinstance(part, list):
        return [_shorter(one) for one in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    entries = {name: one for name, one in cast("dict[str, Any]", part).items() if one != "#/$defs/JsonValue"}
    branches = [one for one in entries.get("anyOf", ()) if one != {"type": "null"}]
    if len(branches) == 1:
        entries = {**branches[0], **{name: one for name, one in entries.items() if name != "anyOf"}}
    return {
        name: _shorter(one)
        for name, one in entries.items()
        if not (name == "title" and isinstance(one, str)) and not (name == "default" and one is None)
    }
