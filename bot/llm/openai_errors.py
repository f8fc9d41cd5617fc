"""The OpenAI SDK's errors as ours."""

from collections.abc import Generator
from contextlib import contextmanager

import httpx2
import openai
import structlog

from bot.llm.provider import Provider
from bot.llm.provider_errors import Failure, provider_error

log = structlog.get_logger(__name__)


@contextmanager
def mapped(provider: Provider) -> Generator[None]:
    """Raise `BackendError` instead. No cause is kept: the SDK's errors hold the request with the key."""
    try:
        yield
    except (openai.APITimeoutError, httpx2.TimeoutException):
        raise provider.unreachable("did not answer in time") from None
    except openai.APIConnectionError:
        raise provider.unreachable("cannot be reached") from None
    except (httpx2.HTTPError, httpx2.StreamError):
        # The SDK does not wrap what breaks in the middle of an error answer.
        raise provider.unreachable("broke off in the middle") from None
    except openai.APIStatusError as error:
        failure = Failure(error.status_code, error.message, _codes(error), error.response.headers)
        raise provider_error(provider, failure) from None
    except openai.APIError as error:
        raise provider_error(provider, Failure(None, error.message, _codes(error))) from None
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        # The SDK reads without checking: nonsense surfaces wherever it is first used.
        log.warning("backend_nonsense", provider=provider.name, error=type(error).__name__)
        raise provider.nonsense("something that is no answer of a model") from None


def _codes(error: openai.APIError) -> frozenset[str]:
    # A server may put anything there.
    return frozenset(code for code in (error.code, error.type) if isinstance(code, str) and code)  # pyright: ignore[reportUnnecessaryIsInstance]
