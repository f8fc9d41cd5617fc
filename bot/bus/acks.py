"""Finds in an agent's text which request it answers: ``{ack_for: <uuid>, ok: true}`` in the spellings that are in use.

Only braces make an acknowledgement. The same words in parentheses or in a sentence speak about one, and a value that is
no uuid names nothing.
"""

import re
from dataclasses import dataclass
from uuid import UUID

UUID_TEXT = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb"
_BRACED = re.compile(r"\{{1,2}([^{}]{1,400})\}{1,2}")
_ACK = re.compile(
    rf"(?:^|,)\s*[{_QUOTES}]?ack[_-]?for[{_QUOTES}]?\s*[:=]\s*"
    rf"[{_QUOTES}<\[\s]*(?:(?:uuid|request_id)\s*:\s*)?({UUID_TEXT})[{_QUOTES}>\]\s]*(?=,|$)",
    re.IGNORECASE,
)
_OK = re.compile(
    rf"(?:^|,)\s*[{_QUOTES}]?ok[{_QUOTES}]?\s*[:=]\s*[{_QUOTES}]?(true|false|yes|no|1|0)\b", re.IGNORECASE
)
_WORDS = re.compile(r"ack[\s_-]?for", re.IGNORECASE)
_PREFIX = re.compile(
    r"(?:\s++|\[[^\]\n]{1,80}\]|```\w{0,12}\n?|`|>|\*\*|(?:agent:)?[a-z][a-z0-9-]{0,63}:(?!//))*+",
    re.IGNORECASE,
)
_REQUEST = re.compile(rf"\[request_id:\s*({UUID_TEXT})\]\s?", re.IGNORECASE)
_EMPTY_FENCE = re.compile(r"```\w{0,12}\s*```|(?<!`)``(?!`)")
_FENCE = "```"
_YES = frozenset({"true", "yes", "1"})


@dataclass(frozen=True, slots=True)
class Ack:
    """An acknowledgement in a text: of which request, whether it says that all went well, and where it stands.

    ``strict`` says that nothing stands before it but prefixes that buses write there.
    """

    id: UUID
    ok: bool | None
    start: int
    end: int
    strict: bool


def acks_in(text: str) -> list[Ack]:
    """The acknowledgements in a text, in their order."""
    begins = _prefix_of(text)
    found: list[Ack] = []
    for braced in _BRACED.finditer(text):
        named = _ACK.search(braced[1])
        if named is None:
            continue
        ok = _OK.search(braced[1])
        went = None if ok is None else ok[1].casefold() in _YES
        found.append(Ack(UUID(named[1]), went, braced.start(), braced.end(), braced.start() <= begins))
    return found


def speaks_of_acks(text: str) -> bool:
    """Whether a text says something about acknowledging, in whatever form."""
    return _WORDS.search(text) is not None


def requests_in(text: str) -> set[UUID]:
    """The requests whose heads stand in a text: whoever writes one asks something, or repeats what was asked."""
    return {UUID(found) for found in _REQUEST.findall(text)}


def without_acks(text: str) -> str:
    """What a text says besides: its acknowledgements, and the prefixes in front of the first, taken out."""
    found = acks_in(text)
    for ack in reversed(found[1:]):
        text = text[: ack.start] + text[ack.end :]
    if found:
        before, after = text[: found[0].start], text[found[0].end :]
        text = _after_prefix(before, after) if found[0].strict else before + after
    text = _EMPTY_FENCE.sub("", _REQUEST.sub("", text))
    return re.sub(r"[ \t]+\n", "\n", text).strip()


def _after_prefix(before: str, after: str) -> str:
    """What follows; what the prefix opened is closed with it, or stays open."""
    for mark in (_FENCE, "`", "**"):
        if before.rstrip().endswith(mark) or (mark == _FENCE and before.count(_FENCE) % 2):
            rest = after.lstrip()
            if rest.startswith(mark):
                return rest.removeprefix(mark)
            return f"{mark}{after}" if mark == _FENCE else after
    return after


def _prefix_of(text: str) -> int:
    match = _PREFIX.match(text)
    return 0 if match is None else match.end()
