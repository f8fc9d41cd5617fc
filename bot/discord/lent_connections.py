"""Keeps an eye on the connections that nextcord uses.

Where a gateway line is cut while it is just being made, nextcord forgets it without closing it; it stayed open until
Python happened to find it.
"""

from typing import Any, override

import aiohttp


class LentConnections(aiohttp.TCPConnector):
    """Makes connections as nextcord's own connector does, and can close what was never given back."""

    def __init__(self) -> None:
        super().__init__(limit=0)  # pyright: ignore[reportUnknownMemberType] - aiohttp leaves one of its types open
        self._lent: list[aiohttp.connector.Connection] = []

    @override
    async def connect(self, *args: Any, **kwargs: Any) -> aiohttp.connector.Connection:
        connection = await super().connect(*args, **kwargs)
        self._take_back(ended=True)
        self._lent.append(connection)
        return connection

    def take_back(self) -> None:
        """Close every connection that is still lent, for good."""
        self._take_back(ended=False)

    def _take_back(self, *, ended: bool) -> None:
        lent, self._lent = self._lent, []
        for connection in lent:
            if ended and not connection.closed:
                self._lent.append(connection)
            else:
                connection.close()
