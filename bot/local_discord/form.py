"""Reads the fields of a request's body and collects what is wrong with them in Discord's nested form.

Error codes and texts are those Discord answers; https://discord.com/developers/docs/reference#error-messages
gives the shape.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from bot.local_discord.model import Json
from bot.local_discord.refusals import invalid_form
from bot.local_discord.snowflake import LARGEST

_SNOWFLAKE = re.compile(r"(0|[1-9][0-9]{0,19})\Z")
_URL = re.compile(r"(https?|attachment|discord)://[^\s]+\Z", re.IGNORECASE)
INT32 = (1 << 31) - 1


@dataclass(slots=True)
class Problems:
    """Everything wrong with one body."""

    found: list[tuple[tuple[str, ...], str, str]] = field(
        default_factory=list[tuple[tuple[str, ...], str, str]]
    )

    def add(self, path: tuple[str, ...], code: str, message: str) -> None:
        """Note one problem at a path of field names and list indexes."""
        self.found.append((path, code, message))

    def nested(self) -> Json:
        """The problems as Discord nests them."""
        root: Json = {}
        for path, code, message in self.found:
            place = root
            for step in path:
                place = cast("Json", place.setdefault(step, {}))
            place.setdefault("_errors", []).append({"code": code, "message": message})
        return _inmost(root)

    def raise_any(self) -> None:
        """Raise 50035 if there is a problem."""
        if self.found:
            raise invalid_form(self.nested())


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one JSON object at ``path``; readers give None (or the default) for what is absent or wrong."""

    data: Json
    problems: Problems
    path: tuple[str, ...] = ()

    def refuse(self, name: str, code: str, message: str) -> None:
        """Note a problem with a field ("" for the object itself)."""
        self.problems.add((*self.path, name) if name else self.path, code, message)

    def has(self, name: str) -> bool:
        """Whether the field is there, null included."""
        return name in self.data

    def _value(self, name: str, *, required: bool) -> Any:
        value = self.data.get(name)
        if value is None and required:
            self.refuse(name, "BASE_TYPE_REQUIRED", "This field is required")
        return value

    def text(self, name: str, *, least: int = 0, most: int = 2000, required: bool = False) -> str | None:
        """A string of ``least`` to ``most`` characters."""
        value = self._value(name, required=required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            self.refuse(name, "STRING_TYPE_CONVERT", "Could not interpret the value as string.")
            return None
        text = str(value)
        if not least <= len(text) <= most:
            if least:
                message = f"Must be between {least} and {most} in length."
                self.refuse(name, "BASE_TYPE_BAD_LENGTH", message)
            else:
                self.refuse(name, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
            return None
        return text

    def url(self, name: str, *, most: int = 2048) -> str | None:
        """A URL with a scheme that Discord allows."""
        text = self.text(name, most=most)
        if not text:
            return None
        if not _URL.match(text):
            message = "Scheme must be one of ('http', 'https', 'discord', 'attachment')."
            self.refuse(name, "URL_TYPE_INVALID_SCHEME", message)
            return None
        return text

    def integer(
        self,
        name: str,
        *,
        least: int = 0,
        most: int = INT32,
        required: bool = False,
        default: int | None = None,
    ) -> int | None:
        """An integer from ``least`` to ``most``; a string of digits counts, as at Discord."""
        value = self._value(name, required=required)
        if value is None:
            return default
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(name, "NUMBER_TYPE_COERCE", f'Value "{_short(value)}" is not int.')
            return default
        if value < least:
            self.refuse(name, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
            return default
        if value > most:
            self.refuse(name, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")
            return default
        return value

    def number(
        self, name: str, *, least: float = 0.0, most: float, default: float | None = None
    ) -> float | None:
        """A number from ``least`` to ``most``, whole or not."""
        value = self.data.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:  # noqa: PLR0124 - NaN
            self.refuse(name, "NUMBER_TYPE_COERCE", f'Value "{_short(value)}" is not float.')
            return default
        if value < least:
            self.refuse(name, "NUMBER_TYPE_MIN", f"float value should be greater than or equal to {least:g}.")
            return default
        if value > most:
            self.refuse(name, "NUMBER_TYPE_MAX", f"float value should be less than or equal to {most:g}.")
            return default
        return float(value)

    def word(self, name: str, among: Collection[str], *, required: bool = False) -> str | None:
        """One of a few words."""
        value = self._value(name, required=required)
        if value is None:
            return None
        if not isinstance(value, str) or value not in among:
            names = ", ".join(repr(one) for one in among)
            self.refuse(name, "BASE_TYPE_CHOICES", f"Value must be one of {{{names}}}.")
            return None
        return value

    def only(self, *names: str) -> None:
        """Refuse every other field; for forms of our own, since Discord ignores what it does not know."""
        for name in self.data:
            if name not in names:
                known = ", ".join(names)
                self.refuse(str(name)[:100], "UNKNOWN_FIELD", f"There is no such field; there are {known}.")

    def choice(self, name: str, among: Collection[int], *, required: bool = False) -> int | None:
        """One of a few integers."""
        value = self._value(name, required=required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value not in among:
            names = ", ".join(str(one) for one in sorted(among))
            self.refuse(name, "BASE_TYPE_CHOICES", f"Value must be one of {{{names}}}.")
            return None
        return value

    def boolean(self, name: str) -> bool | None:
        """True or false."""
        value = self.data.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.refuse(name, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
        return None

    def snowflake(self, name: str, *, required: bool = False) -> int | None:
        """An id."""
        value = self._value(name, required=required)
        if value is None:
            return None
        found = as_snowflake(value)
        if found is None:
            self.refuse(name, "NUMBER_TYPE_COERCE", f'Value "{_short(value)}" is not snowflake.')
        return found

    def snowflakes(self, name: str, *, most: int, least: int = 0, required: bool = False) -> list[int] | None:
        """A list of ids."""
        values = self.items(name, most=most, least=least, required=required)
        if values is None:
            return None
        found: list[int] = []
        for index, value in enumerate(values):
            one = as_snowflake(value)
            if one is None:
                message = f'Value "{_short(value)}" is not snowflake.'
                self.problems.add((*self.path, name, str(index)), "NUMBER_TYPE_COERCE", message)
            else:
                found.append(one)
        return found

    def time(self, name: str) -> datetime | None:
        """A point in time in ISO 8601 form, in UTC where it names no zone."""
        value = self.data.get(name)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.refuse(name, "DATE_TIME_TYPE_PARSE", f"Could not parse {_short(value)}. Should be ISO8601.")
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

    def items(self, name: str, *, most: int, least: int = 0, required: bool = False) -> list[object] | None:
        """A list of ``least`` to ``most`` items of any kind."""
        value = self._value(name, required=required)
        if value is None:
            return None
        if not isinstance(value, list):
            self.refuse(name, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return None
        items = cast("list[object]", value)
        if len(items) > most or len(items) < least:
            message = (
                f"Must be between {least} and {most} in length."
                if least
                else f"Must be {most} or fewer in length."
            )
            self.refuse(name, "BASE_TYPE_BAD_LENGTH" if least else "BASE_TYPE_MAX_LENGTH", message)
            return None
        return items

    def forms(self, name: str, *, most: int, least: int = 0, required: bool = False) -> "list[Form] | None":
        """A list of objects."""
        items = self.items(name, most=most, least=least, required=required)
        if items is None:
            return None
        found: list[Form] = []
        for index, item in enumerate(items):
            place = (*self.path, name, str(index))
            if isinstance(item, dict):
                found.append(Form(cast("Json", item), self.problems, place))
            else:
                self.problems.add(place, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return found

    def form(self, name: str, *, required: bool = False) -> "Form | None":
        """An object."""
        value = self._value(name, required=required)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.refuse(name, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            return None
        return Form(cast("Json", value), self.problems, (*self.path, name))


def _inmost(place: Json) -> Json:
    """An object carries its own errors or its fields', never both; the fields' say more."""
    inner = {name: _inmost(value) for name, value in place.items() if name != "_errors"}
    return inner or place


def as_snowflake(value: object) -> int | None:
    """An id given as a string or number, None when it is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    if isinstance(value, int):
        return value if 0 <= value <= LARGEST else None
    return int(value) if _SNOWFLAKE.match(value) and int(value) <= LARGEST else None


def _short(value: object) -> str:
    return str(value)[:100]
