"""The tools with which programs ask people."""

import json
from collections.abc import Sequence

from pydantic import JsonValue

from bot.asks import deciding
from bot.config.web import Group
from bot.errors import UserError
from bot.mcp.serving import questions, reach, tickets
from bot.mcp.serving.ask_answers import is_open, pending, told
from bot.mcp.serving.ask_arguments import (
    LONGEST_TITLE,
    AskApproval,
    AskHuman,
    AskStatus,
    Notify,
    OneAsk,
    Page,
)
from bot.mcp.serving.audience import audience
from bot.mcp.serving.auditing import audited
from bot.mcp.serving.sending import say
from bot.mcp.serving.tickets import APPROVAL, QUESTION, Standing, Ticket
from bot.mcp.serving.tools import Again, Call, Outcome, Tool, reading
from bot.mcp.serving.waiting import until
from bot.mirror.picture import Channel
from bot.work import runs_table
from bot.work.surface import Say

ASKS: Group = "asks"
LONGEST_PAYLOAD = 20_000
MOST_OPEN = 100
MOST_ROUNDS = 9
"""How often a call may be answered with "call again"; the SDKs of MCP do that ten times."""
OWNER = 0
"""Stands for nobody on Discord where a run is stopped; see `bot.work.execution`."""

WAITS = "Waiting for somebody to answer in Discord"
NO_CHANNEL = (
    "Name the channel to ask in with channelId, or have the owner of this bot set questions_in of this token."
)
OTHER_QUESTION = "This ask_id belongs to another question; leave it out to ask a new one."
UNKNOWN = "There is no question with this ask_id; list_pending_asks names those that are open."
TOO_MANY = "{count} of your questions are open already; wait for answers, or cancel some with cancel_ask."
NO_DEFAULT = "The default has to be one of the options."
CANCELLED_BY = "Taken back by {name}."


async def ask_human(call: Call, given: AskHuman) -> Outcome | Again:
    """Ask, or wait for what was asked before under the same id."""
    bare = call.given <= {"question"}
    ask_id, rounds = _known(call, given.ask_id)
    place = await _place(call, given.channel_id)
    options = tuple(given.options or ())
    values = tuple(f"option-{number}" for number in range(1, len(options) + 1))
    members, roles = await audience(call, place.guild_id or 0, given.audience)
    ticket = Ticket(
        call.grant.name,
        ask_id,
        QUESTION,
        given.question,
        given.context or "",
        options,
        values,
        multi=given.multi and bool(options),
        other=given.allow_free_text and bool(options),
        default=_default(given, options, values),
        seconds=given.timeout_s or call.desk.settings.ask_hours * 3600.0,
        members=members,
        roles=roles,
    )
    await _begin(call, ticket, place)
    return await _answer(call, ticket.ask_id, given.wait_s, rounds, bare=bare)


async def request_approval(call: Call, given: AskApproval) -> Outcome | Again:
    """Ask whether something may be done, by the rules of the server."""
    ask_id, rounds = _known(call, given.ask_id)
    place = await _place(call, given.channel_id)
    if len(json.dumps(given.payload)) > LONGEST_PAYLOAD:
        raise UserError(f"What is to be approved has at most {LONGEST_PAYLOAD:,} letters as JSON.")
    rules = await call.desk.rules(place.guild_id or 0)
    ticket = Ticket(
        call.grant.name,
        ask_id,
        APPROVAL,
        given.title,
        given.context or "",
        payload=given.title if given.payload is None else given.payload,
        seconds=given.timeout_s or rules.within.total_seconds(),
    )
    await _begin(call, ticket, place)
    return await _answer(call, ticket.ask_id, given.wait_s, rounds, bare=False)


async def ask_status(call: Call, given: AskStatus) -> Outcome | Again:
    """How a question stands, at once or after a while."""
    return await _answer(call, given.ask_id, given.wait_s or 0.0, MOST_ROUNDS, bare=False)


async def list_pending_asks(call: Call, given: Page) -> Outcome:
    """The open questions of this token."""
    async with call.desk.database.connection() as conn:
        found = await tickets.pending(conn, call.grant.name, limit=given.limit + 1, skip=given.offset)
    listed: list[JsonValue] = [
        {**pending(one), "question": one.ticket.text[:LONGEST_TITLE]} for one in found[: given.limit]
    ]
    more = given.offset + given.limit if len(found) > given.limit else None
    summary = f"{len(listed)} open question{'' if len(listed) == 1 else 's'}."
    return Outcome(summary, {"asks": listed, "next_offset": more}, flat=True)


async def cancel_ask(call: Call, given: OneAsk) -> Outcome:
    """Take an open question back."""
    found = await _standing(call, given.ask_id)
    key = APPROVAL if found.ticket.kind == APPROVAL else QUESTION
    by = f"token {call.grant.name}"
    async with call.desk.database.transaction() as conn:
        ask_id = deciding.id_of(found.run_id, key)
        await runs_table.locked(conn, found.run_id)
        withdrawn = await deciding.withdraw(conn, call.desk.surface, ask_id, by)
        if withdrawn or found.ask_state is None:
            reason = CANCELLED_BY.format(name=call.grant.name)
            await runs_table.ask_to_stop(conn, found.run_id, OWNER, reason)
            await call.desk.ring(conn, found.run_id)
        await audited(conn, call, found.guild_id)
    return await _answer_now(call, given.ask_id)


