"""Where the files are that come with the program and that people read or edit.

In a checkout they lie at the repository's root; an installed wheel has them in ``bot/_data``. A ``prompts/`` or
``plugins/`` folder beside the user's config.yaml goes before what we ship. Files that belong to one part only
(migrations, the page, the demo's library) lie in that part's package in both cases; their places are here too, so that
a test of the wheel asks one module.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import ConfigError

_PACKAGE: Final = Path(__file__).resolve().parent
_PURPOSE: Final = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*")


@dataclass(frozen=True, slots=True)
class Resources:
    """Where the shipped files are, and where a user's own ones may lie.

    Attributes:
        package: the folder of the package ``bot``.
        config_folder: the folder of the config.yaml in use, or None where there is none.
    """

    package: Path = _PACKAGE
    config_folder: Path | None = None

    @property
    def shipped(self) -> Path:
        """The folder with the shipped ``prompts/`` and config.yaml."""
        data = self.package / "_data"
        return data if data.is_dir() else self.package.parent

    @property
    def default_config(self) -> Path:
        """The documented config.yaml that `cogswarm init` starts from."""
        return self.shipped / "config.yaml"

    @property
    def migrations(self) -> Path:
        """The folder of the numbered SQL files."""
        return self.package / "storage" / "migrations"

    @property
    def page(self) -> Path:
        """The folder of the local Discord's page."""
        return self.package / "local_discord" / "page"

    @property
    def prompt_folders(self) -> tuple[Path, ...]:
        """Where prompts are looked for, the user's own folder first."""
        shipped = self.shipped / "prompts"
        return (*(folder for folder in self._beside_config("prompts") if folder != shipped), shipped)

    @property
    def plugin_folders(self) -> tuple[Path, ...]:
        """Where local plugins lie beside the config; empty where the user has no such folder."""
        return self._beside_config("plugins")

    def prompt(self, purpose: str) -> Path:
        """Returns the template for ``purpose``, the user's own before ours.

        A purpose is written as a file's path without its ending, such as ``research/plan``. Raises ConfigError, with the
        folders that were searched, where there is none.
        """
        if not _PURPOSE.fullmatch(purpose):
            raise ConfigError(
                f"{purpose!r} is no name of a prompt; write small letters, digits, - and _, parted by /."
            )
        for folder in self.prompt_folders:
            template = folder / f"{purpose}.md"
            if template.is_file():
                return template
        searched = " or ".join(str(folder) for folder in self.prompt_folders)
        raise ConfigError(f"There is no prompt for {purpose}; put {purpose}.md into {searched}.")

    def _beside_config(self, name: str) -> tuple[Path, ...]:
        folder = None if self.config_folder is None else (self.config_folder / name).resolve()
        return (folder,) if folder is not None and folder.is_dir() else ()
