"""What a provider's error answer means: its status, codes and words onto the error tree.

Sources: OpenAI's error-codes guide and Anthropic's errors page. Their texts are only looked at where no
code tells (no credit left, too long a request).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from bot.llm.protocol import (
    AuthFailed,
    BackendError,
    ContentRefused,
    ContextTooLong,
    QuotaExceeded,
    RateLimited,
    UnsupportedRequest,
)
from bot.llm.provider import Provider

_QUOTA = {"insufficient_quota", "billing_error", "billing_hard_limit_reached"}
_REFUSED = {
    "content_filter",
    "content_policy_violation",
    "image_content_policy_violation",
    "moderation_blocked",
    "bio_policy",
    "misalignment_policy_violation",
}
_AUTH = {"authentication_error", "permission_error", "invalid_api_key"}
_RATE = {"rate_limit_error", "rate_limit_exceeded"}
_DOWN = {"overloaded_error", "api_error", "timeout_error", "server_error", "server_overloaded"}
_CONTEXT = {"context_length_exceeded", "request_too_large", "exceed_context_size_error"}
_INVALID = re.compile(
    r"invalid_(request_error|prompt|image|base64)|(image|unsupported|empty|failed_to_download)_"
)
_CONTEXT_WORDS = re.compile(
    r"maximum context length|prompt is too long|context window|exceeds? the (available )?context"
    r"|longer than the context length|exceed_context_size|input (is )?too long|too many (input )?tokens"
    r"|request too large for",
    re.IGNORECASE,
)
_TRANSIENT = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY}


@dataclass(frozen=True, slots=True)
class Failure:
    """An error answer as it came; ``status`` is None where it came in the middle of a stream."""

    status: int | None
    message: str
    codes: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def provider_error(provider: Provider, failure: Failure) -> BackendError:
    """The error to raise for ``failure``."""
    return _by_meaning(provider, failure) or _by_status(provider, failure)


def _by_meaning(provider: Provider, failure: Failure) -> BackendError | None:
    who, message, codes = provider.name, failure.message, failure.codes
    if codes & _QUOTA or failure.status == HTTPStatus.PAYMENT_REQUIRED or "credit balance" in message.lower():
        return QuotaExceeded(f"The {who} account has no credit left; add credit or choose another model.")
    too_large = failure.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if codes & _CONTEXT or too_large or _CONTEXT_WORDS.search(message):
        return ContextTooLong(f"This is longer than the model reads; send less. ({provider.detail(message)})")
    if codes & _REFUSED:
        return ContentRefused(
            f"{who} declined to answer this; put it differently. ({provider.detail(message)})"
        )
    return None


def _by_status(provider: Provider, failure: Failure) -> BackendError:
    who, status, codes, detail = (
        provider.name,
        failure.status,
        failure.codes,
        provider.detail(failure.message),
    )
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or codes & _AUTH:
        # No detail: OpenAI repeats part of the key in it.
        return AuthFailed(f"{who} at {provider.place} refused the key; check api_key and what it may use.")
    if status == HTTPStatus.TOO_MANY_REQUESTS or codes & _RATE:
        wait = retry_after(failure.headers, now=datetime.now(UTC))
        return RateLimited(f"{who} gets too many requests from us; try again later.", retry_after=wait)
    client_fault = (
        any(_INVALID.match(code) for code in codes)
        if status is None
        else (
            HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _TRANSIENT
        )
    )
    if codes & _DOWN or not client_fault:
        return provider.unreachable(f"failed ({detail})" if detail else "failed")
    if status == HTTPStatus.NOT_FOUND:
        return UnsupportedRequest(f"{who} does not know this model or address; check both. ({detail})")
    return UnsupportedRequest(f"{who} does not accept this request: {detail}")


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds to wait as RFC 9110 §10.2.3 says them: a number, or a date; None where not said."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now.timestamp())
