"""``cogswarm audit``: whether the record of who decided what is whole, and the record itself."""

import asyncio
import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.session import Session
from bot.errors import UserError

if TYPE_CHECKING:
    from bot.config.loaded import LoadedConfig

HEAD = typer.Option("--head", help="A hash that `verify` printed before; the record must still hold it.")
ERASED_SERVER = typer.Option("--server", min=1, help="The server with this id.")
MEMBER = typer.Option("--member", min=1, help="Only what the member with this id wrote; left out: everybody.")
YES = typer.Option("--yes", help="Do not ask.")
SERVER = typer.Option("--server", min=1, help="Only the server with this id.")
BROKEN = "The record was tampered with: {count} of its rows are not what they were."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Check, export and erase who decided what.", no_args_is_help=True)
    group.command("verify", help="Check that nothing in the record was changed or taken away.")(verify)
    group.command("erase", help="Erase what somebody wrote; that they decided, and how, stays.")(erase)
    group.command("export", help="Print the record, a line of JSON a row.")(export)
    app.add_typer(group, name="audit")


def verify(context: typer.Context, *, head: Annotated[str | None, HEAD] = None) -> None:
    """Name every row that is not what it was; erased texts are counted and break nothing."""
    asyncio.run(_verify(context.ensure_object(Session), _loaded(context), head))


def erase(
    context: typer.Context,
    *,
    server: Annotated[int, ERASED_SERVER],
    member: Annotated[int | None, MEMBER] = None,
    yes: Annotated[bool, YES] = False,
) -> None:
    """Erase the texts that lie beside the record, with their salts; rows and their hashes stay, and `verify` says erased."""
    who = "everybody" if member is None else f"the member {member}"
    if not yes:
        typer.confirm(f"Erase for ever what {who} wrote on the server {server}?", abort=True)
    asyncio.run(_erase(context.ensure_object(Session), _loaded(context), server, member))


def export(context: typer.Context, *, server: Annotated[int | None, SERVER] = None) -> None:
    """Print every row with its hash, and the text beside it where that was not erased."""
    asyncio.run(_export(context.ensure_object(Session), _loaded(context), server))


def _loaded(context: typer.Context) -> "LoadedConfig":
    session = context.ensure_object(Session)
    loaded = session.load_or_default(missing_ok=True)
    session.start_logging()
    return loaded


async def _verify(session: Session, loaded: "LoadedConfig", head: str | None) -> None:
    from bot.asks import audit_table  # noqa: PLC0415 - as above
    from bot.storage.configured import database_of  # noqa: PLC0415 - keeps --help fast

    rows = broken = erased = 0
    last, seen_head = audit_table.BEGINNING, head is None
    async with database_of(loaded, session.clock) as database, database.transaction() as conn:
        async for found in audit_table.checked(conn):
            rows += 1
            last = found.row.hash
            seen_head = seen_head or last == head
            erased += found.is_erased
            if found.wrong:
                broken += 1
                session.say(f"row {found.row.number}: {found.wrong}")
    session.say(f"{rows} rows, {erased} with erased texts.")
    if not seen_head:
        raise UserError("The record does not hold the hash that you gave: its end was cut off or replaced.")
    if broken:
        raise UserError(BROKEN.format(count=broken))
    session.say(f"Nothing was changed. Keep this to notice later if the end is cut off: {last}")


async def _erase(session: Session, loaded: "LoadedConfig", server: int, member: int | None) -> None:
    from bot.asks import audit_table  # noqa: PLC0415 - as above
    from bot.storage.configured import database_of  # noqa: PLC0415 - keeps --help fast

    async with database_of(loaded, session.clock) as database, database.transaction() as conn:
        count = await audit_table.erase(conn, server, member)
    typer.echo(f"{count} texts are erased. Who decided what stands there as before.")


async def _export(session: Session, loaded: "LoadedConfig", server: int | None) -> None:
    from bot.asks import audit_table  # noqa: PLC0415 - as above
    from bot.storage.configured import database_of  # noqa: PLC0415 - keeps --help fast

    async with database_of(loaded, session.clock) as database, database.transaction() as conn:
        async for found in audit_table.checked(conn):
            if server in {None, found.row.guild_id}:
                row = {**dataclasses.asdict(found.row), "text": found.text, "erased": found.is_erased}
                session.say(json.dumps(row, default=str))
