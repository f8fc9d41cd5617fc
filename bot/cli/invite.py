"""``cogswarm invite``: the address that adds the bot to a Discord server."""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

import typer

from bot.cli.session import Session
from bot.errors import UserError

PERMISSIONS: Mapping[str, int] = {
    "Add Reactions": 1 << 6,
    "View Channels": 1 << 10,
    "Send Messages": 1 << 11,
    "Embed Links": 1 << 14,
    "Attach Files": 1 << 15,
    "Read Message History": 1 << 16,
    "Manage Webhooks": 1 << 29,
    "Manage Threads": 1 << 34,
    "Create Public Threads": 1 << 35,
    "Send Messages in Threads": 1 << 38,
}
"""What the bot asks for and the bit of each, after https://discord.com/developers/docs/topics/permissions."""

_LARGEST_ID = 2**63


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("invite", help="Print the address that adds the bot to your Discord server.")(invite)


def invite(
    context: typer.Context,
    app_id: Annotated[
        int | None, typer.Option(min=1, max=_LARGEST_ID, help="The application's id, if not the token's.")
    ] = None,
) -> None:
    """Print the address, and what it asks for."""
    session = context.ensure_object(Session)
    if app_id is None:
        app_id = application_id(session.load().config.discord.bot_token)
        if app_id is None:
            raise UserError(
                "The token does not say which application it is of; run `cogswarm invite --app-id ID` with the "
                "Application ID from https://discord.com/developers/applications."
            )
    session.say("Open this address as somebody who may manage the server:", err=True)
    permissions = {**PERMISSIONS, **permissions_of_cogs(session)}
    session.say(invite_url(app_id, permission_bits(permissions)))
    session.say(f"It asks for: {', '.join(permissions)}.", err=True)


def permissions_of_cogs(session: Session) -> dict[str, int]:
    """Return what the loaded cogs need beside the usual, by the words of Discord's page."""
    from bot.plugins.discovery import find  # noqa: PLC0415 - keeps --help fast
    from bot.plugins.loading import load  # noqa: PLC0415 - as above
    from bot.plugins.permissions import PERMISSIONS as BITS  # noqa: PLC0415 - as above
    from bot.plugins.permissions import shown  # noqa: PLC0415 - as above

    loaded = session.loaded or session.load_or_default(missing_ok=True)
    cogs = load(find(loaded.plugin_paths), loaded.config.plugins.disabled).cogs.values()
    names = sorted(
        {name for cog in cogs for name in cog.permissions if BITS[name] not in PERMISSIONS.values()}
    )
    return {shown(name): BITS[name] for name in names}


def permission_bits(permissions: Mapping[str, int]) -> int:
    """Return the permissions as the one number Discord takes."""
    bits = 0
    for bit in permissions.values():
        bits |= bit
    return bits


def invite_url(app_id: int, permissions: int) -> str:
    """Return the address that adds an application as a bot with slash commands."""
    query = {"client_id": app_id, "scope": "bot applications.commands", "permissions": permissions}
    return f"https://discord.com/oauth2/authorize?{urlencode(query)}"


def application_id(token: str) -> int | None:
    """Return the application's id, which is the first part of a bot token in base64; None where it is not."""
    first, *rest = token.split(".")
    if len(rest) != 2:  # noqa: PLR2004 - a bot token has three parts
        return None
    try:
        text = base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True).decode(
            "ascii"
        )
    except (binascii.Error, ValueError):
        return None
    plausible = text.isascii() and text.isdigit() and 0 < int(text[:20]) < _LARGEST_ID and len(text) <= 20  # noqa: PLR2004 - ids have at most 20 digits
    return int(text) if plausible else None
