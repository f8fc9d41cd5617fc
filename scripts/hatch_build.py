"""What the wheel's build reads from outside pyproject.toml: the dependencies, and data from the repository's root."""

from pathlib import Path
from typing import Any, override

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

DATA = ("prompts", "config.yaml")
"""Files and folders that users read and edit at the root; an installed wheel has them in ``bot/_data``."""


class DependenciesFromRequirements(MetadataHookInterface):
    """Takes ``dependencies`` from requirements.in, so that a name is written in one place only."""

    @override
    def update(self, metadata: dict[str, Any]) -> None:
        lines = (Path(self.root) / "requirements.in").read_text(encoding="utf-8").splitlines()
        names = (line.partition("#")[0].strip() for line in lines)
        metadata["dependencies"] = [name for name in names if name]


class RootData(BuildHookInterface):  # pyright: ignore[reportMissingTypeArgument] # hatchling's own examples give none
    """Puts the root's data files into the wheel; an editable install reads them where they are."""

    @override
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        missing = [name for name in DATA if not (root / name).exists()]
        if missing:
            raise FileNotFoundError(
                f"The wheel needs {', '.join(missing)} in {root}; put it there and build again."
            )
        for name in DATA:
            build_data["force_include"][str(root / name)] = f"bot/_data/{name}"
