"""How a command that failed ends: one sentence for the person, an exit code, details in a file where it is our fault."""

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from bot.cli.new_files import create_file
from bot.cli.session import Session
from bot.errors import CogswarmError, ConfigError

FAILED = 1
BROKEN = 70
WRONG_CONFIGURATION = 78
INTERRUPTED = 130


def exit_code_of(error: BaseException, session: Session, arguments: Sequence[str]) -> int:
    """Say on standard error what went wrong and return the exit code for it."""
    if isinstance(error, BaseExceptionGroup):
        return max(
            exit_code_of(inner, session, arguments)
            for inner in _distinct(cast("BaseExceptionGroup[BaseException]", error))
        )
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has left; keep Python from complaining again when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    if isinstance(error, CogswarmError):
        _say(session.redactor()(str(error)))
        return WRONG_CONFIGURATION if isinstance(error, ConfigError) else FAILED
    _say(_reported(error, session, arguments))
    return BROKEN


def _reported(error: BaseException, session: Session, arguments: Sequence[str]) -> str:
    """Write the details to a file and return the sentence that names it."""
    error_id = session.new_id()
    command = " ".join(["cogswarm", *arguments])
    details = f"{session.clock.now().isoformat()}\n{command}\nPython {sys.version}\n\n" + "".join(
        traceback.format_exception(error)
    )
    sentence = f"Something in cogswarm broke (error {error_id})"
    for folder in (session.data_dir / "errors", Path(tempfile.gettempdir()) / "cogswarm-errors"):
        file = folder / f"{error_id}.txt"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            create_file(file, session.redactor()(details), mode=0o600)
        except OSError:
            continue
        return f"{sentence}; what happened is in {file}, please send it along when you report this."
    return f"{sentence}, and the report of it could not be written: {_reason(error)}"


def _reason(error: BaseException) -> str:
    code = errno.errorcode.get(error.errno or 0, "") if isinstance(error, OSError) else ""
    return f"{type(error).__name__} {code}".strip() + "."


def _distinct(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """Return a group's errors, those alike only once."""
    found: dict[str, BaseException] = {}
    for error in group.exceptions:
        inner = (
            _distinct(cast("BaseExceptionGroup[BaseException]", error))
            if isinstance(error, BaseExceptionGroup)
            else [error]
        )
        found |= {f"{type(one).__name__} {one}": one for one in inner}
    return list(found.values())


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
