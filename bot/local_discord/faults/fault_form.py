"""Reads a fault, and refuses one that would break the server instead of the answer."""

import json
import re
from typing import cast

from bot.local_discord.faults.faults import NEEDS_EFFECT, NONSENSE, WHOM, Fault, Nonsense, Whom
from bot.local_discord.form import Form
from bot.local_discord.model import Json

MOST_TIMES = 1_000_000
LONGEST_DELAY = 600.0
FASTEST = 1 << 30
MOST_HEADERS = 50
FIELDS = (
    *("method", "path", "application_id", "whom", "contains", "times", "skip"),
    *("status", "answer", "when", "delay", "hang", "cut", "bytes_per_second", "body", "headers"),
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\Z")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\xa0-\xff]{0,4000}\Z")
_NOT_YOURS = frozenset({"content-length", "transfer-encoding", "connection", "upgrade", "trailer"})


def read_fault(form: Form) -> Fault:
    """A fault from the body of ``POST /local/faults``; call ``form.problems.raise_any()`` after it."""
    form.only(*FIELDS)
    when = form.word("when", ("before", "after"))
    nonsense = form.word("answer", NONSENSE) or ""
    hang, cut = bool(form.boolean("hang")), bool(form.boolean("cut"))
    if nonsense in NEEDS_EFFECT and when == "before":
        message = f"A {nonsense} answer is made of the real one; leave this out or write 'after'."
        form.refuse("when", "BASE_TYPE_CHOICES", message)
    if hang and cut:
        form.refuse(
            "cut", "BASE_TYPE_CHOICES", "A connection cannot both stay and end; leave out hang or cut."
        )
    always = form.has("times") and form.data["times"] is None
    return Fault(
        number=0,
        method=(form.text("method", most=10) or "").upper(),
        path=form.text("path", most=500) or "*",
        application_id=form.snowflake("application_id"),
        whom=cast("Whom", form.word("whom", WHOM) or "anyone"),
        contains=form.text("contains", most=500) or "",
        times=None if always else form.integer("times", least=1, most=MOST_TIMES, default=1),
        skip=form.integer("skip", most=MOST_TIMES, default=0) or 0,
        status=form.integer("status", least=200, most=599),
        nonsense=cast("Nonsense", nonsense),
        after=when == "after",
        delay=form.number("delay", most=LONGEST_DELAY, default=0.0) or 0.0,
        hang=hang,
        cut=cut,
        pace=form.integer("bytes_per_second", least=1, most=FASTEST),
        body=_body(form),
        headers=_headers(form),
    )


def _body(form: Form) -> Json | None:
    body = form.form("body")
    if body is None:
        return None
    try:
        json.dumps(body.data, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):
        form.refuse("body", "DICT_TYPE_CONVERT", "This cannot be written as JSON; nest it less.")
        return None
    return body.data


def _headers(form: Form) -> tuple[tuple[str, str], ...]:
    headers = form.form("headers")
    if headers is None:
        return ()
    if len(headers.data) > MOST_HEADERS:
        form.refuse("headers", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_HEADERS} or fewer in length.")
        return ()
    found: list[tuple[str, str]] = []
    for name, value in headers.data.items():
        text = str(value).strip(" ")
        if not _HEADER_NAME.match(name) or not _HEADER_VALUE.match(text):
            headers.refuse(name[:100], "STRING_TYPE_REGEX", "This cannot be sent as a header.")
        elif name.lower() in _NOT_YOURS:
            headers.refuse(name, "BASE_TYPE_CHOICES", "The server sets this header itself; leave it out.")
        else:
            found.append((name, text))
    return tuple(found)
