"""What the commands share: where the configuration is, the environment, and how a person is asked."""

import getpass
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.weights import fetch_weights
from bot.clock import Clock

if TYPE_CHECKING:
    from bot.config.loaded import LoadedConfig
    from bot.observe.known_secrets import Secrets
    from bot.observe.redaction import Redactor


def _environment() -> Mapping[str, str]:
    return os.environ


def _someone_is_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _new_id() -> str:
    return secrets.token_hex(4)


def _new_secret() -> str:
    return secrets.token_hex(32)


@dataclass(slots=True)
class Session:
    """One call of the command line; everything it takes from outside can be replaced."""

    environ: Mapping[str, str] = field(default_factory=_environment, repr=False)
    config_path: Path = Path("config.yaml")
    log_level: str = "info"
    ask_secret: Callable[[str], str] = getpass.getpass
    """Asks for a line without showing what is typed."""
    interactive: Callable[[], bool] = _someone_is_there
    """Says whether there is a person who can be asked."""
    fetch_weights: Callable[[], None] = fetch_weights
    """Installs the embedding model, or raises a `CogswarmError`."""
    new_id: Callable[[], str] = _new_id
    new_secret: Callable[[], str] = _new_secret
    clock: Clock = field(default_factory=Clock)
    loaded: "LoadedConfig | None" = None
    own_process: bool = False
    """Whether the process does nothing else, so that what its threads raise is this call's to tell."""
    _hidden: "Secrets | None" = field(default=None, repr=False)

    @property
    def folder(self) -> Path:
        """The configuration's folder."""
        return self.config_path.absolute().parent

    @property
    def data_dir(self) -> Path:
        """The folder for what is kept on disk; the usual one as long as no configuration was read."""
        return self.folder / "data" if self.loaded is None else self.loaded.data_dir

    def load(self, *, missing_ok: bool = False) -> "LoadedConfig":
        """Load the configuration.

        Raises:
            ConfigErrors: everything that is wrong with it.
        """
        from bot.config.load import load_config  # noqa: PLC0415 - keeps --help fast

        self.loaded, self._hidden = load_config(self.config_path, self.environ, missing_ok=missing_ok), None
        return self.loaded

    def load_or_default(self, *, missing_ok: bool = False) -> "LoadedConfig":
        """Load the configuration; where there is no file, the default one as if it stood there.

        Raises:
            ConfigErrors: everything that is wrong with it.
        """
        from bot.config.load import load_default_config  # noqa: PLC0415 - keeps --help fast

        if self.config_path.exists():
            return self.load(missing_ok=missing_ok)
        self.loaded = load_default_config(self.environ, self.folder, missing_ok=missing_ok)
        self._hidden = None
        return self.loaded

    def say(self, text: str, *, err: bool = False) -> None:
        """Print a line, without the secrets that are known; the one way in which commands say anything."""
        from bot.observe.known_secrets import telling  # noqa: PLC0415 - keeps --help fast

        if self._hidden is None:
            self._hidden = telling(self.secrets())
        typer.echo(self._hidden.text(text), err=err)

    def start_logging(self) -> "Redactor":
        """Send logs to standard error, the configuration's secrets taken out.

        Raises:
            ConfigError: the log level is not one.
        """
        from bot.observe.logging import configure_logging  # noqa: PLC0415 - keeps --help fast
        from bot.observe.uncaught import log_what_nobody_catches  # noqa: PLC0415 - as above

        redactor = configure_logging(self.log_level, self.secrets(), clock=self.clock)
        if self.own_process:
            log_what_nobody_catches()
        return redactor

    def redactor(self) -> "Redactor":
        """Return what takes this call's secrets out of a text."""
        from bot.observe.redaction import Redactor  # noqa: PLC0415 - keeps --help fast

        redactor = Redactor()
        redactor.add(self.secrets())
        return redactor

    def secrets(self) -> frozenset[str]:
        """Return the secrets that are known: the configuration's, and a token in the environment."""
        from bot.config.references import ALIASES  # noqa: PLC0415 - keeps --help fast

        names = [name for canonical, others in ALIASES.items() for name in (canonical, *others)]
        known = {self.environ[name] for name in names if self.environ.get(name)}
        return frozenset(known | (set() if self.loaded is None else self.loaded.secrets()))
