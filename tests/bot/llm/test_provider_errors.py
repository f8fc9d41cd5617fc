"""The small reading of a provider's errors that needs no wire."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.llm.protocol import BackendError, RateLimited
from bot.llm.provider import Provider
from bot.llm.provider_errors import Failure, provider_error, retry_after

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEY = "abcdef-secret-123456"
PROVIDER = Provider("Somebody", "https://user:pass@models.example:8443/v1", SecretStr(KEY))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=NOW) == seconds


@given(st.text())
def test_no_header_is_too_odd(value: str) -> None:
    found = retry_after({"retry-after": value}, now=NOW)
    assert found is None or found >= 0


@given(
    status=st.none() | st.integers(100, 599),
    message=st.text() | st.just(f"bad key {KEY} and sk-live-{'x' * 20}") | st.just("long " * 1_000),
    codes=st.frozensets(
        st.sampled_from(["rate_limit_error", "overloaded_error", "context_length_exceeded", "odd"])
    ),
)
def test_any_failure_becomes_one_short_sentence_without_the_key(
    status: int | None, message: str, codes: frozenset[str]
) -> None:
    error = provider_error(PROVIDER, Failure(status, message, codes))
    assert isinstance(error, BackendError)
    assert KEY not in str(error)
    assert "sk-live" not in str(error)
    assert "pass" not in str(error) or "pass" in message
    assert len(str(error)) < 400
    assert "\n" not in str(error)


def test_the_place_is_the_host_alone() -> None:
    assert PROVIDER.place == "models.example:8443"


def test_a_rate_limit_without_a_time() -> None:
    error = provider_error(PROVIDER, Failure(429, "slow"))
    assert isinstance(error, RateLimited)
    assert error.retry_after is None
