"""The Anthropic SDK's errors as ours."""

from collections.abc import Generator
from contextlib import contextmanager

import anthropic
import httpx2
import structlog

from bot.llm.provider import Provider
from bot.llm.provider_errors import Failure, provider_error

log = structlog.get_logger(__name__)


@contextmanager
def mapped(provider: Provider) -> Generator[None]:
    """Raise `BackendError` instead. No cause is kept: the SDK's errors hold the request with the key."""
    try:
        yield
    except (anthropic.APITimeoutError, httpx2.TimeoutException):
        raise provider.unreachable("did not answer in time") from None
    except anthropic.APIConnectionError:
        raise provider.unreachable("cannot be reached") from None
    except (httpx2.HTTPError, httpx2.StreamError):
        # The SDK does not wrap what breaks in the middle of a stream.
        raise provider.unreachable("broke off in the middle") from None
    except anthropic.APIStatusError as error:
        codes = frozenset(code for code in (error.type, error.error_code) if isinstance(code, str))
        in_stream = error.status_code < 400  # noqa: PLR2004 # an error event after a 200
        status = None if in_stream else error.status_code
        failure = Failure(status, error.api_message or error.message, codes, error.response.headers)
        raise provider_error(provider, failure) from None
    except anthropic.APIError as error:
        raise provider_error(provider, Failure(None, error.message)) from None
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        # The SDK reads without checking: nonsense surfaces wherever it is first used.
        log.warning("backend_nonsense", provider=provider.name, error=type(error).__name__)
        raise provider.nonsense("something that is no message") from None
