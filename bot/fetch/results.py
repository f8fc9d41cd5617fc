"""What a fetch gives back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said about the copy we hold, sent back to ask whether it is still good (RFC 9110 §13)."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return self.etag is not None or self.last_modified is not None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer with status 200; ``body`` is decompressed and within the limits."""

    url: str
    """Where it came from in the end, after redirects."""
    body: bytes
    content_type: str
    """The header as sent, with parameters; empty where there was none."""
    validators: Validators

    @property
    def media_type(self) -> str:
        """The content type without parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class NotModified:
    """The copy whose validators were sent is still good."""

    url: str
