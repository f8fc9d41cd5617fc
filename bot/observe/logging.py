"""Logs: structlog over the standard library, one look for our own lines and those of the libraries we use.

JSON, one object a line, where nobody watches; aligned text in a terminal. Every value is turned into plain data and
redacted before anything is rendered, so no renderer ever holds a secret.
"""

import contextlib
import logging
import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TextIO, cast, override

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.clock import Clock
from bot.errors import ConfigError
from bot.observe.redaction import Redactor

LEVELS = ("debug", "info", "warning", "error")
LONGEST_TEXT = 20_000
DEEPEST = 6
MOST_ENTRIES = 200
_MOST_BITS = 1024

_CHATTY = (
    "httpx", "httpcore", "asyncio", "mcp", "openai", "anthropic", "uvicorn.access", "procrastinate", "nextcord.http",
)  # fmt: skip
"""Libraries that tell of every call at INFO; below DEBUG only their warnings are kept."""

_REPEATED_BY_US = ("mcp.client", "mcp.shared", "client")
"""What the MCP client says of bad servers, with all that they sent; we say it ourselves, within bounds."""

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(9), *range(11, 32), 127, *range(0x80, 0xA0))}
_ONE_LINE = {**_CONTROL, ord("\n"): "\\n", ord("\t"): " "}
_FIRST = ("timestamp", "level", "logger", "event")
_MULTILINE_KEYS = frozenset({"exception", "stack"})


class _Handler(logging.StreamHandler[TextIO]):
    """Our handler; a line that cannot be formatted is reported without its arguments, which may hold secrets."""

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        kind = sys.exc_info()[0]
        reason = "error" if kind is None else kind.__name__
        place = f"{record.pathname}:{record.lineno}"
        # Where the stream itself is gone there is nowhere left to say so.
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(f"log_line_failed logger={record.name} reason={reason} place={place}\n")


def configure_logging(
    level: str = "info",
    secrets: Iterable[str] = (),
    *,
    stream: TextIO | None = None,
    pretty: bool | None = None,
    clock: Clock | None = None,
) -> Redactor:
    """Send all logs of the process to one stream, redacted; calling it again replaces what was set before.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        secrets: values that must never appear; more can be given to the result's ``add``.
        stream: where lines go; standard error if not given.
        pretty: text for people instead of JSON; if not given, where the stream is a terminal.
        clock: the source of timestamps.

    Raises:
        ConfigError: there is no such level.
    """
    if level not in LEVELS:
        raise ConfigError(f"There is no log level `{level}`; write one of {', '.join(LEVELS)}.")
    out = sys.stderr if stream is None else stream
    redactor = Redactor()
    redactor.add(secrets)
    handler = _Handler(out)
    on_terminal = out.isatty()
    wanted = on_terminal if pretty is None else pretty
    handler.setFormatter(_formatter(redactor, clock or Clock(), pretty=wanted, colors=wanted and on_terminal))
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else logging.WARNING)
    for name in _REPEATED_BY_US:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else logging.CRITICAL)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    return redactor


def _formatter(redactor: Redactor, clock: Clock, *, pretty: bool, colors: bool) -> logging.Formatter:
    def stamp(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        now = clock.now()
        event["timestamp"] = now.strftime("%H:%M:%S") if pretty else now.isoformat(timespec="milliseconds")
        return event

    render = structlog.dev.ConsoleRenderer(colors=colors) if pretty else structlog.processors.JSONRenderer()
    processors: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        stamp,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _PlainData(redactor, pretty).event,
        render,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(),
            _without_duplicates,
        ],
        processors=processors,
    )


def _without_duplicates(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop what other formatters leave on a record: the event again, the time again, uvicorn's coloured text."""
    for name in ("message", "asctime", "color_message"):
        event.pop(name, None)
    return event


@dataclass(frozen=True, slots=True)
class _PlainData:
    """Turns values into plain data without secrets, bounded in size, safe to show in a terminal if that is asked."""

    redactor: Redactor
    pretty: bool

    def event(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        names = [*(name for name in _FIRST if name in event), *(name for name in event if name not in _FIRST)]
        return {self.redactor(name): self.value(event[name], name) for name in names}

    def value(self, value: object, key: str = "", depth: int = 0) -> object:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            shown = self.text(value)
            small = math.isfinite(value) if isinstance(value, float) else value.bit_length() <= _MOST_BITS
            return value if small and shown == repr(value) else shown
        if isinstance(value, Mapping) and depth < DEEPEST:
            entries = list(cast("Mapping[object, object]", value).items())
            inner = {self.text(name): self.value(one, "", depth + 1) for name, one in entries[:MOST_ENTRIES]}
            return inner | (
                {"…": f"{len(entries) - MOST_ENTRIES} more"} if len(entries) > MOST_ENTRIES else {}
            )
        if isinstance(value, list | tuple | set | frozenset) and depth < DEEPEST:
            items = list(cast("Iterable[object]", value))
            more = [f"… {len(items) - MOST_ENTRIES} more"] if len(items) > MOST_ENTRIES else []
            return [*(self.value(one, "", depth + 1) for one in items[:MOST_ENTRIES]), *more]
        return self.text(cast("object", value), key)

    def text(self, value: object, key: str = "") -> str:
        text = self.redactor(_shown(value))
        if len(text) > LONGEST_TEXT:
            text = f"{text[:LONGEST_TEXT]}… ({len(text) - LONGEST_TEXT} more characters)"
        if not self.pretty:
            return text
        escaped = text.translate(_CONTROL if key in _MULTILINE_KEYS else _ONE_LINE)
        return escaped.encode("utf-8", "backslashreplace").decode()


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a value that cannot show itself must not end the program
        return f"<{type(value).__name__}, which cannot be shown: {type(error).__name__}>"
