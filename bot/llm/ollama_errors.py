"""What goes wrong with an Ollama server, as our errors."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import cast

import httpx
import ollama
import structlog

from bot.llm.protocol import BackendError, BackendUnreachable, UnsupportedRequest
from bot.llm.provider import Provider
from bot.llm.provider_errors import Failure, provider_error

log = structlog.get_logger(__name__)


class Refused(Exception):
    """An error answer, with the headers that the SDK's own error does not have."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str]) -> None:
        super().__init__(status)
        self.status = status
        self.message = _message(text)
        self.headers = headers


async def refuse_errors(response: httpx.Response) -> None:
    """Raise `Refused` for an error answer; a hook of the HTTP client, before the SDK sees it."""
    if response.is_error:
        text = (await response.aread()).decode("utf-8", "replace")
        raise Refused(response.status_code, text, response.headers)


def _message(text: str) -> str:
    """What the answer says is wrong; llama.cpp's errors come wrapped into a text once more."""
    try:
        body: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(body, dict):
        return text
    told = cast("dict[str, object]", body).get("error", text)
    if isinstance(told, dict):
        told = cast("dict[str, object]", told).get("message", text)
    return _message(told) if isinstance(told, str) and told.startswith("{") else str(told)


@contextmanager
def mapped(provider: Provider, model: str) -> Generator[None]:
    """Raise `BackendError` instead. No cause is kept: errors of HTTP hold the request with the key."""
    try:
        yield
    except Refused as error:
        raise _refusal(provider, model, error) from None
    except ollama.ResponseError as error:  # in the middle of a stream
        raise provider_error(provider, Failure(None, str(error.error))) from None
    except (ConnectionError, httpx.ConnectError):
        raise _absent(provider) from None
    except httpx.TimeoutException:
        raise provider.unreachable("did not answer in time") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
        raise provider.unreachable("broke off in the middle") from None
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        # The SDK reads JSON lines without checking; its models raise pydantic's ValueErrors.
        log.warning("backend_nonsense", provider=provider.name, error=type(error).__name__)
        raise provider.nonsense("something that is no chat answer") from None


def _absent(provider: Provider) -> BackendUnreachable:
    return BackendUnreachable(f"No Ollama answers at {provider.place}; start it with `ollama serve`.")


def _refusal(provider: Provider, model: str, error: Refused) -> BackendError:
    if error.status == HTTPStatus.NOT_FOUND:
        name = provider.detail(model)
        return UnsupportedRequest(f"Ollama has no model {name!r}; get it with `ollama pull {name}`.")
    return provider_error(provider, Failure(error.status, error.message, headers=error.headers))
