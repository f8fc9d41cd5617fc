"""Selects and forms as Discord wants them; buttons are rendered with the messages that carry them.

https://discord.com/developers/docs/components/reference
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.discord.rendering import rows
from bot.errors import ConfigError
from bot.plugins.forms import MAX_TITLE, Form, inputs_of
from bot.work.surface import Button

type Json = dict[str, Any]
type SelectKind = Literal["choice", "member", "role", "mentionable", "channel"]

MAX_ROWS = 5
MAX_CHOICES = 25
MAX_CUSTOM_ID = 100
_SELECTS = {"choice": 3, "member": 5, "role": 6, "mentionable": 7, "channel": 8}
_TEXT_LIMIT = 100
_PLACEHOLDER_LIMIT = 150


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a select."""

    label: str
    value: str
    help: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """A list to choose from; made by `Context.select`."""

    custom_id: str
    placeholder: str = ""
    kind: SelectKind = "choice"
    choices: tuple[Choice, ...] = ()
    least: int = 1
    most: int = 1


def custom_id(cog: str, action: str, value: str) -> str:
    """What comes back when somebody presses or sends something. Raises `ConfigError` where it is too long."""
    made = f"v1:{cog}:{action}:{value}"
    if len(made) > MAX_CUSTOM_ID:
        raise ConfigError(
            f"{made[:40]}… is longer than the {MAX_CUSTOM_ID} characters that Discord keeps; keep the value elsewhere."
        )
    return made


def action_rows(components: Sequence[Button | Select]) -> list[Json]:
    """At most five rows: each select has one of its own, buttons share them."""
    found: list[Json] = []
    waiting: list[Button] = []
    for one in components:
        if isinstance(one, Button):
            waiting.append(one)
            continue
        found += rows(tuple(waiting))
        waiting = []
        found.append({"type": 1, "components": [_select(one)]})
    return (found + rows(tuple(waiting)))[:MAX_ROWS]


def _select(select: Select) -> Json:
    body: Json = {
        "type": _SELECTS[select.kind],
        "custom_id": select.custom_id,
        "min_values": select.least,
        "max_values": max(1, min(select.most, len(select.choices) or select.most)),
    }
    if select.placeholder:
        body["placeholder"] = select.placeholder[:_PLACEHOLDER_LIMIT]
    if select.kind == "choice":
        body["options"] = [
            {
                "label": one.label[:_TEXT_LIMIT],
                "value": one.value[:_TEXT_LIMIT],
                **({"description": one.help[:_TEXT_LIMIT]} if one.help else {}),
                **({"default": True} if one.chosen else {}),
            }
            for one in select.choices[:MAX_CHOICES]
        ]
    return body


def modal(
    form: type[Form],
    made_id: str,
    title: str,
    values: Mapping[str, str],
    labels: Mapping[str, str],
    hints: Mapping[str, str],
) -> Json:
    """A form as a window; ``values`` stand in it already, ``labels`` and ``hints`` go before the form's own."""
    return {
        "custom_id": made_id,
        "title": _short(title, MAX_TITLE) or "Form",
        "components": [
            {
                "type": 1,
                "components": [
                    {
                        "type": 4,
                        "custom_id": one.name,
                        "label": _short(labels.get(one.name, one.label), MAX_TITLE),
                        "style": 2 if one.long else 1,
                        "required": one.required,
                        **(
                            {"value": value[: one.most]} if (value := values.get(one.name, one.value)) else {}
                        ),
                        **(
                            {"placeholder": hint[:_TEXT_LIMIT]}
                            if (hint := hints.get(one.name, one.hint))
                            else {}
                        ),
                        **({"min_length": one.least} if one.least is not None else {}),
                        **({"max_length": one.most} if one.most is not None else {}),
                    }
                ],
            }
            for one in inputs_of(form)
        ],
    }


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
