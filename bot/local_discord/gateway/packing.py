"""How frames are packed for the way: as text, or compressed.

https://discord.com/developers/docs/events/gateway#encoding-and-compression
"""

import zlib
from collections.abc import Callable

from bot.local_discord.gateway.codes import INVALID_VERSION, Closed

WORTH_COMPRESSING = 512
"""From how many characters on a single payload is compressed; Discord says only that not all are."""
VERSIONS = frozenset({"9", "10"})
LARGEST_BLOCK = 128 * 1024

type Packer = Callable[[str], str | bytes]


def plain(text: str) -> str:
    """The text itself."""
    return text


def single(text: str) -> str | bytes:
    """Each payload by itself, as ``compress: true`` in IDENTIFY asks for; short ones stay text."""
    return zlib.compress(text.encode()) if len(text) >= WORTH_COMPRESSING else text


def zlib_stream() -> Packer:
    """One zlib stream for the whole connection, flushed after every frame."""
    packing = zlib.compressobj()
    return lambda text: packing.compress(text.encode()) + packing.flush(zlib.Z_SYNC_FLUSH)


def zstd_stream() -> Packer:
    """One zstd frame for the whole connection, in blocks that are stored and not compressed.

    The format allows that, every decompressor reads it, and no library that Python 3.12 brings can do more.
    https://datatracker.ietf.org/doc/html/rfc8878
    """
    # Magic number; no checksum, no size, a window of 128 KiB; then blocks of which none is the last.
    start = [b"\x28\xb5\x2f\xfd\x00\x38"]

    def pack(text: str) -> bytes:
        raw = text.encode()
        blocks = [raw[i : i + LARGEST_BLOCK] for i in range(0, len(raw), LARGEST_BLOCK)]
        head = start.pop() if start else b""
        return head + b"".join((len(block) << 3).to_bytes(3, "little") + block for block in blocks)

    return pack


def packer(version: str, encoding: str, compress: str) -> Packer:
    """How to pack for a client that connected with these query parameters.

    Raises:
        Closed: 4012 for a version that Discord has given up, for ETF, which is not offered here, and for what nobody
            knows; with that code a client gives up and shows the reason.
    """
    if version not in VERSIONS:
        raise Closed(INVALID_VERSION)
    if encoding != "json":
        raise Closed(INVALID_VERSION, "Only encoding=json is offered here.")
    if compress == "zlib-stream":
        return zlib_stream()
    if compress == "zstd-stream":
        return zstd_stream()
    if compress not in ("", "false"):
        raise Closed(INVALID_VERSION, "compress must be zlib-stream or zstd-stream.")
    return plain
