"""References in values: ``${NAME}``, ``${NAME:default}``, ``$${`` for a plain ``${``, and ``$file:path``.

A variable that is set but empty counts as not set, since tools that pass variables on often pass empty ones.
What a reference brings in is taken as it is: references inside it are not followed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import CogswarmError

MOST_SECRET_BYTES = 64 * 1024
FILE_PREFIX = "$file:"
TOKEN_VARIABLE = "DISCORD_TOKEN"  # noqa: S105 - a variable's name
ALIASES: Mapping[str, tuple[str, ...]] = {TOKEN_VARIABLE: ("DISCORD_BOT_TOKEN", "AIBOT_DISCORD_TOKEN")}
"""Other names under which a variable is known; they are accepted, with a notice."""

_REFERENCE = re.compile(r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::(?P<default>[^}]*))?\})?")


class BadReferenceError(CogswarmError):
    """A reference cannot be followed; the sentence says what to write or set."""


class MissingVariableError(BadReferenceError):
    """A variable that is needed is set nowhere."""


@dataclass(frozen=True, slots=True)
class Variables:
    """Where ``${NAME}`` looks: the environment, then the file ``.env``."""

    environ: Mapping[str, str]
    dotenv: Mapping[str, str]
    dotenv_file: Path

    def find(self, name: str) -> tuple[str, str, str] | None:
        """Return value, where it is from (``env NAME``, ``.env NAME``), and the name it was found under."""
        for known in (name, *ALIASES.get(name, ())):
            for source, values in (("env", self.environ), (".env", self.dotenv)):
                if value := values.get(known):
                    return value, f"{source} {known}", known
        return None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A value after its references were followed."""

    text: str
    sources: tuple[str, ...] = ()
    """What it was made of: ``env NAME``, ``.env NAME``, ``file PATH``."""
    aliases: tuple[tuple[str, str], ...] = ()
    """Pairs of a canonical name and the alias that was found in its place."""
    pieces: tuple[str, ...] = ()
    """The texts that references brought in from outside the file, defaults not included."""


def escape(text: str) -> str:
    """Return text as it must be written so that it means itself."""
    return text.replace("${", "$${")


def resolve(text: str, variables: Variables, folder: Path) -> Resolved:
    """Follow the references in one value.

    Args:
        text: the value as written.
        variables: where names are looked up.
        folder: what relative paths of ``$file:`` are relative to.

    Raises:
        MissingVariableError: a name without a default is set nowhere.
        BadReferenceError: a reference is malformed, or its file cannot be read.
    """
    if text.startswith(FILE_PREFIX):
        file = text.removeprefix(FILE_PREFIX).strip()
        content = _read_secret(file, folder)
        return Resolved(content, (f"file {file}",), pieces=(content,))
    found = list(_pieces(text, variables))
    return Resolved(
        "".join(piece.text for piece in found),
        tuple(source for piece in found for source in piece.sources),
        tuple(alias for piece in found for alias in piece.aliases),
        tuple(piece.text for piece in found if piece.sources),
    )


def _pieces(text: str, variables: Variables) -> Iterator[Resolved]:
    end = 0
    for match in _REFERENCE.finditer(text):
        yield Resolved(text[end : match.start()])
        end = match.end()
        if match[0] == "$${":
            yield Resolved("${")
        elif match["name"] is None:
            raise BadReferenceError(
                "a reference is written ${NAME} or ${NAME:default}, NAME in letters, digits and _; for a plain ${ write $${"
            )
        else:
            yield _variable(match["name"], match["default"], variables)
    yield Resolved(text[end:])


def _variable(name: str, default: str | None, variables: Variables) -> Resolved:
    found = variables.find(name)
    if found is not None:
        value, source, known = found
        return Resolved(value, (source,), () if known == name else ((name, known),))
    if default is not None:
        return Resolved(default)
    raise MissingVariableError(
        f"needs {name}, which is not set; set it in the environment, or add the line `{name}=...` to {variables.dotenv_file}"
    )


def _read_secret(name: str, folder: Path) -> str:
    if not name:
        raise BadReferenceError("$file: needs a path behind it, such as $file:secrets/token")
    file = folder / name
    try:
        file = folder / Path(name).expanduser()
        if not file.is_file():
            raise BadReferenceError(
                f"names the file {file}, which does not exist; create it with the value in it"
            )
        with file.open("rb") as stream:
            raw = stream.read(MOST_SECRET_BYTES + 1)
    except PermissionError as error:
        raise BadReferenceError(
            f"names the file {file}, which may not be read; change its owner or permissions"
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise BadReferenceError(f"names the file {file}, which cannot be read; check the path") from error
    if len(raw) > MOST_SECRET_BYTES:
        raise BadReferenceError(
            f"names the file {file}, which is larger than a value can be; is it the right file?"
        )
    try:
        content = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise BadReferenceError(
            f"names the file {file}, which is not text in UTF-8; save it as UTF-8"
        ) from error
    if not content:
        raise BadReferenceError(f"names the file {file}, which is empty; write the value into it")
    return content
