"""Reads the files a configuration is made of: ``config.yaml`` and the ``.env`` beside it."""

import io
from pathlib import Path

from dotenv import dotenv_values

from bot.config.yaml_tree import MOST_BYTES
from bot.errors import ConfigError


def read_dotenv(file: Path) -> dict[str, str]:
    """Read the variables of a ``.env`` file; none where there is no such file.

    Raises:
        ConfigError: the file is there and cannot be read.
    """
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError:
        pass  # reading it says why in a sentence
    try:
        text = read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError("The file is not text in UTF-8; save it as UTF-8.", file=file) from error
    values = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in values.items() if value is not None}


def read_bytes(path: Path) -> bytes:
    """Read a file, or one byte more of it than a configuration may have.

    Raises:
        ConfigError: it is not there or cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(
            "There is no such file; run `cogswarm init` to make one, or name one with --config.", file=path
        ) from error
    except PermissionError as error:
        raise ConfigError("The file may not be read; change its owner or permissions.", file=path) from error
    except OSError as error:
        raise ConfigError(
            f"The file cannot be read ({error.strerror}); check the path.", file=path
        ) from error
