"""Tells a bus's refusals from what it brings: buses of agents answer both with a status of success, or as plain text."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from bot.bus.letters import BusBusy, BusRefused, NotLetIn
from bot.errors import NotDone, OutsideError

UNAUTHORISED, TOO_MANY = 401, 429
_FORBIDDEN, _CONFLICT, _BROKEN = 403, 409, 500
USUAL_WAIT, LONGEST_WAIT = 15.0, 600.0
_ERROR = re.compile(
    r"^\s*(?:error|forbidden|unauthori[sz]ed|tool error)\b[:\s]*(.{0,300})", re.IGNORECASE | re.DOTALL
)
_RATE = re.compile(r"rate.?limit|too many requests|\b429\b", re.IGNORECASE)
_LOGIN = re.compile(
    r"\b401\b|unauthori[sz]ed|invalid token|token (?:is )?(?:invalid|expired|revoked)", re.IGNORECASE
)
_FINAL = re.compile(
    r"SOS-400[0-9]|\b40[034]\b|not_agent_bound|request_id_conflict|body_too_l|unknown (?:agent|recipient)|no such agent|forbidden",
    re.IGNORECASE,
)
NO_LOGIN = "The bus does not accept the bridge's token; put a new one where the configuration names it and start again."
NOT_TAKEN = "The bus did not take it: {why}"
BUSY = "The bus wants to be asked less often."


@dataclass(slots=True)
class Refusals:
    """What the bus has refused by status since it was last looked at."""

    now: Callable[[], datetime]
    status: int = 0
    wait: float = USUAL_WAIT
    heard: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def hear(self, status: int, retry_after: str) -> None:
        """Note a status that says something of the bus, not of one address on it."""
        if status in {UNAUTHORISED, TOO_MANY} or status >= _BROKEN:
            self.status, self.wait = status, seconds_of(retry_after, self.now())
            for tell in self.heard:
                tell()

    def raise_it(self) -> None:
        """Raise what was noted, once."""
        status, self.status = self.status, 0
        raise_for(status, self.wait)


def raise_for(status: int, wait: float = USUAL_WAIT, why: str = "") -> None:
    """Raise what a status means; nothing where it means success."""
    if status == UNAUTHORISED:
        raise NotLetIn(NO_LOGIN)
    if status == TOO_MANY:
        raise BusBusy(BUSY, wait)
    if status in {400, _FORBIDDEN, 404, 413, 422}:
        raise BusRefused(NOT_TAKEN.format(why=why or f"it answered {status}."))
    if status == _CONFLICT:
        raise NotDone(NOT_TAKEN.format(why=why or "the agent's inbox is full."))
    if status >= 300:  # noqa: PLR2004 - whatever is not success
        raise OutsideError(f"The bus answered {status}.")


def seconds_of(retry_after: str, now: datetime) -> float:
    """How long Retry-After says to wait, bounded; it is seconds or a date (RFC 9110, 10.2.3)."""
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(retry_after) - now).total_seconds()
        except (ValueError, TypeError):
            seconds = USUAL_WAIT
    return min(LONGEST_WAIT, max(0.0, seconds)) if seconds == seconds else USUAL_WAIT  # noqa: PLR0124 - not a number


def check_text(text: str) -> str:
    """``text`` where it is content; raises what it means where it is a refusal."""
    found = _ERROR.match(text)
    if found is None:
        return text
    said = " ".join(found[0].split())[:300]
    if _RATE.search(said):
        raise BusBusy(BUSY, USUAL_WAIT)
    if _LOGIN.search(said):
        raise NotLetIn(NO_LOGIN)
    if _FINAL.search(said):
        raise BusRefused(NOT_TAKEN.format(why=said))
    raise NotDone(NOT_TAKEN.format(why=said))


def json_of(text: str) -> dict[str, Any]:
    """The object that an answer is. Raises `OutsideError` for anything else."""
    try:
        read = json.loads(text)
    except ValueError as error:
        raise OutsideError("The bus answered with something that cannot be read.") from error
    if not isinstance(read, dict):
        raise OutsideError("The bus answered with something that cannot be read.")
    return cast("dict[str, Any]", read)


def objects_of(told: object) -> list[dict[str, Any]]:
    """The objects of a list; whatever else is in it, or given instead, is left out."""
    listed = cast("list[object]", told) if isinstance(told, list) else []
    return [cast("dict[str, Any]", one) for one in listed if isinstance(one, dict)]


def object_of(told: object) -> dict[str, Any]:
    """An object, or an empty one instead of whatever else is given."""
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def check_object(told: dict[str, Any]) -> dict[str, Any]:
    """An answer with ``ok``; raises what it means where that is false."""
    if told.get("ok") is False or (told.get("error") and not told.get("ok")):
        error = told.get("error")
        why = object_of(error)
        said = str(why.get("message") or why.get("code") or error)
        check_text(f"error: {said} {told.get('code') or ''}".strip())
    return told
