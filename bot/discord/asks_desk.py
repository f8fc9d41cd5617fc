"""A server's questions to people in the hands of one person: what waits for them, deciding it, and handing it over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from bot.asks import asks_table, deciding, delegation_table, payload, showing
from bot.asks.asks_table import AskRow, VersionRow
from bot.asks.deciding import Ruling, Said
from bot.asks.elicited import answered
from bot.asks.policy import NotYours, Voter, seats
from bot.discord.events import Author, Message
from bot.discord.runs_desk import DeskServices
from bot.errors import UserError
from bot.plugins.permissions import holds
from bot.work.surface import Connection

MOST = 200
YOURSELF = "You decide for yourself already; choose somebody else."
MOST_BYTES = 200_000
NOT_TO_YOU = "This is for <@{who}>; press *Change…* under the question to change it yourself."
ONE_FILE = "Reply with the text alone, or with one text file alone."
NO_TEXT = "That file is no text in UTF-8, so nothing was changed."
BOTS = "Bots do not decide here; choose somebody else."


@dataclass(frozen=True, slots=True)
class AskView:
    """A question as people see it in a list. ``outcome`` is empty while it is open; ``detail`` is what is approved.

    ``approvable`` says that it needs a yes; what goes ahead by itself can only be stopped.
    """

    id: UUID
    version: int
    title: str
    kind: str
    cog: str
    place: int
    requester_id: int
    created_at: datetime
    deadline_at: datetime | None
    outcome: str = ""
    detail: str = ""
    approvable: bool = False


class AsksDesk:
    """The questions of one server, in the hands of one person."""

    def __init__(self, services: DeskServices, guild_id: int, author: Author) -> None:
        self._services = services
        self._guild_id = guild_id
        self._author = author

    async def waiting(self, *, cog: str = "", words: str = "", limit: int = 25) -> Sequence[AskView]:
        """The open questions that this person may answer and has not, oldest first."""
        voter = await self._voter()
        async with self._services.database.connection() as conn:
            found = await asks_table.open_ones(conn, self._guild_id, cog=cog, words=words, limit=MOST)
            mine = [
                ask
                for ask in found
                if _may(ask, voter)
                and all(
                    one.member_id != voter.id for one in await asks_table.votes(conn, ask.id, ask.version)
                )
            ]
            return await self._views(conn, mine[:limit])

    async def asked(self, *, cog: str = "", limit: int = 25) -> Sequence[AskView]:
        """The open questions that were asked on this person's behalf."""
        async with self._services.database.connection() as conn:
            found = await asks_table.open_ones(conn, self._guild_id, cog=cog, limit=MOST)
            mine = [ask for ask in found if ask.requester_id == self._author.id]
            return await self._views(conn, mine[:limit])

    async def history(self, *, cog: str = "", mine: bool = False, limit: int = 15) -> Sequence[AskView]:
        """What was decided lately, of what this person may answer or has asked; all for who manages the server.

        With ``mine`` only what was asked on this person's behalf, or decided by them.
        """
        voter = await self._voter()
        async with self._services.database.connection() as conn:
            found = await asks_table.decided_ones(conn, self._guild_id, MOST, cog=cog)
            own = [ask for ask in found if voter.id in {ask.requester_id, ask.decided_by}]
            seen = [ask for ask in found if voter.manages or ask in own or _may(ask, voter)]
            return await self._views(conn, (own if mine else seen)[:limit])

    async def find(self, ask_id: UUID) -> AskView:
        """A question that this person may decide. Raises `UserError`."""
        voter = await self._voter()
        async with self._services.database.connection() as conn:
            ask, _ = await deciding.eligible(conn, self._guild_id, voter, ask_id)
            (view,) = await self._views(conn, [ask])
        return view

    async def say(
        self, ask_id: UUID, version: int, *, yes: bool = True, value: JsonValue = None, note: str = ""
    ) -> str:
        """Have this person's say about a version; says in a sentence what comes of it. Raises `UserError`."""
        voter = await self._voter()
        services = self._services
        async with services.database.transaction() as conn:
            checked = await self._checked(conn, ask_id, value)
            ruling = await deciding.say(
                conn,
                services.surface,
                self._guild_id,
                voter,
                Said(ask_id, version, yes=yes, value=checked, note=note),
                services.ahead(),
            )
            return await self._told(conn, ruling)

    async def edit(self, ask_id: UUID, version: int, text: str) -> str:
        """Change what is to be approved; says in a sentence what comes of it. Raises `UserError`."""
        voter = await self._voter()
        services = self._services
        async with services.database.transaction() as conn:
            _, before = await deciding.eligible(conn, self._guild_id, voter, ask_id)
            said = Said(ask_id, version, value=payload.edited(before.payload, text))
            ruling = await deciding.edit(
                conn, services.surface, self._guild_id, voter, said, services.ahead()
            )
            return await self._told(conn, ruling)

    async def send_back(self, ask_id: UUID, version: int, note: str) -> str:
        """Have another version written; says in a sentence what comes of it. Raises `UserError`."""
        voter = await self._voter()
        services, said = self._services, Said(ask_id, version, note=note)
        async with services.database.transaction() as conn:
            ruling = await deciding.send_back(
                conn, services.surface, self._guild_id, voter, said, services.ahead()
            )
            return await self._told(conn, ruling)

    async def draft(self, ask_id: UUID, version: int) -> str:
        """Give this person a message to reply to with a new version. Raises `UserError`."""
        voter = await self._voter()
        services, said = self._services, Said(ask_id, version)
        async with services.database.transaction() as conn:
            ruling = await deciding.draft(
                conn, services.surface, self._guild_id, voter, said, services.ahead()
            )
            return await self._told(conn, ruling)

    async def replied(self, message: Message) -> str | None:
        """Make a new version out of a reply to such a message; None where it is a reply to something else.

        Raises `UserError`, and `OutsideError` where the file that belongs to it cannot be read.
        """
        if message.reply_to is None:
            return None
        async with self._services.database.connection() as conn:
            found = await asks_table.draft_of(conn, self._guild_id, message.reply_to.id)
        if found is None:
            return None
        ask_id, version, member_id = found
        if member_id != self._author.id:
            raise UserError(NOT_TO_YOU.format(who=member_id))
        return await self.edit(ask_id, version, await self._whole(message))

    async def _whole(self, message: Message) -> str:
        """What a reply says: its text, or the text file that goes with it."""
        files = list(message.attachments)
        if not files:
            return message.text
        if message.text.strip() or len(files) > 1 or self._services.files is None:
            raise UserError(ONE_FILE)
        content = await self._services.files.read(files[0].url, MOST_BYTES)
        try:
            return content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            raise UserError(NO_TEXT) from None

    async def for_form(self, ask_id: UUID) -> tuple[AskRow, VersionRow]:
        """A question with what is to be approved, for this person to change or answer. Raises `UserError`."""
        voter = await self._voter()
        async with self._services.database.connection() as conn:
            return await deciding.eligible(conn, self._guild_id, voter, ask_id)

    async def of_message(self, message_id: int) -> AskView | None:
        """The open question that a message holds, where replies and reactions to it count."""
        async with self._services.database.connection() as conn:
            ask = await asks_table.by_message(conn, self._guild_id, message_id)
            return (await self._views(conn, [ask]))[0] if ask is not None and ask.replies else None

    async def delegate(self, to: int, until: datetime, *, is_bot: bool = False) -> None:
        """Let somebody decide for this person until then. Raises `UserError`."""
        if is_bot:
            raise UserError(BOTS)
        if to == self._author.id:
            raise UserError(YOURSELF)
        async with self._services.database.transaction() as conn:
            await delegation_table.put(conn, self._guild_id, self._author.id, to, until)

    async def decide_myself(self) -> bool:
        """Let nobody decide for this person any more; whether anybody did."""
        async with self._services.database.transaction() as conn:
            return await delegation_table.end(conn, self._guild_id, self._author.id)

    async def _checked(self, conn: Connection, ask_id: UUID, value: JsonValue) -> JsonValue:
        """What is chosen or written, as it is kept; what was pressed could have been made up. Raises `UserError`."""
        ask = await asks_table.get(conn, ask_id)
        if ask is None:
            return value
        server = ask.asked_by_server
        if server is not None and ask.state == "open":
            return answered(server, value[0] if isinstance(value, list) and value else value)
        return _chosen(ask, value) if ask.kind == "options" else value

    async def _told(self, conn: Connection, ruling: Ruling) -> str:
        if ruling.run_id is not None:
            await self._services.ring(conn, ruling.run_id)
        return ruling.sentence

    async def _voter(self) -> Voter:
        """This person as Discord described them just now, with those they stand in for as those are now."""
        services, author = self._services, self._author
        own = Voter(
            author.id, frozenset(author.roles), holds(author.permissions, "manage_guild"), author.is_bot
        )
        if services.present is None:
            return own
        async with services.database.connection() as conn:
            found = await delegation_table.to(conn, self._guild_id, author.id, services.ahead())
        away = [await services.present.voter(self._guild_id, one.from_id) for one in found]
        return replace(own, stands_for=tuple(one for one in away if one is not None))

    async def _views(self, conn: Connection, asks: Sequence[AskRow]) -> list[AskView]:
        places = await asks_table.places(conn, asks)
        views: list[AskView] = []
        for ask in asks:
            version = await asks_table.version_of(conn, ask.id, ask.version)
            over = ask.state != "open"
            votes = await asks_table.votes(conn, ask.id, ask.version) if over else []
            views.append(
                AskView(
                    ask.id,
                    ask.version,
                    ask.title,
                    ask.kind,
                    ask.cog,
                    places.get(ask.id, 0),
                    ask.requester_id,
                    ask.created_at,
                    ask.deadline_at,
                    showing.outcome_line(ask, votes) if over else "",
                    payload.readable(version.payload) if version and ask.kind == "approval" else "",
                    ask.kind == "approval" and not ask.rules.silence,
                )
            )
        return views


