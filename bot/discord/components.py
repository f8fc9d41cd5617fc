"""Buttons, selects and forms as Discord wants them.

https://discord.com/developers/docs/components/reference
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import ConfigError
from bot.plugins.forms import MAX_TITLE, Form, inputs_of
from bot.work.surface import Button, Select

type Json = dict[str, Any]

MAX_ROWS = 5
BUTTONS_IN_A_ROW = 5
LABEL_LIMIT = 80
MAX_CHOICES = 25
_STYLES = {"primary": 1, "secondary": 2, "danger": 4}
_SELECTS = {"choice": 3, "member": 5, "role": 6, "mentionable": 7, "channel": 8}
_TEXT_LIMIT = 100
_PLACEHOLDER_LIMIT = 150


def action_rows(components: Sequence[Button | Select]) -> list[Json]:
    """At most five rows: each select has one of its own, buttons share them."""
    found: list[Json] = []
    waiting: list[Button] = []
    for one in components:
        if isinstance(one, Button):
            waiting.append(one)
            continue
        found += _rows_of(waiting)
        waiting = []
        found.append({"type": 1, "components": [_select(one)]})
    return (found + _rows_of(waiting))[:MAX_ROWS]


def checked_rows(selects: Sequence[Select], buttons: Sequence[Button]) -> list[Json]:
    """Selects, then buttons. Raises `ConfigError` for what Discord refuses: a whole message would not be said."""
    rows = -(-len(buttons) // BUTTONS_IN_A_ROW) + len(selects)
    if selects and rows > MAX_ROWS:
        raise ConfigError(
            f"A message has room for {MAX_ROWS} rows: each select takes one, five buttons another."
        )
    for select in selects:
        if select.kind == "choice" and not 1 <= len(select.choices) <= MAX_CHOICES:
            raise ConfigError(f"A select offers 1 to {MAX_CHOICES} choices, not {len(select.choices)}.")
        values = [one.value[:_TEXT_LIMIT] for one in select.choices]
        if len(set(values)) < len(values) or not all(one.label and one.value for one in select.choices):
            raise ConfigError("Each choice of a select needs a label and a value of its own.")
        if not 0 <= select.least <= max(1, select.most) <= MAX_CHOICES:
            raise ConfigError(f"From a select 0 to {MAX_CHOICES} can be chosen, the least first.")
    return action_rows([*selects, *buttons])


def _rows_of(buttons: Sequence[Button]) -> list[Json]:
    shown = [_button(button) for button in buttons]
    return [
        {"type": 1, "components": shown[start : start + BUTTONS_IN_A_ROW]}
        for start in range(0, len(shown), BUTTONS_IN_A_ROW)
    ]


def _button(button: Button) -> Json:
    return {
        "type": 2,
        "style": _STYLES[button.style],
        "label": button.label[:LABEL_LIMIT],
        "custom_id": button.custom_id,
    }


def _select(select: Select) -> Json:
    body: Json = {
        "type": _SELECTS[select.kind],
        "custom_id": select.custom_id,
        "min_values": min(select.least, len(select.choices) or select.least),
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
