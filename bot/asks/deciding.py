"""What somebody's say comes to: one transaction that locks the run, then the question, and changes it if it is open.

A late, repeated or stale say changes nothing and is told what stands.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from bot.asks import asks_table, audit_table, showing
from bot.asks.asks_table import AskRow, State, VersionRow
from bot.asks.audit_table import Deed
from bot.asks.payload import hash_of
from bot.asks.policy import NotYours, Outcome, Seat, Vote, Voter, agreeing, outcome, seats
from bot.errors import UserError
from bot.work import runs_table, waiting
from bot.work.runs_table import RunRow
from bot.work.speaking import place_of
from bot.work.surface import Connection, Surface

UNKNOWN = "I do not know that question any more."
STALE = "This was changed since: version {version} is what stands now, see below."
NOTED = "Noted: {what}. {count} of {needed} so far."
AGAIN = "You have said that already. {count} of {needed} so far."
TAKEN = "<@{by}> has had a say for <@{seat}> already."
DECIDED_BEFORE = "This was decided before. {line}"
TOO_LATE = "It is too late to decide this."
NO_EDIT = "This can only be approved or rejected as it is."
UNCHANGED = "That is the same as before, so nothing was changed."
CHANGED = "Changed. Version {version} stands below and needs its own approvals."
NO_NOTE = "Say what is to be different."
WRITTEN_ANEW = "Sent back. Another version is being written and will stand below; it needs its own approvals."
REWRITING = "Another version of this is being written; wait for it, it will stand below."
REPLY = "It is too long for a form. Reply to my message in the thread with all of it, or with a text file."
SENT_BACK = "sent back"
ENDED = "The work that asked this has ended, so there is nothing to decide any more."


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says to a version of a question."""

    ask_id: UUID
    version: int
    yes: bool = True
    value: Any = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What came of it: a sentence for whoever acted, and whether the question was decided by it."""

    sentence: str
    decides: bool = False
    run_id: UUID | None = None
    """Whom to ring for."""


@dataclass(frozen=True, slots=True)
class _Standing:
    run: RunRow
    ask: AskRow
    version: VersionRow
    late: bool


def id_of(run_id: UUID, key: str) -> UUID:
    """The id of the question that a run asks under a key; the same at any time."""
    return uuid5(run_id, f"ask {key}")


async def say(
    conn: Connection, surface: Surface, guild_id: int, voter: Voter, said: Said, ahead: float = 0.0
) -> Ruling:
    """Let somebody have their say. Raises `UserError` where they may not, or there is no such question."""
    found = await _open(conn, surface, guild_id, said, ahead)
    if isinstance(found, Ruling):
        return found
    ask = found.ask
    votes = await asks_table.votes(conn, ask.id, ask.version)
    seat = _free_seat(ask, voter, votes, yes=said.yes)
    vote = Vote(voter.id, seat.id, said.yes, said.value, said.note, seat.via, seat.veto)
    fresh = await asks_table.put_vote(conn, ask.id, ask.version, vote)
    votes = await asks_table.votes(conn, ask.id, ask.version)
    count, needed = agreeing(ask.kind, votes), ask.rules.needed
    if not fresh:
        return Ruling(AGAIN.format(count=count, needed=needed))
    what = ("approve" if said.yes else "reject") if ask.kind == "approval" else "answer"
    written = said.note if ask.asked_by_server is not None else _written(said)
    await _record(conn, found, what, voter.id, seat.via, written)
    decided = outcome(ask.rules, ask.kind, votes)
    if decided is None:
        deeds = await audit_table.count_of_ask(conn, ask.id)
        await _show(conn, surface, f"vote:{deeds}", found, votes)
        what = (
            ("yes" if said.yes else "no") if ask.kind == "approval" else showing.shown_value(ask, said.value)
        )
        return Ruling(NOTED.format(what=what, count=count, needed=needed))
    return await _settle(conn, surface, found, decided, votes, voter.id, ahead)


async def edit(
    conn: Connection, surface: Surface, guild_id: int, voter: Voter, said: Said, ahead: float = 0.0
) -> Ruling:
    """Make a new version out of ``said.value``; what was said to the one before does not count for it."""
    found = await _open(conn, surface, guild_id, said, ahead)
    if isinstance(found, Ruling):
        return found
    if found.ask.kind != "approval" or found.ask.rules.fixed:
        raise UserError(NO_EDIT)
    found_seats = _seats(found.ask, voter, yes=True)
    payload = await asks_table.as_kept(conn, said.value)
    digest = hash_of(payload)
    if digest == found.version.hash:
        return Ruling(UNCHANGED)
    number = found.ask.version + 1
    await asks_table.add_version(conn, found.ask.id, number, payload, digest, voter.id)
    after = await _read(conn, found.run, found.ask.id)
    await _record(conn, after, "edit", voter.id, found_seats[0].via, "")
    if found.ask.said_row is not None:
        gone = showing.replaced(found.ask, found.version, number)
        await surface.edit(conn, f"{found.ask.id}:replaced:{number}", found.ask.said_row, gone)
    rows = await surface.post(
        conn,
        f"{found.ask.id}:version:{number}",
        place_of(found.run),
        showing.asking(after.ask, after.version, (), found.version),
        run_id=found.run.id,
    )
    await asks_table.said(conn, found.ask.id, rows[-1])
    return Ruling(CHANGED.format(version=number))


async def send_back(
    conn: Connection, surface: Surface, guild_id: int, voter: Voter, said: Said, ahead: float = 0.0
) -> Ruling:
    """Have whoever asked write another version, with ``said.note``; what was said to this one does not count for it."""
    found = await _open(conn, surface, guild_id, said, ahead)
    if isinstance(found, Ruling):
        return found
    ask = found.ask
    if not ask.rewrites:
        raise UserError(NO_EDIT)
    if not said.note.strip():
        raise UserError(NO_NOTE)
    seat = _seats(ask, voter, yes=True)[0]
    result: dict[str, Any] = {"state": SENT_BACK, "note": said.note, "version": ask.version, "by": [voter.id]}
    if not (await waiting.answer(conn, ask.wait_id, result, voter.id, ahead)).counts:
        raise UserError(TOO_LATE)
    await asks_table.send_back(conn, ask.id)
    await _record(conn, found, "send back", voter.id, seat.via, said.note)
    if ask.said_row is not None:
        gone = showing.sent_back(ask, found.version, voter.id, said.note)
        await surface.edit(conn, f"{ask.id}:sent-back:{ask.said_row}", ask.said_row, gone)
    return Ruling(WRITTEN_ANEW, run_id=ask.run_id)


async def draft(
    conn: Connection, surface: Surface, guild_id: int, voter: Voter, said: Said, ahead: float = 0.0
) -> Ruling:
    """Tell somebody to reply to a message with the whole of a new version, which no form has room for."""
    found = await _open(conn, surface, guild_id, said, ahead)
    if isinstance(found, Ruling):
        return found
    ask = found.ask
    if ask.kind != "approval" or ask.rules.fixed:
        raise UserError(NO_EDIT)
    _seats(ask, voter, yes=True)
    if not await asks_table.has_draft(conn, ask.id, ask.version, voter.id):
        say = showing.drafting(ask, voter.id)
        key = f"{ask.id}:draft:{ask.version}:{voter.id}"
        rows = await surface.post(conn, key, place_of(found.run), say, run_id=found.run.id)
        await asks_table.add_draft(conn, ask.id, ask.version, voter.id, rows[-1])
    return Ruling(REPLY)


async def eligible(conn: Connection, guild_id: int, voter: Voter, ask_id: UUID) -> tuple[AskRow, VersionRow]:
    """A question of which somebody may decide, to show it to them. Raises `UserError`."""
    ask, version = await read(conn, ask_id)
    if ask.guild_id != guild_id:
        raise UserError(UNKNOWN)
    _seats(ask, voter, yes=False)
    return ask, version


async def read(conn: Connection, ask_id: UUID) -> tuple[AskRow, VersionRow]:
    """A question with the version that stands. Raises `UserError`."""
    ask = await asks_table.get(conn, ask_id)
    version = None if ask is None else await asks_table.version_of(conn, ask_id, ask.version)
    if ask is None or version is None:
        raise UserError(UNKNOWN)
    return ask, version


async def late(conn: Connection, surface: Surface, ask_id: UUID) -> State:
    """End a question whose time is over, in the transaction that ends its wait; what has become of it.

    Silence lets go ahead what nobody stopped, unless people were told in between that there was nothing to decide.
    """
    ask = await asks_table.locked(conn, ask_id)
    run = None if ask is None else await runs_table.get(conn, ask.run_id)
    if ask is None or run is None:
        raise UserError(UNKNOWN)
    unopposed = ask.rules.silence and not await audit_table.has(conn, ask_id, "withdrawn")
    state: State = "approved" if unopposed else "expired" if ask.fallback is None else "defaulted"
    _, version = await read(conn, ask_id)
    result = {"value": ask.fallback, "version": ask.version, "hash": version.hash}
    await asks_table.decide(conn, ask_id, state, result, None)
    found = await _read(conn, run, ask_id)
    await _record(conn, found, "unopposed" if unopposed else state, 0, "", "")
    await _show_end(conn, surface, found, await asks_table.votes(conn, ask_id, ask.version))
    return state


async def withdraw(conn: Connection, surface: Surface, ask_id: UUID, by: str = "") -> bool:
    """End a question for whose answer nobody waits any more; whether it was open. The run's row is locked.

    ``by`` says for the record who took it back.
    """
    ask = await asks_table.locked(conn, ask_id)
    run = None if ask is None else await runs_table.get(conn, ask.run_id)
    if ask is None or run is None or ask.decided_at is not None:
        return False
    await _withdraw(conn, surface, run, ask_id, by)
    return True


async def _withdraw(conn: Connection, surface: Surface, run: RunRow, ask_id: UUID, by: str = "") -> _Standing:
    await asks_table.decide(conn, ask_id, "withdrawn", None, None)
    found = await _read(conn, run, ask_id)
    await _record(conn, found, "withdrawn", 0, by, "")
    await _show_end(conn, surface, found, ())
    return found


async def _open(
    conn: Connection, surface: Surface, guild_id: int, said: Said, ahead: float
) -> "_Standing | Ruling":
    """The question, locked; or why nothing can be said any more to the version that somebody saw."""
    found = await _standing(conn, surface, guild_id, said.ask_id, ahead)
    return await _over(conn, found, said.version) or found


async def _standing(
    conn: Connection, surface: Surface, guild_id: int, ask_id: UUID, ahead: float
) -> _Standing:
    ask = await asks_table.get(conn, ask_id)
    if ask is None or ask.guild_id != guild_id:
        raise UserError(UNKNOWN)
    run = await runs_table.locked(conn, ask.run_id)
    locked = await asks_table.locked(conn, ask_id)
    if run is None or locked is None:
        raise UserError(UNKNOWN)
    if locked.decided_at is None and run.is_over:
        return await _withdraw(conn, surface, run, ask_id)
    found = await _read(conn, run, ask_id)
    return replace(found, late=await asks_table.is_late(conn, ask_id, ahead))


async def _read(conn: Connection, run: RunRow, ask_id: UUID) -> _Standing:
    ask, version = await read(conn, ask_id)
    return _Standing(run, ask, version, late=False)


async def _over(conn: Connection, found: _Standing, version: int) -> Ruling | None:
    """Why nothing can be said any more to what somebody saw."""
    ask = found.ask
    if ask.state == "withdrawn":
        return Ruling(ENDED)
    if ask.state == "rewriting":
        return Ruling(REWRITING)
    if ask.state != "open":
        votes = await asks_table.votes(conn, ask.id, ask.version)
        return Ruling(DECIDED_BEFORE.format(line=showing.outcome_line(ask, votes)))
    if found.late:
        return Ruling(TOO_LATE)
    return None if version == ask.version else Ruling(STALE.format(version=ask.version))


def _seats(ask: AskRow, voter: Voter, *, yes: bool) -> list[Seat]:
    found = seats(ask.rules, ask.kind, ask.requester_id, voter, yes=yes, escalated=ask.escalated)
    if isinstance(found, NotYours):
        raise UserError(found.reason)
    return found


def _free_seat(ask: AskRow, voter: Voter, votes: list[Vote], *, yes: bool) -> Seat:
    """The first seat of somebody for which nobody else has spoken; a person speaks for one only."""
    found = _seats(ask, voter, yes=yes)
    taken = {one.seat_id: one.member_id for one in votes if one.member_id != voter.id}
    for seat in found:
        if seat.id not in taken:
            return seat
    raise UserError(TAKEN.format(by=taken[found[0].id], seat=found[0].id))


async def _settle(
    conn: Connection,
    surface: Surface,
    found: _Standing,
    decided: Outcome,
    votes: list[Vote],
    by: int,
    ahead: float,
) -> Ruling:
    ask = found.ask
    result: dict[str, Any] = {
        "state": decided.state,
        "value": decided.value,
        "version": ask.version,
        "hash": found.version.hash,
        "notes": [one.note for one in votes if one.note],
        "by": [one.member_id for one in votes],
    }
    # What the run waits for is answered here, once; what follows says so.
    answered = await waiting.answer(conn, ask.wait_id, result, by, ahead)
    if not answered.counts:
        raise UserError(TOO_LATE)
    await asks_table.decide(conn, ask.id, decided.state, result, by)
    after = await _read(conn, found.run, ask.id)
    await _record(conn, after, decided.state, by, "", "")
    await _show_end(conn, surface, after, votes)
    return Ruling(f"{showing.outcome_line(after.ask, votes)}.", decides=True, run_id=ask.run_id)


async def _record(conn: Connection, found: _Standing, what: str, by: int, via: str, text: str) -> None:
    ask = found.ask
    deed = Deed(ask.guild_id, what, ask.id, by, found.version.version, via, found.version.hash, text)
    await audit_table.add(conn, deed)


async def _show(conn: Connection, surface: Surface, key: str, found: _Standing, votes: list[Vote]) -> None:
    if found.ask.said_row is not None:
        say = showing.going_on(found.ask, found.version, votes)
        await surface.edit(conn, f"{found.ask.id}:{key}", found.ask.said_row, say)


async def _show_end(
    conn: Connection, surface: Surface, found: _Standing, votes: "list[Vote] | tuple[()]"
) -> None:
    if found.ask.said_row is not None:
        say = showing.decided(found.ask, found.version, votes)
        await surface.edit(conn, f"{found.ask.id}:decided:{found.ask.said_row}", found.ask.said_row, say)


def _written(said: Said) -> str:
    return "\n".join(part for part in (said.note, "" if said.value is None else str(said.value)) if part)
