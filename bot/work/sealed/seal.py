"""Seals: a hash that binds somebody to what they say now, and what it was made of, which is shown when all are."""

import secrets
from hashlib import sha256
from hmac import compare_digest
from uuid import UUID

SALT_BYTES = 16


def random_salt() -> bytes:
    """What makes a seal unguessable."""
    return secrets.token_bytes(SALT_BYTES)


def seal_of(of: UUID, who: str, salt: bytes, text: str) -> str:
    """The SHA-256 of ``of:who:salt:text`` in hex, which fits nothing else: ``of`` is the auction or the vote.

    The salt is kept as secret as the text until both are shown: there are so few plausible ones that a hash with a known
    salt would give them away.
    """
    return sha256(f"{of}:{who}:{salt.hex()}:{text}".encode()).hexdigest()


def opened(of: UUID, who: str, seal: str | None, salt: bytes | None, text: str | None) -> str | None:
    """What somebody said, as it was written; None where it cannot be read (yet) or does not fit its seal."""
    if seal is None or salt is None or text is None:
        return None
    return text if compare_digest(seal, seal_of(of, who, salt, text)) else None
