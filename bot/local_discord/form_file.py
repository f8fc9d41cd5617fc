"""Reads a YAML (or JSON) file with the same code that reads a request's body, and names the line of what is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import yaml

from bot.errors import ConfigError
from bot.local_discord.form import Form, Problems
from bot.local_discord.yaml_lines import line_of

if TYPE_CHECKING:
    from bot.local_discord.model import Json


def read_form_file[Found](path: Path, read: Callable[[Form], Found]) -> Found:
    """What ``read`` makes of the file.

    Raises:
        ConfigError: the file cannot be read, or something in it is wrong; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The file cannot be read: {error}.", file=path) from error
    try:
        data: object = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise ConfigError(f"This is not valid YAML: {error.problem}.", file=path, line=line) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"This is not valid YAML: {error}.", file=path) from error
    if not isinstance(data, dict):
        raise ConfigError("Here fields with values are expected, like 'seed: 7'.", file=path, line=1)
    problems = Problems()
    found = read(Form(cast("Json", data), problems))
    if problems.found:
        where, _, message = problems.found[0]
        steps = tuple(int(step) if step.isdecimal() else step for step in where)
        named = ".".join(where) or "the file"
        raise ConfigError(f"{named}: {message}", file=path, line=line_of(text, steps))
    return found
