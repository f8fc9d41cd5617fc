"""Takes secrets out of text: those that are known, in every form they travel in, and what looks like one."""

import base64
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
SHORTEST = 6
"""Secrets with fewer characters are only recognised where they are the whole text: they are parts of many words."""

_SHORTEST_ENCODED = 8

_LOOKS_SECRET = re.compile(
    r"""
    (?<![\w-])[\w-]{23,30}\.[\w-]{6,7}\.[\w-]{27,}        # a Discord bot token
  | (?<![\w-])sk-[\w-]{16,}                               # OpenAI, Anthropic and those who followed them
  | (?<![\w-])(?:gh[a-z]_|github_pat_)\w{20,}             # GitHub
  | (?i:(?<=bearer\s)|(?<=basic\s)|(?<=bearer%20))[\w.~+/=%-]{8,}
  | (?<=://)[^\s/@:"']*:[^\s/@"']+(?=@)                   # user:password in an address
  | (?<=/webhooks/)\d+/[\w-]{20,}                         # the token in a webhook's address
  | (?<=/interactions/)\d+/[\w-]{20,}                     # the token of an interaction
    """,
    re.VERBOSE,
)


@dataclass(slots=True)
class Redactor:
    """Replaces secrets in text by ``[redacted]``; further secrets may be added at any time, from any thread."""

    _whole: frozenset[str] = field(default=frozenset(), repr=False)
    _known: re.Pattern[str] | None = field(default=None, repr=False)

    def add(self, secrets: Iterable[str]) -> None:
        """Register secrets: each is found as it is, escaped, url-encoded and in base64, also within longer base64."""
        self._whole |= {secret for secret in secrets if secret}
        forms = {form for secret in self._whole for form in forms_of(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        if text in self._whole:
            return REDACTED
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        return _LOOKS_SECRET.sub(REDACTED, text)


def forms_of(secret: str) -> set[str]:
    """Return the forms a secret travels in; none for one that is too short to be told from ordinary text."""
    if len(secret) < SHORTEST:
        return set()
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    lower = {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in quoted}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return {secret, *quoted, *lower, *escaped, *_base64_forms(secret.encode("utf-8", "surrogatepass"))}


def _base64_forms(raw: bytes) -> set[str]:
    """Return what a secret looks like within base64, at each of the three positions it can begin at."""
    found: set[str] = set()
    for before in range(3):
        padded = bytes(before) + raw + bytes(2)
        first, end = math.ceil(before * 8 / 6), (before + len(raw)) * 8 // 6
        for encoded in (base64.b64encode(padded), base64.urlsafe_b64encode(padded)):
            if end - first >= _SHORTEST_ENCODED:
                found.add(encoded.decode()[first:end])
            if before == 0:
                whole = (
                    base64.b64encode(raw)
                    if encoded == base64.b64encode(padded)
                    else base64.urlsafe_b64encode(raw)
                )
                found.add(whole.decode())
    return found
