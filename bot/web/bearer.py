"""Who sends a request: a token of the configuration, compared without telling by time how much of it fits."""

import hashlib
import hmac
from collections.abc import Iterable

from pydantic import SecretStr

from bot.config.web import WebSection
from bot.mcp.serving.grants import Grant, grant_of


class Tokens:
    """The tokens that can be used, each with what it lets its holder do."""

    def __init__(self, section: WebSection) -> None:
        self._known = [
            (_digest(one.secret), grant_of(name, one))
            for name, one in section.tokens.items()
            if one.secret is not None
        ]

    def grant(self, headers: Iterable[tuple[bytes, bytes]]) -> Grant | None:
        """What the holder of a request's token may do; None where it has none, or one that is not known."""
        sent = [value for name, value in headers if name.lower() == b"authorization"]
        if len(sent) != 1:
            return None
        scheme, _, secret = sent[0].partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        digest, found = hashlib.sha256(secret.strip()).digest(), None
        for known, grant in self._known:
            if hmac.compare_digest(known, digest):
                found = grant
        return found


def _digest(secret: SecretStr) -> bytes:
    return hashlib.sha256(secret.get_secret_value().encode()).digest()
