"""Typed forms: a pydantic model whose fields become the inputs of a window that Discord opens (a *modal*)."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ConfigError, UserError

MAX_INPUTS = 5
MAX_TITLE = 45
MAX_LABEL = 45
MAX_LENGTH = 4000
MAX_HINT = 100
_EMPTY_IS_ABSENT = ""


class Form(BaseModel):
    """The base of a form: one to five fields, each typed; what was filled in arrives as an instance."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


@dataclass(frozen=True, slots=True)
class Input:
    """One text field of a form as Discord shows it."""

    name: str
    label: str
    required: bool
    value: str = ""
    hint: str = ""
    long: bool = False
    least: int | None = None
    most: int | None = None


def entry(
    default: Any = ...,
    *,
    label: str,
    hint: str = "",
    long: bool = False,
    ge: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
) -> Any:
    """Declare a form's field: its default (``...`` for required), limits, and whether it has several lines."""
    return Field(
        default,
        title=label,
        description=hint,
        ge=ge,
        le=le,
        min_length=min_length,
        max_length=max_length,
        json_schema_extra={"long": long},
    )


def inputs_of(form: type[Form]) -> tuple[Input, ...]:
    """The inputs of a form. Raises `ConfigError` where Discord could not show it."""
    if not 1 <= len(form.model_fields) <= MAX_INPUTS:
        raise ConfigError(f"The form {form.__name__} must have 1 to {MAX_INPUTS} fields.")
    inputs: list[Input] = []
    for name, field in form.model_fields.items():
        extra: Any = field.json_schema_extra or {}
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        bounds = {
            kind: getattr(one, kind)
            for one in field.metadata
            for kind in ("min_length", "max_length")
            if hasattr(one, kind)
        }
        inputs.append(
            Input(
                name,
                (field.title or name.replace("_", " "))[:MAX_LABEL],
                required=field.is_required(),
                value="" if default is None else str(default),
                hint=(field.description or "")[:MAX_HINT],
                long=bool(extra.get("long")),
                least=bounds.get("min_length"),
                most=min(bounds.get("max_length") or MAX_LENGTH, MAX_LENGTH),
            )
        )
    return tuple(inputs)


def filled_in[F: Form](form: type[F], values: dict[str, str]) -> F:
    """What somebody filled in, typed. Raises `UserError` that names the field and what is wrong with it."""
    given = {
        name: values[name]
        for name, field in form.model_fields.items()
        if name in values and (values[name].strip() != _EMPTY_IS_ABSENT or field.is_required())
    }
    try:
        return form.model_validate(given)
    except ValidationError as error:
        raise UserError(f"Please check the form: {'; '.join(problems_of(form, error))}.") from error


def problems_of(model: type[BaseModel], error: ValidationError) -> list[str]:
    """What is wrong with values, a few words for each field."""
    found: list[str] = []
    for one in error.errors(include_url=False, include_input=False):
        name = str(one["loc"][0]) if one["loc"] else ""
        field = model.model_fields.get(name)
        label = (field.title if field is not None else None) or name or "the values together"
        said = one["msg"].removeprefix("Value error, ")
        found.append(f"{label}: {said[:1].lower()}{said[1:]}")
    return found
