"""Files of a pull request where tools can read them: under names of ours, so that none is anybody's configuration.

No tool ever sees ``pyproject.toml``, ``.bandit``, ``.semgrepignore``, ``.gitattributes`` or a path that leads elsewhere:
each file is called by its number and keeps only an ending of letters and digits. Symbolic links came as texts, and are.
"""

import re
import shutil
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bot.review.pull_request import FileText

CODE = "code"
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with the files below ``code``, and by which names they are known in the pull request."""

    folder: Path
    paths: dict[str, str]

    def path_of(self, name: str) -> str | None:
        """The path in the pull request of a file that a tool names."""
        return self.paths.get(PurePosixPath(name.replace("\\", "/")).name)

    @property
    def code(self) -> Path:
        """Where the files are."""
        return self.folder / CODE


@contextmanager
def workspace(texts: Iterable[FileText]) -> Generator[Workspace]:
    """Write texts into a folder of their own until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="cogswarm-review-"))
    try:
        (folder / CODE).mkdir()
        paths: dict[str, str] = {}
        for number, one in enumerate(texts):
            if one.text is None:
                continue
            ending = PurePosixPath(one.path).suffix
            name = f"file{number:05}{ending if _ENDING.fullmatch(ending) else ''}"
            (folder / CODE / name).write_text(one.text, "utf-8", errors="replace", newline="")
            paths[name] = one.path
        yield Workspace(folder, paths)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
