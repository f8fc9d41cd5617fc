"""Undoing a body's compression without being blown up by it.

Only gzip and deflate are asked for and understood. Anything else a server sends on its own account
(brotli, zstd, two codings on top of each other) is refused unread: what is not decoded cannot explode.
"""

import zlib
from typing import Protocol

from bot.fetch.limits import FetchLimits

ACCEPT_ENCODING = "gzip, deflate"

_GZIP_MAGIC = b"\x1f\x8b"
_MOST_MEMBERS = 100
"""Parts in one gzip body; each costs the same however small it is, so their number is limited as well."""


class BodyTooLarge(Exception):
    """The body is larger than the limits allow; ``str()`` says in which way."""


class BodyBroken(Exception):
    """The body is not what its headers say; ``str()`` says in which way."""


class Decoding(Protocol):
    """Takes a body in pieces and gives it decoded in pieces."""

    def feed(self, piece: bytes) -> bytes:
        """Decode the next piece. Raises `BodyTooLarge`, `BodyBroken`."""
        ...

    def finish(self) -> None:
        """Say that the last piece has been fed. Raises `BodyBroken` where the body was cut off."""
        ...


def decoding_for(coding: str, limits: FetchLimits) -> Decoding:
    """Choose by the Content-Encoding header. Raises `BodyBroken` for one we did not ask for."""
    names = [name for part in coding.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    if not names:
        return _Plain(limits)
    if names in (["gzip"], ["x-gzip"], ["deflate"]):
        return _Inflating(limits)
    raise BodyBroken("is compressed in a way we did not ask for")


class _Plain:
    def __init__(self, limits: FetchLimits) -> None:
        self._room = min(limits.wire_bytes, limits.body_bytes)

    def feed(self, piece: bytes) -> bytes:
        self._room -= len(piece)
        if self._room < 0:
            raise BodyTooLarge("is too large")
        return piece

    def finish(self) -> None:
        return


class _Inflating:
    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits
        self._read = 0
        self._written = 0
        self._members = 0
        self._start = b""
        self._member: zlib._Decompress | None = None  # pyright: ignore[reportPrivateUsage] - the type has no other name  # typeshed's only name for it

    def feed(self, piece: bytes) -> bytes:
        self._read += len(piece)
        if self._read > self._limits.wire_bytes:
            raise BodyTooLarge("is too large")
        decoded: list[bytes] = []
        if self._member is None:
            piece, self._start = self._start + piece, b""
        while piece:
            if self._member is None:
                if len(piece) < len(_GZIP_MAGIC):
                    self._start = piece  # what it is shows only in its first two bytes
                    break
                if self._members and not piece.startswith(_GZIP_MAGIC):
                    break  # padding after the last member, which gzip itself ignores as well
                self._member = self._next_member(piece)
            decoded.append(self._inflate(piece))
            if not self._member.eof:
                break
            piece = self._member.unused_data
            self._member = None
        return b"".join(decoded)

    def _next_member(self, piece: bytes) -> "zlib._Decompress":  # pyright: ignore[reportPrivateUsage] - the type has no other name
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise BodyTooLarge("is a compressed body in too many parts")
        zlib_header = piece[0] & 0x0F == zlib.DEFLATED  # RFC 1950 §2.2: the method is in the low bits
        if piece.startswith(_GZIP_MAGIC) or zlib_header:
            return zlib.decompressobj(zlib.MAX_WBITS | 32)
        return zlib.decompressobj(
            -zlib.MAX_WBITS
        )  # "deflate" sent without its zlib header, as some servers do

    def _inflate(self, piece: bytes) -> bytes:
        assert self._member is not None  # noqa: S101  # set by the caller; for the type checker
        room = self._limits.body_bytes - self._written
        try:
            decoded = self._member.decompress(piece, room + 1)
        except zlib.error as error:
            raise BodyBroken("cannot be decompressed") from error
        self._written += len(decoded)
        if len(decoded) > room:
            raise BodyTooLarge("is too large once decompressed")
        if self._written > max(self._limits.ratio_from_bytes, self._read * self._limits.ratio):
            raise BodyTooLarge("grows suspiciously when decompressed")
        return decoded

    def finish(self) -> None:
        if self._member is not None or (self._start and not self._members):
            raise BodyBroken("was cut off in the middle")
