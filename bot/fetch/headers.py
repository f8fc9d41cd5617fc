"""Reading an answer's headers."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore2


def header(response: httpcore2.Response, name: bytes) -> str:
    """The header's value, empty where absent; of several the first but for lists, which are joined."""
    values = [value.decode("latin-1").strip() for key, value in response.headers if key.lower() == name]
    return ", ".join(values) if name == b"content-encoding" else (values[0] if values else "")


def retry_after_seconds(response: httpcore2.Response, now: datetime) -> float | None:
    """What ``Retry-After`` asks for, as seconds or as a date (RFC 9110 §10.2.3); None where unreadable."""
    text = header(response, b"retry-after")
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
