"""The kinds of value that fields of the configuration are made of, each with its limits."""

import re
from functools import cache
from typing import Annotated, ClassVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)


class Section(BaseModel):
    """A mapping in ``config.yaml``: unknown keys are refused, values cannot be changed after loading."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _an_empty_key_is_left_out(cls, given: object) -> object:
        """Treat ``key:`` with nothing behind it as absent; people comment out everything below a key."""
        if not isinstance(given, dict):
            return given
        items: dict[object, object] = given  # pyright: ignore[reportUnknownVariableType] - validated next
        return {key: value for key, value in items.items() if value is not None}


def _refuse_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")  # noqa: TRY004 - pydantic reports ValueError
    return value


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _none_is_empty(value: object) -> object:
    return {} if value is None else value


def _number_is_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _http_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        fits = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        fits = False
    if not fits or any(character.isspace() for character in value):
        raise ValueError("must be an address that starts with https:// or http://")
    return value


def _postgres_url(value: SecretStr) -> SecretStr:
    if not re.match(r"postgres(ql)?://", value.get_secret_value()):
        raise ValueError(
            "must be an address that starts with postgresql://, such as postgresql://user@host/name"
        )
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() | {"UTC"})


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("must be a time zone's name, such as UTC or Europe/Berlin")
    return value


def _discord_token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.isascii() or any(character.isspace() for character in text):
        raise ValueError("must be the token alone, as Discord shows it, without spaces or the word Bot")
    return value


NAME_PATTERN = r"^[a-z][a-z0-9_-]{0,31}$"
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""What an entry is called: small letters, digits, ``-`` and ``_``, 32 at most."""

PromptName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$", max_length=100)
]
"""A template's path in prompts/ without its ending, such as ``research/plan``."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]

Whole = Annotated[int, BeforeValidator(_refuse_truth)]
Number = Annotated[float, BeforeValidator(_refuse_truth)]
Seconds = Annotated[float, BeforeValidator(_refuse_truth), Field(gt=0, le=3600)]
Snowflake = Annotated[int, BeforeValidator(_refuse_truth), Field(gt=0, lt=2**63)]
"""A Discord id."""

HttpAddress = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_http_address)]
OptionalHttpAddress = Annotated[HttpAddress | None, BeforeValidator(_blank_is_none)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_blank_is_none)]
OptionalLine = Annotated[Line | None, BeforeValidator(_blank_is_none)]
PostgresUrl = Annotated[
    Annotated[SecretStr, AfterValidator(_postgres_url)] | None, BeforeValidator(_blank_is_none)
]
DiscordToken = Annotated[
    Annotated[SecretStr, AfterValidator(_discord_token)] | None, BeforeValidator(_blank_is_none)
]
TimeZone = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
HostPort = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.\-\[\]:]{1,255}$")]
HostPattern = Annotated[str, StringConstraints(pattern=r"^(\*\.)?[A-Za-z0-9._-]{1,253}$")]
"""A host by name, or with ``*.`` in front every host below it."""
Channel = Annotated[
    str,
    BeforeValidator(_number_is_text),
    StringConstraints(min_length=1, max_length=100),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
]
"""A channel by name or id."""

FreeForm = Annotated[dict[str, JsonValue], BeforeValidator(_none_is_empty)]
"""Settings that somebody else understands: a cog's, or a provider's."""
