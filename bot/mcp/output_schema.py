"""Whether a tool's structured result is what its schema promises, checked within a bounded effort.

A schema comes from the server, and so does the value: together they can be made to take for ever (references that
double at each level, patterns that backtrack). So steps are counted, and keywords whose single step can take long are
left out: what they would have found is not worth a bot that stands still.
"""

from collections.abc import Iterator
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend  # pyright: ignore[reportUnknownVariableType]  # the stub types nothing of it
from referencing import Registry
from referencing.exceptions import Unresolvable

from bot.mcp.results import Json

_MOST_STEPS = 100_000
_LEFT_OUT = frozenset(
    {
        "pattern",
        "patternProperties",
        "format",
        "uniqueItems",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contains",
    }
)


class _TooLong(Exception):
    pass


def mismatch(schema: Json, value: object) -> str:
    """Where ``value`` does not fit ``schema``, as the end of a sentence; empty where it does."""
    steps = 0

    def counted(keyword: str) -> Any:
        inner: Any = Draft202012Validator.VALIDATORS[keyword]

        def check(validator: Any, wanted: Any, instance: Any, around: Any) -> Iterator[ValidationError]:
            nonlocal steps
            steps += 1
            if steps > _MOST_STEPS:
                raise _TooLong
            yield from inner(validator, wanted, instance, around) or ()

        return check

    validator = cast("Any", extend)(
        Draft202012Validator,
        {
            keyword: _nothing if keyword in _LEFT_OUT else counted(keyword)
            for keyword in Draft202012Validator.VALIDATORS
        },
    )
    no_other_document = cast("Any", Registry)()  # a reference to one is an error, never a download
    try:
        error: ValidationError | None = next(
            validator(schema, registry=no_other_document).iter_errors(value), None
        )
    except _TooLong:
        return "its schema takes too long to check"
    except (Unresolvable, RecursionError):
        return "its schema cannot be followed"
    except Exception as failure:  # noqa: BLE001  # a schema that is none fails in as many ways as there are keywords
        return f"its schema is not valid ({type(failure).__name__})"
    if error is None:
        return ""
    where = "/".join(str(part) for part in error.absolute_path) or "the top level"
    return f"it does not fit its own schema at {where[:100]}"


def _nothing(validator: Any, wanted: Any, instance: Any, around: Any) -> Iterator[ValidationError]:
    del validator, wanted, instance, around
    return iter(())
