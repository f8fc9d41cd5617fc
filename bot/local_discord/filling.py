"""Fills in commands and finds components, from what Discord stores about them."""

from typing import cast

from bot.errors import UserError
from bot.local_discord.components import find_component
from bot.local_discord.model import Json

SUBCOMMAND, GROUP = 1, 2


def component_called(message: Json, what: str) -> Json:
    """The component of a message with this custom id or label.

    Raises:
        UserError: there is none.
    """
    components = cast("list[Json]", message.get("components", []))
    found = find_component(components, what) or _labelled(components, what)
    if found is None:
        raise UserError(f"The message has nothing to press that is called {what!r}.")
    return found


def _labelled(components: list[Json], label: str) -> Json | None:
    for component in components:
        if component.get("label") == label and "custom_id" in component:
            return component
        inner: list[Json] = [*component.get("components", [])]
        if "accessory" in component:
            inner.append(component["accessory"])
        if (found := _labelled(inner, label)) is not None:
            return found
    return None


def filled_options(
    declared: list[Json], path: list[str], options: dict[str, object], focused: str | None
) -> list[Json]:
    """A command's options filled in, under the subcommands of ``path``; ``focused`` is being typed.

    Raises:
        UserError: there is no such subcommand or option.
    """
    by_name = {option["name"]: option for option in declared}
    if path:
        chosen = by_name.get(path[0])
        if chosen is None or chosen["type"] not in (SUBCOMMAND, GROUP):
            raise UserError(f"The command has no subcommand {path[0]!r}.")
        inner = filled_options(chosen.get("options", []), path[1:], options, focused)
        return [{"name": chosen["name"], "type": chosen["type"], "options": inner}]
    found: list[Json] = []
    for name, value in options.items():
        option = by_name.get(name)
        if option is None:
            raise UserError(f"The command has no option {name!r}.")
        entry: Json = {"name": name, "type": option["type"], "value": value}
        if name == focused:
            entry["focused"] = True
        found.append(entry)
    return found
