"""What work reads of the files that people attached."""

from typing import Protocol


class FileReader(Protocol):
    """Reads files from where messages keep them."""

    async def read(self, url: str, most_bytes: int) -> bytes:
        """The file's bytes. Raises `OutsideError`, also where it is larger, or lies anywhere else."""
        ...
