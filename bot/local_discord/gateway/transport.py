"""Lets the application reach the TCP connection under a websocket, which no ASGI server does and faults on it need."""

from typing import Any, Protocol, override

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "local_discord.transport"


class Transport(Protocol):
    """What is used of asyncio's transport."""

    def pause_reading(self) -> None:
        """Take nothing from the network; more than once is fine."""
        ...

    def resume_reading(self) -> None:
        """Take from the network again; more than once is fine."""
        ...

    def abort(self) -> None:
        """End at once; what is buffered is lost."""
        ...

    def get_extra_info(self, name: str) -> Any:
        """Something about the connection, None where it is not known."""
        ...


class WebSocketWithTransport(WebSocketsSansIOProtocol):
    """uvicorn's websocket with its transport among the scope's extensions, under :data:`EXTENSION`."""

    @override
    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = {**(self.scope.get("extensions") or {}), EXTENSION: self.transport}
        self.scope["extensions"] = extensions
        await super().run_asgi()
