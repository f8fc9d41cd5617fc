"""How a question or an approval stands, as the program that asked is told."""

from typing import Any, cast

import structlog
from pydantic import JsonValue

from bot.errors import OutsideError, UserError
from bot.mcp.serving import reach
from bot.mcp.serving.shapes import message_url
from bot.mcp.serving.tickets import APPROVAL, Standing, Ticket
from bot.mcp.serving.tools import Call, Json, Outcome

log = structlog.get_logger(__name__)

OPEN = frozenset({None, "open", "rewriting"})
TICKET = (
    "No answer yet. The question stands in Discord{url}, and people have until its time is over. "
    'Call ask_status with ask_id "{id}" later to get the answer.'
)
NOBODY = "Nobody answered in time."
CANCELLED = "This question was taken back."
UNSEEN = "Nobody can see this question, because Discord refused it: {why}"
FAILED = "This question has ended without an answer: {why}"
DECIDED = {True: "People approved this.", False: "People did not approve this. {reason}"}


def is_open(found: Standing) -> bool:
    """Whether people may still answer."""
    ended = found.run_state in {"done", "stopped", "failed"} or found.ask_state == "withdrawn"
    if found.refusal is not None or ended:
        return False
    # An approval is more than the votes: those who agreed are looked at once more.
    return found.ticket.kind == APPROVAL or found.ask_state in OPEN


async def told(call: Call, found: Standing, *, bare: bool) -> Outcome:
    """How a question stands, as its program is told. Raises `UserError` where it never can be answered."""
    if found.refusal is not None and found.ask_state in OPEN:
        raise UserError(UNSEEN.format(why=found.refusal))
    if found.run_state == "failed":
        raise UserError(FAILED.format(why=found.run_error or ""))
    if is_open(found):
        data = pending(found)
        url = f" at {data['message_url']}" if data["message_url"] else ""
        return Outcome(TICKET.format(url=url, id=found.ticket.ask_id), data, bare=bare, flat=True)
    if found.ticket.kind == APPROVAL:
        return _approval(found)
    data = pending(found)
    match found.ask_state:
        case "answered" | "defaulted":
            result: Json = found.result or {}
            value = result.get("value")
            answer = _value(found.ticket, value)
            status = "answered" if found.ask_state == "answered" else "default_used"
            more: dict[str, JsonValue] = {
                "status": status,
                "answer": answer,
                "option_index": _index(found.ticket, value),
                "answered_by": await _person(call, found.guild_id, found.decided_by),
            }
            return Outcome(_text(answer), {**data, **more}, bare=bare, flat=True)
        case "expired":
            return Outcome(NOBODY, {**data, "status": "timeout"}, bare=bare, flat=True)
        case _:
            return Outcome(CANCELLED, {**data, "status": "cancelled"}, bare=bare, flat=True)


def pending(found: Standing) -> dict[str, JsonValue]:
    """What is known of a question before its answer."""
    seen = found.said_channel is not None and found.said_message is not None
    url = message_url(found.guild_id, found.said_channel or 0, found.said_message or 0) if seen else None
    return {
        "ask_id": found.ticket.ask_id,
        "status": "pending",
        "answer": None,
        "option_index": None,
        "answered_by": None,
        "message_url": url,
        "thread_id": str(found.said_channel or found.thread_id or "") or None,
    }


def _approval(found: Standing) -> Outcome:
    data: dict[str, JsonValue] = {
        name: value
        for name, value in pending(found).items()
        if name not in {"answer", "option_index", "answered_by"}
    }
    result: Json | None = found.run_result
    if found.run_state == "stopped" or result is None:
        return Outcome(CANCELLED, {**data, "status": "cancelled", "approved": False}, flat=True)
    approved, reason = bool(result["approved"]), str(result["reason"])
    late = found.ask_state == "expired"
    status = "approved" if approved else "timeout" if late else "rejected"
    more: dict[str, JsonValue] = {
        "status": status,
        "approved": approved,
        "payload": result["payload"],
        "reason": reason,
        "approved_by": result["by"],
    }
    return Outcome(DECIDED[approved].format(reason=reason).strip(), {**data, **more}, flat=True)


def _value(ticket: Ticket, value: Any) -> JsonValue:
    """An answer in the words of the options."""
    words = dict(zip(ticket.values, ticket.options, strict=True))
    if isinstance(value, list):
        several = cast("list[Any]", value)
        return [words.get(str(one), one) for one in several]
    return words.get(str(value), value)


def _index(ticket: Ticket, value: Any) -> JsonValue:
    """Which of the options was chosen, the first being 0; several where several may be, None for other words."""
    if ticket.multi and isinstance(value, list):
        several = cast("list[Any]", value)
        return [ticket.values.index(str(one)) for one in several if one in ticket.values]
    return ticket.values.index(str(value)) if value in ticket.values else None


def _text(answer: JsonValue) -> str:
    return ", ".join(str(one) for one in answer) if isinstance(answer, list) else str(answer)


async def _person(call: Call, guild_id: int, member_id: int | None) -> JsonValue:
    """Who answered; the name is left empty where Discord does not say it just now."""
    if not member_id:
        return None
    try:
        raw = await reach.member(call.desk.api, guild_id, member_id)
    except (OutsideError, UserError) as error:
        log.info("mcp_name_unknown", member=member_id, reason=str(error))
        return {"id": str(member_id), "name": ""}
    who: Json = raw.get("user") or {}
    return {
        "id": str(member_id),
        "name": str(raw.get("nick") or who.get("global_name") or who.get("username") or ""),
    }
