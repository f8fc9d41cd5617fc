"""A cog's settings: a pydantic model whose fields say how they are shown to people."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Settings(BaseModel):
    """The base of a cog's settings; unknown keys are refused and values never change in place."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoSettings(Settings):
    """The settings of a cog that has none."""


def setting(
    default: Any = ...,
    *,
    label: str,
    help: str = "",  # noqa: A002 - the word authors expect
    ge: float | None = None,
    le: float | None = None,
    max_length: int | None = None,
    picks: Literal["channel", "role", "member", "strategy"] | None = None,
) -> Any:
    """Declare a setting: its default (``...`` for required), limits, and how forms name and explain it.

    ``picks`` says that an ``int`` is the id of a channel, a role or a member, or a ``str`` the name of a strategy that
    says who gets tasks, to be picked from a list.
    """
    extra: dict[str, JsonValue] | None = {"picks": picks} if picks else None
    return Field(
        default,
        title=label,
        description=help or label,
        ge=ge,
        le=le,
        max_length=max_length,
        json_schema_extra=extra,
    )
