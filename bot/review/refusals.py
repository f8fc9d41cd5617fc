"""What githubkit raises as what this house raises: sentences that say what to do, and never the token."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import httpx
from githubkit.exception import (
    AuthCredentialError,
    GitHubException,
    RateLimitExceeded,
    RequestError,
    RequestFailed,
    RequestTimeout,
)
from pydantic import ValidationError

from bot.review.github import GitHubBusy, GitHubError, GitHubRefused, GitHubTimedOut, NotLetIn, NotThere

LONGEST_WAIT = 3_600.0
SHORTEST_WAIT = 60.0
"""Where a limit is reached and nothing says for how long (docs.github.com, "Exceeding the rate limit": at least a minute)."""
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _GONE, _TOO_MANY, _SERVER = 401, 403, 404, 410, 429, 500
_LIMITED = ("rate limit", "abuse detection")
_NOT_THERE = "I cannot see {what}: it is not there, or the bot may not read it."
_NOT_LET_IN = "GitHub does not accept the bot's token or App any more; look at `github` in the configuration."
_FORBIDS = "GitHub does not let the bot do that with {what}{said}; its token or App needs another permission."
_REFUSED = "GitHub refuses that for {what}{said}."
_BUSY = "GitHub lets the bot ask nothing more for {minutes:.0f} minutes."
_SLOW = "GitHub did not answer in time."
_AWAY = "GitHub could not be reached ({why})."
_BROKEN = "GitHub is out of order just now (it answered {status})."
_NONSENSE = "GitHub answered with something that cannot be read."


@contextmanager
def told(what: str) -> Generator[None]:
    """Let the block raise only what is documented at `GitHub`; ``what`` is asked about, for the sentence."""
    try:
        yield
    except GitHubException as error:
        raise refusal(error, what) from error
    except (ValidationError, ValueError, httpx.HTTPError, httpx.StreamError) as error:
        raise GitHubError(_NONSENSE) from error


def refusal(error: GitHubException, what: str) -> GitHubError | NotThere | GitHubBusy:
    """What to raise instead."""
    if isinstance(inner := _inner(error), GitHubException):
        return refusal(inner, what)  # what failed while the token was asked for
    match error:
        case RateLimitExceeded():
            seconds = min(max(error.retry_after.total_seconds(), 1.0), LONGEST_WAIT)
            return _busy(seconds)
        case RequestFailed():
            return _by_status(error.response.status_code, _said(error), what)
        case RequestTimeout():
            return GitHubTimedOut(_SLOW)
        case _ if isinstance(error, AuthCredentialError) or isinstance(inner, ValueError | TypeError):
            return NotLetIn(_NOT_LET_IN)  # such as with a private key that signs nothing
        case _:
            why = inner or error
            return GitHubError(_AWAY.format(why=str(why)[:200] or type(why).__name__))


def is_unknown(error: Exception) -> bool:
    """Whether what was asked for may have happened although an error came back."""
    return isinstance(error, GitHubError) and not isinstance(error, GitHubRefused)


def _inner(error: GitHubException) -> Exception | None:
    """What was behind it; githubkit wraps whatever happened while it asked."""
    found = cast("Any", error).exc if isinstance(error, RequestError) else None
    return found if isinstance(found, Exception) and not isinstance(error, RequestFailed) else None


def _by_status(status: int, said: str, what: str) -> GitHubError | NotThere | GitHubBusy:
    if status == _UNAUTHORIZED:
        return NotLetIn(_NOT_LET_IN)
    if status == _TOO_MANY or (status == _FORBIDDEN and any(one in said.lower() for one in _LIMITED)):
        return _busy(SHORTEST_WAIT)
    if status == _FORBIDDEN:
        return GitHubRefused(_FORBIDS.format(what=what, said=said))
    if status in {_NOT_FOUND, _GONE}:
        return NotThere(_NOT_THERE.format(what=what))
    if status >= _SERVER:
        return GitHubError(_BROKEN.format(status=status))
    return GitHubRefused(_REFUSED.format(what=what, said=said))


def _busy(seconds: float) -> GitHubBusy:
    return GitHubBusy(_BUSY.format(minutes=max(seconds / 60, 1)), seconds=seconds)


def _said(error: RequestFailed) -> str:
    """GitHub's own reason, behind a colon."""
    try:
        answer = error.response.json()
    except ValueError:
        return ""
    message = answer.get("message") if isinstance(answer, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - looked at next
    if not isinstance(message, str) or not message:
        return ""
    return f" (it says: {' '.join(message.split())[:200]})"