async def notify(call: Call, given: Notify) -> Outcome:
    """Tell people something where questions are asked."""
    place = await _place(call, given.channel_id)
    return await say(call, given, Say(given.text, urgency="question"), place)


def _known(call: Call, ask_id: str | None) -> tuple[str, int]:
    """The question's id, and how often this call has come again; what we gave as state comes from outside."""
    rounds = 0
    if call.state is not None:
        head, _, tail = call.state.partition(":")
        if not tail or not head.isdigit() or len(head) > 3:  # noqa: PLR2004 - far more than there are rounds
            raise UserError(UNKNOWN)
        ask_id, rounds = tail[:200], int(head)
    return ask_id or call.key or call.desk.new_id().hex, rounds


async def _place(call: Call, channel_id: int | None) -> Channel:
    if call.place is not None and call.place.channel is not None:
        return call.place.channel
    usual = channel_id or call.grant.asks_in
    if usual is None:
        raise UserError(NO_CHANNEL)
    return await reach.channel(call.desk, call.grant, usual)


async def _begin(call: Call, ticket: Ticket, place: Channel) -> None:
    """Ask, unless it was asked before. Raises `UserError` where something else was asked under this id."""
    async with call.desk.database.transaction() as conn:
        before = await tickets.standing(conn, ticket.run_id)
        if before is None:
            count = await tickets.how_many(conn, call.grant.name)
            if count >= MOST_OPEN:
                raise UserError(TOO_MANY.format(count=count))
            member_id = call.grant.on_behalf_of or call.desk.api.user_id
            await questions.begin(conn, call.desk, ticket, place, member_id)
            await audited(conn, call, place.guild_id or 0)
            before = await tickets.standing(conn, ticket.run_id)
    if before is None or before.args["digest"] != ticket.digest:
        raise UserError(OTHER_QUESTION)


async def _answer(
    call: Call, ask_id: str, wait_s: float | None, rounds: int, *, bare: bool
) -> Outcome | Again:
    """Wait for what people say; a ticket where they have not, or "call again" where programs can do that."""
    seconds = call.desk.settings.wait_seconds if wait_s is None else wait_s

    async def look() -> Standing | None:
        found = await _standing(call, ask_id)
        return None if is_open(found) else found

    found = await until(call, look, seconds, WAITS)
    if found is None and wait_s is None and call.comes_again and rounds < MOST_ROUNDS:
        return Again(f"{rounds + 1}:{ask_id}")
    return await told(call, found or await _standing(call, ask_id), bare=bare)


async def _answer_now(call: Call, ask_id: str) -> Outcome:
    """How a question stands that is being ended."""

    async def look() -> Standing | None:
        found = await _standing(call, ask_id)
        return None if is_open(found) else found

    found = await until(call, look, call.desk.delivery, WAITS)
    return await told(call, found or await _standing(call, ask_id), bare=False)


async def _standing(call: Call, ask_id: str) -> Standing:
    async with call.desk.database.connection() as conn:
        found = await tickets.standing(conn, tickets.run_id_of(call.grant.name, ask_id))
    if found is None:
        raise UserError(UNKNOWN)
    return found


def _default(given: AskHuman, options: Sequence[str], values: Sequence[str]) -> JsonValue:
    """The fallback as the question keeps it."""
    if given.default is None or not options:
        return given.default
    wanted = given.default if isinstance(given.default, list) else [given.default]
    worth = dict(zip(options, values, strict=True))
    if not given.allow_free_text and any(one not in worth for one in wanted):
        raise UserError(NO_DEFAULT)
    found: list[JsonValue] = [worth.get(str(one), one) for one in wanted]
    return found if given.multi else found[0] if found else None


TOOLS = (
    Tool(
        "ask_human",
        ASKS,
        "Ask a human for information only they know. One question at a time. "
        "Where the answer takes long you get a ticket; ask_status has the answer later.",
        AskHuman,
        ask_human,
        records_itself=True,
    ),
    reading(
        "ask_status", "How a question or approval stands; wait_s waits for it.", AskStatus, ask_status, ASKS
    ),
    reading(
        "list_pending_asks", "Your questions that nobody has answered yet.", Page, list_pending_asks, ASKS
    ),
    Tool("cancel_ask", ASKS, "Take a question back.", OneAsk, cancel_ask, records_itself=True),
    Tool(
        "request_approval",
        ASKS,
        "Ask people whether you may do something. Do only what `payload` of the answer says, and only if approved.",
        AskApproval,
        request_approval,
        records_itself=True,
    ),
    Tool(
        "notify",
        ASKS,
        "Tell people something, without waiting for an answer.",
        Notify,
        notify,
        records_itself=True,
    ),
)
