"""What is known of each feed address: its entries, its validators, when it was last asked."""

import contextlib
import hashlib
import os
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.fetch import Validators
from bot.mcp.feeds.entries import Moment, ParsedFeed

_log = structlog.get_logger(__name__)

_MOST_COPIES = 200
_MOST_FILE_BYTES = 64_000_000


class Copy(BaseModel):
    """One feed address as it was when last read."""

    model_config = ConfigDict(frozen=True)

    name: str
    url: str
    fetched_at: Moment
    etag: str | None = None
    last_modified: str | None = None
    feed: ParsedFeed

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from other copies."""
        return self.name, self.url

    @property
    def validators(self) -> Validators:
        """What to send to ask whether this copy is still good."""
        return Validators(self.etag, self.last_modified)

    def confirmed(self, at: datetime) -> "Copy":
        """The same copy, found to be still good at ``at``."""
        return self.model_copy(update={"fetched_at": at})


type _Key = tuple[str, str]


class Copies:
    """The newest copies by feed name and address, at most two hundred; with a folder, kept there as well, one file each.

    A file that cannot be read or written costs a log line and a fetch, never an error.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._copies: OrderedDict[_Key, Copy] = OrderedDict()
        if folder is not None:
            self._load(folder)

    def get(self, name: str, url: str) -> Copy | None:
        """The copy of this feed at this address, if there is one."""
        copy = self._copies.get((name, url))
        if copy is not None:
            self._copies.move_to_end((name, url))
        return copy

    def __iter__(self) -> Iterator[Copy]:
        return iter(list(self._copies.values()))

    def put(self, copy: Copy) -> None:
        """Keep ``copy`` in place of an older one of the same address; the least used gives way."""
        self._copies[copy.key] = copy
        self._copies.move_to_end(copy.key)
        self._write(copy)
        while len(self._copies) > _MOST_COPIES:
            key, _ = self._copies.popitem(last=False)
            self._remove(key)

    def _load(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
        except OSError as error:
            _log.warning("feed_cache_unusable", folder=str(folder), error=str(error))
            self._folder = None
            return
        for file in files[-_MOST_COPIES:]:
            copy = _read(file)
            if copy is not None:
                self._copies[copy.key] = copy

    def _write(self, copy: Copy) -> None:
        if self._folder is None:
            return
        try:
            _write_whole(self._folder / _file_name(copy.key), copy.model_dump_json().encode("utf-8"))
        except OSError as error:
            _log.warning("feed_cache_not_written", feed=copy.name, error=str(error))

    def _remove(self, key: _Key) -> None:
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / _file_name(key)).unlink()


def _file_name(key: _Key) -> str:
    return hashlib.sha256("\n".join(key).encode("utf-8")).hexdigest()[:32] + ".json"


def _read(file: Path) -> Copy | None:
    try:
        if file.stat().st_size > _MOST_FILE_BYTES:
            raise ValueError("too large")  # noqa: TRY301  # one place decides what becomes of a bad file
        return Copy.model_validate_json(file.read_bytes())
    except (OSError, ValueError, ValidationError) as error:
        _log.warning("feed_cache_file_ignored", file=file.name, error=type(error).__name__)
        return None


def _write_whole(file: Path, content: bytes) -> None:
    """Write beside the file and then rename, so that a reader or a crash never meets half a file."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        Path(temporary).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
