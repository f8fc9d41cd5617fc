"""Addresses on this machine only."""

import socket

HOST = "127.0.0.1"


def bound(port: int) -> socket.socket:
    """A socket bound to ``port`` on loopback (0: any free one), not listening yet.

    Raises OSError where the port is taken, OverflowError where there is none of that number.
    """
    # asyncio sends at once, and does not wait 40 ms for an acknowledgement, only where the protocol is named
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
    except BaseException:
        found.close()
        raise
    return found
