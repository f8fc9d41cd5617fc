"""The forms a secret travels in: as it is, escaped, url-encoded, and in base64."""

import base64
import json
import math
import re
from urllib.parse import quote, quote_plus

SHORTEST = 6
"""A secret with fewer characters has no forms: they would be parts of many words."""

_SHORTEST_ENCODED = 8


def forms_of(secret: str) -> set[str]:
    """Return the forms a secret travels in; none for one that is too short to be told from ordinary text."""
    if len(secret) < SHORTEST:
        return set()
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    lower = {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in quoted}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    slashed = {form.replace("/", "\\/") for form in escaped}
    return {
        secret,
        *quoted,
        *lower,
        *escaped,
        *slashed,
        *_base64_forms(secret.encode("utf-8", "surrogatepass")),
    }


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
