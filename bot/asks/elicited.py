"""What a tool server asks people for in the middle of a call: its form or its link, and what may be answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from bot.asks.fields import FormField, read
from bot.errors import UserError

ACCEPT, DECLINE, CANCEL = "accept", "decline", "cancel"
ON_A_PAGE = 5
"""Fields that Discord shows in one form."""
LONGEST_URL = 1_000
WRONG = "That cannot be answered here."


@dataclass(frozen=True, slots=True)
class Elicited:
    """Which server asks in the course of which tool: for ``fields``, or else that people open ``url``.

    Of a form that is longer than Discord shows at once this is the part ``page`` of ``pages``.
    """

    server: str
    tool: str
    fields: tuple[FormField, ...] = ()
    url: str = ""
    page: int = 1
    pages: int = 1

    @property
    def host(self) -> str:
        """Whose page it is, in letters that cannot be mistaken for others."""
        return (urlsplit(self.url).hostname or "").encode("idna").decode("ascii")


KEPT: TypeAdapter[Elicited] = TypeAdapter(Elicited)


def pages(server: str, tool: str, fields: Sequence[FormField]) -> list[Elicited]:
    """The forms in which ``fields`` are asked for, one after the other."""
    parts = [tuple(fields[at : at + ON_A_PAGE]) for at in range(0, len(fields), ON_A_PAGE)]
    return [Elicited(server, tool, part, page=at, pages=len(parts)) for at, part in enumerate(parts, 1)]


def is_web_page(url: str) -> bool:
    """Whether people can be shown an address: of the web, whole, and with nothing in it that is not seen."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        _ = parts.port
    except ValueError:  # also what cannot be a host's name
        return False
    odd = any(one in "<>`|\\\"'" or not one.isprintable() or one.isspace() for one in url)
    return (
        parts.scheme in {"http", "https"}
        and bool(host)
        and not parts.username
        and not odd
        and len(url) <= LONGEST_URL
    )


def answered(elicited: Elicited, given: Any) -> dict[str, Any]:
    """What somebody pressed or filled in, as it goes to the server. Raises `UserError` for what does not fit."""
    if given in (DECLINE, CANCEL):
        return {"action": given}
    if elicited.url and given == ACCEPT:
        return {"action": ACCEPT}
    if elicited.url or not isinstance(given, Mapping):
        raise UserError(WRONG)
    filled = cast("Mapping[str, Sequence[str]]", given)
    return {"action": ACCEPT, "content": read(elicited.fields, filled)}
