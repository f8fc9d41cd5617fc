"""Stand-ins for the programs that the set-up calls: each says in one file that it was called."""

import shutil
from pathlib import Path

TOOLS = ("sh", "cat", "cksum", "dirname", "grep", "head", "id", "mkdir", "mv", "rm", "touch")
"""What the scripts may expect of any POSIX system."""


def program(file: Path, body: str) -> Path:
    """Writes an executable sh script."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def plain_path(folder: Path) -> Path:
    """Fills ``folder`` with the POSIX tools and nothing else, so that no interpreter of this machine is in reach."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TOOLS:
        real = shutil.which(name)
        assert real, f"{name} is missing on this machine"
        (folder / name).symlink_to(real)
    return folder


def fitting(file: Path) -> Path:
    """An interpreter that passes the set-up's question, but only if that asks for all that is needed."""
    return program(
        file,
        f'case "$2" in *venv*ensurepip*ssl*version_info*) echo {file} ;; *) exit 9 ;; esac',
    )


def unfitting(file: Path) -> Path:
    """An interpreter without ensurepip, or too old."""
    return program(file, "echo 'No module named ensurepip' >&2; exit 1")


def pyenv_shim(file: Path) -> Path:
    """What pyenv puts on PATH for a version that is installed and not switched on."""
    return program(file, f"echo 'pyenv: {file.name}: command not found' >&2; exit 127")