def _chosen(ask: AskRow, value: JsonValue) -> JsonValue:
    """What somebody chooses, or writes in its place: a list where they may choose several. Raises `UserError`."""
    chosen = [str(one) for one in value] if isinstance(value, list) else _read_choices(ask, str(value))
    if not chosen or not (ask.other or all(one in ask.choices for one in chosen)):
        raise UserError(deciding.UNKNOWN)
    if not ask.multi:
        return chosen[0]
    # In the order of the question, so that two people who choose the same say the same.
    listed: list[JsonValue] = [one for one in ask.choices if one in chosen]
    return [*listed, *(one for one in dict.fromkeys(chosen) if one not in ask.choices)]


def _read_choices(ask: AskRow, text: str) -> list[str]:
    """What somebody means who writes instead of choosing: choices by value or label, where they may several."""
    by_label = {label.casefold(): value for value, label in ask.choices.items()}
    parts = [one.strip() for one in text.split(",")] if ask.multi else [text.strip()]
    found = [one if one in ask.choices else by_label.get(one.casefold(), "") for one in parts]
    return found if all(found) else [text]


def _may(ask: AskRow, voter: Voter) -> bool:
    found = [
        seats(ask.rules, ask.kind, ask.requester_id, voter, yes=yes, escalated=ask.escalated)
        for yes in (True, False)
    ]
    return not all(isinstance(one, NotYours) for one in found)
