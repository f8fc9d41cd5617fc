"""The one guarded HTTP client: everything fetched from an address that somebody else chose goes through here."""

from bot.fetch.client import Fetcher
from bot.fetch.errors import FetchError, FetchFailed, FetchRefused, FetchTimedOut, FetchTooLarge
from bot.fetch.limits import FetchLimits
from bot.fetch.results import Fetched, NotModified, Validators

__all__ = [
    "FetchError",
    "FetchFailed",
    "FetchLimits",
    "FetchRefused",
    "FetchTimedOut",
    "FetchTooLarge",
    "Fetched",
    "Fetcher",
    "NotModified",
    "Validators",
]
