"""The block at the end of what is sent, from which an answer that only echoes it finds its way back.

``<!--mumega-discord-ctx:v1.<what>.<signature>-->``. The signature is an HMAC-SHA256 under a key of ours: whoever is on the
bus can write such a block, and only one that we wrote says where an answer belongs.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

_BLOCK = re.compile(r"<!--\s*mumega-discord-ctx:\s*([^>]{0,2000}?)\s*-->", re.IGNORECASE)
_ANY = re.compile(r"<!--\s*mumega-[a-z]{1,20}-ctx:[^>]{0,4000}?-->", re.IGNORECASE)
_PARTS = 3
_PURPOSE = b"cogswarm bridge context v1:"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, and to whom it went."""

    request: str
    guild: int
    channel: int
    message: int
    agent: str


def key_of(configured: str, token: str, name: str = "") -> bytes:
    """The key of our signatures on the bus: made of the configured one, or else of its token, and of our name there.

    Neither can be told from it.
    """
    return hmac.digest((configured or token).encode(), _PURPOSE + name.encode(), hashlib.sha256)


def block(origin: Origin, key: bytes) -> str:
    """The signed block."""
    said = (
        base64.urlsafe_b64encode(json.dumps(asdict(origin), separators=(",", ":")).encode())
        .decode()
        .rstrip("=")
    )
    return f"<!--mumega-discord-ctx:v1.{said}.{_signature(said, key)}-->"


def read(text: str, key: bytes) -> Origin | None:
    """The origin that a block of ours in ``text`` names; of several that differ, none."""
    found = {origin for match in _BLOCK.finditer(text) if (origin := _read_one(match[1], key)) is not None}
    return found.pop() if len(found) == 1 else None


def has_block(text: str) -> bool:
    """Whether there is such a block, signed or not."""
    return _BLOCK.search(text) is not None


def without_blocks(text: str) -> str:
    """``text`` without any connector's block."""
    return _ANY.sub("", text).strip()


def _read_one(said: str, key: bytes) -> Origin | None:
    parts = said.split(".")
    if len(parts) != _PARTS or parts[0] != "v1":
        return None
    if not hmac.compare_digest(_signature(parts[1], key).encode(), parts[2].encode()):
        return None
    try:
        told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        origin = Origin(**told)
        UUID(origin.request)
    except (ValueError, TypeError, binascii.Error):
        return None
    return origin


def _signature(said: str, key: bytes) -> str:
    return hmac.digest(key, said.encode(), hashlib.sha256).hex()
