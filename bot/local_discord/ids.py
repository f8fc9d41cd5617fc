"""Where unguessable strings come from."""

from typing import Protocol


class Secret(Protocol):
    """Gives an unguessable, URL-safe string made from this many random bytes (``secrets.token_urlsafe``)."""

    def __call__(self, size: int, /) -> str:
        """A new string."""
        ...
