"""Reads a bid out of what an agent of a bus writes: JSON, or words such as "12 minutes, $0.05, 90% sure"; never raises.

A duration has to say its unit, in its name or beside it, since minutes taken for seconds would win every auction.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from cogswarm import Claim

type Said = Claim | Literal["none"] | None
"""``none``: it says that it does not bid; None: it is no bid."""

MOST_CHARACTERS = 20_000
MOST_SECONDS, MOST_DOLLARS = 525_600 * 60.0, 1_000_000.0
LEAST_CONFIDENCE = 0.05
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_NAMES: Mapping[str, float | None] = {
    "seconds": 1.0, "secs": 1.0, "duration_seconds": 1.0, "minutes": 60.0, "mins": 60.0, "duration_minutes": 60.0,
    "hours": 3600.0, "duration_hours": 3600.0, "duration": None, "time": None, "eta": None, "estimate": None,
}  # fmt: skip
"""What a duration is called in JSON, and its unit; None where its value has to say it."""
_COSTS = ("dollars", "cost", "usd", "price", "cost_usd", "cost_dollars")
_NUMBER = r"(\d{1,9}(?:\.\d{1,6})?|\.\d{1,6})"
_TIME = re.compile(
    rf"(?<![\w$.,-]){_NUMBER}\s{{0,2}}(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-zA-Z])",
    re.IGNORECASE,
)
_ISO = re.compile(r"\bPT(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?\b")
_MONEY = re.compile(
    rf"(?:\$|\bUSD\s?){_NUMBER}|(?<![\w.,-]){_NUMBER}\s{{0,2}}(?:USD\b|dollars?\b|\$)", re.IGNORECASE
)
_SURE = re.compile(
    rf"(?<![\w.,-]){_NUMBER}\s?%\s{{0,2}}(?:sure|confiden\w*|certain)|\bconfidence\W{{1,3}}{_NUMBER}\s?(%?)",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"^\W*(?:i |we )?(?:no[\s_-]?bid|declin\w*|pass(?:ing)?|(?:do not|don't|won't|will not) bid|not bidding|refuse\w*|none)\b",
    re.IGNORECASE,
)


def read(text: str) -> Said:
    """The bid that a text is."""
    text = text[:MOST_CHARACTERS]
    for told in _objects(text):
        found = _of_object(told)
        if found is not None:
            return found
    return "none" if _NONE.match(text) else _of_words(text)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            told, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(told, dict):
                yield cast("dict[str, Any]", told)
        at = text.find("{", end)


def _of_object(told: Mapping[str, Any]) -> Said:
    given = {str(name).strip().casefold(): value for name, value in told.items()}
    bid = given.get("bid")
    if isinstance(bid, dict):
        return _of_object(cast("dict[str, Any]", bid))
    if bid is False or given.get("decline") is True or given.get("ok") is False:
        return "none"
    if isinstance(bid, str):
        return read(bid) if not bid.lstrip().startswith("{") else None
    seconds = next((_seconds(given[name], unit) for name, unit in _NAMES.items() if name in given), None)
    if seconds is None:
        return None
    costs = [given[name] for name in _COSTS if given.get(name) is not None]
    sure = given.get("confidence")
    return _claim(seconds, _plain(costs[0]) if costs else 0.0, 1.0 if sure is None else _plain(sure))


def _of_words(text: str) -> Claim | None:
    seconds = _spoken(text)
    money, sure = _MONEY.search(text), _SURE.search(text)
    if seconds is None:
        return None
    confidence = 1.0
    if sure is not None:
        percent = sure[1] is not None or sure[3] == "%"
        confidence = float(sure[1] or sure[2]) / (100 if percent else 1)
    return _claim(seconds, float(money[1] or money[2]) if money is not None else 0.0, confidence)


def _seconds(value: object, unit: float | None) -> float | None:
    if isinstance(value, str):
        spoken = _spoken(value)
        number = _plain(value)
        return spoken if spoken is not None else number * unit if number is not None and unit else None
    number = _plain(value)
    return None if number is None or unit is None else number * unit


def _spoken(text: str) -> float | None:
    """The duration that words name, such as "1h 30m"; of several that stand apart the first."""
    iso = _ISO.search(text)
    if iso is not None and any(iso.groups()):
        hours, minutes, seconds = (float(part or 0) for part in iso.groups())
        return hours * 3600 + minutes * 60 + seconds
    first = _TIME.search(text)
    if first is None:
        return None
    total, at, smallest = 0.0, first, math.inf
    while at is not None:
        unit = _UNITS[at[2][0].casefold()]
        if unit >= smallest:
            break
        total, smallest = total + float(at[1]) * unit, unit
        rest = re.compile(r"\s{0,2}(?:and\s|,\s?)?").match(text, at.end())
        at = None if rest is None else _TIME.match(text, rest.end())
    return total


def _plain(value: object) -> float | None:
    """A number, also where it is written as a text, such as "$0.05" or "90%"; None for all else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e12 else None  # noqa: PLR2004 - beyond any bid, and a float
    if isinstance(value, str) and re.fullmatch(rf"\s*\$?\s?{_NUMBER}\s?%?\s*", value):
        number = float(value.strip(" $%"))
        return number / 100 if value.rstrip().endswith("%") else number
    return None


def _claim(seconds: float, dollars: float | None, confidence: float | None) -> Claim | None:
    """Both are divided by the confidence: who is half sure is expected to need two attempts."""
    if dollars is None or confidence is None or not LEAST_CONFIDENCE <= confidence <= 1:
        return None
    claim = Claim(seconds / confidence, dollars / confidence)
    likely = claim.could_be_true and claim.seconds <= MOST_SECONDS and claim.cost <= MOST_DOLLARS
    return claim if likely else None
