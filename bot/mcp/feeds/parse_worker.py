"""The process that reads documents: one request on stdin, one answer on stdout, until stdin ends.

Request and answer are a four-byte length and that much JSON; a request is followed by the document's bytes.
The process limits its own memory and, with an alarm, its own time, so that it ends by itself even where the
process that started it was killed in the middle.
"""

import contextlib
import json
import signal
import struct
import sys
from datetime import datetime
from typing import Any, BinaryIO, cast

from bot.mcp.feeds.feed_parsing import NotAFeed, parse_feed
from bot.mcp.feeds.page_decoding import decoded_page
from bot.mcp.feeds.page_text import main_text

LENGTH = struct.Struct(">I")
_MEMORY_BYTES = 1_500_000_000


def main() -> None:
    """Serve requests until stdin ends."""
    _limit_memory()
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing but answers may reach the pipe
    while (request := _read_request(sys.stdin.buffer)) is not None:
        header, body = request
        _alarm(float(header["seconds"]))
        answer = json.dumps(_answer(header, body)).encode("ascii")
        _alarm(0)
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()


def _answer(header: dict[str, Any], body: bytes) -> dict[str, Any]:
    try:
        if header["kind"] == "page":
            html = decoded_page(body, str(header["content_type"]))
            return {"text": main_text(html, int(header["limit"]))}
        feed = parse_feed(
            body,
            name=header["name"],
            url=header["url"],
            content_type=header["content_type"],
            now=datetime.fromisoformat(header["now"]),
        )
        return {"feed": feed.model_dump(mode="json")}
    except NotAFeed as error:
        return {"problem": str(error)}
    except MemoryError:
        return {"problem": "needs too much memory to be read"}
    except RecursionError:
        return {"problem": "is nested too deeply to be read"}
    except Exception as error:  # noqa: BLE001  # whatever a parser does with a hostile document is about the document
        print(f"unreadable document: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201  # our log
        return {"problem": "cannot be read"}


def _read_request(source: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    prefix = source.read(LENGTH.size)
    if len(prefix) < LENGTH.size:
        return None
    header = cast("dict[str, Any]", json.loads(source.read(LENGTH.unpack(prefix)[0])))
    body = source.read(int(header["size"]))
    return (header, body) if len(body) == header["size"] else None


def _alarm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has or allows it
        import resource  # noqa: PLC0415  # POSIX only

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


if __name__ == "__main__":
    main()
