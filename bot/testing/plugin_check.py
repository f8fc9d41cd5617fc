"""Checks a plugin as a whole, and says all that is wrong with it at once."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

TIMEOUT = 60.0
_LONGEST = 2_000


class AssertPluginOk(Protocol):
    """What the fixture ``assert_plugin_ok`` gives."""

    def __call__(self, entry_point: str, *, config: Mapping[str, Any] | None = None) -> None:
        """Raise `AssertionError` with a sentence for each thing that is wrong with a plugin.

        ``entry_point`` is the name of one in the group ``cogswarm``, a module, or ``module:attribute``. ``config`` is
        what its cogs need of config.yaml to start.
        """
        ...


class PluginCheck:
    """Looks at plugins in a process of their own."""

    def __init__(self, database_url: str, folder: Path, *, timeout: float = TIMEOUT) -> None:
        self._database_url = database_url
        self._folder = folder
        self._timeout = timeout

    def __call__(self, entry_point: str, *, config: Mapping[str, Any] | None = None) -> None:
        """Raise `AssertionError` with a sentence for each thing that is wrong."""
        __tracebackhide__ = True
        found = self.problems(entry_point, config or {})
        if found:
            lines = "\n".join(f"- {sentence}" for sentence in found)
            raise AssertionError(f"The plugin {entry_point} is not ready:\n{lines}")

    def problems(self, entry_point: str, config: Mapping[str, Any]) -> list[str]:
        """A sentence for each thing that is wrong; none for a good plugin."""
        report = self._folder / "plugin_report.json"
        report.unlink(missing_ok=True)
        task = {
            "entry_point": entry_point,
            "database_url": self._database_url,
            "folder": str(self._folder),
            "config": dict(config),
            "report": str(report),
        }
        # What the test can import, the check can.
        paths = os.pathsep.join(path for path in sys.path if path)
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "bot.testing.plugin_probe"],
                input=json.dumps(task), env={**os.environ, "PYTHONPATH": paths},
                capture_output=True, text=True, check=False, timeout=self._timeout,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return [
                f"It did not start and stop within {self._timeout:g} seconds; look for what waits for ever."
            ]
        if not report.is_file():
            return [
                f"It ended the process that looked at it ({ended.returncode}): {ended.stderr[-_LONGEST:]}"
            ]
        found: list[str] = json.loads(report.read_text("utf-8"))
        return found
