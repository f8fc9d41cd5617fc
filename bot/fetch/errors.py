"""What can go wrong when something is fetched; each message is one sentence that names the address."""

from bot.errors import OutsideError, TimedOut


class FetchError(OutsideError):
    """Something could not be fetched; ``url`` is its address without credentials and query."""

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message)
        self.url = url


class FetchRefused(FetchError):
    """We did not connect, or did not follow: the address is not one that may be fetched."""


class FetchFailed(FetchError):
    """The other side could not be reached, or answered with an error or with nonsense."""

    def __init__(
        self, message: str, *, url: str, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, url=url)
        self.status = status
        self.retry_after = retry_after
        """Seconds the server asks us to wait, where it says so."""


class FetchTooLarge(FetchError):
    """The answer is larger than allowed, on the wire or once decompressed."""


class FetchTimedOut(FetchError, TimedOut):
    """The answer did not arrive within a time limit."""
