"""/help: what this member can use right here."""

from collections.abc import Sequence
from typing import Annotated

from cogs.admin import messages
from cogs.admin.cog import AdminSettings, admin
from cogswarm import Command, Context, UserError

type Ctx = Context[AdminSettings]
SUGGESTIONS = 25


async def suggest_command(ctx: Ctx, typed: str) -> Sequence[str]:
    """Commands that hold what was typed."""
    wanted = typed.casefold().removeprefix("/")
    return [command.name for _, command in ctx.server.commands() if wanted in command.name][:SUGGESTIONS]


@admin.command("help", help=messages.HELP, suggest={"command": suggest_command})
async def help_(ctx: Ctx, command: Annotated[str | None, messages.WHICH_COMMAND] = None) -> None:
    """Show what can be used here, or all about one command."""
    await ctx.reply(_all(ctx) if command is None else _one(ctx, command))


def _all(ctx: Ctx) -> str:
    usable = ctx.server.commands()
    if not usable:
        return messages.HELP_NOTHING
    lines = [
        messages.HELP_ENTRY.format(command=command.shown, help=command.help)
        for _, command in usable
        if command.kind == "slash"
    ]
    menus = [f"“{command.name}”" for _, command in usable if command.kind != "slash"]
    if menus:
        lines.append(messages.HELP_MENU.format(names=", ".join(menus)))
    return "\n".join([messages.HELP_HEAD, *lines, messages.HELP_FOOT])


def _one(ctx: Ctx, wanted: str) -> str:
    name = " ".join(wanted.casefold().removeprefix("/").split())
    for cog, command in ctx.server.commands():
        if command.name.casefold() == name:
            lines = [
                messages.HELP_ONE.format(
                    command=command.shown, help=command.help, cog=cog.name, summary=cog.summary
                )
            ]
            lines += [
                messages.HELP_OPTION.format(
                    name=option.name, optional="" if option.required else messages.OPTIONAL, help=option.help
                )
                for option in command.options
            ]
            return "\n".join(lines)
    inside = [command for _, command in ctx.server.commands() if command.name.startswith(f"{name} ")]
    if inside:
        return "\n".join(_entry(command) for command in inside)
    raise UserError(messages.HELP_NO_COMMAND.format(command=name[:50]))


def _entry(command: Command) -> str:
    return messages.HELP_ENTRY.format(command=command.shown, help=command.help)
