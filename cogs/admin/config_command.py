"""The settings of a feature as a message with a list to choose from, and forms made from its settings model."""

from collections.abc import Sequence

from cogs.admin import messages
from cogs.admin.cog import AdminSettings, admin
from cogswarm import Choice, Context, Form, SettingView, UserError, entry, plain

type Ctx = Context[AdminSettings]
SHOWN = 25
VALUE_LENGTH = 200


class OneValue(Form):
    """What is typed for one setting."""

    value: str = entry("", label=messages.VALUE, max_length=4000)


class Lines(Form):
    """What is typed for a setting that is a list."""

    value: str = entry("", label=messages.VALUES, long=True, max_length=4000)


async def show(ctx: Ctx, cog: str, place: int, said: str = "") -> None:
    """Show the settings, and the list from which one is chosen to be changed."""
    views = ctx.server.settings(cog, place or None)[:SHOWN]
    if not views:
        await ctx.reply(messages.CONFIG_NONE.format(name=cog))
        return
    lines = [
        messages.CONFIG_ENTRY.format(
            label=view.field.label,
            value=_short(view.shown),
            origin=messages.CHOSEN_BY[view.origin],
            help=view.field.help,
        )
        for view in views
    ]
    head = messages.CONFIG_HEAD.format(name=cog, where=_where(place))
    choices = [Choice(view.field.label, view.field.name, view.field.help) for view in views]
    select = ctx.select("setting", f"{cog}:{place}", placeholder=messages.CONFIG_PICK, choices=choices)
    await ctx.reply("\n".join([*([said] if said else []), head, *lines]), [select])


@admin.select("setting", opens_form=True, updates=True)
async def choose(ctx: Ctx, value: str, chosen: Sequence[str]) -> None:
    """Open what fits the setting: a form for what is typed, a list for what is chosen."""
    cog, place = _read(value)
    view = ctx.server.setting(cog, chosen[0], place or None)
    key = f"{cog}:{place}:{view.field.name}"
    if view.field.kind in ("text", "whole", "number", "list"):
        await _open_form(ctx, view, key)
        return
    text = messages.CONFIG_CHOOSE.format(
        label=view.field.label, name=cog, where=_where(place), help=view.field.help
    )
    buttons = [ctx.button(messages.CONFIG_BACK, "settings", f"{cog}:{place}")]
    if view.own:
        buttons.append(ctx.button(messages.CONFIG_RESET, "reset", key))
    kind = view.field.kind
    if kind in ("channel", "role", "member"):
        picked = ctx.select("value", key, kind=kind, placeholder=messages.CONFIG_CHOOSE_PICK)
    else:
        offered = (messages.YES, messages.NO) if view.field.kind == "yes_no" else view.field.choices
        picked = ctx.select(
            "value",
            key,
            placeholder=messages.CONFIG_CHOOSE_PICK,
            choices=[Choice(one, one, chosen=one == view.shown) for one in offered],
        )
    await ctx.reply(text, [picked, *buttons])


async def _open_form(ctx: Ctx, view: SettingView, key: str) -> None:
    field = view.field
    many = field.kind == "list"
    hint = messages.CONFIG_LIST_HINT if many else messages.CONFIG_EMPTY_HINT if field.optional else field.help
    await ctx.open_form(
        "value",
        key,
        Lines if many else OneValue,
        title=messages.CONFIG_TITLE.format(label=field.label),
        values={"value": view.written},
        labels={"value": field.label},
        hints={"value": hint},
    )


@admin.form("value", OneValue, updates=True)
async def typed(ctx: Ctx, key: str, form: OneValue) -> None:
    """Set what was typed."""
    await _set(ctx, key, form.value)


@admin.select("value", updates=True)
async def picked(ctx: Ctx, key: str, chosen: Sequence[str]) -> None:
    """Set what was chosen."""
    await _set(ctx, key, chosen[0])


@admin.button("reset", updates=True)
async def reset(ctx: Ctx, key: str) -> None:
    """Go back to what stands above."""
    await _set(ctx, key, None)


@admin.button("settings", updates=True)
async def back(ctx: Ctx, value: str) -> None:
    """Show all settings again."""
    cog, place = _read(value)
    await show(ctx, cog, place)


async def _set(ctx: Ctx, key: str, text: str | None) -> None:
    cog, place, setting = _read_key(key)
    await ctx.server.change_setting(cog, setting, text, place or None)
    await show(ctx, cog, place)


def _read(value: str) -> tuple[str, int]:
    cog, _, place = value.partition(":")
    if not place.isdecimal():
        raise UserError(messages.OTHER_VERSION)
    return cog, int(place)


def _read_key(key: str) -> tuple[str, int, str]:
    place, _, setting = key.rpartition(":")
    return *_read(place), setting


def _where(place: int) -> str:
    return messages.IN_CHANNEL.format(channel=place) if place else ""


def _short(text: str) -> str:
    line = plain(text) if not text.startswith("<") else text
    return line if len(line) <= VALUE_LENGTH else f"{line[: VALUE_LENGTH - 1]}…"
